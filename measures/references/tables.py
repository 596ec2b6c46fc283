"""The tables beside the code: forms of acts, series of numbers, bodies and nations."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from measures.references.folding import words_of

FOLDER = Path(__file__).parent

Phrases = dict[str, list[tuple[tuple[str, ...], str]]]
"""Names by their first word, longest first: the words, and what they name."""


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of act by its name, such as `decree.supreme`, and the kinds of records that it may be."""

    code: str
    kinds: frozenset[str]

    @property
    def parent(self) -> str:
        """`decree` of `decree.supreme`; '' of `decree`."""
        code, dot, _child = self.code.partition(".")
        return code if dot else ""


@dataclass(frozen=True, slots=True)
class Series:
    """How acts of one form are numbered in a country."""

    country: str
    forms: tuple[str, ...]
    kinds: frozenset[str]
    needs: str
    """`number` where the number alone is whole, `number year`, or `all`: letters or a body too."""
    one_series: frozenset[str]
    """Forms that are numbered together."""


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _items(cell: str) -> list[str]:
    return [item.strip() for item in cell.split("|") if item.strip()]


@cache
def word_list(name: str) -> frozenset[str]:
    """A list of words of `words.csv`, folded."""
    return next(frozenset(row["words"].split()) for row in _rows("words") if row["list"] == name)


@cache
def forms() -> dict[str, Form]:
    """All forms by code."""
    return {row["code"]: Form(row["code"], frozenset(_items(row["kinds"]))) for row in _rows("forms")}


@cache
def form_phrases(country: str) -> Phrases:
    """The names of forms in a country; abbreviations are `short_phrases`."""
    return _phrases("words", country)


@cache
def short_phrases(country: str) -> Phrases:
    """The abbreviations of forms in a country, which count only before a number."""
    return _phrases("short", country)


@cache
def form_name(code: str) -> str:
    """The first name of a form, as its acts print it: `decreto supremo`."""
    row = next(row for row in _rows("forms") if row["code"] == code)
    return next(iter(_items(row["words"])), code).partition("@")[0]


@cache
def _named_forms(column: str) -> list[tuple[tuple[str, ...], str, frozenset[str]]]:
    """The names in a column of the table, in singular and plural: their words, form and countries, if not all."""
    found = []
    for row in _rows("forms"):
        for item in _items(row[column]):
            name, _at, countries = item.partition("@")
            only = frozenset(countries.split("+")) - {""}
            found += [(words, row["code"], only) for words in _numbers_of(words_of(name))]
    return found


def _phrases(column: str, country: str) -> Phrases:
    named = _named_forms(column)
    shared = {words: code for words, code, only in reversed(named) if not only}
    own = {words: code for words, code, only in reversed(named) if country in only}
    return _by_first_word((shared | own).items())


def _by_first_word(named: Iterable[tuple[tuple[str, ...], str]]) -> Phrases:
    found: Phrases = {}
    for words, code in named:
        if words:
            found.setdefault(words[0], []).append((words, code))
    for phrases in found.values():
        phrases.sort(key=lambda phrase: -len(phrase[0]))
    return found


def _numbers_of(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """A name in the singular, and in the plurals of three languages, of its nouns or of all that agrees with them."""
    yield words
    if not words or len(words[0]) < 3:
        return
    end = next((place for place, word in enumerate(words) if word in ("DE", "DEL", "DO", "DA", "OF")), len(words))
    for plural in (_plural_es, _plural_en, _plural_pt):
        yield (*map(plural, words[:end]), *words[end:])
        yield (plural(words[0]), *words[1:])
        yield (*words[:-1], plural(words[-1]))


def _plural_en(word: str) -> str:
    return word if word.endswith("S") else f"{word}S"


def _plural_es(word: str) -> str:
    return _plural_en(word) if word[-1] in "AEIO" else word if word.endswith(("S", "X")) else f"{word}ES"


def _plural_pt(word: str) -> str:
    if word.endswith("AO"):
        return f"{word[:-2]}OES"
    return f"{word[:-1]}IS" if word.endswith(("AL", "EL")) else _plural_en(word)


@cache
def all_series() -> dict[str, list[Series]]:
    """The series of each country."""
    found: dict[str, list[Series]] = {}
    for row in _rows("series"):
        series = Series(
            country=row["country"],
            forms=tuple(_items(row["forms"])),
            kinds=frozenset(_items(row["kinds"])),
            needs=row["needs"],
            one_series=frozenset(_items(row["one_series"]) or _items(row["forms"])[:1]),
        )
        found.setdefault(series.country, []).append(series)
    return found


@cache
def bodies(country: str) -> dict[str, int]:
    """The body that an acronym or a name (its words without articles) means in a country, as a number."""
    found: dict[str, int] = {}
    for number, row in enumerate(_rows("bodies")):
        if row["country"] == country:
            for name in _items(row["names"]):
                found.setdefault(body_key(name), number)
    return found


@cache
def superintendences(country: str) -> frozenset[str]:
    """All names of the bodies of a country that are superintendences, with their acronyms."""
    named = bodies(country)
    numbers = {number for name, number in named.items() if name.startswith("SUPERINTENDENCIA ")}
    return frozenset(name for name, number in named.items() if number in numbers)


@cache
def chambers(country: str) -> dict[str, str]:
    """The chambers whose initial stands after the number of a bill, by any of their names: their initial."""
    rows = [_items(row["names"]) for row in _rows("bodies") if row["country"] == country and row["is_chamber"]]
    return {body_key(name): names[0] for names in rows for name in names}


@cache
def organs(organization: str) -> dict[str, str]:
    """The organs of the UN or the OAS by acronym or name, as they stand in symbols: `A` of `A/RES/73/195`."""
    rows = [_items(row["names"]) for row in _rows("bodies") if row["country"] == organization]
    return {body_key(name) if " " in name else name: names[0] for names in rows for name in names}


def body_key(name: str) -> str:
    """The words of the name of a body without articles, folded."""
    words = words_of(name)
    return " ".join([word for word in words if word not in word_list("words of no name")] or words)


def initials(name: str) -> str:
    """The initials of a name: `Dirección Nacional de Migraciones` -> DNM."""
    return "".join(word[0] for word in words_of(name) if word not in word_list("words of no name"))


@cache
def nations() -> Phrases:
    """The names of countries."""
    named = ((words_of(name), row["country"]) for row in _rows("nations") for name in _items(row["names"]))
    return _by_first_word(named)


@cache
def nationalities() -> Phrases:
    """`peruana`, `Peruvian`."""
    named = [(words_of(name), row["country"]) for row in _rows("nations") for name in _items(row["adjectives"])]
    plurals = [((*words[:-1], _plural_en(words[-1])), country) for words, country in named]
    return _by_first_word([*named, *plurals])
