"""The ledger of numbers: for each body and year which are recorded, which are not relevant, and which nobody has seen.

The numbers of recorded acts follow from the record whenever they are read, by the grammar of legal numbers. Rows of
`SeenNumber` add what lists have and what people have looked at. That a number was never seen is no statement on an act:
there may be none with it, or none that matters here.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from measures.choices import NumberState
from measures.listing.index import PublicIndex
from measures.missing.series import Named, Number, Series, numbered
from measures.models import IssuingBody, Measure, MeasureQuerySet, ReferenceAlias, SeenNumber, SeenNumberQuerySet
from measures.reference_lookup import names_of

MOST_SPANS = 12
"""Spans of numbers that a line names."""


@dataclass(frozen=True, slots=True)
class Act:
    """A recorded act: its identifier and title, for a link."""

    public_id: str
    title: str


@dataclass(slots=True)
class Seen:
    """What is known of one number: the acts that have it, and the rows that say something of it."""

    acts: list[Act] = field(default_factory=list)
    rows: list[SeenNumber] = field(default_factory=list)

    @property
    def state(self) -> NumberState:
        """The record goes before what people say, and what they decided before what lists have."""
        if self.acts:
            return NumberState.CODED
        said = {row.state for row in self.rows}
        return NumberState.IRRELEVANT if NumberState.IRRELEVANT in said else NumberState.LISTED


@dataclass(frozen=True, slots=True)
class Span:
    """Whole numbers that follow each other and of which the same is known: the first and the last."""

    first: int
    last: int
    state: NumberState

    @property
    def count(self) -> int:
        """How many they are."""
        return self.last - self.first + 1

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}\N{EN DASH}{self.last}"


@dataclass
class Run:
    """One series with what is known of its numbers."""

    country: str
    series: Series
    seen: dict[Number, Seen] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    bodies: Counter[int] = field(default_factory=Counter)
    names: dict[int, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The kind that most of its acts have."""
        return self.kinds.most_common(1)[0][0]

    @property
    def label(self) -> str:
        """Its form, in words."""
        return self.series.label(self.country, self.kind)

    @property
    def body_id(self) -> int | None:
        """The body that most of its acts name."""
        return self.bodies.most_common(1)[0][0] if self.bodies else None

    @property
    def body(self) -> str:
        """The name of that body with the letters of the series; '' where the country has one series for all."""
        name = self.names.get(self.body_id, "") if self.series.body and self.body_id else ""
        return (
            f"{name} ({self.series.body})"
            if name and self.series.body not in name.upper()
            else name or self.series.body
        )

    @cached_property
    def first(self) -> int:
        """The number at which the run begins: 1, or the lowest that was seen where numbers go on from year to year."""
        return 1 if self.series.begins_anew else min(number.digits for number in self.seen)

    @cached_property
    def last(self) -> int:
        """The highest number that was seen; how many acts there were after it is not known."""
        return max(number.digits for number in self.seen)

    def count(self, state: NumberState) -> int:
        """How many numbers are in a state."""
        if state == NumberState.NEVER_SEEN:
            return self.last - self.first + 1 - len({number.digits for number in self.seen})
        return sum(1 for seen in self.seen.values() if seen.state == state)

    @property
    def recorded(self) -> int:
        """How many numbers the record has."""
        return self.count(NumberState.CODED)

    @property
    def irrelevant(self) -> int:
        """How many were seen and are not relevant."""
        return self.count(NumberState.IRRELEVANT)

    @property
    def listed(self) -> int:
        """How many a list has of which nobody has decided."""
        return self.count(NumberState.LISTED)

    @property
    def never_seen(self) -> int:
        """How many of the run nobody has seen."""
        return self.count(NumberState.NEVER_SEEN)

    @property
    def columns(self) -> list[tuple[str, int, str]]:
        """Each state in words, with how many numbers are in it and which: `2, 16–43`, the first ones of many."""
        return [(str(state.label), self.count(state), _in_short(self.spans(state))) for state in NumberState]

    def state(self, number: Number) -> NumberState:
        """What is known of a number."""
        return self.seen[number].state if number in self.seen else NumberState.NEVER_SEEN

    def spans(self, state: NumberState) -> list[Span]:
        """The numbers in a state, those that follow each other as one; of a number with letters only the digits."""
        if state == NumberState.NEVER_SEEN:
            return list(self._gaps())
        spans: list[Span] = []
        for digits in sorted({number.digits for number, seen in self.seen.items() if seen.state == state}):
            if spans and spans[-1].last + 1 == digits:
                spans[-1] = Span(spans[-1].first, digits, state)
            else:
                spans.append(Span(digits, digits, state))
        return spans

    def _gaps(self) -> Iterator[Span]:
        at = self.first
        for digits in sorted({number.digits for number in self.seen}):
            if digits > at:
                yield Span(at, digits - 1, NumberState.NEVER_SEEN)
            at = digits + 1


