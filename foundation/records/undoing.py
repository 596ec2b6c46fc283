"""Take back everything that was done under one context of the history: an import, a package, a merge.

Rows that were added are deleted, and rows that were changed or deleted get back what they had. This is possible as long
as nobody has changed the records since, or named the new ones. A row of another table that was added, such as a source,
stays where something else has come to use it.
"""

import datetime
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import models

from foundation.records.changes import all_event_models, event_models
from foundation.records.teams import hidden_name, visible_to
from foundation.sql import execute, rows, value

MOST_TOLD = 100
"""Number of records listed that were changed since."""

Tell = Callable[[int, int], None]
"""Called with the number of changes that are taken back, and of all."""
Kind = type[models.Model]


@dataclass(frozen=True, slots=True)
class Later:
    """A record that somebody has changed, or named, since: its key, what it is, who did it and when."""

    pk: str
    label: str
    who: str
    at: datetime.datetime


@dataclass(frozen=True, slots=True)
class _Table:
    """A table with history, and that of its events."""

    model: Kind
    event_model: Any
    owners: tuple[tuple[Kind, str], ...]
    """The kinds of records of which its rows are parts, with the column that names the record; itself with its key."""
    naming: tuple[tuple[Kind, str], ...]
    """Kinds of records with other columns that name one."""

    @property
    def name(self) -> str:
        return str(self.model._meta.db_table)

    @property
    def events(self) -> str:
        return str(self.event_model._meta.db_table)

    @property
    def pk(self) -> str:
        return _quoted(self.model._meta.pk.column)

    @property
    def is_record(self) -> bool:
        """Whether its rows are records, or parts of them, rather than something that these use."""
        return bool(self.owners)

    @property
    def columns(self) -> list[str]:
        """What can be written."""
        fields = self.model._meta.concrete_fields
        return [str(f.column) for f in fields if not isinstance(f, models.GeneratedField)]


