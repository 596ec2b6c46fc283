"""What was corrected of what was public: answers to reports, each change of a published entry, changes of figures."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from countries.models import Observation
from foundation.days import day_of
from foundation.partial_dates import PartialDate
from foundation.records.changes import Change, Step, public_steps
from foundation.sql import rows
from measures.choices import Workflow
from measures.details import UNTOLD
from measures.models import ErrorReport, ErrorReportQuerySet, Measure

LOOKED_AT = 400
"""Events of published entries, or of figures, among which the newest changed ones are looked for."""

_NEWEST = """
    select e.id from (
        select id, pgh_id from measures_measureevent
        where workflow = 'published' and pgh_label = 'update' order by pgh_id desc limit %s
    ) e
    join measures_measure m on m.id = e.id and m.workflow = 'published' and m.record_version > 1
    group by e.id order by max(e.pgh_id) desc limit %s
"""
_NEWEST_FIGURES = """
    select e.id from (
        select id, pgh_id from countries_observationevent
        where pgh_label = 'update' and feed_run_id is null order by pgh_id desc limit %s
    ) e
    group by e.id order by max(e.pgh_id) desc limit %s
"""
"""Figures that a person has changed; a value that a feed writes anew is no correction."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What changed of a published entry or of a figure on a day, and why, '' where nobody gave a reason."""

    record: Measure | Observation
    day: PartialDate
    changes: tuple[Change, ...]
    reason: str
    note: str


def corrections_of(
    measures: Sequence[Measure], *, since: datetime | None = None, until: datetime | None = None
) -> list[Correction]:
    """Each change of published entries after they were first public, newest first, with old and new values.

    Of an entry that was taken down for a while, what differs when it came back. With `since` and `until`, the changes
    from the one to before the other. The number of queries does not depend on how many entries and changes there are.
    """
    steps = public_steps(measures, is_public=_is_public, hidden=UNTOLD)
    return [_correction(step) for step in steps if (not since or since <= step.at) and (not until or step.at < until)]


def newest_corrections(most: int) -> list[Correction]:
    """The changes of the `most` published entries that were changed last."""
    newest = [pk for (pk,) in rows(_NEWEST, [LOOKED_AT, most])]
    return corrections_of(list(Measure.objects.published().filter(pk__in=newest).select_related("country")))


def newest_corrections_of_figures(most: int) -> list[Correction]:
    """The changes of the `most` figures that people changed last; a figure is public from the moment it is entered."""
    newest = [pk for (pk,) in rows(_NEWEST_FIGURES, [LOOKED_AT, most])]
    found = Observation.objects.public().filter(pk__in=newest).select_related("indicator", "country", "counterpart")
    steps = public_steps(list(found), is_public=lambda _version: True, hidden=("feed_run",))
    return [_correction(step) for step in steps]


def _is_public(version: Any) -> bool:
    return bool(version.workflow == Workflow.PUBLISHED)


def _correction(step: Step) -> Correction:
    why = (step.proposal.reason, step.proposal.note) if step.proposal else ("", "")
    assert isinstance(step.record, Measure | Observation)
    return Correction(step.record, day_of(step.at), step.changes, *why)


def reasons_of(corrections: Sequence[Correction]) -> list[tuple[str, int]]:
    """How often each reason was given, the most frequent first."""
    return Counter(each.reason or _("no reason given") for each in corrections).most_common()


def answered() -> ErrorReportQuerySet:
    """The answered reports, newest first."""
    return ErrorReport.objects.answered().order_by(F("answered_at").desc(), "-pk")


HEADER = ("date", "measure", "title", "field", "before", "after", "reason", "note")


def file_rows(corrections: Sequence[Correction]) -> Iterator[tuple[str, ...]]:
    """One row for each changed field of entries, for a file."""
    for each in corrections:
        assert isinstance(each.record, Measure)
        about = (str(each.day), each.record.public_id, each.record.title.text)
        for change in each.changes:
            yield (*about, change.what, change.before, change.after, each.reason, each.note)
