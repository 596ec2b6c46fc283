"""Identifiers in a file: those of its new measures, and those by which entries name each other."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from countries.models import FormerAddress
from foundation.days import today
from foundation.files.cells import CellProblem, canonical_date, items_of, one_of
from foundation.files.columns import Column, ListColumn
from foundation.files.resources import Rule
from foundation.records.teams import readable_keys
from foundation.sql import execute, rows, second_connection
from measures.choices import (
    ACYCLIC_RELATIONS,
    FORMER_RELATIONS,
    PROLONGING_RELATIONS,
    SYMMETRIC_RELATIONS,
    RelationScope,
    RelationType,
)
from measures.entry_rules import last_year
from measures.files.external_ids import identifier_of
from measures.models import Measure, Relation

# Identifiers for new measures


FIRST_NUMBERS = 1000
"""Up to this number, a file may number measures of a country without a series, however few rows it has."""
NUMBERS_A_ROW = 10
"""Per row, how far such a file may number its measures: identifiers of failed imports leave gaps."""


def rules(*, keep: bool) -> list[Rule]:
    """The rules for identifiers of new rows, so that no file exhausts a series.

    A file may number its new rows itself, since its relations refer to them by identifier, as far as the series would
    get with those rows. Existing records are matched by any identifier. With `keep` a backup is restored: the series is
    adjusted instead.
    """
    form = Rule(
        "public_id",
        f"{_NEW} and (public_id !~ '^[A-Z]{{3}}-(0[0-9]{{4}}|[1-9][0-9]{{4,5}})$' or number = 0)",
        _("This is not an identifier of a series."),
        _(
            "Write it as PER-00007, with five or six digits, or leave the cell empty for the next identifier of the "
            "series."
        ),
    )
    beyond = Rule(
        "public_id",
        f"{_NEW} and number > case when last > 0 then last + count"
        f" else greatest({FIRST_NUMBERS}, {NUMBERS_A_ROW} * count) end",
        _("The series of this country has not reached this identifier yet."),
        _(
            "Leave the cell empty for the next identifier of the series. To restore a backup with its identifiers, "
            "run import_measures with --keep-identifiers."
        ),
    )
    return [form] if keep else [form, beyond]


_NEW = """
select line, public_id from (
    select c.line, c.public_id, coalesce(s.last, 0) as last, count(*) over (partition by left(c.public_id, 3)) as count,
        nullif(regexp_replace(substr(c.public_id, 5), '[^0-9]', '', 'g'), '')::numeric as number
    from checked c left join measures_publicidsequence s on s.prefix = left(c.public_id, 3)
    where c.is_new and c.public_id <> ''
) n where true"""


def number(*, within: bool) -> None:
    """Assign identifiers to new rows without one; identifiers given in the file are never assigned again.

    The numbers are taken in a separate transaction, so that nobody who adds a measure waits for the import; those of a
    failed import are lost. `within` takes them in the caller's open transaction instead, which may have taken numbers
    itself: the two transactions would otherwise deadlock.
    """
    wanted = rows(
        "select coalesce(country_id, 'INT') as prefix, coalesce(max(substr(public_id, 5)::integer), 0),"
        " count(*) filter (where public_id is null) from candidate_rows join outcome o using (line) where o.is_new"
        " group by 1 order by 1"
    )
    if not wanted:
        return
    with _cursor(within=within) as cursor:
        cursor.execute(_TAKE, [list(column) for column in zip(*wanted, strict=True)])
        taken = cursor.fetchall()
    execute(
        "with numbered as (select d.line, g.prefix, (g.last - g.total + row_number() over"
        " (partition by g.prefix order by d.line))::text as number"
        " from candidate_rows d join unnest(%s::text[], %s::integer[], %s::integer[]) g(prefix, last, total)"
        " on g.prefix = coalesce(d.country_id, 'INT') where d.public_id is null)"
        " update candidate_rows d set public_id = n.prefix || '-' || lpad(n.number, greatest(length(n.number), 5), '0')"
        " from numbered n where d.line = n.line",
        [[row[place] for row in taken] for place in range(3)],
    )


_TAKE = """
with wanted as (select * from unnest(%s::text[], %s::integer[], %s::integer[]) w(prefix, given, total)),
taken as (insert into measures_publicidsequence as s (prefix, last)
    select prefix, given + total from wanted order by prefix
    on conflict (prefix) do update set last = greatest(s.last,
        (select w.given from wanted w where w.prefix = s.prefix))
        + (select w.total from wanted w where w.prefix = s.prefix)
    returning prefix, last)