@dataclass(frozen=True)
class Deed:
    """What was done under a context to records of these kinds, and to whatever belongs to them."""

    context: UUID
    kinds: Sequence[Kind]
    tables: list[_Table] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", list(_tables(self.kinds)))

    # What was done

    def keys(self, kind: Kind) -> models.QuerySet[Any]:
        """The primary keys of the records that were added or changed, as a query."""
        found: models.QuerySet[Any] = _events_of(kind)._default_manager.filter(pgh_context=self.context).order_by()
        return found.values(kind._meta.pk.attname).distinct()

    def records(self, kind: Kind) -> models.QuerySet[Any]:
        """The records that were added or changed, as far as they exist, in the order of their keys."""
        return kind._default_manager.filter(pk__in=self.keys(kind)).order_by("pk")

    def added_keys(self, kind: Kind, among: Collection[Any]) -> set[Any]:
        """The primary keys, of those in `among`, of the records that were added."""
        key = kind._meta.pk.attname
        found = _events_of(kind)._default_manager.filter(pgh_context=self.context, pgh_label="insert")
        return set(found.filter(**{f"{key}__in": among}).values_list(key, flat=True))

    def added_count(self, kind: Kind) -> int:
        """The number of records that were added."""
        found = _events_of(kind)._default_manager.filter(pgh_context=self.context, pgh_label="insert")
        return int(found.count())

    @cached_property
    def counts(self) -> dict[str, int]:
        """The number of changes by table, of the tables that have any."""
        one = "select '{0}' as name, count(*) as number from {1} where pgh_context_id = %(context)s"
        counted = " union all ".join(one.format(table.name, table.events) for table in self.tables)
        found = rows(f"select name, number from ({counted}) c where number > 0", {"context": self.context})
        return dict(found)

    # What has happened since

    def changed_since(self, reader: Any = None) -> list[Later]:
        """The records that were changed or named since, the first of them.

        Those that `reader` may not read stand there without their names, and without who changed them.
        """
        found: dict[tuple[Kind, str], tuple[datetime.datetime, int | None]] = {}
        began = self._began()
        names_with_later = self._names_with_later(began)
        for table in self.tables:
            if table.name not in names_with_later:
                continue
            for kind, pk, at, who in self._later(table, began):
                found.setdefault((kind, str(pk)), (at, who))
            if len(found) >= MOST_TOLD:
                break
        labels, hidden = _labels(found), _hidden(found, reader)
        names = dict(get_user_model()._default_manager.values_list("pk", "username"))
        return [
            Later(pk, hidden_name(), "", at)
            if (kind, pk) in hidden
            else Later(pk, labels.get((kind, pk), pk), str(names.get(who or 0, "")), at)
            for (kind, pk), (at, who) in list(found.items())[:MOST_TOLD]
        ]

    def _began(self) -> datetime.datetime | None:
        """When the transaction began that did it."""
        one = "select min(pgh_created_at) as at from {} where pgh_context_id = %(context)s"
        times = " union all ".join(one.format(table.events) for table in self.tables)
        began: datetime.datetime | None = value(f"select min(at) from ({times}) t", {"context": self.context})
        return began

    @staticmethod
    def _is_later(events: str) -> str:
        """SQL condition: the event `e` was written after what was done, or beside it."""
        return (
            "e.pgh_context_id is distinct from %(context)s and (e.pgh_created_at > %(began)s"
            f" or e.pgh_id > (select max(pgh_id) from {events} where pgh_context_id = %(context)s))"
        )

    def _names_with_later(self, began: datetime.datetime | None) -> set[str]:
        """The tables with any later events, which are few: the others need not be asked about each kind of record."""
        one = "select '{0}' as name where exists (select from {1} e where {2})"
        asked = " union all ".join(one.format(t.name, t.events, self._is_later(t.events)) for t in self.tables)
        return {name for (name,) in rows(asked, {"context": self.context, "began": began})}

    def _later(
        self, table: _Table, began: datetime.datetime | None
    ) -> Iterator[tuple[Kind, Any, datetime.datetime, int | None]]:
        """Kind, key, time and account of later events on the records and their parts, or rows that name new ones."""
        columns = [(*owner, False) for owner in table.owners] + [(*naming, True) for naming in table.naming]
        for kind, column, is_naming in columns:
            keys = self._added_of(kind) if is_naming else self._touched_of(kind)
            if not keys:
                continue
            later = rows(
                f"select e.{_quoted(column)}::text, max(e.pgh_created_at), max((c.metadata ->> 'user')::integer)"
                f" from {table.events} e left join pghistory_context c on c.id = e.pgh_context_id"
                f" where e.{_quoted(column)} in ({keys}) and {self._is_later(table.events)}"
                f" group by 1 order by 1 limit {MOST_TOLD}",
                {"context": self.context, "began": began},
            )
            yield from ((kind, *row) for row in later)

    def _added_of(self, kind: Kind) -> str:
        """SQL of the keys of the records that were added; '' if none of the kind was touched."""
        if kind._meta.db_table not in self.counts:
            return ""
        key, events = _quoted(kind._meta.pk.column), _events_of(kind)._meta.db_table
        return f"select {key} from {events} where pgh_context_id = %(context)s and pgh_label = 'insert'"

    def _touched_of(self, kind: Kind) -> str:
        """SQL of the keys of the records that were changed themselves, or in their parts; '' if there are none."""
        columns = [
            (table.events, _quoted(column))
            for table in self.tables
            for owner, column in table.owners
            if owner is kind and table.name in self.counts
        ]
        one = "select {1} from {0} where pgh_context_id = %(context)s and {1} is not null"
        return " union ".join(one.format(*pair) for pair in columns)

    # Taking it back

    def lock(self) -> None:
        """Lock what was changed, until the end of the transaction; ask only then whether it was changed since.

        In the order of editors, who hold a record, then change its parts, and then need the keys of what these name. A
        row that was added will be deleted, so that nobody may name it either.
        """
        for table in _sorted(self.tables, _is_locked_before):
            if table.name in self.counts or (table.model in self.kinds and self._touched_of(table.model)):
                self._lock_rows(table)

    def _lock_rows(self, table: _Table) -> None:
        touched = f"select {table.pk} as id, pgh_label = 'insert' as is_added from {table.events}"
        touched += " where pgh_context_id = %(context)s"
        if table.model in self.kinds:
            touched += f" union all select id, false from ({self._touched_of(table.model)}) parts (id)"
        execute(
            "create temp table undone on commit drop as select id, bool_or(is_added) as is_added"
            f" from ({touched}) t group by id",
            {"context": self.context},
        )
        execute("analyze undone")  # of rows just written the planner expects few, and would compare each with each
        rows_of_table = f"select from {table.name} t join undone u on u.id = t.{table.pk}"
        locked = f"{rows_of_table} where {{}} order by u.id for {{}} of t"
        execute(locked.format("u.is_added", "update"))
        execute(locked.format("not u.is_added", "no key update"))
        execute("drop table undone")

    def take_back(self, by: Any, tell: Tell = lambda _done, _total: None) -> None:
        """Take back what was done, within the transaction and the context of the caller."""
        tables = [table for table in self.tables if table.name in self.counts]
        total, done = sum(self.counts.values()) * 3, 0
        children_first = list(_sorted(sorted(tables, key=lambda table: not table.is_record), _refers_to))
        parents_first = children_first[::-1]
        for step, in_order in (
            (self._delete_added, children_first),
            (self._restore_changed, parents_first),
            (self._insert_deleted, parents_first),
        ):
            for table in in_order:
                step(table, by)
                done += self.counts[table.name]
                tell(done, total)

    def _first(self, table: _Table) -> str:
        """SQL of the first event of each row."""
        return (
            f"select distinct on ({table.pk}) {table.pk}, pgh_id, pgh_label from {table.events}"
            f" where pgh_context_id = %(context)s order by {table.pk}, pgh_id"
        )

    def _before(self, table: _Table) -> str:
        """SQL of the last event before of each row that existed then."""
        return (
            f"select distinct on (e.{table.pk}) e.* from {table.events} e join ({self._first(table)}) f"
            f" on f.{table.pk} = e.{table.pk} and f.pgh_label <> 'insert' and e.pgh_id < f.pgh_id"
            f" order by e.{table.pk}, e.pgh_id desc"
        )

    def _delete_added(self, table: _Table, _by: Any) -> None:
        """Delete the rows that were added; one that is no part of the records only if nothing uses or changed it."""
        parts, users = _referring(table.model)
        execute(
            f"create temp table undone on commit drop as select t.{table.pk} as id from {table.name} t"
            f" join ({self._first(table)}) f on f.{table.pk} = t.{table.pk} where f.pgh_label = 'insert'",
            {"context": self.context},
        )
        execute("analyze undone")  # else the planner expects few, and would look through the others for each of them
        left_alone = [f"{user} u where u.{_quoted(column)} = t.id" for user, column in users]
        left_alone.append(
            f"{table.events} u where u.{table.pk} = t.id and u.pgh_context_id is distinct from %(context)s"
        )
        for use in [] if table.is_record else left_alone:
            execute(f"delete from undone t where exists (select from {use})", {"context": self.context})
        for part, column in parts:
            execute(f"delete from {part} where {_quoted(column)} in (select id from undone)")
        execute(f"delete from {table.name} where {table.pk} in (select id from undone)")
        execute("drop table undone")

    def _restore_changed(self, table: _Table, by: Any) -> None:
        bookkeeping = {"record_version": "t.record_version + 1", "updated_at": "now()", "updated_by_id": "%(by)s"}
        changes = {
            name: bookkeeping.get(name, f"b.{_quoted(name)}") for name in table.columns if _quoted(name) != table.pk
        }
        if changes:
            execute(
                f"update {table.name} t set {', '.join(f'{_quoted(name)} = {new}' for name, new in changes.items())}"
                f" from ({self._before(table)}) b where b.{table.pk} = t.{table.pk}",
                {"context": self.context, "by": by.pk},
            )

    def _insert_deleted(self, table: _Table, _by: Any) -> None:
        names = ", ".join(map(_quoted, table.columns))
        execute(
            f"insert into {table.name} ({names}) select {names} from ({self._before(table)}) b where not exists"
            f" (select from {table.name} t where t.{table.pk} = b.{table.pk})",
            {"context": self.context},
        )


