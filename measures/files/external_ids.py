"""The keys that entries have in the data sets of others: a column of measures.csv, and datasets.csv."""

import re
from collections.abc import Callable
from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.files.cells import CellProblem, items_of, nearest_in_words
from foundation.files.columns import ListColumn
from foundation.files.dataset_resource import DatasetResource
from foundation.files.targets import MOST_OFFERED, Target
from measures.models import DataSet, ExternalId, Measure

DATASETS, IDS, MEASURES = DataSet._meta.db_table, ExternalId._meta.db_table, Measure._meta.db_table
LONGEST_KEY = ExternalId._meta.get_field("key").max_length or 0
OF_ITEM = (
    f"{IDS} x join {DATASETS} d on d.id = x.dataset_id and d.key = split_part({{0}}, '/', 1)"
    " where x.key = substring({0} from '/(.*)$')"
)
"""SQL of the row of an item of a cell, such as `coronanet/R_1abc`."""


def identifier_of(named: str) -> str:
    """SQL of the identifier of the entry that a text names by it or by `dataset/key`; null if there is none."""
    external = (
        f"select m.public_id from {MEASURES} m where m.id = (select x.measure_id from {OF_ITEM.format('n.name')})"
    )
    return (
        f"(select case when position('/' in n.name) > 0 then ({external}) else n.name end from (values ({named}))"
        " n(name))"
    )


class ExternalIdsColumn(ListColumn):
    """`coronanet/R_1abc|oxcgrt/PER-12`: a data set and the key of the entry there."""

    is_trimmed = True
    written_as = gettext_lazy("the key of a data set and that of the record there: coronanet/R_1abc|oxcgrt/PER-12")

    def __init__(self) -> None:
        super().__init__(name="external_ids")

    @property
    def label(self) -> str:
        return str(ExternalId._meta.verbose_name_plural)

    def targets(self) -> list[Target]:
        """The key in each data set."""
        sets = DataSet.objects.values_list("key", "name")[:MOST_OFFERED]
        named = [Target(self.name, _("Key in %(dataset)s") % {"dataset": name}, key, f"{key}/") for key, name in sets]
        hint = _("Cells such as coronanet/R_1. For keys of one data set, choose it; add it if it is missing.")
        return [*named, replace(super().targets()[0], hint=hint, rows_of=DataSet._meta.label)]

    def read(self, text: str) -> str:
        return "|".join(sorted({self._read_item(item) for item in items_of(text)}))

    def namer(self) -> Callable[[str], str]:
        """Part also what `;`, `,` or a line break joins where a data set follows; keys may have these signs."""
        datasets = "|".join(map(re.escape, self.known()))
        between = re.compile(rf"[;,\n][ \t\r\n]{{0,9}}(?=(?:{datasets})/)")

        def parted(cell: str) -> str:
            parts = (part for item in cell.split("|") for part in between.split(item))
            return "|".join(sorted({self._read_item(part) for part in parts}))

        return lambda cell: parted(cell) if datasets and between.search(cell) else cell

    def _read_item(self, item: str) -> str:
        dataset, slash, key = (part.strip() for part in item.partition("/"))
        if not (dataset and slash and key):
            raise CellProblem(
                _("“%(value)s” is not an external identifier.") % {"value": item[:80]},
                _("Write the key of a data set and that of the record there: coronanet/R_1abc."),
            )
        if len(key) > LONGEST_KEY:
            raise CellProblem(
                _("The text has %(length)d characters.") % {"length": len(key)},
                _("Shorten it to %(longest)d characters.") % {"longest": LONGEST_KEY},
            )
        return f"{dataset}/{key}"

    def cells(self, of: str, *, public: bool = False) -> str:
        return (
            "select x.measure_id as id, string_agg(d.key || '/' || x.key, '|'"
            f" order by (d.key || '/' || x.key) collate \"C\") as cell from {IDS} x"
            f" join {DATASETS} d on d.id = x.dataset_id where x.measure_id {of} group by x.measure_id"
        )

    def unknown(self) -> str:
        return (
            "select s.line, split_part(i.item, '/', 1) from checked s"
            " cross join lateral unnest(string_to_array(s.external_ids, '|')) i(item)"
            f" where not exists (select from {DATASETS} d where d.key = split_part(i.item, '/', 1))"
        )

    def known(self) -> list[str]:
        return list(DataSet.objects.values_list("key", flat=True)[:5000])

    def remedy(self, value: str, known: list[str]) -> str:
        """The nearest data set, or where to add one."""
        add = _("Add the data set first, with its name and licence, in the admin or by datasets.csv.")
        return f"{nearest_in_words(value, known)} {add}" if known else add

    def refused(self) -> list[tuple[str, str]]:
        items = "cross join lateral unnest(string_to_array(s.external_ids, '|')) i(item)"
        taken = (
            f"select s.line, i.item || ' = ' || m.public_id from checked s {items}"
            f" join lateral (select x.measure_id from {OF_ITEM.format('i.item')}) t on t.measure_id <> s.id"
            f" join {MEASURES} m on m.id = t.measure_id"
            " where not exists (select from staged own join outcome u using (line) where u.id = t.measure_id"
            " and own.external_ids is not null and i.item <> all (string_to_array(own.external_ids, '|')))"
        )
        twice = (
            "select line, item from (select s.line, i.item, count(*) over (partition by i.item) as times"
            f" from staged s {items} where s.external_ids <> '') n where times > 1"
        )
        return [
            (
                taken,
                _(
                    "Another entry has this external identifier. Write its identifier in public_id to change that "
                    "entry, or correct the key."
                ),
            ),
            (twice, _("Two rows have the same external identifier. Keep only one of them.")),
        ]

    def saved(self) -> list[str]:
        wanted = (
            "select t.id as measure_id, d.id as dataset_id, substring(i.item from '/(.*)$') as key from changed_rows t"
            " cross join lateral unnest(string_to_array(t.cell, '|')) i(item)"
            f" join {DATASETS} d on d.key = split_part(i.item, '/', 1)"
        )
        return [
            f"with wanted as ({wanted}) delete from {IDS} x using changed_rows t"
            " where not t.is_new and x.measure_id = t.id and not exists (select from wanted w"
            " where (w.measure_id, w.dataset_id, w.key) = (x.measure_id, x.dataset_id, x.key))",
            f"insert into {IDS} (measure_id, dataset_id, key) select w.* from ({wanted}) w where not exists (select"
            f" from {IDS} x where (x.measure_id, x.dataset_id, x.key) = (w.measure_id, w.dataset_id, w.key))",
        ]


class DataSetResource(DatasetResource):
    """datasets.csv"""

    adds_only = True
    keys = (("key",),)
    names = ("name",)

    class Meta:
        model = DataSet
        name = "datasets"
        fields = ("key", "name", "licence", "address", "is_independent")
