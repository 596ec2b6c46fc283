"""What happens to one act in a case, in the order of its days.

`player.Player` walks through the events of the act and the acts upon it. Between two of them nothing changes but the
passing of days: such a `Stretch` says what has ended the act or suspends it, and the end as it then stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from measures.validity.bounds import ENDLESS, Case, Day
from measures.validity.course import Days, Fact


class End(NamedTuple):
    """The last day of effect as it stands, and whether the record knows it.

    The end of another measure shows itself on the day after: until then the act can itself be what ends that measure.
    """

    day: Day
    recorded: bool
    shows_later: bool = False

    def is_past(self, case: Case, day: Day) -> bool:
        """Whether the act is over on a day, as far as the record shows by then."""
        return self.recorded and case.before(self.day.after(self.shows_later), day)


@dataclass(frozen=True)
class Stretch:
    """What holds from `first` until the next stretch begins."""

    first: Day
    causes: tuple[Day, ...]
    suspensions: tuple[Day, ...]
    end: End


class Piece(NamedTuple):
    """The days from the latest of `firsts` to the earliest of `lasts`; none where that is earlier."""

    firsts: tuple[Day, ...]
    lasts: tuple[Day, ...]


class Annulment(NamedTuple):
    """An annulment of the act, by an event (0) or a relation (1)."""

    day: Day
    order: int


@dataclass
class Story:
    """The course of one act, played to its end."""

    days: Days
    announced: tuple[Day, Day] | None = None
    stretches: list[Stretch] = field(default_factory=list)
    annulments: list[Annulment] = field(default_factory=list)
    expiries: list[Day] = field(default_factory=list)
    """Last days of effect by events, which are recorded on the day after them."""
    known: dict[Fact, Day] = field(default_factory=dict)
    """Days on which the act is known to have been in force, and what shows it."""
    returns: bool = True
    """Whether what it repealed is in force again once it is annulled."""

    def stretch_at(self, case: Case, day: Day) -> int:
        """The place of the stretch that a day lies in."""
        place = len(self.stretches) - 1
        while place and not case.at_most(self.stretches[place].first, day):
            place -= 1
        return place

    def is_announced(self, case: Case, day: Day) -> bool:
        """Whether the course is no further than an announcement."""
        if self.announced is None:
            return False
        return case.at_most(self.announced[0], day) and case.at_most(day, self.announced[1])

    def was_over_before(self, case: Case, day: Day) -> bool:
        """Whether the act had ended on the record before a day."""
        stretch = self.stretches[self.stretch_at(case, day.after(-1))]
        if stretch.causes or stretch.end.is_past(case, day):
            return True
        return any(case.equal(last.after(1), day) for last in self.expiries)

    def acts_on(self, case: Case, day: Day) -> bool:
        """Whether it can act upon others on a day: more than announced, and not over."""
        return not self.is_announced(case, day) and not self.was_over_before(case, day)

    def over_from(self, case: Case, day: Day) -> Day | None:
        """The first day, this one or later, on which the act has ended on the record."""
        for place in range(self.stretch_at(case, day), len(self.stretches)):
            stretch = self.stretches[place]
            if stretch.causes:
                return case.later(day, stretch.first)
            if stretch.end.recorded and not self._outlasted(case, place):
                over = case.later(stretch.end.day.after(1), stretch.first)
                return case.later(day, over)
        return None

    def _outlasted(self, case: Case, place: int) -> bool:
        """Whether the next stretch begins before the end of this one has passed."""
        following = self.stretches[place + 1 : place + 2]
        return bool(following) and case.at_most(following[0].first, self.stretches[place].end.day.after(1))

    def runs(self, case: Case) -> list[tuple[Day, Day]]:
        """First and last days of the intervals in which it is in force or suspended."""
        start = self.days.start
        found: list[tuple[Day, Day]] = []
        if start is None:
            return found
        for place, stretch in enumerate(self.stretches):
            following = self.stretches[place + 1 : place + 2]
            if stretch.causes or (following and case.at_most(following[0].first, start)):
                continue
            first, last = case.later(start, stretch.first), stretch.end.day
            if following:
                last = case.sooner(last, following[0].first.after(-1))
            for part_first, part_last in self._beyond_announcement(case, first, last):
                if found and case.at_most(part_first, found[-1][1].after(1)):
                    found[-1] = (found[-1][0], part_last)
                else:
                    found.append((part_first, part_last))
        return found

    def _beyond_announcement(self, case: Case, first: Day, last: Day) -> list[tuple[Day, Day]]:
        """The parts of an interval before and after the days on which the act is but announced."""
        if case.before(last, first):
            return []
        if self.announced is None:
            return [(first, last)]
        since, until = self.announced
        if case.before(last, since) or case.before(until, first):
            return [(first, last)]
        before = [(first, since.after(-1))] if case.before(first, since) else []
        return before + ([(until.after(1), last)] if case.before(until, last) else [])


def _between(case: Case, story: Story, kind: Callable[[Stretch], tuple[Day, ...] | None]) -> list[Piece]:
    """Pieces of the stretches for which `kind` gives the days at which they end at the latest."""
    pieces = []
    for place, stretch in enumerate(story.stretches):
        lasts = kind(stretch)
        if lasts is not None:
            if place + 1 < len(story.stretches):
                following = story.stretches[place + 1].first
                lasts = (*lasts, following.after(-1))
            pieces.append(Piece((stretch.first,), lasts))
    return pieces


def _begun(story: Story, pieces: list[Piece]) -> list[Piece]:
    """The parts of the pieces after the start, and not while the act is but announced."""
    start = story.days.start
    if start is None:
        return []
    pieces = [Piece((*piece.firsts, start), piece.lasts) for piece in pieces]
    if story.announced is None:
        return pieces
    since, until = story.announced
    before = [Piece(piece.firsts, (*piece.lasts, since.after(-1))) for piece in pieces]
    return before + [Piece((*piece.firsts, until.after(1)), piece.lasts) for piece in pieces]


def in_force(case: Case, story: Story) -> list[Piece]:
    """When the act is in force."""
    return _begun(story, _between(case, story, lambda s: None if s.causes or s.suspensions else (s.end.day,)))


def suspended(case: Case, story: Story) -> list[Piece]:
    """When the act has begun, has not ended, and is suspended."""

    def kind(stretch: Stretch) -> tuple[Day, ...] | None:
        if stretch.causes or not stretch.suspensions:
            return None
        return (stretch.end.day,) if stretch.end.recorded else (ENDLESS,)

    return _begun(story, _between(case, story, kind))


def announced(case: Case, story: Story) -> list[Piece]:
    """When the act is announced, and nothing has ended it."""
    if story.announced is None:
        return []
    since, until = story.announced
    pieces = _between(case, story, lambda s: None if s.causes else (until,))
    return [Piece((*piece.firsts, since), piece.lasts) for piece in pieces]


def over(case: Case, story: Story) -> list[Piece]:
    """When the act has ended on the record."""
    pieces = []
    for place, stretch in enumerate(story.stretches):
        firsts: tuple[Day, ...] = (stretch.first,)
        if not stretch.causes:
            if not stretch.end.recorded:
                continue
            firsts = (stretch.first, stretch.end.day.after(1))
        following = story.stretches[place + 1 : place + 2]
        pieces.append(Piece(firsts, (following[0].first.after(-1),) if following else (ENDLESS,)))
    return pieces