def _quoted(name: Any) -> str:
    return f'"{name}"'


def _events_of(kind: Kind) -> Any:
    """The model of the events of the records themselves."""
    return next(event_model for event_model, owner in event_models(kind) if owner is None)


def _labels(found: Collection[tuple[Kind, str]]) -> dict[tuple[Kind, str], str]:
    labels: dict[tuple[Kind, str], str] = {}
    for kind in dict.fromkeys(kind for kind, _pk in found):
        records = kind._default_manager.in_bulk([pk for other, pk in found if other is kind])
        labels |= {(kind, str(pk)): str(record) for pk, record in records.items()}
    return labels


def _hidden(found: Collection[tuple[Kind, str]], reader: Any) -> set[tuple[Kind, str]]:
    """The records that `reader`, if there is one, may not read."""
    hidden: set[tuple[Kind, str]] = set()
    for kind in dict.fromkeys(kind for kind, _pk in found) if reader else ():
        records = kind._default_manager.filter(pk__in=[pk for other, pk in found if other is kind])
        visible = visible_to(reader, records).values("pk")
        hidden |= {(kind, str(pk)) for pk in records.exclude(pk__in=visible).values_list("pk", flat=True)}
    return hidden


def _tables(kinds: Sequence[Kind]) -> Iterator[_Table]:
    """The tables with history: the records themselves, their parts, rows that name them, and all others."""
    owned: dict[Any, list[tuple[Kind, str]]] = {}
    for kind in kinds:
        for event_model, owner in event_models(kind):
            owned.setdefault(event_model, []).append((kind, owner or str(kind._meta.pk.column)))
    for event_model in all_event_models():
        model: Kind = event_model.pgh_tracked_model
        owners = tuple(owned.get(event_model, ()))
        keys = [(kind, str(f.column)) for f in model._meta.fields for kind in kinds if f.related_model is kind]
        yield _Table(model, event_model, owners, tuple(pair for pair in keys if pair not in owners))


