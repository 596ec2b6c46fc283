"""The columns of measures.csv that stand for rows of other tables: body, tags, history, relations, sources.

As everywhere in a file, `|` parts the items of a list. See `countries/columns.py` for the aliases in the SQL.
"""

from collections.abc import Callable
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.utils.translation import gettext as _

from countries.columns import (
    CellProblem,
    Column,
    KeyColumn,
    canonical_date,
    nearest_in_words,
    one_of,
    refuse_placeholder,
)
from countries.periods import PartialDate
from measures.choices import ACYCLIC_RELATIONS, SYMMETRIC_RELATIONS, Kind, RelationType, Status
from measures.models import Citation, IssuingBody, Measure, Relation, Source, StatusEvent
from measures.workflow import check_history


def _table(model: type[models.Model]) -> str:
    return str(model._meta.db_table)


def _in(values: tuple[RelationType, ...]) -> str:
    return ", ".join(f"'{value.value}'" for value in values)


def items_of(text: str) -> list[str]:
    """The items of a list, without blanks around them."""
    items = [item.strip() for item in text.split("|")]
    for item in items:
        refuse_placeholder(item)
    if not all(items):
        raise CellProblem(
            _("The list “%(value)s” has an empty item.") % {"value": text[:80]},
            _("Part the items by one | each: asylum.application|work.permit."),
        )
    return items


class BodyColumn(KeyColumn):
    """The issuing body: `mininter` of the entry's own country, else `VEN:embajada`, or `INT:un`."""

    def written(self, *, public: bool = False) -> str:
        return (
            "coalesce((select case when b.country_id = r.country_id then b.key"
            " else coalesce(b.country_id, 'INT') || ':' || b.key end"
            f" from {self.table} b where b.id = r.issuing_body_id), '')"
        )

    def stored(self) -> tuple[str, str]:
        return self.db_column, "j_issuing_body.id"

    def join(self) -> str:
        return (
            f"left join (select id, coalesce(country_id, 'INT') || ':' || key as code from {self.table}) j_issuing_body"
            " on j_issuing_body.code = case when position(':' in s.issuing_body) > 0 then s.issuing_body"
            " else coalesce(nullif(s.country, ''), 'INT') || ':' || s.issuing_body end"
        )

    def settled(self) -> list[str]:
        """`PER:mininter` of a Peruvian entry is `mininter`; an international entry names its body `INT:un`."""
        return [
            "update staged s set issuing_body = split_part(issuing_body, ':', 2)"
            " where country <> '' and split_part(issuing_body, ':', 1) = country and position(':' in issuing_body) > 0",
            "update staged s set issuing_body = 'INT:' || issuing_body"
            " where country = '' and issuing_body <> '' and position(':' in issuing_body) = 0",
        ]

    def unknown(self) -> str:
        return (
            f"select s.line, s.issuing_body from checked s {self.join()}"
            " where s.issuing_body <> '' and j_issuing_body.id is null"
        )

    def known(self) -> list[str]:
        bodies = IssuingBody.objects.order_by("key").values_list("country", "key")[:5000]
        return [f"{country or 'INT'}:{key}" for country, key in bodies]

    def remedy(self, value: str, known: list[str]) -> str:
        """The nearest body of any country, in full."""
        if ":" in value:
            return super().remedy(value, known)
        by_key = {code.partition(":")[2]: code for code in known}
        if value in by_key:
            return _("No body of this country has this key. Did you mean “%(value)s”?") % {"value": by_key[value]}
        return nearest_in_words(value, list(by_key))


class TagsColumn(Column):
    """A list of keys; the order means nothing, so they are sorted."""

    is_composed = True

    def __init__(self, field: models.ManyToManyField) -> None:
        super().__init__(field)
        self.through = field.m2m_db_table()
        self.target = field.m2m_reverse_name()
        self.model: type[models.Model] = field.related_model
        self.table = _table(self.model)
        self.pk = str(self.model._meta.pk.column)
        self.key = self.pk if self.pk != "id" else "key"

    def read(self, text: str) -> str:
        return "|".join(sorted(set(items_of(text))))

    def _written(self, order: str) -> str:
        return (
            f"coalesce((select string_agg(v.{self.key}, '|' order by {order}) from {self.through} x"
            f" join {self.table} v on v.{self.pk} = x.{self.target} where x.measure_id = r.id), '')"
        )

    def written(self, *, public: bool = False) -> str:
        return self._written(f'v.{self.key} collate "C"')

    def stored(self) -> tuple[str, str] | None:
        return None

    def unknown(self) -> str:
        return (
            f"select s.line, i.item from checked s cross join lateral unnest(string_to_array({self.cell}, '|')) i(item)"
            f" where not exists (select from {self.table} v where v.{self.key} = i.item)"
        )

    def known(self) -> list[str]:
        return list(self.model._default_manager.order_by(self.key).values_list(self.key, flat=True)[:5000])

    def saved(self) -> list[str]:
        wanted = (
            f"select t.id as measure_id, v.{self.pk} as term from touched t"
            f" cross join lateral unnest(string_to_array(t.cell, '|')) i(item) join {self.table} v on v.{self.key} = i.item"
        )
        return [
            f"with wanted as ({wanted}) delete from {self.through} x using touched t"
            " where not t.is_new and x.measure_id = t.id"
            f" and not exists (select from wanted w where w.measure_id = t.id and w.term = x.{self.target})",
            f"insert into {self.through} (measure_id, {self.target}) {wanted} on conflict do nothing",
        ]


