"""A large, realistic and reproducible data set, generated entry by entry without storing anything.

Countries and topics follow Zipf's law, and some countries have the numbers of entries that the measurements need. Texts
are long and in three languages; one search word occurs in two thirds of the entries, one in a fifth, one in one of ten
thousand. Dates are partial as in real sources, and references are spelled as in gazettes.

The vocabulary comes from `fixtures/`; Peru, whose real record the fixtures contain, is left out. Two data sets with
different `start` share no identifier, reference or source, so that one can be imported on top of the other.
"""

import csv
import datetime
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from tests.bench.words import LANGUAGES, vocabulary

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
BATCH = 1_000
"""Number of entries generated together, from a seed of their own, so that processes can share the work."""

COUNTRIES_OF_SIZE = {"URY": 40, "CRI": 150, "PRY": 300, "ECU": 3_000, "COL": 30_000}
"""Countries with exactly this many published entries, if the data set is at least three times as large."""
LEFT_OUT = ("PER",)
COVERED = 150
"""Number of covered countries with entries."""

COMMON, FREQUENT, RARE = (
    {"en": "migration", "es": "migración", "pt": "migração"},
    {"en": "quarantine", "es": "cuarentena", "pt": "quarentena"},
    {"en": "laissezpasser", "es": "salvoconducto", "pt": "salvoconduto"},
)
SHARE_OF_WORDS = ((COMMON, 2 / 3), (FREQUENT, 1 / 5), (RARE, 1 / 10_000))
"""Search words, and the share of entries whose summaries contain them."""

SHORTEST_SUMMARY, LONGEST_SUMMARY = 300, 1_500
FIRST_DAY, LAST_DAY = datetime.date(1990, 1, 1), datetime.date(2026, 6, 30)

T = TypeVar("T")

KINDS: dict[str, tuple[str, float]] = {
    "agency_resolution": ("norm", 20),
    "executive_decree": ("norm", 14),
    "ministerial_resolution": ("norm", 12),
    "bill": ("bill", 12),
    "law": ("norm", 7),
    "announcement": ("action", 6),
    "programme": ("action", 5),
    "recommendation": ("statement", 4),
    "administrative_practice": ("action", 4),
    "directive_protocol": ("norm", 3),
    "regulation": ("norm", 2),
    "subnational_norm": ("norm", 2),
    "court_decision": ("norm", 2),
    "criticism": ("statement", 2),
    "practice_report": ("statement", 1),
    "operation": ("action", 1),
    "alert_situation": ("situation", 1),
    "social_response": ("response", 1),
    "treaty": ("norm", 0.5),
    "nothing_found": ("finding", 0.5),
}
"""Family and weight of each kind."""

HISTORIES: dict[str, tuple[tuple[str, float], ...]] = {
    "norm": (
        ("in_force", 30),
        ("enacted published in_force", 20),
        ("published in_force", 15),
        ("enacted in_force repealed", 10),
        ("in_force expired", 10),
        ("enacted published in_force suspended in_force", 5),
        ("enacted published in_force superseded", 5),
        ("in_force annulled", 3),
        ("unknown", 2),
    ),
    "bill": (
        ("introduced", 20),
        ("introduced in_committee", 30),
        ("introduced in_committee archived", 15),
        ("introduced in_committee reported on_agenda", 10),
        ("introduced in_committee on_agenda passed sent_to_executive", 10),
        ("introduced in_committee reported passed enacted", 10),
        ("introduced withdrawn", 5),
    ),
    "action": (
        ("announced", 25),
        ("in_operation", 35),
        ("announced in_operation", 20),
        ("announced in_preparation in_operation fulfilled", 10),
        ("announced abandoned", 5),
        ("in_operation suspended", 5),
    ),
    **dict.fromkeys(
        ("statement", "situation", "response", "finding"),
        (("issued", 70), ("issued answered", 20), ("issued answered resolved", 10)),
    ),
}
REFERENCES = {
    "executive_decree": (
        "Decreto Supremo N° {n:03d}-{year}-{body}",
        "D.S. {n:03d}-{year}-{body}",
        "Decreto {n}/{year}",
    ),
    "law": ("Ley N° {n:05d}", "Ley {n}", "Lei nº {n}/{year}"),
    "bill": ("Proyecto de Ley N° {n:05d}/{year}-CR", "PL {n}/{year}"),
    "ministerial_resolution": ("Resolución Ministerial N° {n:04d}-{year}-{body}", "RM {n:04d}-{year}-{body}"),
    "agency_resolution": ("N° {n:06d}-{year}-{body}", "Nº {n} / {year} - {body}", "{n:06d}-{year}-{body}"),
    "court_decision": ("T-{n:03d}/{year}", "Exp. N° {n:05d}-{year}"),
}
"""Spellings by kind; the number makes each reference the only one of its country."""
WITHOUT_REFERENCE = 0.15

