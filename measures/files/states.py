"""The state of an entry in a file: its history of status as one cell, and what an import does to states.

That is which records it may not change, the caches of status, and publication.
"""

import datetime
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from django.db import connection
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.days import today
from foundation.files.cells import CellProblem, canonical_date, items_of, one_of
from foundation.files.columns import ListColumn
from foundation.files.field_columns import DayColumn
from foundation.files.resources import Computed, FileResource, ImportOptions, Rule
from foundation.files.targets import Target, offers_of_choices
from foundation.partial_dates import PartialDate
from foundation.sql import rows
from measures.choices import Kind, Status, Workflow
from measures.entry_rules import YEARS_AHEAD, check_problem, last_possible_day, last_year
from measures.files.identifiers import HAS_PAGE, MEASURES, prolonged_condition
from measures.models import StatusEvent
from measures.models.double_coding import OPEN_STATES
from measures.workflow import (
    CACHES_OF_STATUS,
    MOVES,
    check_history,
    move_all,
    refresh_status,
    status_query,
    values_of_published,
)

# The history of status


EVENTS = StatusEvent._meta.db_table
STATUSES = list(Status.values)
_BETWEEN_EVENTS = re.compile(r"[|;]\s*\n|[|;\n]|,(?=\s*[a-z_]+\s*(?:[@,;|]|$))")
"""A line break and a comma too, where a status follows and not the year of `March 16, 2020`."""


_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class HistoryColumn(ListColumn):
    """`introduced@2020-03-30|archived@2021?`, oldest first; an event without a date has no `@`."""

    comes_first = True
    is_trimmed = True
    written_as = gettext_lazy("each status with its date after @, oldest first: introduced@2020-03-30|archived@2021")

    def __init__(self) -> None:
        super().__init__(name="status_history")

    @property
    def label(self) -> str:
        return str(StatusEvent._meta.verbose_name_plural)

    def targets(self) -> list[Target]:
        """The date of each status, or a status and its date in two columns."""
        whole = Target(self.name, capfirst(self.label), is_list=True)
        status = Target(self.name, _("Status"), part="status", offers=offers_of_choices(Status.choices))
        date = Target(self.name, _("Date of this status"), part="date", before="@", continues=True, is_date=True)
        dates = [
            Target(self.name, _("Date of: %(status)s") % {"status": label}, value, f"{value}@", is_date=True)
            for value, label in Status.choices
            if value != Status.UNKNOWN
        ]
        return [*dates, status, date, whole]

    def joined(self, pieces: list[str]) -> str:
        """Events in the order of their dates, if each has one that is in ISO 8601."""
        events = list(dict.fromkeys(pieces))
        dates = {event: event.partition("@")[2] for event in events}
        if all(_ISO_DATE.fullmatch(date) for date in dates.values()):
            events.sort(key=dates.__getitem__)
        return "|".join(events)

    def read(self, text: str) -> str:
        return "|".join(self._read_event(item) for item in items_of(text, _BETWEEN_EVENTS))

    def _read_event(self, item: str) -> str:
        status, at, date = (part.strip() for part in item.partition("@"))
        status = one_of(STATUSES, status)
        if at and not date:
            raise CellProblem(
                _("“%(value)s” has no date after @.") % {"value": item},
                _("Write %(status)s@2020-05-29, or %(status)s alone.") % {"status": status},
            )
        return f"{status}@{canonical_date(date)}" if date else status

    def cells(self, of: str, *, public: bool = False) -> str:
        return (
            "select e.measure_id as id, string_agg(e.status || case when e.date <> '' then '@' || e.date else '' end,"
            f" '|' order by e.position) as cell from {EVENTS} e where e.measure_id {of} group by e.measure_id"
        )

    def row_check(self) -> tuple[str, Callable[..., str]]:
        rows = (
            f"select s.line, coalesce(s.status_history, {self.written()}), s.kind,"
            " coalesce(s.valid_from, r.valid_from, '') from checked s left join measures_measure r on r.id = s.id"
            " where s.kind <> '' and (s.is_new or s.changed && array['kind', 'status_history', 'valid_from'])"
        )
        return rows, history_remedy

    def saved(self) -> list[str]:
        """Existing events keep their notes and source; `nth` distinguishes identical ones."""
        wanted = (
            "select t.id as measure_id, t.is_new, i.position - 1 as position, split_part(i.item, '@', 1) as status,"
            " split_part(i.item, '@', 2) as date,"
            " row_number() over (partition by t.id, i.item order by i.position) as nth"
            " from changed_rows t"
            " cross join lateral unnest(string_to_array(t.cell, '|')) with ordinality i(item, position)"
        )
        held = (
            "select e.id, e.measure_id, e.status, e.date,"
            " row_number() over (partition by e.measure_id, e.status, e.date order by e.position) as nth"
            f" from {EVENTS} e join changed_rows t on t.id = e.measure_id and not t.is_new"
        )
        both = f"with wanted as ({wanted}), held as ({held})"
        same = "(h.measure_id, h.status, h.date, h.nth) = (w.measure_id, w.status, w.date, w.nth)"
        return [
            f"{both} delete from {EVENTS} e using held h"
            f" where h.id = e.id and not exists (select from wanted w where {same})",
            f"{both} update {EVENTS} e set position = w.position from held h join wanted w on {same}"
            " where h.id = e.id and e.position <> w.position",
            f"{both} insert into {EVENTS} (measure_id, position, status, date, note, note_es, note_pt, recorded_on)"
            f" select w.measure_id, w.position, w.status, w.date, '', '', '', '{today()}'::date from wanted w"
            f" where w.is_new or not exists (select from held h where {same})",
        ]


