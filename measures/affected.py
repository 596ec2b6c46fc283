"""Whom measures concern: what may hold for a group or a nationality in a country on a day, as the record has it.

An act may concern a person if it names the group, or all persons, or all foreign nationals, or no group at all; and if
it names no nationality, or this one, or the question leaves the nationality open. What is certain, and what is only
possible, is told apart.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from django.db.models import Prefetch

from countries.models import Country
from foundation.texts import Text
from measures.archive.details import Evidence, Kept, evidence_of, kept_of
from measures.choices import Direction
from measures.entries import UNPRINTED, Entry, entries_of
from measures.listing.columns import Array
from measures.listing.index import PublicIndex
from measures.listing.steps import STEPS, states_on
from measures.models import Citation, Measure, TargetGroup
from measures.validity.states import STATES

EVERYBODY, FOREIGNERS = "all_persons", "foreign_nationals"
"""The keys of the groups that contain others, in vocabularies that have them."""
OWN_NATIONALS = frozenset(
    {
        "nationals",
        "stranded_nationals",
        "emigrants",
        "returnees",
        "deportees",
        "internal_migrants",
        "internal_returnees",
        "idps",
    }
)
"""The keys of groups of nationals of the country itself."""
_UNPRINTED = [name for name in UNPRINTED if not name.startswith("plain_")]
HOLDING = ("in_force", "possibly")
PROTECTS, RESTRICTS, RULES, ENDED, PROPOSED = "protects", "restricts", "rules", "ended", "proposed"


@dataclass(frozen=True, slots=True)
class Question:
    """Who, where and when; a group or a nationality may be missing."""

    country: Country
    group: TargetGroup | None
    nationality: Country | None
    day: date

    @property
    def wider(self) -> list[str]:
        """The keys of the groups to which the person belongs besides."""
        is_national = (self.group and self.group.key in OWN_NATIONALS) or self.nationality == self.country
        return [EVERYBODY] if is_national else [EVERYBODY, FOREIGNERS]


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a document, where they stand in it, and whether they were found there."""

    text: str
    locator: str
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class Document:
    """A document on which an answer rests, with what is quoted of it, and its kept copies."""

    title: str
    url: str
    language: str
    kept: Kept
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """An act that may concern the person, in plain words if the record has some.

    `groups` and `origins` are the names of whom it names.
    """

    entry: Entry
    plain: Text
    is_certain: bool
    is_near: bool
    groups: tuple[str, ...]
    origins: tuple[str, ...]
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class OtherGroup:
    """Another group to which the person may belong, with the acts that hold for it."""

    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """All answers by part, those that name the group first.

    Of the acts that are in force or may be (`holding`), `certain` are, and `quoted` have a quote; they rest on so many
    `documents`, of which `kept` have a copy.
    """

    parts: Mapping[str, tuple[Answer, ...]]
    others: tuple[OtherGroup, ...]
    certain: int
    holding: int
    quoted: int
    kept: int
    documents: int


def answers_to(question: Question, index: PublicIndex) -> Answers:
    """What the record says of a question. The number of queries is fixed."""
    record = index.of_country(question.country.pk)
    states = index.states_on(question.day)
    meant, near = _meant(question, index)
    here = np.arange(len(index)) if record.rows is None else record.rows
    found = _by_part(question.day, index, here[meant[here]], states)
    apart = _of_others(question, index, here[~meant[here]], states)
    measures = _measures([*(pk for ids in found.values() for pk in ids), *apart])
    entries = {entry.number: entry for entry in entries_of(measures.values(), question.day, is_asked=True)}
    kept = kept_of([citation.source for m in measures.values() for citation in m.citations.all()])
    rows = dict(zip(entries, index.places_of(np.array(list(entries), dtype=np.int64)).tolist(), strict=True))

    def answer(pk: int) -> Answer:
        is_certain = states[rows[pk]] == STATES.index("in_force")
        return _answer(measures[pk], entries[pk], bool(is_certain), bool(near[rows[pk]]), kept)

    parts = {
        name: tuple(
            sorted(map(answer, [pk for pk in ids if pk in entries]), key=lambda a: (not a.is_near, not a.is_certain))
        )
        for name, ids in found.items()
    }
    holding = [a for name in (PROTECTS, RESTRICTS, RULES) for a in parts[name]]
    documents = {d.url: d for a in holding for d in a.documents}
    return Answers(
        parts,
        _other_groups(question, [measures[pk] for pk in apart if pk in entries], entries),
        sum(a.is_certain for a in holding),
        len(holding),
        sum(any(d.quotes for d in a.documents) for a in holding),
        sum(bool(d.kept.number) for d in documents.values()),
        len(documents),
    )