def _in_short(spans: Sequence[Span]) -> str:
    return ", ".join(map(str, spans[:MOST_SPANS])) + (", …" if len(spans) > MOST_SPANS else "")


class NumberLedger:
    """The series of one country: the newest year first, then by form and body."""

    def __init__(self, country: str, acts: MeasureQuerySet, rows: SeenNumberQuerySet) -> None:
        self.country = country
        self._runs: dict[Series, Run] = {}
        self.unplaced = 0
        """References from which no series can be read."""
        self._bodies: dict[int, IssuingBody] = {}
        acts = acts.filter(country=country)
        found = [*_of_acts(acts), *_of_aliases(acts)]
        said = list(rows.filter(country=country).order_by("pk"))
        self._bodies = IssuingBody.objects.in_bulk({one.body for one in found} | {row.issuing_body_id for row in said})
        for one in found:
            for seen in self._places(one.kind, one.body, one.reference, one.year):
                if all(act.public_id != one.act.public_id for act in seen.acts):
                    seen.acts.append(one.act)
        for row in said:
            for seen in self._places(row.kind, row.issuing_body_id, row.number, row.year):
                seen.rows.append(row)

    @property
    def runs(self) -> list[Run]:
        """All series."""
        return [self._runs[series] for series in sorted(self._runs, key=lambda s: (-s.year, s.form, s.body))]

    def of_years(self, first: int, last: int) -> list[Run]:
        """The series of some years."""
        return [run for run in self.runs if first <= run.series.year <= last]

    def run(self, key: str) -> Run | None:
        """A series by its key."""
        return next((run for series, run in self._runs.items() if series.key == key), None)

    def _numbered(
        self, kind: str, body: int | None, reference: str, year: int | None
    ) -> Sequence[tuple[Series, Number]]:
        names = names_of(self._bodies[body]) if body in self._bodies else ()
        return numbered(Named(self.country, kind, reference, year, names))

    def _places(self, kind: str, body: int | None, reference: str, year: int | None) -> Iterator[Seen]:
        found = self._numbered(kind, body, reference, year)
        self.unplaced += not found
        for series, number in found:
            run = self._runs.setdefault(series, Run(self.country, series))
            run.kinds[kind] += 1
            if body in self._bodies:
                run.bodies[body] += 1
                run.names[body] = str(self._bodies[body])
            yield run.seen.setdefault(number, Seen())


@dataclass(frozen=True, slots=True)
class _Found:
    """A number of the record."""

    act: Act
    kind: str
    body: int | None
    reference: str
    year: int | None


_OF_MEASURE = ("public_id", "title_en", "title_es", "title_pt", "kind", "issuing_body_id", "date_range")


def _of_acts(acts: MeasureQuerySet) -> Iterator[_Found]:
    measures = acts.exclude(reference="").order_by("public_id").only("pk", "reference", *_OF_MEASURE)
    return (_found(measure, measure.reference) for measure in measures)


def _of_aliases(acts: MeasureQuerySet) -> Iterator[_Found]:
    """Their other numbers."""
    aliases = ReferenceAlias.objects.filter(measure__in=acts).select_related("measure").order_by("pk")
    return (_found(alias.measure, alias.reference) for alias in aliases)


def _found(measure: Measure, reference: str) -> _Found:
    days: Any = measure.date_range
    is_of_one_year = bool(days) and days.lower and days.upper and _last_year(days) == days.lower.year
    year = days.lower.year if is_of_one_year else None
    act = Act(measure.public_id, measure.title.text)
    return _Found(act, measure.kind, measure.issuing_body_id, reference, year)


def _last_year(days: Any) -> int:
    """The year of the last day of a range, whose end is the day after it."""
    return int(days.upper.year - (days.upper.month == days.upper.day == 1))


def public_numbers(index: PublicIndex, country: str) -> NumberLedger:
    """What the public ledger says of a country, read once until the public data change."""
    return index.get_or_cache_whole(
        ("numbers", country), lambda: NumberLedger(country, Measure.objects.published(), SeenNumber.objects.public())
    )
