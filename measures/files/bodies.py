"""The issuing bodies of an entry, as a column of measures.csv."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from countries.models import FormerAddress
from foundation.files.cells import keys_of, nearest_in_words
from foundation.files.columns import ColumnKind, ListColumn, ReadOnlyColumn, label_column
from foundation.files.labels import label_of
from foundation.files.targets import Offer, offers_of_rows
from measures.models import FurtherBody, IssuingBody, Measure

FORMER, MEASURES = FormerAddress._meta.db_table, Measure._meta.db_table
BODIES, FURTHER = IssuingBody._meta.db_table, FurtherBody._meta.db_table
_CODE = "coalesce(b.country_id, 'INT') || ':' || b.key"
"""SQL of the code of a body `b` that is the same in every row: `PER:mininter`, `INT:un`."""


def _code_of(item: str) -> str:
    """SQL of the code of a body in a cell of a staged row `s`."""
    of_country = f"coalesce(nullif(s.country, ''), 'INT') || ':' || {item}"
    return f"case when position(':' in {item}) > 0 then {item} else {of_country} end"


def _short(country: str, body: str = "b") -> str:
    """SQL of how a file names a body: by its key alone, if it is of the country of the entry."""
    return (
        f"case when {body}.country_id = {country} then {body}.key"
        f" else coalesce({body}.country_id, 'INT') || ':' || {body}.key end"
    )


class BodiesColumn(ListColumn):
    """The issuing bodies, the first of which leads: `mininter` of the entry's own country, `VEN:embajada`, `INT:un`."""

    is_trimmed = True
    written_as = gettext_lazy("the key of a body of the entry's country, else with its country: VEN:embajada, INT:un")

    def __init__(self) -> None:
        super().__init__(Measure._meta.get_field("issuing_body"))

    def read(self, text: str) -> str:
        return "|".join(dict.fromkeys(keys_of(text)))

    def cells(self, of: str, *, public: bool = False) -> str:
        """The further ones, in order."""
        return (
            f"select x.measure_id as id, string_agg({_short('m.country_id')}, '|' order by x.position) as cell"
            f" from {FURTHER} x join {BODIES} b on b.id = x.body_id join {MEASURES} m on m.id = x.measure_id"
            f" where x.measure_id {of} group by x.measure_id"
        )

    def finished(self, cell: str) -> str:
        """Put the one that leads first."""
        first = f"select {_short('r.country_id')} from {BODIES} b where b.id = r.issuing_body_id"
        return f"concat_ws('|', ({first}), {cell})"

    def stored(self) -> tuple[str, str]:
        return "issuing_body_id", "j_issuing_body.id"

    def labelled(self, language: str) -> ReadOnlyColumn | None:
        """The names in the order of the bodies; a bar in a name becomes a stroke."""
        name = f"replace({label_of('f', IssuingBody, language)}, '|', '/')"
        ordered = (
            f"select 0 as position, r.issuing_body_id as body_id union all"
            f" select x.position + 1, x.body_id from {FURTHER} x where x.measure_id = r.id"
        )
        return label_column(
            self.name,
            f"(select string_agg({name}, '|' order by o.position) from ({ordered}) o"
            f" join {BODIES} f on f.id = o.body_id)",
            kind=ColumnKind.LIST,
        )

    def join(self) -> str:
        """The first body, which is also found by the country and key that it once had."""
        first = "split_part(s.issuing_body, '|', 1)"
        return (
            f"left join (select b.id, {_CODE} as code from {BODIES} b"
            f" union all select b.id, f.former from {FORMER} f join {BODIES} b on b.id::text = f.record"
            f" where f.kind = 'issuing_body' and not exists (select from {BODIES} b where {_CODE} = f.former))"
            f" j_issuing_body on j_issuing_body.code = {_code_of(first)}"
        )

    def settled(self) -> list[str]:
        """Name each body once, by its key alone if it is of the country of the entry, and by its code of today."""
        current = (
            f"select {_short('s.country')} from {FORMER} f join {BODIES} b on b.id::text = f.record"
            f" where f.kind = 'issuing_body' and f.former = {_code_of('i.item')}"
            f" and not exists (select from {BODIES} b where {_CODE} = f.former)"
        )
        plain = (
            "case when position(':' in i.item) = 0 then case when s.country = '' then 'INT:' else '' end || i.item"
            " when split_part(i.item, ':', 1) = s.country then split_part(i.item, ':', 2) else i.item end"
        )
        items = "unnest(string_to_array(s.issuing_body, '|')) with ordinality i(item, place)"
        return [
            "create temp table named_bodies on commit drop as"
            " select s.country, s.issuing_body, (select string_agg(n.name, '|' order by n.place) from ("
            f"select coalesce(({current}), {plain}) as name, min(i.place) as place from {items} group by 1) n) as cell"
            " from (select distinct country, issuing_body from staged where issuing_body <> '') s",
            "update staged s set issuing_body = n.cell from named_bodies n"
            " where (s.country, s.issuing_body) = (n.country, n.issuing_body) and n.cell <> s.issuing_body",
            "drop table named_bodies",
        ]

    def unknown(self) -> str:
        return (
            "select s.line, i.item from checked s"
            " cross join lateral unnest(string_to_array(s.issuing_body, '|')) i(item)"
            f" where not exists (select from {BODIES} b where {_CODE} = {_code_of('i.item')})"
        )

    def offers(self) -> tuple[Offer, ...]:
        """Bodies by country and key, since keys repeat between countries."""
        offers = offers_of_rows(IssuingBody, "pk")
        bodies = IssuingBody.objects.values_list("pk", "country", "key")
        codes = {str(pk): f"{country or 'INT'}:{key}" for pk, country, key in bodies}
        return tuple(Offer(codes[offer.key], f"{codes[offer.key]} · {offer.label}", offer.names) for offer in offers)

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

    def saved(self) -> list[str]:
        """Write the bodies after the first anew."""
        items = "unnest(string_to_array(t.cell, '|')) with ordinality i(item, place)"
        return [
            f"delete from {FURTHER} x using changed_rows t where not t.is_new and x.measure_id = t.id",
            f"insert into {FURTHER} (measure_id, body_id, position) select s.id, b.id, i.place - 2"
            f" from (select t.id, t.cell, m.country_id as country from changed_rows t"
            f" join {MEASURES} m on m.id = t.id where position('|' in t.cell) > 0) s"
            f" cross join lateral {items.replace('t.cell', 's.cell')}"
            f" join {BODIES} b on {_CODE} = {_code_of('i.item')} where i.place > 1",
        ]