_date = lru_cache(maxsize=10_000)(PartialDate.parse)


def _events(history: str) -> list[tuple[str, PartialDate | None]]:
    """The events of a canonical history."""
    items = (item.partition("@") for item in history.split("|") if item)
    return [(status, _optional_date(date)) for status, _at, date in items]


def _optional_date(text: str) -> PartialDate | None:
    return _date(text) if text else None


def history_remedy(history: str, kind: str, start: str) -> str:
    """What is wrong with a canonical history for an entry of `kind` that begins at `start`, in words; '' if nothing."""
    problems = check_history(Kind(kind).family, _events(history), on=today(), start=_optional_date(start))
    return " ".join(problem.message for problem in problems)


class CheckedColumn(DayColumn):
    """The day of the last check. A file does not say who checked, so that a changed day leaves nobody named."""

    empties = ("checked_by_id",)
    concerns = ("checked_on", "status_history", "valid_from", "valid_until", "duration", "duration_basis")

    def row_check(self) -> tuple[str, Callable[..., str]]:
        history = HistoryColumn().written()
        stored = ", ".join(
            f"coalesce(s.{name}, r.{name}, '')" for name in ("valid_from", "valid_until", "duration", "duration_basis")
        )
        rows = (
            f"select s.line, s.checked_on, coalesce(s.status_history, {history}), {stored},"
            f" coalesce(s.country, r.country_id, ''), {prolonged_condition('s', 'r')}"
            f" from checked s left join {MEASURES} r on r.id = s.id"
            f" where s.checked_on <> '' and (s.is_new or s.changed && array[{_quoted(self.concerns)}])"
        )
        return rows, check_remedy


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def check_remedy(
    checked: str, history: str, start: str, until: str, duration: str, basis: str, country: str, is_prolonged: bool
) -> str:
    """What is wrong with the day of a check, in words; '' if nothing."""
    last_day = last_possible_day(
        _events(history),
        valid_from=_optional_date(start),
        valid_until=_optional_date(until),
        duration=duration,
        basis=basis,
        country=country,
        is_prolonged=is_prolonged,
    )
    return check_problem(datetime.date.fromisoformat(checked), last_day, on=today())


# Beyond cells


BATCH = 5_000
"""Number of records whose status one statement updates, so that memory does not grow with the file."""
STATUS = Computed(status_query, CACHES_OF_STATUS)


def rules(resource: type[FileResource], options: ImportOptions) -> list[Rule]:
    """What an import may not do to records in their state; it may do more if its rows are to become public."""
    if options.publish:
        becoming = "o.older = '{}' and coalesce(r.workflow, 'draft') in ('draft', 'in_review', 'published')"
        return [*rules_of_all(), *rules_of_public(resource, becoming)]
    published = Rule(
        "public_id",
        f"{_CHANGED} 'published'",
        _("This row would change a published record."),
        _(
            "Only a file uploaded with “Publish the measures of this file” changes published records. Ask an editor "
            "to import the file, or remove the row."
        ),
    )
    named = Rule(
        "public_id",
        f"select s.line, o.public_id from checked s join measures_measure o on o.id = s.id"
        f" where o.workflow = 'stub' and {HAS_PAGE}",
        _("A published record names this stub, and the row would change what the public reads."),
        _(
            "Leave the row out, or give the file to an editor, who ticks “Publish the measures of this file” at its"
            " upload."
        ),
    )
    return [*rules_of_all(), published, *([] if options.state == Workflow.STUB else [named])]


