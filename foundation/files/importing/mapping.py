"""How the columns of somebody else's table become ours: what goes where, what its words mean, what all rows share.

A mapping is kept as JSON. It changes no cell that it does not name: what its words do not cover is read, or refused, as
in any file of ours.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from itertools import chain, count
from typing import Any

from foundation.characters import with_plain_digits, without_invisible
from foundation.files.cells import is_placeholder
from foundation.files.columns import Column
from foundation.files.resources import FileResource
from foundation.files.targets import Target
from foundation.typed_dates import is_in_calendar

SEPARATORS = {";": re.compile(";"), ",": re.compile(","), "|": re.compile(r"\|"), "line": re.compile(r"\n")}
"""What may part the items of a cell."""
ORDERS = {"dmy": (2, 1, 0), "mdy": (2, 0, 1)}
"""Where year, month and day are in a date of three numbers whose year comes last."""
LEAST_SENTENCE = 20
"""Characters of a text that are no sentence yet, such as an abbreviation."""

_DATE = re.compile(r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4})(?:[ T][0-9:.]{1,20})?")
_END_OF_SENTENCE = re.compile(r"[.!?](?=\s)")


@dataclass(frozen=True, slots=True)
class Use:
    """One column of the table, and what of ours its cells become; a column may have several uses."""

    source: str
    """The name of the column, as `names_of` has it."""
    target: str
    dates: str = ""
    """The order of its dates, a key of ORDERS; '' if they are read as in our files."""
    split: str = ""
    """What parts the items of a cell, a key of SEPARATORS; '' if a cell is one item."""
    first_sentence: bool = False
    values: dict[str, str] = field(default_factory=dict)
    """Keys of ours for items; '' leaves an item out."""
    drops_others: bool = False
    """Whether items are left out that have no key here and are none themselves."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """The uses of a table's columns, and texts by target for rows of which the table says nothing."""

    uses: tuple[Use, ...] = ()
    constants: dict[str, str] = field(default_factory=dict)

    @property
    def sources(self) -> set[str]:
        """The columns that it needs."""
        return {use.source for use in self.uses}

    @property
    def targets(self) -> set[str]:
        """The keys of the targets that it leads to."""
        return {use.target for use in self.uses} | {key for key, text in self.constants.items() if text}

    def to_json(self) -> dict[str, Any]:
        """The mapping for storage."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Mapping":
        """A mapping from storage; an empty object maps nothing."""
        return cls(tuple(Use(**use) for use in kept.get("uses", [])), dict(kept.get("constants", {})))


def names_of(header: Iterable[str]) -> list[str]:
    """The names of a table's columns in lower case, each once.

    The second `date` is `date (2)`, and a blank one `column 3`.
    """
    found: dict[str, None] = {}
    for place, cell in enumerate(header, 1):
        name = " ".join(without_invisible(cell).split()).lower()[:200] or f"column {place}"
        numbered = chain([name], (f"{name} ({number})" for number in count(2)))
        found[next(each for each in numbered if each not in found)] = None
    return list(found)


def targets_of(resource: type[FileResource]) -> dict[str, Target]:
    """Where cells can go in a kind of file, by key, in its order."""
    return {target.key: target for column in resource.imported() for target in column.targets()}


def items_of_cell(cell: str, split: str) -> list[str]:
    """The items of a cell without blanks, empty ones and placeholders such as NA."""
    cell = without_invisible(cell)
    parts = SEPARATORS[split].split(cell) if split in SEPARATORS else [cell]
    stripped = (part.strip() for part in parts)
    return [part for part in stripped if part and not is_placeholder(part)]


class Mapper:
    """Rows of the table -> cells of our columns, which are `columns`."""

    def __init__(self, mapping: Mapping, resource: type[FileResource], header: list[str]) -> None:
        self.header = header
        targets, places = targets_of(resource), {name: place for place, name in enumerate(names_of(header))}
        order = {key: place for place, key in enumerate(targets)}
        uses = sorted((use for use in mapping.uses if use.target in order), key=lambda use: order[use.target])
        self._uses: dict[str, list[tuple[int, Use, Target]]] = defaultdict(list)
        for use in uses:
            self._uses[targets[use.target].column].append((places[use.source], use, targets[use.target]))
        self._keys = {key: frozenset(offer.key for offer in target.offers) for key, target in targets.items()}
        self._constants: dict[str, list[str]] = defaultdict(list)
        for key, text in mapping.constants.items():
            if key in targets and text:
                self._constants[targets[key].column].append(targets[key].before + text)
        named = {*self._uses, *self._constants}
        self.places = frozenset(place for uses in self._uses.values() for place, _use, _target in uses)
        """The places of the columns of the table that it needs."""
        self.columns: list[Column] = [column for column in resource.imported() if column.name in named]

    def mapped(self, cells: list[str]) -> list[str]:
        """The cells of our columns from those of a row."""
        return [self._cell(column, cells) for column in self.columns]

    def _cell(self, column: Column, cells: list[str]) -> str:
        pieces, is_open = list[str](), False  # whether the last piece can be continued, which has no date yet
        for place, use, target in self._uses.get(column.name, ()):
            for item in _items(cells[place], use, target, self._keys[target.key]):
                if not target.continues:
                    pieces.append(target.before + item)
                elif is_open:
                    pieces[-1] += target.before + item
                is_open = not target.continues and not target.before
        pieces = pieces or self._constants.get(column.name, [])
        return column.joined(pieces) if pieces else ""

    def original(self, name: str, cells: list[str]) -> tuple[str, str] | None:
        """The names of the columns that ours come from, with our own, and their cells; None if they come from none.

        `name` may name several of ours.
        """
        places = [place for own in name.split(", ") for place, _use, _target in self._uses.get(own, ())]
        if not places:
            return None
        places = list(dict.fromkeys(places))
        named = " + ".join(" ".join(self.header[place].split()) for place in places)
        return f"{named} → {name}", " · ".join(cells[place] for place in places if cells[place])


def _items(cell: str, use: Use, target: Target, keys: frozenset[str]) -> list[str]:
    found = [use.values.get(item, item) for item in items_of_cell(cell, use.split)]
    if use.drops_others:
        found = [item for item in found if item in keys]
    if target.is_date:
        found = [in_order(item, use.dates) for item in found]
    if use.first_sentence:
        found = [first_sentence(item, target.longest) for item in found]
    return [item for item in found if item]


def in_order(text: str, order: str) -> str:
    """A date of three numbers in ISO 8601, if it is one in this order; any other text as it is."""
    found = _DATE.fullmatch(with_plain_digits(text))
    if not found or order not in ORDERS:
        return text
    year, month, day = (int(found[place + 1]) for place in ORDERS[order])
    return f"{year:04d}-{month:02d}-{day:02d}" if is_in_calendar(year, month, day) else text


def first_sentence(text: str, longest: int) -> str:
    """The first sentence of a text on one line without its full stop, cut at a word if it is longer than `longest`."""
    line = " ".join(text.split())
    end = _END_OF_SENTENCE.search(line, LEAST_SENTENCE)
    sentence = (line[: end.end()] if end else line).removesuffix(".")
    return f"{sentence[: longest - 1].rsplit(' ', 1)[0]}…" if longest and len(sentence) > longest else sentence
