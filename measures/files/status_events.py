"""status_events.csv: what happened to each entry, one event a row."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from foundation.files.cells import CellProblem
from foundation.files.field_columns import KeyColumn, NumberColumn
from foundation.files.resources import ImportOptions, Rule
from foundation.numbers import TypedNumber
from measures.files.identifiers import LINKS, PROLONGING
from measures.files.parts import MEASURES, IdentifierColumn, PartResource, RecordedColumn
from measures.files.states import EVENTS, batches, check_remedy, history_remedy
from measures.models import Source, StatusEvent
from measures.workflow import refresh_status


class PositionColumn(NumberColumn):
    """The place of the event in the history of its entry, from 1, as in the form."""

    def __init__(self, field: Any, **options: Any) -> None:
        super().__init__(field, **options)
        self.default, self.is_required = "", True

    def of_number(self, number: TypedNumber, text: str) -> str:
        position = super().of_number(number, text)
        if position == "0":
            raise CellProblem(_("Positions begin at 1."), _("Number the events of an entry from 1."))
        return position

    def written(self, *, public: bool = False) -> str:
        return f"(r.{self.db_column} + 1)::text"

    def stored(self) -> tuple[str, str]:
        return self.db_column, f"nullif({self.cell}, '')::integer - 1"

    def matches(self) -> str:
        return f"r.{self.db_column} = {self.stored()[1]}"

    def row_check(self) -> tuple[str, Callable[..., str]]:
        """Check the history of each entry as it would be; it is reported with its first row."""
        return _HISTORIES, _remedy


_AFTER = f"""
    select coalesce(s.status, e.status) as status, coalesce(s.date, e.date) as date, s.position::integer as position
    from checked s left join {EVENTS} e on e.id = s.id where s.measure = m.public_id and s.position <> ''
    union all
    select e.status, e.date, e.position + 1 from {EVENTS} e
    where e.measure_id = m.id and not exists (select from checked s where s.id = e.id and s.measure = m.public_id)
"""
_HISTORIES = f"""
    select t.line, coalesce(h.history, ''), m.kind, m.valid_from, coalesce(to_char(m.checked_on, 'YYYY-MM-DD'), ''),
        m.valid_until, m.duration, m.duration_basis, coalesce(m.country_id, ''),
        m.id in (select l.object_id from {LINKS} l where l.type in ({PROLONGING}))
    from (select measure, min(line) as line from checked
        where is_new or changed && array['status', 'date'] group by measure) t
    join {MEASURES} m on m.public_id = t.measure
    cross join lateral (
        select string_agg(status || case when date <> '' then '@' || date else '' end, '|' order by position) as history
        from ({_AFTER}) a where status <> ''
    ) h
"""


def _remedy(history: str, kind: str, start: str, checked: str, *facts: Any) -> str:
    """What is wrong with the history of an entry, or with the day of its last check, in words; '' if nothing."""
    return history_remedy(history, kind, start) or (check_remedy(checked, history, start, *facts) if checked else "")


_BEYOND = f"""
    select s.line, s.position from checked s join {MEASURES} m on m.public_id = s.measure
    where s.is_new and nullif(s.position, '')::integer > (
        select count(*) from {EVENTS} e where e.measure_id = m.id
    ) + (
        select count(*) from checked n where n.is_new and n.measure = s.measure
        and nullif(n.position, '')::integer <= nullif(s.position, '')::integer
    )
"""


class EventSourceColumn(KeyColumn):
    """The source of an event. The public file leaves out one that no published entry cites."""

    cited = (
        f"exists (select from measures_citation c join {MEASURES} m on m.id = c.measure_id"
        " where c.source_id = {0} and m.workflow = 'published')"
    )

    def written(self, *, public: bool = False) -> str:
        text = super().written(public=public)
        return f"case when {self.cited.format('r.source_id')} then {text} else '' end" if public else text

    def settled(self) -> list[str]:
        """Keep, of an event that is public, the source that a public file cannot name."""
        return [
            f"update staged s set source = f.key from outcome o join {EVENTS} e on e.id = o.id"
            f" join {MEASURES} p on p.id = e.measure_id join {Source._meta.db_table} f on f.id = e.source_id"
            " where o.line = s.line and s.source = '' and p.workflow = 'published'"
            f" and not {self.cited.format('f.id')}"
        ]


def _field(name: str) -> Any:
    return StatusEvent._meta.get_field(name)


class StatusEventResource(PartResource):
    """status_events.csv"""

    measure = IdentifierColumn(_field("measure"))
    position = PositionColumn(_field("position"))
    source = EventSourceColumn(_field("source"))
    recorded_on = RecordedColumn(_field("recorded_on"))

    keys = (("measure", "position"),)

    class Meta:
        model = StatusEvent
        name = "status_events"
        fields = ("measure", "position", "status", "date", "recorded_on", "note", "source", "note_es", "note_pt")

    @classmethod
    def order(cls) -> str:
        return f'{cls.fields["measure"].written()} collate "C", r.position'

    @classmethod
    def import_rules(cls, options: ImportOptions) -> list[Rule]:
        """Refuse a position that leaves a gap."""
        return [
            *super().import_rules(options),
            Rule(
                "position",
                _BEYOND,
                _("The history of the entry has no event before this position."),
                _("Number the events of an entry without a gap: after its third event comes the fourth."),
            ),
        ]

    @classmethod
    def after_writing(cls, options: ImportOptions) -> int:
        for ids in batches(cls.written_owners()):
            refresh_status(ids)
        return super().after_writing(options)
