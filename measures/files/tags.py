"""The issuing body and the tags of an entry: keys of vocabulary."""

from django.db import models
from django.utils.translation import gettext as _

from foundation.files.cells import nearest_in_words
from foundation.files.columns import KeyColumn
from foundation.files.lists import ListColumn, items_of
from measures.models import IssuingBody


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


class TagsColumn(ListColumn):
    """A list of keys; the order means nothing, so they are sorted."""

    def __init__(self, field: models.ManyToManyField) -> None:
        super().__init__(field)
        self.through = field.m2m_db_table()
        self.target = field.m2m_reverse_name()
        self.model: type[models.Model] = field.related_model
        self.table = str(self.model._meta.db_table)
        self.pk = str(self.model._meta.pk.column)
        self.key = self.pk if self.pk != "id" else "key"

    def read(self, text: str) -> str:
        return "|".join(sorted(set(items_of(text))))

    def cells(self, of: str, *, public: bool = False) -> str:
        return (
            f"select x.measure_id as id, string_agg(v.{self.key}, '|' order by v.{self.key} collate \"C\") as cell"
            f" from {self.through} x join {self.table} v on v.{self.pk} = x.{self.target}"
            f" where x.measure_id {of} group by x.measure_id"
        )

    def unknown(self) -> str:
        return (
            f"select s.line, i.item from checked s cross join lateral unnest(string_to_array({self.cell}, '|')) i(item)"
            f" where not exists (select from {self.table} v where v.{self.key} = i.item)"
        )

    def known(self) -> list[str]:
        return list(self.model._default_manager.order_by(self.key).values_list(self.key, flat=True)[:5000])

    def saved(self) -> list[str]:
        wanted = (
            f"select t.id as measure_id, v.{self.pk} as term from changed_rows t"
            " cross join lateral unnest(string_to_array(t.cell, '|')) i(item)"
            f" join {self.table} v on v.{self.key} = i.item"
        )
        return [
            f"with wanted as ({wanted}) delete from {self.through} x using changed_rows t"
            " where not t.is_new and x.measure_id = t.id"
            f" and not exists (select from wanted w where w.measure_id = t.id and w.term = x.{self.target})",
            f"insert into {self.through} (measure_id, {self.target}) {wanted} on conflict do nothing",
        ]


class TopicsColumn(TagsColumn):
    """A list of topics, the first of which is the primary one."""

    def read(self, text: str) -> str:
        first, *others = items_of(text)
        return "|".join([first, *sorted(set(others) - {first})])

    def finished(self, cell: str) -> str:
        """The record itself says which is its primary topic; to look there for the list would read it twice."""
        return (
            f"coalesce((select array_to_string(p.key || array_remove(string_to_array({cell}, '|'), p.key::text), '|')"
            f" from {self.table} p where p.id = r.primary_topic_id), {cell})"
        )

    def stored(self) -> tuple[str, str]:
        return "primary_topic_id", "j_topics.id"

    def join(self) -> str:
        return f"left join {self.table} j_topics on j_topics.key = split_part(s.topics, '|', 1)"
