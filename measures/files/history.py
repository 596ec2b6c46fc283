"""The history of status of an entry, as one cell."""

from collections.abc import Callable
from functools import lru_cache

from django.utils.translation import gettext as _

from foundation.files.cells import CellProblem, canonical_date, one_of
from foundation.files.lists import ListColumn, items_of
from foundation.partial_dates import PartialDate
from measures.choices import Kind, Status
from measures.models import StatusEvent
from measures.workflow import check_history

EVENTS = StatusEvent._meta.db_table
STATUSES = list(Status.values)


class HistoryColumn(ListColumn):
    """`introduced@2020-03-30|archived@2021?`, oldest first; an event without a date has no `@`."""

    comes_first = True
    is_trimmed = True

    def __init__(self) -> None:
        super().__init__(name="status_history")

    @property
    def label(self) -> str:
        return str(StatusEvent._meta.verbose_name_plural)

    def read(self, text: str) -> str:
        return "|".join(self._read_event(item) for item in items_of(text))

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
            f"select s.line, coalesce(s.status_history, {self.written()}), s.kind from checked s"
            f" left join measures_measure r on r.id = s.id"
            " where s.kind <> '' and (s.is_new or s.changed && array['kind', 'status_history'])"
        )
        return rows, _history_remedy

    def saved(self) -> list[str]:
        """An event that stays keeps its note and source; `nth` tells apart two that read the same."""
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
            f"{both} insert into {EVENTS} (measure_id, position, status, date, note)"
            " select w.measure_id, w.position, w.status, w.date, '' from wanted w"
            f" where w.is_new or not exists (select from held h where {same})",
        ]


_date = lru_cache(maxsize=10_000)(PartialDate.parse)


def _history_remedy(history: str, kind: str) -> str:
    """What is wrong with a canonical history of an entry of `kind`, in words; '' when nothing is."""
    events = []
    for item in filter(None, history.split("|")):
        status, _at, date = item.partition("@")
        events.append((status, _date(date) if date else None))
    return " ".join(problem.message for problem in check_history(Kind(kind).family, events))
