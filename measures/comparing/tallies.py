"""How many measures each country has, by topic and direction, with announced acts and bills beside them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from measures.choices import OPPOSED_DIRECTIONS, VALIDITY_FAMILIES, Counted, Family, StatusGroup
from measures.listing.columns import STATUS, Array
from measures.listing.facets import UpperTopic, topics_of
from measures.listing.filters import MeasureFilter
from measures.listing.index import Selection

MORE, LESS, OTHER, ANNOUNCED, BILL = range(5)
"""Measures that restrict, ease or do neither; announced acts; bills."""
CLASSES = 5
_FIRST_OF_STRONG = 3
"""Difference from which a shade is the strong one of its side."""


@dataclass(frozen=True, slots=True)
class Count:
    """A number, and the query string of the list with as many entries."""

    number: int
    query: str


@dataclass(frozen=True, slots=True)
class Tally:
    """The measures of one country, of one topic or of all, and what is counted beside them."""

    measures: Count
    more: int
    less: int
    other: int
    announced: Count
    bills: Count

    @property
    def net(self) -> int:
        """Measures that restrict, less those that ease."""
        return self.more - self.less

    @property
    def shade(self) -> str:
        """The class of `net`, whole numbers that do not touch: 3 and more, 1 or 2, 0, on either side."""
        strength = "strong" if abs(self.net) >= _FIRST_OF_STRONG else "weak"
        return f"more-{strength}" if self.net > 0 else f"less-{strength}" if self.net < 0 else "balance"


@dataclass(frozen=True, slots=True)
class TopicRow:
    """A topic, or '' for all, with the tally of each country."""

    key: str
    label: str
    tallies: tuple[Tally, ...]


def classes_of(selection: Selection) -> Array:
    """The class of each selected row as a small integer, -1 for what is not counted at all."""
    index, rows = selection.index, slice(None) if selection.rows is None else selection.rows
    acts = index.as_mask("family", VALIDITY_FAMILIES)[rows]
    announced = index.as_mask(STATUS, [StatusGroup.ANNOUNCED])[rows]
    more, less = (index.as_mask("direction", [direction])[rows] for direction in OPPOSED_DIRECTIONS)
    found = np.where(more, MORE, np.where(less, LESS, OTHER))
    found = np.where(announced, ANNOUNCED, found)
    return np.where(acts, found, np.where(index.as_mask("family", [Family.BILL])[rows], BILL, -1))


def topic_rows(filter: MeasureFilter, countries: Sequence[str]) -> list[TopicRow]:
    """The tallies of all topics together and of each topic that occurs; of the chosen topics, if any are.

    A measure with two topics counts in both rows, and one that binds two of the countries with both, as in the filter.
    """
    of_countries = [filter.selection.narrowed(filter.index.as_mask("country", [iso3])) for iso3 in countries]
    classes = [classes_of(own) for own in of_countries]
    totals = [np.bincount(own[own >= 0], minlength=CLASSES).tolist() for own in classes]
    crossed = {
        name: [own.crossed(name, of) for own, of in zip(of_countries, classes, strict=True)]
        for name in ("topic", "upper_topic")
    }
    rows = [TopicRow("", "", _tallies(filter, countries, totals, {}))]
    for level, pk, key, label in _asked_topics(filter):
        numbers = [[own.get((pk, class_), 0) for class_ in range(CLASSES)] for own in crossed[level]]
        if any(map(any, numbers)):
            rows.append(TopicRow(key, label, _tallies(filter, countries, numbers, {"topic": key})))
    return rows


def _asked_topics(filter: MeasureFilter) -> list[tuple[str, int, str, str]]:
    """Tag, primary key, key and label of the chosen topics, or of all of the upper level."""
    chosen = filter.value("topic")
    topics = topics_of(filter.index)
    if not chosen:
        return [("upper_topic", upper.pk, upper.value, upper.label) for upper in topics]
    terms = [term for upper in topics for term in (upper, *upper.children)]
    return [
        ("upper_topic" if isinstance(term, UpperTopic) else "topic", term.pk, term.value, term.label)
        for term in terms
        if term.value in chosen
    ]


def _tallies(
    filter: MeasureFilter, countries: Sequence[str], numbers: Sequence[Sequence[int]], narrower: dict[str, str]
) -> tuple[Tally, ...]:
    return tuple(tally_of(filter, own, country=iso3, **narrower) for iso3, own in zip(countries, numbers, strict=True))


def tally_of(filter: MeasureFilter, numbers: Sequence[int], **narrower: str | list[str]) -> Tally:
    """The tally of numbers by class; `narrower` are the parameters that select them within the filter."""

    def count(number: int, counted: Counted) -> Count:
        return Count(number, filter.query(**narrower, counts_as=counted.value) if number else "")

    more, less, other, announced, bills = numbers
    measures = count(more + less + other, Counted.MEASURE)
    return Tally(measures, more, less, other, count(announced, Counted.ANNOUNCED), count(bills, Counted.BILL))
