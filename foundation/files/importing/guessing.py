"""What is in the columns of somebody else's table, and where they probably go: by their names and by their cells."""

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable
from dataclasses import dataclass, field, replace
from functools import partial

from django.core.exceptions import ValidationError
from django.utils import translation
from rapidfuzz import fuzz, process

from foundation.characters import without_invisible
from foundation.files.importing.mapping import ORDERS, SEPARATORS, Mapping, Use, in_order, items_of_cell, names_of
from foundation.files.importing.reading import Table, rows_of
from foundation.files.resources import FileResource
from foundation.files.spellings import folded
from foundation.files.targets import Target
from foundation.partial_dates import PartialDate
from foundation.texts import LANGUAGES

MOST_VALUES = 300
"""Number of different cells of a column that are looked at."""
MOST_WORDS = 120
"""Number of words of a column that a page asks about; those beyond stay as they are."""
MOST_ROWS = 20_000
"""Number of rows that are looked at."""
SAMPLES = 3
SURE, LIKELY = 100, 84
"""Likeness, out of 100, of names that are the same, and of those that are taken for the same."""
ALIKE = 80
"""Likeness of a value and a name of ours that is proposed for it."""
MOST_ALIKE = 10
"""Number of names that are looked at for the one that is most like a value."""
MOST = 0.8
"""Share of the cells of a column that are of a form, so that the column is."""
PROSE = 40
"""Characters that a cell of prose has on average."""


@dataclass(slots=True)
class Source:
    """A column of the table: its name, its header as printed, and how often it has each cell, the first ones."""

    name: str
    header: str
    cells: Counter[str] = field(default_factory=Counter)
    filled: int = 0

    @property
    def samples(self) -> list[str]:
        """Some of its cells."""
        return list(self.cells)[:SAMPLES]

    def items(self, split: str) -> Counter[str]:
        """How often it has each item of a cell, the most frequent first."""
        found: Counter[str] = Counter()
        for cell, times in self.cells.items():
            for item in items_of_cell(cell, split):
                found[item] += times
        return Counter(dict(found.most_common(MOST_VALUES)))

    def share(self, test: Callable[[str], bool]) -> float:
        """The share of its different cells that pass a test."""
        return sum(map(test, self.cells)) / len(self.cells) if self.cells else 0


def survey(table: Table) -> list[Source]:
    """What the columns of a table hold."""
    found = [Source(name, header) for name, header in zip(names_of(table.header), table.header, strict=True)]
    for number, row in enumerate(rows_of(table)):
        if number == MOST_ROWS:
            break
        for source, cell in zip(found, row.cells, strict=False):
            if cell := without_invisible(cell).strip():
                source.filled += 1
                if cell in source.cells or len(source.cells) < MOST_VALUES:
                    source.cells[cell] += 1
    return found


# Where columns go


def guess(sources: list[Source], resource: type[FileResource], targets: dict[str, Target]) -> Mapping:
    """The likely mapping of a table."""
    chosen = _by_name(sources, resource, targets)
    known = {key: known_names(target) for key, target in targets.items() if target.offers and not target.part}
    for source in sources:
        taken = {key for key in chosen.values() if not targets[key].is_list}
        if source.name not in chosen and (key := _by_cells(source, resource, known, targets.keys() - taken)):
            chosen[source.name] = key
    order = order_of_dates(sources)
    uses = [use_of(source, targets[chosen[source.name]], order) for source in sources if source.name in chosen]
    uses += _first_sentences(uses, resource, targets)
    columns = {targets[use.target].column for use in uses}
    constants = {key: text for key, text in resource.constants.items() if key not in columns}
    return Mapping(tuple(uses), constants)


def use_of(source: Source, target: Target, order: str) -> Use:
    """How the cells of a column become those of a target: their separator, the order of dates, and what words mean."""
    use = Use(source.name, target.key, dates=order if target.is_date else "", split=split_of(source, target))
    return replace(use, values=values_of(open_items(source, use, target), target))


def _by_name(sources: list[Source], resource: type[FileResource], targets: dict[str, Target]) -> dict[str, str]:
    """The target of each column whose name is like one of ours; the likest pairs come first."""
    names = {folded(name): key for key, target in targets.items() for name in _names(target, resource)}
    pairs = []
    for source in sources:
        found = process.extract(folded(source.name), names.keys(), scorer=fuzz.token_sort_ratio, score_cutoff=LIKELY)
        pairs += [(score, source.name, names[name]) for name, score, _place in found]
    chosen: dict[str, str] = {}
    for _score, name, key in sorted(pairs, key=lambda pair: -pair[0]):
        if name not in chosen and (key not in chosen.values() or targets[key].is_list):
            chosen[name] = key
    return chosen