_CHANGED = "select s.line, r.public_id from checked s join measures_measure r on r.id = s.id where r.workflow ="


def rules_of_all() -> list[Rule]:
    """What no import may do, whoever asks for it."""
    retired = Rule(
        "public_id",
        f"{_CHANGED} 'retired'",
        _("The record is retired."),
        _("Remove the row, or send the record back to draft first."),
    )
    return [*(year_ahead(name) for name in ("valid_from", "valid_until")), retired]


def year_ahead(name: str) -> Rule:
    """Rows that newly have a date too far ahead in a cell."""
    return Rule(
        name,
        f"select s.line, s.{name} from checked s where left(s.{name}, 4) > '{last_year(today())}'"
        f" and (s.is_new or '{name}' = any(s.changed))",
        _("The year lies more than %(years)d years ahead.") % {"years": YEARS_AHEAD},
        _("Is the year right? Correct it, or leave the cell empty."),
    )


_OPEN = ", ".join(f"'{state}'" for state in OPEN_STATES)


def rules_of_public(resource: type[FileResource], condition: str) -> list[Rule]:
    """Refuse rows that would be public without what every public record has; see `workflow.COMPLETE`.

    The condition on the row `s` and its record `r` says which would be public.
    """
    remedies = {"topics": _("It has no topic."), "sources": _("It has no source.")}
    in_double_coding = Rule(
        "public_id",
        "select s.line, r.public_id from staged s join outcome o using (line) join measures_measure r on r.id = o.id"
        f" where {condition} and r.workflow <> 'published' and exists (select from measures_doublecoding d"
        f" where d.measure_id = r.id and d.state in ({_OPEN}))",
        _("The record is being coded a second time."),
        _("Remove the row until its double coding has ended."),
    )
    return [
        in_double_coding,
        *(
            Rule(
                name,
                "select s.line, '' from staged s join outcome o using (line)"
                " left join measures_measure r on r.id = o.id"
                f" where {condition} and coalesce(s.{name}, {resource.fields[name].written()}) = ''",
                _("The record cannot be published yet."),
                remedy,
            )
            for name, remedy in remedies.items()
        ),
    ]


def values_of_new(options: ImportOptions) -> dict[str, Any]:
    """New records belong to the importing account, as drafts (or stubs), or published at once if requested.

    Raise PermissionDenied if that account may not publish. The time is that of the import's transaction.
    """
    by, workflow = options.by, Workflow(options.state or Workflow.DRAFT)
    values = {"created_by": by.pk, "updated_by": by.pk, "workflow": workflow.value}
    if options.publish and workflow in MOVES["publish"].origins:
        values |= values_of_published(by=by, at=rows("select now()")[0][0])
    return values


def finish(options: ImportOptions) -> int:
    """Update cached statuses and publish if requested; return how many records became public.

    New records were inserted with their status, and as published if requested.
    """
    for ids in batches("select id from outcome where changed <> '{}'"):
        refresh_status(ids)
    if not options.publish:
        return 0
    published = int(
        rows(
            "select count(*) from candidate_rows join outcome o using (line) where o.is_new and workflow = 'published'"
        )[0][0]
    )
    if options.only_new:
        return published
    origins = ", ".join(f"'{state.value}'" for state in MOVES["publish"].origins)
    waiting = (
        "select id from outcome join measures_measure m using (id)"
        f" where not is_new and older = '{{}}' and m.workflow in ({origins})"
    )
    for ids in batches(waiting):
        move_all(MOVES["publish"], ids, by=options.by, draws=False)
        published += len(ids)
    return published


def batches(sql: str) -> Iterator[list[int]]:
    """The ids of a query in batches of some thousands; their order prevents deadlocks between writers."""
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(f"select id from ({sql}) x where id > %s order by id limit {BATCH}", [last])
            ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return
        yield ids
        last = ids[-1]
