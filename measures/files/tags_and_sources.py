"""What an entry names by a key: its tags, and the sources that it rests on."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from countries.models import FormerAddress, Named
from foundation.files.cells import CellProblem, items_of, keys_of, nearest_in_words
from foundation.files.columns import ColumnKind, ListColumn, ReadOnlyColumn, label_column, quoted
from foundation.files.labels import label_of
from foundation.files.resources import Rule
from foundation.files.spellings import namer_of
from foundation.files.targets import Offer, offers_of_rows
from measures.archive.addresses import typed
from measures.models import Citation, Source

FORMER = FormerAddress._meta.db_table

# Tags


class TagsColumn(ListColumn):
    """A list of keys, sorted since their order is irrelevant."""

    def __init__(self, field: models.ManyToManyField, *, key: str = "") -> None:
        super().__init__(field)
        self.through = field.m2m_db_table()
        self.target = field.m2m_reverse_name()
        self.model: type[models.Model] = field.related_model
        self.table = str(self.model._meta.db_table)
        self.pk = str(self.model._meta.pk.column)
        self.key = key or (self.pk if self.pk != "id" else "key")

    def read(self, text: str) -> str:
        return "|".join(sorted(set(keys_of(text))))

    def namer(self) -> Callable[[str], str]:
        key_of = namer_of(self.model)
        return lambda cell: "|".join(sorted({key_of(item) for item in cell.split("|")}))

    def is_interpreted(self, text: str, canonical: str) -> bool:
        return sorted(item.strip() for item in text.split("|")) != sorted(canonical.split("|"))

    def cells(self, of: str, *, public: bool = False) -> str:
        return (
            f"select x.measure_id as id, string_agg(v.{self.key}, '|' order by v.{self.key} collate \"C\") as cell"
            f" from {self.through} x join {self.table} v on v.{self.pk} = x.{self.target}"
            f" where x.measure_id {of} group by x.measure_id"
        )

    in_order = 'v.{key} collate "C"'
    """The order of the labels, that of the keys."""

    def labelled(self, language: str) -> ReadOnlyColumn | None:
        """The labels in the order of the keys; a bar in a label becomes a stroke."""
        label = f"replace({label_of('v', self.model, language)}, '|', '/')"
        return label_column(
            self.name,
            f"(select string_agg({label}, '|' order by {self.in_order.format(key=self.key)}) from {self.through} x"
            f" join {self.table} v on v.{self.pk} = x.{self.target} where x.measure_id = r.id)",
            kind=ColumnKind.LIST,
        )

    def unknown(self) -> str:
        return (
            f"select s.line, i.item from checked s cross join lateral unnest(string_to_array({self.cell}, '|')) i(item)"
            f" where not exists (select from {self.table} v where v.{self.key} = i.item)"
        )

    def known(self) -> list[str]:
        return list(self.model._default_manager.order_by(self.key).values_list(self.key, flat=True)[:5000])

    def remedy(self, value: str, known: list[str]) -> str:
        """The nearest key; of several in one, all of them, so that none gets lost."""
        if "," not in value:
            return super().remedy(value, known)
        return _("Separate the items by the same sign: %(items)s.") % {"items": "|".join(keys_of(value))}

    def offers(self) -> tuple[Offer, ...]:
        return offers_of_rows(self.model, self.key)

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


class TermsColumn(TagsColumn):
    """A list of terms; one that another replaced, or that had another key, is read as the term of today."""

    def __init__(self, field: models.ManyToManyField, named: Named) -> None:
        super().__init__(field)
        self.named = named.value

    @property
    def _current(self) -> str:
        """SQL of (former, now): the keys that are read as others."""
        now = f"(select w.key from {self.table} w where w.id = current_{self.named}({{}}))"
        return (
            f"select v.key as former, {now.format('v.id')} as now from {self.table} v"
            " where v.replaced_by_id is not null"
            f" union all select f.former, {now.format('f.record::bigint')} from {FORMER} f"
            f" where f.kind = '{self.named}' and not exists (select from {self.table} v where v.key = f.former)"
        )

    def settled(self) -> list[str]:
        """Replace former keys."""
        items = f"unnest(string_to_array({self.cell}, '|')) with ordinality i(item, place)"
        named = f"from {items} left join current_keys n on n.former = i.item"
        return [
            f"create temp table current_keys on commit drop as {self._current}",
            f"update staged s set {quoted(self.name)} = {self.cell_in_order(f'select coalesce(n.now, i.item) {named}')}"
            f" where exists (select from {items} join current_keys n on n.former = i.item)",
            "drop table current_keys",
        ]

    def cell_in_order(self, items: str) -> str:
        """SQL of the cell of a staged row from a query of its items, in their order."""
        return f"(select string_agg(distinct x.item, '|' order by x.item) from ({items}) x(item))"


class TopicsColumn(TermsColumn):
    """A list of topics, the first of which is the primary one."""

    in_order = f"v.id = r.primary_topic_id desc, {TagsColumn.in_order}"

    def read(self, text: str) -> str:
        first, *others = keys_of(text)
        return "|".join([first, *sorted(set(others) - {first})])

    def namer(self) -> Callable[[str], str]:
        return str

    def cell_in_order(self, items: str) -> str:
        """The first stays where it is."""
        first = f"({items} order by i.place limit 1)"
        others = f"select x.item from ({items}) x(item) where x.item <> {first}"
        return f"concat_ws('|', {first}, {super().cell_in_order(others)})"

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
"""Bytes of the longest address, since an index of the database holds no more."""
_BEFORE_ADDRESS = re.compile(r"(?<=[\s|;,])(?=https?://)", re.IGNORECASE)
_LIKE_A_KEY = re.compile(r"(?=.*[a-z])[a-z0-9][a-z0-9_-]*")
_WITHOUT_SCHEME = re.compile(r"(?:[\w-]+\.)+[^\W\d_]{2,}(?:[/?#].*)?")
_BASE = "regexp_replace(i.item, '#page=[0-9]{1,5}$', '')"
_PAGE = "substring(i.item from '#page=([0-9]{1,5})$')"
_IS_ADDRESS = "position('://' in d.item) > 0"
"""SQL of an item without the page in it, of that page, and whether it is an address."""
_FORMER = f"f.id = (select nullif(m.record, '')::bigint from {FORMER} m where m.kind = '{{}}' and m.former = {{}})"
_HAS_ADDRESS = f"f.url_key = x.key or {_FORMER.format('address', 'x.key')}"
_HAS_KEY = f"f.key = x.base or {_FORMER.format('source', 'x.base')}"
"""SQL: whether the source `f` is the one of an item, by its own name or that of one which it took the place of."""
_check_site = URLValidator(schemes=["http", "https"])


@lru_cache(maxsize=10_000)
def _is_site(site: str) -> bool:
    """Whether a URL may begin with `site`; cached, since there are few sites and many pages."""
    try:
        _check_site(site)
    except ValidationError:
        return False
    return True


def _without_separator(part: str) -> str:
    """A part of a cell without what separates it from the next one."""
    part = part.rstrip()
    return part[:-1].rstrip() if part.endswith(("|", ";", ",")) else part


class CitationsColumn(ListColumn):
    """URLs of sources, or keys of sources.csv; a source that has a URL is exported by it."""

    is_trimmed = True
    written_as = gettext_lazy("addresses, or keys of sources.csv, parted by |")
    NAME = "case when f.url <> '' and position('|' in f.url) = 0 then f.url else f.key end"

    def __init__(self) -> None:
        super().__init__(name="sources")

    @property
    def label(self) -> str:
        return str(Source._meta.verbose_name_plural)

    def read(self, text: str) -> str:
        *others, last = _BEFORE_ADDRESS.split(text)
        parts = [*(_without_separator(part) for part in others), last]
        return "|".join(sorted({item for part in parts for item in self._items(part)}))

    def _items(self, part: str) -> Iterable[str]:
        """The keys in a part of a cell, or its address, which keys may follow."""
        if "://" not in part:
            for item in keys_of(part):
                self._refuse_without_scheme(item)
                yield item
            return
        for place, item in enumerate(items_of(part)):
            if place and "://" not in item and not _LIKE_A_KEY.fullmatch(item):
                raise CellProblem(
                    _("“%(value)s” has a bar in an address, or names a source that cannot be.") % {"value": part[:80]},
                    _("In an address, write %%7C instead of the bar: %(address)s.")
                    % {"address": part.replace("|", "%7C")[:200]},
                )
            yield self._read_item(item)

    def _refuse_without_scheme(self, item: str) -> None:
        if _WITHOUT_SCHEME.fullmatch(item):
            raise CellProblem(
                _("“%(value)s” is not the address of a page.") % {"value": item[:80]},
                _("Write it as in a browser, with https://: %(address)s.") % {"address": f"https://{item[:200]}"},
            )

    def _read_item(self, item: str) -> str:
        """A key, or an address without a place in the document, but for its page."""
        if "://" not in item:
            return item
        read = typed(item)
        self._check_address(read.url)
        return f"{read.url}#page={read.page}" if read.page else read.url

    def _check_address(self, item: str) -> None:
        """Beyond the host, Django's URL validator only forbids white space."""
        scheme, _slashes, rest = item.partition("://")
        site = rest.partition("/")[0].partition("?")[0].partition("#")[0]
        if _BLANK.search(rest) or not _is_site(f"{scheme}://{site}"):
            raise CellProblem(
                _("“%(value)s” is not the address of a page.") % {"value": item[:80]},
                _("Write it as in a browser, with https:// and without spaces."),
            )
        if (length := len(item.encode())) > LONGEST_ADDRESS:
            raise CellProblem(
                _("The address has %(length)d characters.") % {"length": length},
                _("Enter it as a source with a shorter address, and write the key of that source."),
            )

    def cells(self, of: str, *, public: bool = False) -> str:
        return (
            f"select c.measure_id as id, string_agg(distinct ({self.NAME}) collate \"C\", '|') as cell"
            f" from {CITATIONS} c join {SOURCES} f on f.id = c.source_id where c.measure_id {of} group by c.measure_id"
        )

    def labelled(self, language: str) -> ReadOnlyColumn | None:
        """The addresses alone, whole: a bar in one is written as `%7C`."""
        return ReadOnlyColumn(
            "source_urls",
            "coalesce((select string_agg(distinct replace(f.url, '|', '%7C') collate \"C\", '|') from"
            f" {CITATIONS} c join {SOURCES} f on f.id = c.source_id where c.measure_id = r.id and f.url <> ''), '')",
            kind=ColumnKind.LIST,
        )

    def settled(self) -> list[str]:
        """Replace keys of sources that have a URL, and URLs in another spelling, by the URL as it is recorded.

        The page in an address is kept only for a source that the record does not cite yet.
        """
        found = f"select f.id, {self.NAME} as name from {SOURCES} f where {{}} order by f.url <> x.base, f.id limit 1"
        cites = f"select from {CITATIONS} c where c.measure_id = o.id and c.source_id = n.source_id"
        items = "unnest(string_to_array(s.sources, '|')) i(item)"
        return [
            "create temp table named_sources on commit drop as"
            " select x.item, x.page, coalesce(a.id, k.id) as source_id, coalesce(a.name, k.name) as name"
            f" from (select d.*, case when {_IS_ADDRESS} then address_key(d.item) end as key from"
            f" (select distinct i.item, {_BASE} as base, {_PAGE} as page from staged s cross join lateral {items}"
            f" where not exists (select from {SOURCES} e where e.url = i.item)) d offset 0) x"
            f" left join lateral ({found.format(_HAS_ADDRESS)}) a on x.key is not null"
            f" left join lateral ({found.format(_HAS_KEY)}) k on x.key is null"
            " where coalesce(a.id, k.id) is not null",
            "update staged s set sources = (select string_agg(y.cited, '|' order by y.cited) from (select distinct"
            " (case when n.item is null then i.item else n.name"
            f" || case when n.page is null or exists ({cites}) then '' else '#page=' || n.page end end)"
            f' collate "C" as cited from {items} left join named_sources n using (item)) y) from outcome o'
            f" where o.line = s.line and exists (select from {items} join named_sources n using (item))",
            "drop table named_sources",
        ]

    def unknown(self) -> str:
        return (
            "select s.line, i.item from checked s cross join lateral unnest(string_to_array(s.sources, '|')) i(item)"
            f" where position('://' in i.item) = 0 and not exists (select from {SOURCES} f where f.key = {_BASE})"
        )

    def known(self) -> list[str]:
        return list(Source.objects.order_by("key").values_list("key", flat=True)[:5000])

    def remedy(self, value: str, known: list[str]) -> str:
        """The nearest key, or an explanation of how to name a source."""
        return nearest_in_words(value, known) if known else _("Write the address of the source, with https://.")

    def saved(self) -> list[str]:
        """Create one source for the spellings of a new URL; existing citations keep their locator and quote."""
        found = f"select f.id from {SOURCES} f where {{}} order by f.url <> x.base, f.id limit 1"
        return [
            "create temp table cited on commit drop as select x.*, case when position('://' in x.base) > 0"
            f" then address_key(x.base) end as key from (select t.id, t.is_new, {_BASE} as base, {_PAGE} as page"
            " from changed_rows t cross join lateral unnest(string_to_array(t.cell, '|')) i(item)) x",
            f"insert into {SOURCES} (key, url, kind, title, publisher, language, published, rights)"
            " select distinct on (x.key) 'web-' || left(md5(x.base), 20), x.base, 'unspecified', left(x.base, 600), '',"
            f" '', '', 'unknown' from cited x where x.key is not null"
            f" and not exists (select from {SOURCES} f where f.url_key = x.key) order by x.key, x.base",
            "create temp table wanted on commit drop as select distinct x.id as measure_id, x.is_new,"
            " coalesce(a.id, k.id) as source_id, coalesce('p. ' || x.page, '') as locator from cited x"
            f" left join lateral ({found.format('f.url_key = x.key')}) a on x.key is not null"
            f" left join lateral ({found.format('f.key = x.base')}) k on x.key is null",
            f"delete from {CITATIONS} c using changed_rows t where not t.is_new and c.measure_id = t.id"
            " and not exists (select from wanted w where (w.measure_id, w.source_id) = (c.measure_id, c.source_id))",
            f"insert into {CITATIONS} (measure_id, source_id, locator, quote, field)"
            " select w.measure_id, w.source_id, w.locator, '', '' from wanted w where w.is_new or not exists (select"
            f" from {CITATIONS} c where (c.measure_id, c.source_id) = (w.measure_id, w.source_id))",
            "drop table cited, wanted",
        ]


def twin_rules() -> list[Rule]:
    """The rules for addresses of sources.csv that are those of other sources, in the database or in the file."""
    new = "checked c where c.url <> '' and (c.is_new or 'url' = any(c.changed))"
    known = (
        f"select c.line, c.url from (select c.*, address_key(c.url) as address from {new}) c"
        f" join {SOURCES} f on f.url_key = c.address where f.id <> c.id and f.url <> '' and f.url <> c.url"
        " and not exists (select from staged s join outcome o using (line) where o.id = f.id and s.url is not null"
        " and s.url <> f.url)"
    )
    repeated = (
        "select line, url from (select c.line, c.url, min(c.url) over same as first, max(c.url) over same as last"
        f" from {new} window same as (partition by address_key(c.url))) c where first <> last"
    )
    problem = _("Another source has this address, in another spelling.")
    remedy = _("Leave the row out and cite that source. To restore a backup that has both, add --keep-identifiers.")
    return [Rule("url", known, problem, remedy), Rule("url", repeated, problem, remedy)]