def _sorted(tables: Sequence[_Table], comes_before: Callable[[_Table, _Table], bool]) -> Iterator[_Table]:
    """The tables, each after those that come before it; where that is a circle, the first of it comes first."""
    left = list(tables)
    while left:
        free = [table for table in left if not any(comes_before(o, table) for o in left if o is not table)]
        for table in free or left[:1]:
            yield table
            left.remove(table)


def _is_locked_before(table: _Table, other: _Table) -> bool:
    """Whether rows of a table have rows of another as parts, or name them without being parts of them."""
    if any(kind is table.model for kind, _column in other.owners):
        return True
    return _refers_to(table, other) and not any(kind is other.model for kind, _column in table.owners)


def _refers_to(table: _Table, other: _Table) -> bool:
    """Whether rows of a table name rows of another."""
    return any(f.related_model is other.model for f in table.model._meta.concrete_fields)


def _referring(model: Kind) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Tables and columns that refer to the rows of a model: those that go with them without a history, and users.

    What the database itself deletes with a row is in neither.
    """
    tracked = {event_model.pgh_tracked_model._meta.db_table for event_model in all_event_models()}
    cascades = set(
        rows(
            "select c.conrelid::regclass::text, a.attname::text from pg_constraint c"
            " join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]"
            " where c.contype = 'f' and c.confdeltype = 'c' and c.confrelid = %s::regclass",
            [model._meta.db_table],
        )
    )
    parts: list[tuple[str, str]] = []
    users: list[tuple[str, str]] = []
    for relation in model._meta.get_fields(include_hidden=True):
        column = getattr(getattr(relation, "remote_field", None), "column", None)
        other: Any = relation.related_model
        if not relation.auto_created or relation.concrete or not column or relation.many_to_many:
            continue
        name = other._meta.db_table
        if hasattr(other, "pgh_tracked_model") or (name, column) in cascades:
            continue
        if getattr(relation, "on_delete", None) is models.CASCADE and name not in tracked:
            parts.append((name, column))
        else:
            users.append((name, column))
    return parts, users
