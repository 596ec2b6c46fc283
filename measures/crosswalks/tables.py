"""The crosswalk of each scheme: its rows, and the terms without a counterpart."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from functools import cache, lru_cache
from pathlib import Path

from django.utils.translation import get_language, gettext_lazy

from foundation.publication import public_version
from foundation.texts import LANGUAGES
from measures.vocabularies import VOCABULARIES, Term

FOLDER = Path(__file__).parent
COMPARED = ("topics", "target_groups", "kinds", "levels", "directions", "statuses")
"""The vocabularies whose terms all have a row in each table."""
HEADER = (
    *("scheme", "scheme_version", "scheme_address", "vocabulary", "term", "retired_on"),
    *("relation", "field", "code", "loss"),
)
RELATIONS = {
    "exactMatch": gettext_lazy("the same"),
    "closeMatch": gettext_lazy("nearly the same"),
    "broadMatch": gettext_lazy("theirs is wider"),
    "narrowMatch": gettext_lazy("theirs is narrower"),
    "relatedMatch": gettext_lazy("related"),
    "none": gettext_lazy("no counterpart"),
}
"""The mapping relations of SKOS, from our term to theirs, and none."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """The code book of another data set, in the version that was compared."""

    key: str
    name: str
    version: str
    address: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file: our term, the relation, their field and code (empty for the whole field), what is lost."""

    vocabulary: str
    term: str
    relation: str
    field: str = ""
    code: str = ""
    loss: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """A row with what our term is called, and the day from which it is no longer offered."""

    row: Row
    label: str
    retired_on: str

    @property
    def relation(self) -> str:
        """The relation in words, in the active language."""
        return str(RELATIONS[self.row.relation])


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """The table of a scheme: the terms with a counterpart, and those without."""

    scheme: Scheme
    matches: Sequence[Match]
    without: Sequence[Match]


@cache
def schemes() -> tuple[Scheme, ...]:
    """The schemes, in the order of the page."""
    return tuple(Scheme(**row) for row in _read("schemes"))


@cache
def rows_of(scheme: str) -> tuple[Row, ...]:
    """All rows of the file of a scheme, also of terms that this installation does not have."""
    return tuple(Row(**row) for row in _read(scheme))


def crosswalks() -> tuple[Crosswalk, ...]:
    """The table of each scheme for the public terms of this installation, with labels in the active language."""
    return _crosswalks((get_language() or "en")[:2], public_version())


@lru_cache(maxsize=len(LANGUAGES))
def _crosswalks(language: str, _version: str) -> tuple[Crosswalk, ...]:
    """Made once for each language, in every process, until the public data change."""
    terms = [(name, term) for name in COMPARED for term in VOCABULARIES[name].terms()]
    return tuple(_crosswalk(scheme, terms, language) for scheme in schemes())


def _crosswalk(scheme: Scheme, terms: Sequence[tuple[str, Term]], language: str) -> Crosswalk:
    known: dict[tuple[str, str], list[Row]] = {}
    for row in rows_of(scheme.key):
        known.setdefault((row.vocabulary, row.term), []).append(row)
    matches, without = [], []
    for name, term in terms:
        label, retired_on = term.labels.get(language) or term.labels.get("en", ""), term.more.get("deprecated_on", "")
        found = known.get((name, term.key), [])
        matches += [Match(row, label, retired_on) for row in found]
        if not found:
            without.append(Match(Row(name, term.key, "none"), label, retired_on))
    return Crosswalk(scheme, matches, without)


def rows() -> Iterator[tuple[str, ...]]:
    """All tables as the rows of one file, after its header."""
    yield HEADER
    for table in crosswalks():
        scheme = (table.scheme.name, table.scheme.version, table.scheme.address)
        for match in (*table.matches, *table.without):
            vocabulary, term, *rest = astuple(match.row)
            yield (*scheme, vocabulary, term, match.retired_on, *rest)


def _read(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