class TopicsColumn(TagsColumn):
    """A list of topics, the first of which is the primary one."""

    def read(self, text: str) -> str:
        first, *others = items_of(text)
        return "|".join([first, *sorted(set(others) - {first})])

    def written(self, *, public: bool = False) -> str:
        return self._written('v.id = r.primary_topic_id desc nulls last, v.key collate "C"')

    def stored(self) -> tuple[str, str]:
        return "primary_topic_id", "j_topics.id"

    def join(self) -> str:
        return f"left join {self.table} j_topics on j_topics.key = split_part(s.topics, '|', 1)"


class HistoryColumn(Column):
    """`introduced@2020-03-30|archived@2021?`, oldest first; an event without a date has no `@`."""

    is_composed = True
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
        status = one_of(Status.values, status)
        if at and not date:
            raise CellProblem(
                _("“%(value)s” has no date after @.") % {"value": item},
                _("Write %(status)s@2020-05-29, or %(status)s alone.") % {"status": status},
            )
        return f"{status}@{canonical_date(date)}" if date else status

    def written(self, *, public: bool = False) -> str:
        return (
            "coalesce((select string_agg(e.status || case when e.date <> '' then '@' || e.date else '' end,"
            f" '|' order by e.position) from {_table(StatusEvent)} e where e.measure_id = r.id), '')"
        )

    def stored(self) -> tuple[str, str] | None:
        return None

    def row_check(self) -> tuple[str, Callable[..., str]]:
        rows = (
            f"select s.line, coalesce(s.status_history, {self.written()}), s.kind from checked s"
            f" left join {_table(Measure)} r on r.id = s.id"
            " where s.kind <> '' and (s.is_new or s.changed && array['kind', 'status_history'])"
        )
        return rows, _history_remedy

    def saved(self) -> list[str]:
        """An event that stays keeps its note and source; `nth` tells apart two that read the same."""
        wanted = (
            "select t.id as measure_id, t.is_new, i.position - 1 as position, split_part(i.item, '@', 1) as status,"
            " split_part(i.item, '@', 2) as date,"
            " row_number() over (partition by t.id, i.item order by i.position) as nth"
            " from touched t cross join lateral unnest(string_to_array(t.cell, '|')) with ordinality i(item, position)"
        )
        held = (
            "select e.id, e.measure_id, e.status, e.date,"
            " row_number() over (partition by e.measure_id, e.status, e.date order by e.position) as nth"
            f" from {_table(StatusEvent)} e join touched t on t.id = e.measure_id and not t.is_new"
        )
        both = f"with wanted as ({wanted}), held as ({held})"
        same = "(h.measure_id, h.status, h.date, h.nth) = (w.measure_id, w.status, w.date, w.nth)"
        return [
            f"{both} delete from {_table(StatusEvent)} e using held h"
            f" where h.id = e.id and not exists (select from wanted w where {same})",
            f"{both} update {_table(StatusEvent)} e set position = w.position from held h join wanted w on {same}"
            " where h.id = e.id and e.position <> w.position",
            f"{both} insert into {_table(StatusEvent)} (measure_id, position, status, date, note)"
            " select w.measure_id, w.position, w.status, w.date, '' from wanted w"
            f" where w.is_new or not exists (select from held h where {same})",
        ]


@lru_cache(maxsize=10_000)
def _history_remedy(history: str, kind: str) -> str:
    """What is wrong with a canonical history of an entry of `kind`, in words; '' when nothing is."""
    events = []
    for item in filter(None, history.split("|")):
        status, _at, date = item.partition("@")
        events.append((status, PartialDate.parse(date) if date else None))
    return " ".join(problem.message for problem in check_history(Kind(kind).family, events))


