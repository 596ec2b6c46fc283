"""Why cells changed, as far as the history says: the reasons of the proposed changes that were approved since."""

import datetime
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from foundation.files.deltas import Change, key_of
from foundation.files.resources import FileResource
from foundation.records.changes import event_models
from foundation.records.models import RevisionState
from foundation.sql import rows

_CHANGED = """
    select {key}, a.reason, a.note, coalesce((
        select array_agg(n.key) from jsonb_each(to_jsonb(r)) n join jsonb_each(to_jsonb(b)) o using (key)
        where n.value is distinct from o.value
    ), '{{}}')
    from approved a join pghistory_context c on c.metadata->>'revision' = a.id::text
    join {events} r on r.pgh_context_id = c.id
    left join lateral (
        select * from {events} p where p.pgh_obj_id = r.pgh_obj_id and p.pgh_id < r.pgh_id
        order by p.pgh_id desc limit 1
    ) b on true
    order by a.reviewed_at, a.id, r.pgh_id
"""
_APPROVED = """
    with approved as materialized (
        select id, reviewed_at, reason, note from foundation_revision
        where state = %(state)s and reviewed_at > %(since)s and reviewed_at <= %(until)s
    )
"""


SETTLING = datetime.timedelta(minutes=5)
"""An approval may have begun, and so have its time, before a moment, and be committed after it."""


@dataclass(frozen=True, slots=True)
class Told:
    """An approved change of a record: its reason in words, and the columns of the table that it changed."""

    reason: str
    columns: frozenset[str]


def with_reasons(
    changes: Iterator[Change], kind: type[FileResource], since: datetime.datetime, until: datetime.datetime
) -> Iterator[Change]:
    """The changes of a file between two moments, each with the reasons that were given for it.

    A cell that is a column of the table has the reasons of the proposals that changed this column; a list, and the
    cells of a row that came or went, those of all proposals that changed the record.
    """
    told = _told(kind, since, until)  # before the first row is read: a connection that copies answers nothing else
    for change in changes:
        reasons = [each.reason for each in told.get(change.key, ()) if _is_about(change, each, kind)]
        yield change._replace(reason="; ".join(dict.fromkeys(reasons)))


def _is_about(change: Change, told: Told, kind: type[FileResource]) -> bool:
    column = kind.fields.get(change.column)  # a column that the software had then may be gone
    field = column.field if column else None
    if not told.columns or field is None or field.many_to_many:
        return True
    return field.column in told.columns


def _told(kind: type[FileResource], since: datetime.datetime, until: datetime.datetime) -> Mapping[str, list[Told]]:
    """The approved changes of records of a kind, by their keys in a delta."""
    events = next(model._meta.db_table for model, owner in event_models(kind.model()) if owner is None)
    cells = [kind.fields[name].written(public=True) for name in kind.keys[0]]
    sql = _APPROVED + _CHANGED.format(key=", ".join(f"coalesce({cell}, '')" for cell in cells), events=events)
    found: dict[str, list[Told]] = defaultdict(list)
    moments = {"since": since - SETTLING, "until": until}
    for *key, reason, note, columns in rows(sql, {"state": RevisionState.APPROVED, **moments}):
        found[key_of(key)].append(Told(f"{reason}: {note}" if note else reason, frozenset(columns)))
    return found
