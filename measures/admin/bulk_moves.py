"""The confirmation of a bulk move: how many entries, of which countries, and which cannot be moved."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation.records.bulk_admin import MOST_AT_ONCE
from measures import workflow
from measures.choices import Workflow
from measures.models import Measure

MOST_NAMED = 5
"""Number of entries named per reason."""
MOST_KEPT = 100
"""Number of entries that stay selected when others were moved."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why some entries stay as they are: how many, and the identifiers of a few."""

    words: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a move would do with the selection: at most `MOST_AT_ONCE` entries now, in list order."""

    selected: int
    measures: tuple[Measure, ...]
    countries: tuple[tuple[str, int], ...]
    reasons: tuple[Reason, ...]
    rest: tuple[int, ...]
    """Keys of some entries that stay as they are, and stay selected."""
    later: int
    """Number of entries that could be moved too, but are beyond the limit."""


def plan_of(move: workflow.Move, selected: QuerySet[Measure]) -> Plan:
    """Examine the selection, in a fixed number of queries."""
    able = selected.filter(workflow__in=move.origins)
    if move.target == Workflow.PUBLISHED:
        able = able.filter(workflow.COMPLETE)
    now = tuple(able.select_related("country")[:MOST_AT_ONCE])
    number = len(now) if len(now) < MOST_AT_ONCE else able.count()
    reasons = tuple(_reasons(move, selected))
    rest = tuple(selected.exclude(pk__in=[each.pk for each in now]).values_list("pk", flat=True)[:MOST_KEPT])
    return Plan(selected.count(), now, tuple(_by_country(now)), reasons, rest, number - len(now))


def reasons_in_words(move: workflow.Move, measures: QuerySet[Measure]) -> list[str]:
    """Why entries could not be moved, with a few of each reason."""
    return [
        ngettext(
            "%(count)d entry stays as it is, and selected: %(reason)s (%(examples)s).",
            "%(count)d entries stay as they are, and selected: %(reason)s (%(examples)s).",
            reason.count,
        )
        % {"count": reason.count, "reason": reason.words, "examples": ", ".join(reason.examples)}
        for reason in _reasons(move, measures)
    ]


def _by_country(measures: Iterable[Measure]) -> Iterator[tuple[str, int]]:
    """Count by country, the most frequent first."""
    counts: dict[str, int] = {}
    for measure in measures:
        name = measure.country.name if measure.country else _("International")
        counts[name] = counts.get(name, 0) + 1
    yield from sorted(counts.items(), key=lambda each: (-each[1], each[0]))


def _reasons(move: workflow.Move, selected: QuerySet[Measure]) -> Iterator[Reason]:
    elsewhere = selected.exclude(workflow__in=move.origins)
    for state, count in elsewhere.order_by("workflow").values_list("workflow").annotate(Count("pk")):
        words = _("“%(state)s”, which does not allow this") % {"state": Workflow(state).label}
        yield _reason(words, elsewhere.filter(workflow=state), count)
    if move.target == Workflow.PUBLISHED:
        there = selected.filter(workflow__in=move.origins)
        for words, lacking in (
            (_("without a source"), there.exclude(workflow.HAS_SOURCE)),
            (_("without a primary topic"), there.filter(primary_topic=None)),
            (_("being coded a second time"), there.filter(workflow.IN_DOUBLE_CODING)),
        ):
            if count := lacking.count():
                yield _reason(words, lacking, count)


def _reason(words: str, measures: QuerySet[Measure], count: int) -> Reason:
    return Reason(words, count, tuple(measures.values_list("public_id", flat=True)[:MOST_NAMED]))


def consequence(move: workflow.Move) -> str:
    """A sentence that describes the effect."""
    sentences = {
        Workflow.PUBLISHED: _("They will be public at once, under your name."),
        Workflow.DRAFT: _("They will be drafts. Public ones will disappear from the public pages."),
        Workflow.RETIRED: _("They will be withdrawn for good. Their identifiers will not be used again."),
        Workflow.IN_REVIEW: _("They will wait for an editor."),
    }
    return sentences[move.target]


def lead(plan: Plan) -> str:
    """A sentence that says how many of the selected entries are moved."""
    words = ngettext(
        "%(now)d of %(selected)d selected entry", "%(now)d of %(selected)d selected entries", plan.selected
    )
    return words % {"now": len(plan.measures), "selected": plan.selected}