class RelationsColumn(Column):
    """`extends:PER-00004|implements:PER-00002`; a mutual relation stands in the cells of both entries."""

    is_composed = True
    is_trimmed = True

    def __init__(self) -> None:
        super().__init__(name="relations")

    @property
    def label(self) -> str:
        return str(Relation._meta.verbose_name_plural)

    def read(self, text: str) -> str:
        return "|".join(":".join(pair) for pair in sorted({self._read_item(item) for item in items_of(text)}))

    def _read_item(self, item: str) -> tuple[str, str]:
        relation, colon, public_id = (part.strip() for part in item.partition(":"))
        if not colon or not public_id:
            raise CellProblem(
                _("“%(value)s” is no relation.") % {"value": item[:80]},
                _("Write a relation and an identifier: extends:PER-00004."),
            )
        return one_of(RelationType.values, relation), public_id

    def written(self, *, public: bool = False) -> str:
        seen = " where o.workflow = 'published'" if public else ""
        return (
            "coalesce((select string_agg(x.type || ':' || o.public_id, '|'"
            ' order by x.type collate "C", o.public_id collate "C") from ('
            f"select type, object_id as other from {_table(Relation)} where subject_id = r.id union all"
            f" select type, subject_id from {_table(Relation)}"
            f" where object_id = r.id and type in ({_in(SYMMETRIC_RELATIONS)})"
            f") x join {_table(Measure)} o on o.id = x.other{seen}), '')"
        )

    def stored(self) -> tuple[str, str] | None:
        return None

    def settled(self) -> list[str]:
        """A mutual relation that one of two rows lists counts for both."""
        mutual = "|".join(value.value for value in SYMMETRIC_RELATIONS)
        return [
            "with known as (select line, coalesce(nullif(s.public_id, ''), r.public_id) as public_id"
            f" from staged s join outcome o using (line) left join {_table(Measure)} r on r.id = o.id),"
            " listed as (select k.public_id as subject, split_part(i.item, ':', 1) as type,"
            " split_part(i.item, ':', 2) as object from staged s join known k using (line)"
            " cross join lateral unnest(string_to_array(s.relations, '|')) i(item)"
            f" where s.relations ~ '({mutual}):' and i.item ~ '^({mutual}):'),"
            " added as (select k.line, l.type || ':' || l.subject as item from listed l"
            " join known k on k.public_id = l.object where l.subject is not null)"
            " update staged s set relations = (select string_agg(u.item, '|'"
            " order by split_part(u.item, ':', 1) collate \"C\", split_part(u.item, ':', 2) collate \"C\")"
            " from (select unnest(string_to_array(s.relations, '|')) union select item from added where line = s.line)"
            " u(item)) where exists (select from added a where a.line = s.line"
            " and a.item <> all (string_to_array(s.relations, '|')))"
        ]

    def unknown(self) -> str:
        return (
            "select s.line, i.item from checked s cross join lateral unnest(string_to_array(s.relations, '|')) i(item)"
            f" where not exists (select from {_table(Measure)} m where m.public_id = split_part(i.item, ':', 2))"
            " and not exists (select from staged own where own.public_id = split_part(i.item, ':', 2))"
        )

    def remedy(self, value: str, known: list[str]) -> str:
        """No entry is near another by its number."""
        return _("Write the identifier of an entry that exists or stands in this file.")

    def refused(self) -> list[tuple[str, str]]:
        itself = (
            f"select s.line, i.item from checked s left join {_table(Measure)} r on r.id = s.id"
            " cross join lateral unnest(string_to_array(s.relations, '|')) i(item)"
            " where split_part(i.item, ':', 2) = coalesce(nullif(s.public_id, ''), r.public_id)"
        )
        return [
            (itself, _("An entry cannot be related to itself.")),
            (_CIRCLES, _("This closes a circle: the other entry leads back to this one. Remove one of the two.")),
        ]

    def saved(self) -> list[str]:
        mutual = _in(SYMMETRIC_RELATIONS)
        wanted = (
            f"select distinct case when x.type in ({mutual}) then least(x.id, x.other) else x.id end as subject_id, x.type,"
            f" case when x.type in ({mutual}) then greatest(x.id, x.other) else x.other end as object_id from ("
            "select t.id, split_part(i.item, ':', 1) as type, m.id as other from touched t"
            " cross join lateral unnest(string_to_array(t.cell, '|')) i(item)"
            f" join {_table(Measure)} m on m.public_id = split_part(i.item, ':', 2)) x"
        )
        return [
            f"with wanted as ({wanted}) delete from {_table(Relation)} x using touched t"
            f" where not t.is_new and (x.subject_id = t.id or (x.object_id = t.id and x.type in ({mutual})))"
            " and not exists (select from wanted w"
            " where (w.subject_id, w.type, w.object_id) = (x.subject_id, x.type, x.object_id))",
            f"insert into {_table(Relation)} (subject_id, type, object_id) {wanted} on conflict do nothing",
        ]


