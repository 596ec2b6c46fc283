"""Known days: only cases count in which each act is in force on the days on which the record shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from measures.validity.bounds import Case, Contradiction, Day, TooManyCases
from measures.validity.course import CHECK, Fact
from measures.validity.facts import Act
from measures.validity.story import Piece, Story, in_force


@dataclass
class Version:
    """One case with its stories, narrowed by the known days."""

    case: Case
    stories: dict[int, Story]


MOST_VERSIONS = 1_000
"""Above this number the record leaves open too much to be told apart."""


def kept(versions: list[Version], acts: Iterable[Act]) -> list[Version]:
    """The versions in which the acts are in force on their known days; a known day that fits none is ignored."""
    for act in acts:
        facts = dict.fromkeys(fact for version in versions for fact in version.stories[act.id].known)
        for fact in facts:
            versions = _keep(versions, act, fact) or versions
        if act.checked:
            versions = _keep(versions, act, CHECK) or versions
    return versions


def _keep(versions: list[Version], act: Act, fact: Fact) -> list[Version]:
    """The versions in which an act is in force on the day on which the fact shows it, and those without that fact.

    None where no version with the fact fits: that an act only signed may never have taken effect does not make it so.
    """
    fitting: list[Version] = []
    fits = False
    for version in versions:
        story = version.stories[act.id]
        day = Day(0, act.checked, CHECK) if fact is CHECK and act.checked else story.known.get(fact)
        if day is None:
            fitting.append(version)
        else:
            narrowed = _narrowed(version, in_force(version.case, story), day)
            fitting += narrowed
            fits = fits or bool(narrowed)
        if len(fitting) > MOST_VERSIONS:
            raise TooManyCases
    return fitting if fits else []


def _narrowed(version: Version, pieces: list[Piece], day: Day) -> list[Version]:
    """The version once for each piece that the day can lie in."""
    found: list[Version] = []
    for piece in pieces:
        conditions = [(first, day) for first in piece.firsts] + [(day, last) for last in piece.lasts]
        if any(version.case.never(a, b) for a, b in conditions):
            continue
        if all(version.case.surely(a, b) for a, b in conditions):
            return [version]
        case = version.case.copy()
        try:
            for a, b in conditions:
                case.require(a, b)
        except Contradiction:
            continue
        found.append(Version(case, version.stories))
    return found
