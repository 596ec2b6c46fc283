"""How an act stands on a day, in words: the badge and the sentence beside it. They never say more than is supported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from foundation.partial_dates import PartialDate
from measures.choices import Kind, RelationScope, StatusGroup, Workflow
from measures.models import Measure
from measures.standing_sentences import NAME, Asked, is_only_signed, said_of
from measures.validity.standing import Standing, standings
from measures.validity.states import group_of


@dataclass(frozen=True, slots=True)
class ActName:
    """Another act in a sentence: its number or title; `language` is set if that is not the page's."""

    text: str
    url: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """How an act stands on a day: the group of its badge, and a sentence, which may name another act.

    The sentence is `before`, the act and `after`, then `note`: what is missing, inferred or long ago. `until` is the
    last day of effect, where it is known. `has_begun` is False where the record has an announcement or a signing, and
    no start.
    """

    standing: Standing
    group: StatusGroup
    before: str
    act: ActName | None = None
    after: str = ""
    note: str = ""
    until: PartialDate | None = None
    has_begun: bool = True

    @property
    def label(self) -> str:
        """The word on the badge."""
        return str(self.group.label)

    @property
    def text(self) -> str:
        """The sentence without its note."""
        return f"{self.before}{self.act.text if self.act else ''}{self.after}"

    @property
    def sentence(self) -> str:
        """The sentence with its note: `In force (last checked 3 May 2026)`."""
        return f"{self.text} ({self.note})" if self.note else self.text

    @property
    def says_label(self) -> bool:
        """Whether the sentence begins with the word on the badge, so that the word alone would be repeated."""
        return self.before.startswith(self.label)


def words_for(measures: Iterable[Measure], day: date) -> dict[int, Words]:
    """How each of these acts stands on a day, by the measure's id; the number of queries is fixed."""
    asked = {measure.pk: measure for measure in measures}
    return words_in(asked, standings(asked.values(), day), day)


def words_in(measures: Mapping[int, Measure], found: Mapping[int, Standing], day: date) -> dict[int, Words]:
    """The words for standings that are known; at most one query."""
    with_page = _with_page(found.values())
    return {pk: _words(Asked(measure, found[pk], day), with_page) for pk, measure in measures.items()}


def _with_page(found: Iterable[Standing]) -> frozenset[int]:
    """Those of the other acts that have a public page; the names of the others are not public."""
    reasons = [reason for standing in found for reason in (standing.because, standing.then_because) if reason]
    others = {reason.by.pk: reason.by for reason in reasons if reason.by}
    unsure = [pk for pk, other in others.items() if other.workflow != Workflow.PUBLISHED]
    public = Measure.objects.with_page().filter(pk__in=unsure).values_list("pk", flat=True) if unsure else ()
    return frozenset(others) - frozenset(unsure) | frozenset(public)


def name_of(measure: Measure) -> ActName:
    """How a sentence names an act that has a public page: by its number, one that is only named by its title."""
    if measure.reference and measure.workflow == Workflow.PUBLISHED:
        kind = f"{Kind(measure.kind).label} " if measure.reference[0].isdigit() else ""
        return ActName(f"{kind}{measure.reference}", measure.get_absolute_url())
    title = measure.short_title
    return ActName(title.text, measure.get_absolute_url(), title.language if title.is_fallback else "")


def _words(asked: Asked, with_page: frozenset[int]) -> Words:
    standing, group = asked.standing, group_of(asked.standing.state)
    said = said_of(asked)
    notes = ", ".join(note for note in (_in_part(standing), said.note) if note)
    before, _mark, after = (said.text or str(group.label)).partition(NAME)
    act = name_of(said.act) if said.act and said.act.pk in with_page else None
    if said.act and not act:
        before, after = f"{before}{_('another act')}{after}", ""
    has_begun = standing.state != "announced" and not is_only_signed(asked)
    return Words(standing, group, before, act, after, notes, said.until, has_begun)


def _in_part(standing: Standing) -> str:
    """A note on what keeps in force only a part of the act."""
    relation = standing.because.relation if standing.because else None
    if standing.state != "in_force" or not relation or relation.scope != RelationScope.PART:
        return ""
    return _("in part")