_CIRCLES = f"""
with recursive wanted as (
    select s.line, s.id as subject, i.type, i.type || ':' || i.object as item, coalesce(m.id, own.id) as object
    from checked s
    cross join lateral (
        select split_part(item, ':', 1), split_part(item, ':', 2) from unnest(string_to_array(s.relations, '|')) item
    ) i(type, object)
    left join {_table(Measure)} m on m.public_id = i.object
    left join (
        select f.public_id, o.id from staged f join outcome o using (line) where f.public_id <> ''
    ) own on own.public_id = i.object
    where i.type in ({_in(ACYCLIC_RELATIONS)})
),
edges as (
    select subject_id as subject, type, object_id as object from {_table(Relation)}
    where type in ({_in(ACYCLIC_RELATIONS)})
    and not exists (select from checked s where s.id = subject_id and s.relations is not null)
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


class CitationsColumn(Column):
    """Addresses of sources, or keys of sources.csv; a source is named by its address where it has one."""

    is_composed = True
    is_trimmed = True
    NAME = "case when f.url <> '' and position('|' in f.url) = 0 then f.url else f.key end"

    def __init__(self) -> None:
        super().__init__(name="sources")
        self._check_url = URLValidator(schemes=["http", "https"])

    @property
    def label(self) -> str:
        return str(Source._meta.verbose_name_plural)

    def read(self, text: str) -> str:
        items = set(items_of(text))
        for item in items:
            if "://" in item:
                self._check_address(item)
        return "|".join(sorted(items))

    def _check_address(self, item: str) -> None:
        longest = Source._meta.get_field("url").max_length or 0
        try:
            self._check_url(item)
        except ValidationError as error:
            raise CellProblem(
                _("“%(value)s” is no address of a page.") % {"value": item[:80]}, " ".join(error.messages)
            ) from None
        if len(item) > longest:
            raise CellProblem(
                _("The address has %(length)d characters.") % {"length": len(item)},
                _("Enter it as a source with a shorter address, and write that source's key."),
            )

    def written(self, *, public: bool = False) -> str:
        return (
            "coalesce((select string_agg(x.cited, '|' order by x.cited) from ("
            f'select distinct ({self.NAME}) collate "C" as cited from {_table(Citation)} c'
            f" join {_table(Source)} f on f.id = c.source_id where c.measure_id = r.id) x), '')"
        )

    def stored(self) -> tuple[str, str] | None:
        return None

    def settled(self) -> list[str]:
        """The key of a source that has an address becomes the address."""
        named = f"unnest(string_to_array(s.sources, '|')) i(item) left join {_table(Source)} f on f.key = i.item"
        return [
            f"update staged s set sources = (select string_agg(x.cited, '|' order by x.cited) from (select distinct"
            f' coalesce({self.NAME}, i.item) collate "C" as cited from {named}) x)'
            f" where exists (select from {named} where {self.NAME} <> i.item)"
        ]

    def unknown(self) -> str:
        return (
            "select s.line, i.item from checked s cross join lateral unnest(string_to_array(s.sources, '|')) i(item)"
            " where position('://' in i.item) = 0"
            f" and not exists (select from {_table(Source)} f where f.key = i.item)"
        )

    def known(self) -> list[str]:
        return list(Source.objects.order_by("key").values_list("key", flat=True)[:5000])

    def remedy(self, value: str, known: list[str]) -> str:
        """The nearest key, else how a source is named."""
        return nearest_in_words(value, known) if known else _("Write the address of the source, with https://.")

    def saved(self) -> list[str]:
        """An address that no source has yet becomes one; a citation that stays keeps its locator and quote."""
        items = "touched t cross join lateral unnest(string_to_array(t.cell, '|')) i(item)"
        wanted = (
            f"select t.id as measure_id, f.id as source_id from {items}"
            f" join {_table(Source)} f on f.url = i.item where position('://' in i.item) > 0 union"
            f" select t.id, f.id from {items} join {_table(Source)} f on f.key = i.item"
            " where position('://' in i.item) = 0"
        )
        return [
            f"insert into {_table(Source)} (key, url, kind, title, publisher, language, published, rights)"
            " select distinct 'web-' || left(md5(i.item), 20), i.item, 'unspecified', left(i.item, 500), '', '', '',"
            f" 'unknown' from {items} where position('://' in i.item) > 0"
            f" and not exists (select from {_table(Source)} f where f.url = i.item)",
            f"with wanted as ({wanted}) delete from {_table(Citation)} c using touched t"
            " where not t.is_new and c.measure_id = t.id"
            " and not exists (select from wanted w where (w.measure_id, w.source_id) = (c.measure_id, c.source_id))",
            f"insert into {_table(Citation)} (measure_id, source_id, locator, quote, field)"
            f" select w.measure_id, w.source_id, '', '', '' from ({wanted}) w where not exists (select from"
            f" {_table(Citation)} c where (c.measure_id, c.source_id) = (w.measure_id, w.source_id))",
        ]