RELATIONS = (
    ("amends", 25),
    ("cites", 20),
    ("implements", 15),
    ("extends", 15),
    ("based_on", 10),
    ("same_subject_as", 10),
    ("repeals", 5),
)
MUTUAL = "same_subject_as"
BODIES = (
    ("executive", "head_of_state", "PE", "Executive branch", "Poder Ejecutivo", "Poder Executivo"),
    (
        "interior",
        "ministry",
        "MININTER",
        "Ministry of the Interior",
        "Ministerio del Interior",
        "Ministério do Interior",
    ),
    ("foreign", "ministry", "RREE", "Ministry of Foreign Affairs", "Cancillería", "Ministério das Relações Exteriores"),
    (
        "migration",
        "migration_authority",
        "MIGRACIONES",
        "Migration Service",
        "Servicio de Migraciones",
        "Serviço de Migrações",
    ),
    ("congress", "legislature", "CR", "Congress", "Congreso de la República", "Congresso da República"),
    ("court", "court", "CS", "Supreme Court", "Corte Suprema", "Corte Suprema"),
    ("ombuds", "ombuds", "DP", "Ombuds Office", "Defensoría del Pueblo", "Defensoria do Povo"),
)
"""Key, kind, acronym and names of the bodies that each country has."""
SITES = ("gaceta.example", "www.diario-oficial.example", "boletin.example", "prensa.example", "ngo.example")


@dataclass(frozen=True, slots=True)
class Entry:
    """A measure with its related rows. Dates are canonical texts; `number` counts within the country."""

    index: int
    country: str
    number: int
    kind: str
    body: str
    reference: str
    provision: str
    official_title: str
    original_language: str
    titles: tuple[str, ...]
    short_titles: tuple[str, ...]
    summaries: tuple[str, ...]
    topics: tuple[str, ...]
    groups: tuple[str, ...]
    origins: tuple[str, ...]
    direction: str
    valid_from: str
    valid_until: str
    end_kind: str
    events: tuple[tuple[str, str], ...]
    relations: tuple[tuple[str, int], ...]
    """Type and index of an earlier entry of the same country."""
    evidence: str
    sources: tuple[int, ...]
    is_published: bool

    @property
    def public_id(self) -> str:
        """Such as `COL-00007`."""
        return public_id(self.country, self.number)


def public_id(country: str, number: int) -> str:
    """The identifier of the entry with this number in its country."""
    return f"{country}-{number:05d}"