def _meant(question: Question, index: PublicIndex) -> tuple[Array, Array]:
    """The rows that may concern the person, and those that name the group or the nationality."""
    keys = dict(TargetGroup.objects.values_list("key", "pk"))
    own = [question.group.pk] if question.group else []
    wider = [keys[key] for key in question.wider if key in keys]
    named = index.as_mask("group", own)
    all_groups = np.zeros(len(index), dtype=bool)
    all_groups[index.tags["group"].rows] = True
    all_origins = np.zeros(len(index), dtype=bool)
    all_origins[index.tags["nationality"].rows] = True
    concerns = named | index.as_mask("group", wider) | ~all_groups
    if question.nationality is None:
        return concerns, named
    origin = index.as_mask("nationality", [question.nationality.pk])
    return concerns & (origin | ~all_origins), named | origin


def _by_part(day: date, index: PublicIndex, rows: Array, states: Array) -> dict[str, list[int]]:
    """The identifiers of the acts of each part."""
    now = states[rows]
    holds = np.isin(now, _numbers(HOLDING))
    more, less = (
        index.as_mask("direction", [d])[rows] for d in (Direction.MORE_RESTRICTIVE, Direction.LESS_RESTRICTIVE)
    )
    over = now == STATES.index("ended")
    masks = {
        PROTECTS: holds & less,
        RESTRICTS: holds & more,
        RULES: holds & ~less & ~more,
        PROPOSED: np.isin(now, _numbers(("announced", "in_legislature"))),
    }
    parts: dict[str, list[int]] = {name: index.columns["id"][rows[mask]].tolist() for name, mask in masks.items()}
    held = _held_this_month(day, index, rows[over])
    return {**parts, ENDED: index.columns["id"][rows[over][held]].tolist()}


def _numbers(names: Collection[str]) -> list[int]:
    return [STATES.index(name) for name in names]


def _held_this_month(day: date, index: PublicIndex, rows: Array) -> Array:
    """Which of `rows` were or may have been in force on some day from the end of the month before to the day before."""
    steps = index.tags[STEPS]
    of_rows, changes = steps.among(rows, len(index))
    first = day.replace(day=1) - timedelta(days=1)
    days = [first + timedelta(days=number) for number in range((day - first).days)]
    held = _numbers((*HOLDING, "suspended"))
    found = np.zeros(len(rows), dtype=bool)
    for each in days:
        found |= np.isin(states_on(each, of_rows, changes, len(rows)), held)
    return found


def _of_others(question: Question, index: PublicIndex, rows: Array, states: Array) -> list[int]:
    """The acts in force that name other groups and have a direction, and no other nationality."""
    directed = index.as_mask("direction", [Direction.MORE_RESTRICTIVE, Direction.LESS_RESTRICTIVE])[rows]
    holds = np.isin(states[rows], _numbers(HOLDING)) & directed
    if question.nationality:
        named = np.zeros(len(index), dtype=bool)
        named[index.tags["nationality"].rows] = True
        named &= ~index.as_mask("nationality", [question.nationality.pk])
        holds &= ~named[rows]
    found: list[int] = index.columns["id"][rows][holds].tolist()
    return found


def _measures(ids: Iterable[int]) -> dict[int, Measure]:
    """The published acts among `ids`, with all that an answer prints."""
    citations = Prefetch("citations", Citation.objects.select_related("source", "quote_check"))
    found = Measure.objects.published().select_related("country", "primary_topic__parent").defer(*_UNPRINTED)
    loaded = found.prefetch_related("target_groups", "origin_countries", "areas", "binds", citations)
    return dict(loaded.in_bulk(list(dict.fromkeys(ids))))


def _answer(measure: Measure, entry: Entry, is_certain: bool, is_near: bool, kept: Mapping[int, Kept]) -> Answer:
    cited: dict[int, list[Citation]] = {}
    for citation in measure.citations.all():
        cited.setdefault(citation.source_id, []).append(citation)
    documents = tuple(_document(citations, kept[source]) for source, citations in cited.items())
    groups = tuple(str(group) for group in measure.target_groups.all())
    origins = tuple(str(country) for country in measure.origin_countries.all())
    return Answer(entry, measure.plain, is_certain, is_near, groups, origins, documents)


def _document(citations: Sequence[Citation], kept: Kept) -> Document:
    """A document with all that is quoted of it."""
    source = citations[0].source
    quotes = tuple(Quote(c.quote, c.locator, evidence_of(c)) for c in citations if c.quote)
    return Document(source.title, source.get_absolute_url(), source.language, kept, quotes)


def _other_groups(
    question: Question, measures: Sequence[Measure], entries: Mapping[int, Entry]
) -> tuple[OtherGroup, ...]:
    """The acts by the other groups that they name; groups of nationals are no other group of a foreigner."""
    own = {EVERYBODY, FOREIGNERS, *([question.group.key] if question.group else [])}
    left_out = own if FOREIGNERS not in question.wider else own | OWN_NATIONALS
    found: dict[str, tuple[int, list[Entry]]] = {}
    for measure in measures:
        for group in measure.target_groups.all():
            if group.key not in left_out:
                found.setdefault(str(group), (group.position, []))[1].append(entries[measure.pk])
    return tuple(OtherGroup(name, tuple(own)) for name, (_place, own) in sorted(found.items(), key=lambda x: x[1][0]))