def _names(target: Target, resource: type[FileResource]) -> Iterable[str]:
    """What a target is called: as in our files, on our forms in three languages, and by other people."""
    yield from resource.common_names.get(target.key, ())
    if not target.part:
        yield target.column
        for language in LANGUAGES:
            with translation.override(language):
                yield resource.fields[target.column].label


def _by_cells(
    source: Source, resource: type[FileResource], known: dict[str, dict[str, str]], free: Collection[str]
) -> str | None:
    """The target of a column by what it holds, among those that are free."""
    if not source.cells:
        return None
    for key, names in known.items():
        if key in free and source.share(partial(_is_among, names)) >= MOST:
            return key
    key = resource.by_cells.get(_form(source), "")
    return key if key in free else None


def _is_among(known: Container[str], cell: str) -> bool:
    return folded(cell) in known


def _form(source: Source) -> str:
    if source.share(lambda cell: "://" in cell) >= MOST:
        return "address"
    if source.share(_is_date) >= MOST:
        return "date"
    return "prose" if sum(map(len, source.cells)) >= PROSE * len(source.cells) else ""


def _is_date(cell: str) -> bool:
    if any(in_order(cell, order) != cell for order in ORDERS):
        return True
    try:
        return PartialDate.parse(cell).precision == "day"
    except ValidationError:
        return False


def order_of_dates(sources: list[Source]) -> str:
    """The one order in which every date of three numbers in the table is one; '' if there is none, or none needed."""
    dates = [cell for source in sources if source.share(_is_date) >= MOST for cell in source.cells]
    numbered = [cell for cell in dates if any(in_order(cell, order) != cell for order in ORDERS)]
    fitting = [order for order in ORDERS if all(in_order(cell, order) != cell for cell in numbered)]
    return fitting[0] if numbered and len(fitting) == 1 else ""


def split_of(source: Source, target: Target) -> str:
    """What parts the items of a column's cells: what leaves the fewest different ones, or begins each address."""
    if not target.is_list:
        return ""
    parting = [split for split, pattern in SEPARATORS.items() if any(pattern.search(cell) for cell in source.cells)]
    if source.share(lambda cell: "://" in cell) >= MOST:
        parting = [split for split in parting if all("://" in item for item in source.items(split))]
        return min(parting, key=lambda split: len(source.items(split)), default="")
    return min([*parting, ""], key=lambda split: len(source.items(split)))


def _first_sentences(uses: list[Use], resource: type[FileResource], targets: dict[str, Target]) -> list[Use]:
    used = {use.target: use for use in uses}
    if any(key in used for key in resource.first_sentences):
        return []
    return [
        Use(used[whole].source, key, first_sentence=True)
        for key, whole in resource.first_sentences.items()
        if whole in used and key in targets
    ]


# What words mean


def known_names(target: Target) -> dict[str, str]:
    """The keys that a target allows, by each name that stands for one alone."""
    found: dict[str, set[str]] = {}
    for offer in target.offers:
        for name in (offer.key, offer.label, *offer.names):
            found.setdefault(folded(name), set()).add(offer.key)
    return {name: min(keys) for name, keys in found.items() if len(keys) == 1}


def values_of(items: Collection[str], target: Target) -> dict[str, str]:
    """A key of ours for each item that is a name of one, or like it."""
    known = known_names(target) if items else {}
    keys = {item: known.get(folded(item)) or _alike(item, known) for item in items}
    return {item: key for item, key in keys.items() if key}


def _alike(item: str, known: dict[str, str]) -> str:
    """The key of the likest name, the longest of those; '' if there is none.

    One word of several is no likeness, unless it is the first: “Municipal / Puerto Plata” is municipal, but “citizen
    residents” are not residents.
    """
    words = folded(item)
    found = process.extract(words, known.keys(), scorer=fuzz.token_set_ratio, score_cutoff=ALIKE, limit=MOST_ALIKE)
    fitting = [
        (score, len(name), name)
        for name, score, _place in found
        if " " in name or " " not in words or words.startswith(f"{name} ")
    ]
    return known[max(fitting)[2]] if fitting else ""


def open_items(source: Source, use: Use, target: Target) -> Counter[str]:
    """The items of a column that are no keys of ours, so that somebody has to say what they mean."""
    keys = {offer.key for offer in target.offers}
    found = source.items(use.split) if keys else Counter()
    words = [(item, times) for item, times in found.most_common() if item not in keys and "\0" not in item]
    return Counter(dict(words[:MOST_WORDS]))