def write_csv(dataset: "Dataset", path: Path) -> None:
    """Write the entries to a file for import, without publication data."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(fixture("measures")[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(_cells(dataset, entry) for entry in dataset)


def _cells(dataset: "Dataset", entry: Entry) -> dict[str, str]:
    """A row of measures.csv."""
    by_language = {
        f"{name}_{language}": text
        for name, texts in (("title", entry.titles), ("short_title", entry.short_titles), ("summary", entry.summaries))
        for language, text in zip(LANGUAGES, texts, strict=True)
    }
    return {
        "public_id": entry.public_id,
        "country": entry.country,
        "kind": entry.kind,
        "issuing_body": entry.body,
        "reference": entry.reference,
        "provision": entry.provision,
        "official_title": entry.official_title,
        "original_language": entry.original_language,
        **by_language,
        "topics": "|".join(entry.topics),
        "target_groups": "|".join(entry.groups),
        "origin_countries": "|".join(entry.origins),
        "direction": entry.direction,
        "valid_from": entry.valid_from,
        "valid_until": entry.valid_until,
        "end_kind": entry.end_kind,
        "status_history": "|".join(f"{status}@{date}" if date else status for status, date in entry.events),
        "relations": "|".join(f"{kind}:{dataset.public_id_of(other)}" for kind, other in entry.relations),
        "evidence": entry.evidence,
        "sources": "|".join(dataset.source_address(number) for number in entry.sources),
    }


class Skewed:
    """Weighted values, drawn by numbers between 0 and 1."""

    def __init__(self, weighted: Iterable[tuple[T, float]]) -> None:
        pairs = list(weighted)
        self.values: list[Any] = [value for value, _weight in pairs]
        self.cumulative = list(np.cumsum([weight for _value, weight in pairs]))

    def drawn(self, chance: random.Random, number: int = 1) -> list[Any]:
        """`number` values, drawn independently."""
        return chance.choices(self.values, cum_weights=self.cumulative, k=number)


def by_zipf(values: Sequence[T], exponent: float = 0.8) -> Skewed:
    """Values in the order of their frequency."""
    return Skewed((value, (rank + 1) ** -exponent) for rank, value in enumerate(values))


@cache
def fixture(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a fixture."""
    with (FIXTURES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def covered_countries() -> list[str]:
    """The countries with entries, most frequent first; they include those with pages in the fixtures."""
    rows = fixture("countries")
    pages = [row["iso3"] for row in rows if row["is_covered"] == "true"]
    others = [row["iso3"] for row in rows if row["is_covered"] != "true"]
    ordered = [*_shuffled(pages, 4), *_shuffled(others, 5)]
    return [iso3 for iso3 in ordered[:COVERED] if iso3 not in LEFT_OUT]


def body_rows() -> Iterator[dict[str, str]]:
    """The issuing bodies of all countries, as rows of issuing_bodies.csv."""
    for iso3 in covered_countries():
        for key, kind, acronym, en, es, pt in BODIES:
            yield {
                "country": iso3,
                "key": key,
                "kind": kind,
                "name_en": en,
                "name_es": es,
                "name_pt": pt,
                "native_name": es,
                "acronym": acronym,
            }


class Dataset:
    """`size` entries, whose numbers begin after `start` in each country.

    `drafts` is the share of unpublished entries; the countries of exact size have none unless it is 1.
    """

    def __init__(self, size: int, *, seed: int = 1, start: int = 0, drafts: float = 0.03) -> None:
        self.size, self.seed, self.start, self.drafts = size, seed, start, drafts
        self.topics = by_zipf(_shuffled([row["key"] for row in fixture("topics") if "." in row["key"]], 1))
        self.groups = by_zipf(_shuffled([row["key"] for row in fixture("target_groups")], 2))
        self.origins = by_zipf(["VEN", *_shuffled([row["iso3"] for row in fixture("countries")], 3)], 1.2)
        self.kinds = Skewed((kind, weight) for kind, (_family, weight) in KINDS.items())
        self.histories = {family: Skewed(weighted) for family, weighted in HISTORIES.items()}
        self.relation_types = Skewed(RELATIONS)
        self.sources = (size + 1) // 2
        """Documents that the entries cite, some of them often."""

    @cached_property
    def countries(self) -> list[str]:
        """The countries with entries."""
        return covered_countries()

    @cached_property
    def _country_of(self) -> npt.NDArray[np.uint8]:
        """The country index of each entry: one byte per entry."""
        chance = np.random.default_rng([self.seed, self.size])
        exact = {iso3: number for iso3, number in COUNTRIES_OF_SIZE.items() if 3 * number <= self.size}
        places = [np.full(number, self.countries.index(iso3)) for iso3, number in exact.items()]
        others = [i for i, iso3 in enumerate(self.countries) if iso3 not in COUNTRIES_OF_SIZE]
        weights = (np.arange(len(others)) + 1.0) ** -0.8
        rest = self.size - sum(exact.values())
        drawn = chance.choice(np.array(others), rest, p=weights / weights.sum())
        return chance.permutation(np.concatenate([*places, drawn])).astype(np.uint8)

    @cached_property
    def _entries_of(self) -> list[npt.NDArray[np.int32]]:
        """The entries of each country, in order."""
        order = np.argsort(self._country_of, kind="stable").astype(np.int32)
        ends = np.cumsum(np.bincount(self._country_of, minlength=len(self.countries)))
        return np.split(order, ends[:-1])

    @cached_property
    def _number_of(self) -> npt.NDArray[np.int32]:
        """The number of each entry in its country, from 0."""
        numbers = np.empty(self.size, dtype=np.int32)
        for entries in self._entries_of:
            numbers[entries] = np.arange(len(entries))
        return numbers

    def numbers_given(self) -> dict[str, int]:
        """The last number of each country that has entries."""
        pairs = zip(self.countries, self._entries_of, strict=True)
        return {iso3: self.start + len(entries) for iso3, entries in pairs if len(entries)}

    def public_id_of(self, index: int) -> str:
        """The identifier of an entry."""
        return public_id(self.countries[self._country_of[index]], self.start + int(self._number_of[index]) + 1)

    def source_address(self, number: int) -> str:
        """The URL of a source."""
        return f"https://{SITES[number % len(SITES)]}/{self.start}/{number:07d}"

    @property
    def batches(self) -> int:
        """Number of batches."""
        return -(-self.size // BATCH)

    def __iter__(self) -> Iterator[Entry]:
        for number in range(self.batches):
            yield from self.batch(number)

    def batch(self, number: int) -> list[Entry]:
        """The entries from `number * BATCH`, the same whichever batches were generated before."""
        chance = random.Random(f"{self.seed} {self.start} {number}")
        indexes = range(number * BATCH, min((number + 1) * BATCH, self.size))
        marked = [[chance.random() < share for _words, share in SHARE_OF_WORDS] for _index in indexes]
        text = np.random.default_rng([self.seed, self.start, number])
        writers = [_Writer(language, text, len(indexes)) for language in LANGUAGES]
        return [self._entry(index, i, chance, writers, marked[i]) for i, index in enumerate(indexes)]

    def _entry(
        self, index: int, place: int, chance: random.Random, writers: list["_Writer"], marked: list[bool]
    ) -> Entry:
        country = self.countries[self._country_of[index]]
        kind = self.kinds.drawn(chance)[0]
        family = KINDS[kind][0]
        day = _day(chance)
        body = chance.choice(BODIES)
        number = self.start + int(self._number_of[index]) + 1
        reference = _reference(chance, kind, number, day.year, body[2])
        titles = tuple(writer.title(place, marked) for writer in writers)
        language = "pt" if country == "BRA" else chance.choice(("es", "es", "en"))
        valid_from, valid_until, end_kind = _validity(chance, family, day)
        return Entry(
            index=index,
            country=country,
            number=number,
            kind=kind,
            body=body[0] if chance.random() < 0.9 else "",
            reference=reference,
            provision=f"art. {chance.randint(1, 30)}" if reference and chance.random() < 0.1 else "",
            official_title=titles[LANGUAGES.index(language)].upper() if reference and chance.random() < 0.5 else "",
            original_language=language,
            titles=titles,
            short_titles=tuple(_shortened(title) for title in titles) if chance.random() < 0.5 else ("", "", ""),
            summaries=tuple(writer.summary(place, marked) for writer in writers),
            topics=tuple(dict.fromkeys(self.topics.drawn(chance, chance.choice((1, 1, 2, 2, 3))))),
            groups=tuple(sorted(set(self.groups.drawn(chance, chance.choice((0, 1, 1, 2, 3)))))),
            origins=tuple(sorted(set(self.origins.drawn(chance, chance.choice((0, 0, 0, 0, 1, 1, 2)))))),
            direction=_direction(chance) if family in ("norm", "bill", "action") else "",
            valid_from=valid_from,
            valid_until=valid_until,
            end_kind=end_kind,
            events=_events(chance, self.histories[family].drawn(chance)[0].split(), day),
            relations=self._relations(chance, index),
            evidence=chance.choice(("primary", "primary", "primary", "secondary", "attributed", "unsourced")),
            sources=self._cited(chance, index),
            is_published=self._is_published(chance, country),
        )

    def _is_published(self, chance: random.Random, country: str) -> bool:
        return self.drafts < 1 and (country in COUNTRIES_OF_SIZE or chance.random() >= self.drafts)

    def _relations(self, chance: random.Random, index: int) -> tuple[tuple[str, int], ...]:
        """One entry in six is related to an earlier one of its country, so that there are no cycles."""
        before = int(self._number_of[index])
        if not before or chance.random() > 1 / 6:
            return ()
        objects = {chance.randrange(max(before - 200, 0), before) for _ in range(chance.choice((1, 1, 2)))}
        entries = self._entries_of[self._country_of[index]]
        return tuple((self.relation_types.drawn(chance)[0], int(entries[number])) for number in sorted(objects))

    def _cited(self, chance: random.Random, index: int) -> tuple[int, ...]:
        """One new source for every second entry, and up to two frequently cited ones."""
        own = [index // 2] if index % 2 == 0 else []
        often = [int(self.sources * chance.random() ** 3) for _ in range(chance.choice((0, 1, 2) if own else (1, 2)))]
        return tuple(sorted({*own, *often}))


def _shuffled(values: list[str], seed: int) -> list[str]:
    random.Random(seed).shuffle(values)
    return values


class _Writer:
    """Titles and summaries of one language for a batch, cut from one long row of words."""

    def __init__(self, language: str, chance: np.random.Generator, number: int) -> None:
        self.language = language
        words = vocabulary(language)
        spare = LONGEST_SUMMARY - SHORTEST_SUMMARY - 60
        lengths = SHORTEST_SUMMARY + 30 + np.minimum(chance.exponential(spare / 5, number), spare).astype(np.int64)
        self.titles = self._cut(words.drawn(chance, number * 8), np.arange(1, number + 1) * 8)
        drawn = words.drawn(chance, int(lengths.sum() / 6) + 100)
        ends = np.searchsorted(words.lengths[drawn].cumsum() + np.arange(1, len(drawn) + 1), lengths.cumsum())
        self.summaries = self._cut(drawn, ends)

    def _cut(self, drawn: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> list[list[str]]:
        words = vocabulary(self.language).words[drawn].tolist()
        starts = [0, *ends.tolist()]
        return [words[start:end] for start, end in pairwise(starts)]

    def _marks(self, marked: list[bool]) -> list[str]:
        return [words[self.language] for (words, _share), has in zip(SHARE_OF_WORDS, marked, strict=True) if has]

    def title(self, place: int, marked: list[bool]) -> str:
        """Some eight words; rarer search words also occur in every eighth title of their entries."""
        marks = self._marks([False, *marked[1:]]) if place % 8 == 0 else []
        return _sentence([*self.titles[place], *marks])[:300]

    def summary(self, place: int, marked: list[bool]) -> str:
        """Sentences of fourteen words; a long text has two paragraphs."""
        words = [*self._marks(marked), *self.summaries[place]]
        sentences = [_sentence(words[i : i + 14]) for i in range(0, len(words), 14)]
        half = len(sentences) // 2
        if len(sentences) > 8:
            return f"{'. '.join(sentences[:half])}.\n\n{'. '.join(sentences[half:])}."[:LONGEST_SUMMARY]
        return f"{'. '.join(sentences)}."[:LONGEST_SUMMARY]


def _sentence(words: list[str]) -> str:
    text = " ".join(words)
    return text[0].upper() + text[1:]


def _shortened(title: str) -> str:
    return title[:24].rsplit(" ", 1)[0]


def _day(chance: random.Random) -> datetime.date:
    """Half of all entries are from the last quarter of the time."""
    span = (LAST_DAY - FIRST_DAY).days
    return FIRST_DAY + datetime.timedelta(days=int(span * (1 - chance.random() ** 2)))


def _partial(chance: random.Random, day: datetime.date) -> str:
    """A day as a source may state it: to the day, month or year, sometimes inferred or missing."""
    how = chance.random()
    text = day.isoformat()
    if how < 0.70:
        pass
    elif how < 0.82:
        text = text[:7]
    elif how < 0.92:
        text = text[:4]
    else:
        return ""
    return text + "?" if chance.random() < 0.08 else text


def _reference(chance: random.Random, kind: str, number: int, year: int, body: str) -> str:
    if kind not in REFERENCES or chance.random() < WITHOUT_REFERENCE:
        return ""
    return chance.choice(REFERENCES[kind]).format(n=number, year=year, body=body)


def _validity(chance: random.Random, family: str, day: datetime.date) -> tuple[str, str, str]:
    """Start, end and kind of end."""
    if family not in ("norm", "action") or chance.random() < 0.3:
        return "", "", ""
    start = _partial(chance, day)
    end_kind = chance.choice(("fixed_date", "duration", "further_notice", "indefinite", "indefinite", "unknown", ""))
    if end_kind not in ("fixed_date", "duration"):
        return start, "", end_kind
    end = _partial(chance, day + datetime.timedelta(days=chance.randint(30, 1500)))
    return start, end, end_kind if end else "unknown"


def _events(chance: random.Random, statuses: list[str], day: datetime.date) -> tuple[tuple[str, str], ...]:
    """The statuses with their dates, in order; none is still to come."""
    events = []
    for status in statuses:
        events.append((status, _partial(chance, day)))
        day = min(day + datetime.timedelta(days=chance.randint(1, 400)), LAST_DAY)
    return tuple(events)


def _direction(chance: random.Random) -> str:
    return chance.choice(
        ("more_restrictive", "more_restrictive", "less_restrictive", "no_change", "undetermined", "not_applicable")
    )
