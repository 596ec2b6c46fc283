"""What an entry names by a key: its issuing body, its tags, and the sources that it rests on."""

import re
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.utils.translation import gettext as _

from foundation.files.cells import CellProblem, items_of, nearest_in_words
from foundation.files.columns import KeyColumn, ListColumn
from measures.models import Citation, IssuingBody, Source

# Issuing body and tags


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
        """Normalize `PER:mininter` to `mininter` in a Peruvian entry; an international entry uses `INT:un`."""
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
        """The nearest body of any country, with its prefix."""
        if ":" in value:
            return super().remedy(value, known)
        by_key = {code.partition(":")[2]: code for code in known}
        if value in by_key:
            return _("No body of this country has this key. Did you mean “%(value)s”?") % {"value": by_key[value]}
        return nearest_in_words(value, list(by_key))


class TagsColumn(ListColumn):
    """A list of keys, sorted since their order is irrelevant."""

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
        """Put the primary topic first; it is read from the record, so that the list need not join it again."""
        return (
            f"coalesce((select array_to_string(p.key || array_remove(string_to_array({cell}, '|'), p.key::text), '|')"
            f" from {self.table} p where p.id = r.primary_topic_id), {cell})"
        )

    def stored(self) -> tuple[str, str]:
        return "primary_topic_id", "j_topics.id"

    def join(self) -> str:
        return f"left join {self.table} j_topics on j_topics.key = split_part(s.topics, '|', 1)"


# Sources


SOURCES, CITATIONS = Source._meta.db_table, Citation._meta.db_table
_BLANK = re.compile(r"\s")
LONGEST_ADDRESS = Source._meta.get_field("url").max_length or 0
_check_site = URLValidator(schemes=["http", "https"])


@lru_cache(maxsize=10_000)
def _is_site(site: str) -> bool:
    """Whether a URL may begin with `site`; cached, since there are few sites and many pages."""
    try:
        _check_site(site)
    except ValidationError:
        return False
    return True


class CitationsColumn(ListColumn):
    """URLs of sources, or keys of sources.csv; a source that has a URL is exported by it."""

    is_trimmed = True
    NAME = "case when f.url <> '' and position('|' in f.url) = 0 then f.url else f.key end"

    def __init__(self) -> None:
        super().__init__(name="sources")

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
        """Beyond the host, Django's URL validator only forbids white space."""
        scheme, _slashes, rest = item.partition("://")
        site = rest.partition("/")[0].partition("?")[0].partition("#")[0]
        if _BLANK.search(rest) or not _is_site(f"{scheme}://{site}"):
            raise CellProblem(
                _("“%(value)s” is not the address of a page.") % {"value": item[:80]},
                _("Write it as in a browser, with https:// and without spaces."),
            )
        if len(item) > LONGEST_ADDRESS:
            raise CellProblem(
                _("The address has %(length)d characters.") % {"length": len(item)},
                _("Enter it as a source with a shorter address, and write the key of that source."),
            )

    def cells(self, of: str, *, public: bool = False) -> str:
        return (
            f"select c.measure_id as id, string_agg(distinct ({self.NAME}) collate \"C\", '|') as cell"
            f" from {CITATIONS} c join {SOURCES} f on f.id = c.source_id where c.measure_id {of} group by c.measure_id"
        )

    def settled(self) -> list[str]:
        """Replace the key of a source that has a URL by the URL."""
        named = f"unnest(string_to_array(s.sources, '|')) i(item) left join {SOURCES} f on f.key = i.item"
        return [
            f"update staged s set sources = (select string_agg(x.cited, '|' order by x.cited) from (select distinct"
            f' coalesce({self.NAME}, i.item) collate "C" as cited from {named}) x)'
            f" where exists (select from {named} where {self.NAME} <> i.item)"
        ]

    def unknown(self) -> str:
        return (
            "select s.line, i.item from checked s cross join lateral unnest(string_to_array(s.sources, '|')) i(item)"
            " where position('://' in i.item) = 0"
            f" and not exists (select from {SOURCES} f where f.key = i.item)"
        )

    def known(self) -> list[str]:
        return list(Source.objects.order_by("key").values_list("key", flat=True)[:5000])

    def remedy(self, value: str, known: list[str]) -> str:
        """The nearest key, or an explanation of how to name a source."""
        return nearest_in_words(value, known) if known else _("Write the address of the source, with https://.")

    def saved(self) -> list[str]:
        """Create sources for new URLs; existing citations keep their locator and quote."""
        items = "changed_rows t cross join lateral unnest(string_to_array(t.cell, '|')) i(item)"
        wanted = (
            f"select t.id as measure_id, t.is_new, f.id as source_id from {items}"
            f" join {SOURCES} f on f.url = i.item where position('://' in i.item) > 0 union"
            f" select t.id, t.is_new, f.id from {items} join {SOURCES} f on f.key = i.item"
            " where position('://' in i.item) = 0"
        )
        return [
            f"insert into {SOURCES} (key, url, kind, title, publisher, language, published, rights)"
            " select distinct 'web-' || left(md5(i.item), 20), i.item, 'unspecified', left(i.item, 500), '', '', '',"
            f" 'unknown' from {items} where position('://' in i.item) > 0"
            f" and not exists (select from {SOURCES} f where f.url = i.item)",
            f"with wanted as ({wanted}) delete from {CITATIONS} c using changed_rows t"
            " where not t.is_new and c.measure_id = t.id"
            " and not exists (select from wanted w where (w.measure_id, w.source_id) = (c.measure_id, c.source_id))",
            f"insert into {CITATIONS} (measure_id, source_id, locator, quote, field) with wanted as ({wanted})"
            " select w.measure_id, w.source_id, '', '', '' from wanted w where w.is_new union all"
            " select w.measure_id, w.source_id, '', '', '' from wanted w where not w.is_new and not exists (select from"
            f" {CITATIONS} c where (c.measure_id, c.source_id) = (w.measure_id, w.source_id))",
        ]
