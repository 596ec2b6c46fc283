"""What a file says of validity: the state of an entry on the day of the export, and when it is in force."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from psycopg import ClientCursor

from foundation.days import today
from foundation.files.columns import BatchColumn, BatchTable, ColumnKind, ReadOnlyColumn
from foundation.sql import rows
from measures.choices import Status
from measures.models import StatusEvent
from measures.validity.states import STATEMENT, STATES
from measures.validity.store import AS_RECORDS, derived, rows_of

_NEEDED = "{0}.measure_id as id, {1}, {0}.states[width_bucket('{2}'::date, {0}.days) + 1] as state"
_DAYS = ("certain", "possible", "presumed")


def _answers(ids: Sequence[Any], of: str) -> str:
    """The answers for these measures; those of stale rows are derived now: no file says what is no longer true."""
    day = today()
    kept = (
        f"select {_NEEDED.format('v', ', '.join(f'v.{name}' for name in _DAYS), day)} from measures_validity v"
        f" where v.measure_id {of} and not v.is_stale"
    )
    stale = rows("select measure_id from measures_validity where is_stale and measure_id = any(%s)", [list(ids)])
    if not stale:
        return kept
    fresh = (
        f"select {_NEEDED.format('x', ', '.join(f'x.{name}::datemultirange' for name in _DAYS), day)}"
        f" from jsonb_to_recordset(%s::jsonb) {AS_RECORDS}"
    )
    with connection.cursor() as cursor:
        found = rows_of(derived([id_ for (id_,) in stale]))
        return f"{kept} union all {ClientCursor(cursor.connection).mogrify(fresh, [found])}"


def _events(ids: Sequence[Any], of: str) -> str:
    """The dates of the first introduction and of the first signing."""
    first = "(array_agg(e.date order by e.position) filter (where e.status = '{}'))[1]"
    return (
        f"select e.measure_id as id, {first.format(Status.INTRODUCED)} as introduced,"
        f" {first.format(Status.ENACTED)} as enacted from {StatusEvent._meta.db_table} e"
        f" where e.measure_id {of} and e.status in ('{Status.INTRODUCED}', '{Status.ENACTED}')"
        " group by e.measure_id"
    )


ANSWERS = BatchTable("answers", _answers)
EVENTS = BatchTable("first_events", _events)


def _between(first: str, last: str) -> str:
    """The date that is some day between two days, as precise as it can be: a day, a month, a year, or nothing."""
    return (
        f"case when {first} = {last} then to_char({first}, 'YYYY-MM-DD')"
        f" when extract(day from {first}) = 1 and {last} = ({first} + interval '1 month - 1 day')::date"
        f" then to_char({first}, 'YYYY-MM')"
        f" when extract(doy from {first}) = 1 and {last} = ({first} + interval '1 year - 1 day')::date"
        f" then to_char({first}, 'YYYY') end"
    )


STATE = BatchColumn("state", ANSWERS, f"coalesce(answers.state, '{STATES[STATEMENT]}')")
"""The state on the day of the export; an entry without a row is of a family that has none."""
IN_FORCE_FROM = BatchColumn(
    "in_force_from",
    ANSWERS,
    _between("lower(answers.possible)", "lower(answers.certain + answers.presumed)"),
)
"""The first day in force, as precise as it is known."""
IN_FORCE_UNTIL = BatchColumn(
    "in_force_until",
    ANSWERS,
    _between("(upper(answers.certain) - 1)", "(upper(answers.possible) - 1)"),
)
"""The last day in force, as precise as it is known; empty where it is open."""
DATE_FIRST = ReadOnlyColumn("date_first", "to_char(lower(r.date_range), 'YYYY-MM-DD')", kind=ColumnKind.DAY)
DATE_LAST = ReadOnlyColumn("date_last", "to_char(upper(r.date_range) - 1, 'YYYY-MM-DD')", kind=ColumnKind.DAY)
DATE_PRECISION = ReadOnlyColumn(
    "date_precision",
    "case length(replace(r.date, '?', '')) when 10 then 'day' when 7 then 'month' when 4 then 'year' end",
)
INTRODUCED = BatchColumn("introduced", EVENTS, "first_events.introduced")
ENACTED = BatchColumn("enacted", EVENTS, "first_events.enacted")