select prefix, last, total from taken join wanted using (prefix)
"""


@contextmanager
def _cursor(*, within: bool) -> Iterator[Any]:
    if within:
        with connection.cursor() as cursor:
            yield cursor
    else:
        with second_connection() as cursor:
            yield cursor


# How an entry bears on others, as one cell


LINKS, MEASURES = Relation._meta.db_table, Measure._meta.db_table
RELATIONS, SCOPES = list(RelationType.values), list(RelationScope.values)
MUTUAL = ", ".join(f"'{relation.value}'" for relation in SYMMETRIC_RELATIONS)
PROLONGING = ", ".join(f"'{relation.value}'" for relation in PROLONGING_RELATIONS)
ACYCLIC = ", ".join(f"'{relation.value}'" for relation in ACYCLIC_RELATIONS)
HAS_PAGE = (
    f"(o.workflow = 'published' or o.workflow = 'stub' and exists (select from {LINKS} n"
    f" join {MEASURES} p on p.id = n.subject_id where n.object_id = o.id and n.type not in ({MUTUAL})"
    " and p.workflow = 'published'))"
)
"""The same as `MeasureQuerySet.with_page`: a relation to an act that is only named is part of its public entry."""


OBJECT = r"regexp_replace(substring({0} from ':(.*)$'), '(@[0-9?-]+)?(/part)?$', '')"
DATE = r"coalesce(substring({0} from '@([0-9?-]+)(?:/part)?$'), '')"
SCOPE = "case when {0} like '%%/part' then 'part' else 'whole' end"
"""SQL of the parts of a canonical item, for its column."""


_IN_ORDER = f'split_part(item, \':\', 1) collate "C", {OBJECT.format("item")} collate "C"'


def _items(of: str, condition: str) -> str:
    """SQL of the relations of entries whose id matches `of`, to other entries `o` that meet `condition`."""
    return (
        "select x.id, x.type, o.public_id, x.type || ':' || o.public_id"
        " || case when x.date <> '' then '@' || x.date else '' end"
        " || case when x.scope = 'part' then '/part' else '' end as item from ("
        f"select subject_id as id, type, object_id as other, date, scope from {LINKS} where subject_id {of}"
        f" union all select object_id, type, subject_id, date, scope from {LINKS}"
        f" where object_id {of} and type in ({MUTUAL})"
        f") x join {MEASURES} o on o.id = x.other{condition}"
    )


def _joined(more: str) -> str:
    """SQL of the cell of the staged row `s` with `more` items."""
    items = f"select unnest(string_to_array(s.relations, '|')) as item union {more}"
    return f"(select string_agg(item, '|' order by {_IN_ORDER}) from ({items}) i)"


_IDENTIFIER = re.compile("[A-Z]{3}-[0-9]")
_BETWEEN_RELATIONS = re.compile(r"[|;]\s*\n|[|;\n]|,(?=\s*[a-z_]+\s*:)")


class RelationsColumn(ListColumn):
    """`extends:PER-00004@2020-04-15|repeals:PER-00002/part`: a relation, its other entry, date of effect and scope.

    The other entry may also be named by its key in a data set: `extends:coronanet/R_1abc`.

    Without `@` the act takes effect with its own start; without `/part` it concerns the whole of the other. A mutual
    relation is listed in the cells of both entries, and has neither. A relation to an entry that a person may not read
    is left out of the cell for them, and stays as it is when they import one.
    """

    comes_last = True
    is_trimmed = True
    written_as = gettext_lazy("a relation and its other entry: extends:PER-00004@2020-04-15|repeals:PER-00002/part")

    def __init__(self, seen: str = "") -> None:
        """`seen` is SQL of the keys of the entries that the cells may name; all without it."""
        super().__init__(name="relations")
        self.seen = seen

    def seen_by(self, user: Any) -> Column:
        return RelationsColumn(readable_keys(user, Measure) or "")

    def _is_seen(self, key: str) -> str:
        """SQL that limits entries, by their `key`, to those that may be named."""
        return f" and {key} in ({self.seen})" if self.seen else ""

    @property
    def label(self) -> str:
        return str(Relation._meta.verbose_name_plural)

    def read(self, text: str) -> str:
        read = sorted({self._read_item(item) for item in items_of(text, _BETWEEN_RELATIONS)})
        if len({pair for pair, _item in read}) < len(read):
            raise CellProblem(
                _("The cell names the same relation twice, with different dates or scopes."), _("Keep one of the two.")
            )
        return "|".join(item for _pair, item in read)

    def _read_item(self, item: str) -> tuple[tuple[str, str], str]:
        """The relation and the identifier, by which items are sorted, and the canonical item."""
        relation, colon, rest = (part.strip() for part in item.partition(":"))
        rest, scope = _without_scope(rest)
        public_id, at, date = (part.strip() for part in rest.partition("@"))
        if not colon or not public_id or (at and not date):
            raise CellProblem(
                _("“%(value)s” is not a relation.") % {"value": item[:80]},
                _("Write a relation and an identifier: extends:PER-00004, or extends:PER-00004@2020-04-15."),
            )
        relation = one_of(RELATIONS, FORMER_RELATIONS.get(relation, relation))
        scope = one_of(SCOPES, scope) if scope else RelationScope.WHOLE.value
        if relation in SYMMETRIC_RELATIONS and (date or scope != RelationScope.WHOLE):
            raise CellProblem(
                _("“%(value)s”: a mutual relation has no date and concerns whole acts.") % {"value": item[:80]},
                _("Write %(item)s.") % {"item": f"{relation}:{public_id}"},
            )
        end = (f"@{canonical_date(date)}" if date else "") + ("/part" if scope == RelationScope.PART else "")
        return (relation, public_id), f"{relation}:{public_id}{end}"

    def cells(self, of: str, *, public: bool = False) -> str:
        seen = f" and {HAS_PAGE}" if public else self._is_seen("o.id")
        return (
            'select id, string_agg(item, \'|\' order by type collate "C", public_id collate "C") as cell'
            f" from ({_items(of, seen)}) x group by id"
        )

    def settled(self) -> list[str]:
        """Name entries as now, keep what a public file leaves out, and apply a mutual relation to both entries.

        An entry that the public does not see, and that the file names nowhere, is unknown to the file. A public entry
        keeps its relations to it.
        """
        named = OBJECT.format("i.item")
        found = f"coalesce({identifier_of(named)}, {named})"
        known = (
            "select public_id from staged where public_id <> '' union"
            f" select m.public_id from outcome join {MEASURES} m using (id) union"
            f" select {named} from staged"
            " cross join lateral unnest(string_to_array(relations, '|')) i(item)"
        )
        of_rows = (
            f"in (select id from outcome join staged using (line) join {MEASURES} m using (id)"
            " where relations is not null and m.workflow = 'published')"
        )
        left_out = f" and not {HAS_PAGE}{self._is_seen('o.id')} and o.public_id not in ({known})"
        return [
            _NAMED_NOW,
            "update staged s set relations = (select string_agg(split_part(i.item, ':', 1) || ':' ||"
            f" {found} || substr(i.item, length(split_part(i.item, ':', 1)) + 2 + length({named})), '|'"
            f' order by split_part(i.item, \':\', 1) collate "C", {found} collate "C")'
            " from unnest(string_to_array(s.relations, '|')) i(item)) where s.relations <> ''"
            " and exists (select from unnest(string_to_array(s.relations, '|')) i(item)"
            f" where position('/' in {named}) > 0 and {identifier_of(named)} is not null)",
            f"with hidden as ({_items(of_rows, left_out)})"
            f" update staged s set relations = {_joined('select item from hidden where hidden.id = q.id')}"
            " from outcome q where q.line = s.line and exists (select from hidden where hidden.id = q.id)",
            self._mutual_on_both_sides(),
        ]

    @staticmethod
    def _mutual_on_both_sides() -> str:
        mutual = "|".join(value.value for value in SYMMETRIC_RELATIONS)
        return (
            "with known as (select line, coalesce(nullif(s.public_id, ''), r.public_id) as public_id"
            f" from staged s join outcome o using (line) left join {MEASURES} r on r.id = o.id),"
            " listed as (select k.public_id as subject, split_part(i.item, ':', 1) as type,"
            " split_part(i.item, ':', 2) as object from staged s join known k using (line)"
            " cross join lateral unnest(string_to_array(s.relations, '|')) i(item)"
            f" where s.relations ~ '({mutual}):' and i.item ~ '^({mutual}):'),"
            " added as (select k.line, l.type || ':' || l.subject as item from listed l"
            " join known k on k.public_id = l.object where l.subject is not null)"
            f" update staged s set relations = {_joined('select item from added where added.line = s.line')}"
            " where exists (select from added a where a.line = s.line"
            " and a.item <> all (string_to_array(s.relations, '|')))"
        )

    def unknown(self) -> str:
        named = OBJECT.format("i.item")
        return (
            "select s.line, i.item from checked s cross join lateral unnest(string_to_array(s.relations, '|')) i(item)"
            f" where not exists (select from {MEASURES} m where m.public_id = {named}{self._is_seen('m.id')})"
            f" and not exists (select from staged own where own.public_id = {named})"
            f" and not (position('/' in {named}) > 0 and {named} in (select e from staged own"
            " cross join lateral unnest(string_to_array(own.external_ids, '|')) e))"
        )

    def named_rows(self) -> str:
        named = OBJECT.format("i.item")
        return (
            "select s.line, i.item, own.line from checked s"
            " cross join lateral unnest(string_to_array(s.relations, '|')) i(item)"
            " join (select line, public_id as name from staged where public_id <> '' union all select line, e"
            f" from staged cross join lateral unnest(string_to_array(external_ids, '|')) e) own on own.name = {named}"
            f" where own.line <> s.line and not exists (select from {MEASURES} m"
            f" where m.public_id = {identifier_of(named)})"
        )

    def remedy(self, value: str, known: list[str]) -> str:
        """Suggest nothing: identifiers that look alike are unrelated."""
        return _(
            "Write the identifier of an entry that exists or is in this file, or its data set and key there, such as"
            " coronanet/R_1abc."
        )

    def refused(self) -> list[tuple[str, str]]:
        itself = (
            f"select s.line, i.item from checked s left join {MEASURES} r on r.id = s.id"
            " cross join lateral unnest(string_to_array(s.relations, '|')) i(item)"
            f" where {OBJECT.format('i.item')} = coalesce(nullif(s.public_id, ''), r.public_id)"
            f" or {OBJECT.format('i.item')} = any (string_to_array(s.external_ids, '|'))"
        )
        return [
            (itself, _("An entry may not be related to itself.")),
            (_TOO_FAR_AHEAD.format(year=last_year(today())), _("The year of the date is far ahead. Is it right?")),
            (circles(_WANTED, replaced=_REPLACED), is_circle()),
        ]

    def saved(self) -> list[str]:
        """Existing relations keep the day on which they were recorded."""
        wanted = (
            f"select distinct case when x.type in ({MUTUAL}) then least(x.id, x.other) else x.id end as subject_id,"
            f" x.type, case when x.type in ({MUTUAL}) then greatest(x.id, x.other) else x.other end as object_id,"
            " x.date, x.scope from ("
            "select t.id, split_part(i.item, ':', 1) as type, m.id as other,"
            f" {DATE.format('i.item')} as date, {SCOPE.format('i.item')} as scope from changed_rows t"
            " cross join lateral unnest(string_to_array(t.cell, '|')) i(item)"
            f" join {MEASURES} m on m.public_id = {identifier_of(OBJECT.format('i.item'))}) x"
        )
        same = "(w.subject_id, w.type, w.object_id) = (x.subject_id, x.type, x.object_id)"
        return [
            f"with wanted as ({wanted}) delete from {LINKS} x using changed_rows t"
            f" where not t.is_new and (x.subject_id = t.id or (x.object_id = t.id and x.type in ({MUTUAL})))"
            f"{self._is_seen('case when x.subject_id = t.id then x.object_id else x.subject_id end')}"
            f" and not exists (select from wanted w where {same})",
            f"with wanted as ({wanted}) update {LINKS} x set date = w.date, scope = w.scope from wanted w"
            f" where {same} and (x.date, x.scope) <> (w.date, w.scope)",
            f"insert into {LINKS} (subject_id, type, object_id, date, scope, provision, recorded_on)"
            f" select w.*, '', '{today()}'::date from ({wanted}) w on conflict do nothing",
        ]


_FORMER = FormerAddress._meta.db_table
_NAMED_NOW = f"""
update staged s set relations = (
    select string_agg(distinct x.item, '|' order by x.item) from (
        select split_part(i.item, ':', 1) || ':' || coalesce(m.public_id, i.object)
            || substr(i.item, length(split_part(i.item, ':', 1)) + length(i.object) + 2) as item
        from (select item, {OBJECT.format("item")} as object from unnest(string_to_array(s.relations, '|')) item) i
        left join {_FORMER} f on f.kind = 'measure' and f.former = i.object and f.record <> ''
        left join {MEASURES} m on m.id = f.record::bigint
    ) x
) where exists (
    select from unnest(string_to_array(s.relations, '|')) item
    join {_FORMER} f on f.kind = 'measure' and f.record <> '' and f.former = {OBJECT.format("item")}
)
"""
"""An entry that was merged into another is named by the identifier of the other."""


def _without_scope(text: str) -> tuple[str, str]:
    """What stands before and after the last `/`, unless that belongs to a date or to `coronanet/R_1abc`."""
    before, slash, after = (part.strip() for part in text.rpartition("/"))
    is_external = not _IDENTIFIER.match(text) and after not in SCOPES
    return (before, after or "?") if slash and not (after[:1].isdigit() or is_external) else (text, "")


_TOO_FAR_AHEAD = (
    "select s.line, i.item from checked s cross join lateral unnest(string_to_array(s.relations, '|')) i(item)"
    f" where left({DATE.format('i.item')}, 4) > '{{year}}' and (s.is_new or 'relations' = any(s.changed))"
)


def prolonged_condition(row: str, record: str) -> str:
    """SQL: whether an act extends or revives the staged `row`, which is of `record`, by the database or by the file."""
    named = (
        f"select {OBJECT.format('i.item')} from staged o"
        " cross join lateral unnest(string_to_array(o.relations, '|')) i(item)"
        f" where split_part(i.item, ':', 1) in ({PROLONGING})"
    )
    return (
        f"coalesce({record}.id in (select l.object_id from {LINKS} l where l.type in ({PROLONGING}))"
        f" or coalesce(nullif({row}.public_id, ''), {record}.public_id) in ({named}), false)"
    )


_WANTED = f"""
    select s.line, s.id as subject, i.type, i.type || ':' || i.object as item, coalesce(m.id, own.id) as object
    from checked s
    cross join lateral (
        select split_part(item, ':', 1), {OBJECT.format("item")} from unnest(string_to_array(s.relations, '|')) item
    ) i(type, object)
    left join {MEASURES} m on m.public_id = i.object
    left join (
        select f.public_id, o.id from staged f join outcome o using (line) where f.public_id <> ''
        union all select e, o.id from staged f join outcome o using (line)
        cross join lateral unnest(string_to_array(f.external_ids, '|')) e
    ) own on own.public_id = i.object
    where i.type in ({ACYCLIC})
"""
_REPLACED = "exists (select from checked s where s.id = subject_id and s.relations is not null)"


def circles(wanted: str, *, replaced: str = "false") -> str:
    """SQL of (line, item) of relations that would close a circle.

    `wanted` is SQL of (line, subject, type, item, object) of the file, `replaced` a condition on those relations of the
    table that the import would take away.
    """
    return f"""
    with recursive wanted as ({wanted}),
    edges as (
        select subject_id as subject, type, object_id as object from {LINKS}
        where type in ({ACYCLIC}) and not {replaced}
        union select subject, type, object from wanted
    ),
    reached(line, type, item, origin, node) as (
        select line, type, item, subject, object from wanted
        union
        select r.line, r.type, r.item, r.origin, e.object
        from reached r join edges e on e.type = r.type and e.subject = r.node
    )
    select distinct line, item from reached where node = origin
    """


def is_circle() -> str:
    """What to do about a circle, in words."""
    return _(
        "Relations may not form a cycle: the other entry already leads back to this one. Remove one of the relations."
    )
