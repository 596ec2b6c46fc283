"""What the public ledger says, in memory: the state of a topic in a quarter, and how far a question was searched.

A row says it of its own topic. A topic below another that has no row has the state of the one above; a topic of the
upper level without a row has what its topics add up to.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from measures.choices import WHOLLY_SEARCHED, Searched
from measures.coverage.quarters import Quarter, span_in_words
from measures.listing.completeness import Share, covered_codes
from measures.listing.filters import MeasureFilter
from measures.listing.index import PublicIndex, Selection
from measures.models import Coverage, CoverageQuerySet, Topic

States = Mapping[Quarter, Searched]


@dataclass(frozen=True, slots=True)
class Run:
    """Quarters of the same state, one after the other: the first day, and the day after the last."""

    first: date
    after: date
    state: Searched


def added_up(states: Collection[Searched], parts: int) -> Searched:
    """The state of a whole of so many `parts`; the parts without a state were not checked."""
    looked = [state for state in states if state != Searched.NOT_CHECKED]
    if not looked:
        return Searched.NOT_CHECKED
    if len(looked) < parts or any(state not in WHOLLY_SEARCHED for state in looked):
        return Searched.PARTIAL
    return Searched.NOTHING_FOUND if set(looked) == {Searched.NOTHING_FOUND} else Searched.COMPLETE


@dataclass(frozen=True)
class CountryLedger:
    """The ledger of one country: the rows by topic and quarter, and the topics below each of the upper level."""

    rows: Mapping[str, States] = field(default_factory=dict)
    below: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def state(self, topic: str, quarter: Quarter) -> Searched:
        """How far a topic was searched for in a quarter."""
        if own := self.rows.get(topic, {}).get(quarter):
            return own
        if upper := topic.partition(".")[0] if "." in topic else "":
            return self.rows.get(upper, {}).get(quarter, Searched.NOT_CHECKED)
        children = self.below.get(topic, ())
        return added_up([s for key in children if (s := self.rows.get(key, {}).get(quarter))], len(children))

    def told(self, topic: str) -> set[Quarter]:
        """The quarters of which a row says something of a topic, of the one above it or of those below it."""
        topics = (topic, *([topic.partition(".")[0]] if "." in topic else self.below.get(topic, ())))
        return {quarter for key in topics for quarter in self.rows.get(key, ())}

    def over(self, topic: str, first: Quarter, last: Quarter) -> Searched:
        """What the quarters from one to another add up to."""
        states = [self.state(topic, quarter) for quarter in self.told(topic) if first <= quarter <= last]
        return added_up(states, last - first + 1)

    def runs(self, topic: str, first: Quarter, last: Quarter) -> list[Run]:
        """The quarters from one to another by their state, those without a search too."""
        found: list[Run] = []
        for number in range(last - first + 1):
            quarter = first.plus(number)
            state = self.state(topic, quarter)
            if found and found[-1].state == state:
                found[-1] = Run(found[-1].first, quarter.after, state)
            else:
                found.append(Run(quarter.first, quarter.after, state))
        return found

    def searched_of(self, topics: Iterable[str]) -> int:
        """How many of some topics somebody is recorded to have searched for, at least in part."""
        return sum(1 for topic in topics if self.told(topic))

    @cached_property
    def bounds(self) -> tuple[Quarter, Quarter] | None:
        """The first and the last quarter of a row; None without one."""
        quarters = [quarter for states in self.rows.values() for quarter in states]
        return (min(quarters), max(quarters)) if quarters else None


class Ledger:
    """The ledger of all countries."""

    def __init__(self, rows: CoverageQuerySet) -> None:
        told: dict[str, dict[str, dict[Quarter, Searched]]] = defaultdict(lambda: defaultdict(dict))
        values: Any = rows.order_by().values_list("country_id", "topic__key", "period", "state")
        for iso3, topic, period, state in values:
            told[iso3][topic][Quarter.of_period(period)] = Searched(state)
        below: dict[str, list[str]] = defaultdict(list)
        self.upper: list[str] = []
        topics: Any = Topic.objects.current()
        for key, parent in topics.values_list("key", "parent__key"):
            if parent is None:
                self.upper.append(key)
            else:
                below[parent].append(key)
        self._below = dict(below)
        self._countries = {iso3: CountryLedger(states, self._below) for iso3, states in told.items()}

    def of(self, iso3: str) -> CountryLedger:
        """That of one country."""
        return self._countries.get(iso3) or CountryLedger({}, self._below)


def public_ledger(index: PublicIndex) -> Ledger:
    """What the public ledger says, read once until the public data change."""
    return index.get_or_cache(Coverage, lambda: Ledger(Coverage.objects.public()))


def searched_share(ledger: Ledger, countries: Collection[str]) -> Share:
    """How many topics of some countries somebody is recorded to have searched for, whenever that was."""
    searched = sum(ledger.of(iso3).searched_of(ledger.upper) for iso3 in countries)
    return Share(_("Topics searched, at least in part"), searched, len(ledger.upper) * len(countries))


# Questions


@dataclass(frozen=True, slots=True)
class Extent:
    """How far something was searched: the number of topics of countries by their state in a period."""

    first: Quarter
    last: Quarter
    countries: int
    topics: int
    states: Mapping[Searched, int]

    @property
    def period(self) -> str:
        """The quarters in words."""
        return span_in_words(self.first, self.last)

    @property
    def total(self) -> int:
        """Topics, each once for each country."""
        return sum(self.states.values())

    @property
    def wholly(self) -> int:
        """Those that were searched completely in the whole period."""
        return sum(self.states.get(state, 0) for state in WHOLLY_SEARCHED)

    @property
    def partly(self) -> int:
        """Those that were searched in part, or in a part of the period."""
        return self.states.get(Searched.PARTIAL, 0)

    @property
    def never(self) -> int:
        """Those of which no search is recorded."""
        return self.states.get(Searched.NOT_CHECKED, 0)

    @property
    def is_whole(self) -> bool:
        """Whether all of it was searched."""
        return self.wholly == self.total

    @property
    def is_nothing(self) -> bool:
        """Whether nobody is recorded to have looked at all."""
        return self.never == self.total


def extent_of(ledger: Ledger, countries: Iterable[str], topics: Sequence[str], first: Quarter, last: Quarter) -> Extent:
    """How far topics were searched for in countries, from one quarter to another."""
    codes = list(countries)
    states = Counter(ledger.of(iso3).over(topic, first, last) for iso3 in codes for topic in topics)
    return Extent(first, last, len(codes), len(topics), dict(states))


def extent_of_filter(filter: MeasureFilter) -> Extent | None:
    """How far that was searched which a filter asks for, by country, topic and period; None if that is no question."""
    index = filter.index
    covered = index.get_or_cache("covered codes", lambda: sorted(covered_codes()))
    asked = [filter.country.pk] if filter.country else filter.value("country") or []
    countries = [iso3 for iso3 in covered if iso3 in asked] if asked else covered
    ledger = public_ledger(index)
    topics = filter.value("topic") or ledger.upper
    selections = [index.of_country(iso3) for iso3 in countries] if asked else [filter.scope]
    period = asked_period(filter, [ledger.of(iso3) for iso3 in countries], selections)
    if filter.problems or not (countries and topics and period):
        return None
    return extent_of(ledger, countries, topics, *period)


def asked_period(
    filter: MeasureFilter, ledgers: Iterable[CountryLedger], records: Iterable[Selection]
) -> tuple[Quarter, Quarter] | None:
    """The quarters of a filter, completed by those of records and ledgers; None without any."""
    known = period_of(ledgers, records)
    since, until = filter.value("from"), filter.value("to")
    first = Quarter.of_day(since.first) if since else known[0] if known else None
    last = Quarter.of_day(until.last) if until else known[1] if known else None
    first, last = first or last, last or first
    if not (first and last):
        return None
    return (min(first, last), last) if until else (first, max(first, last))


def period_of(ledgers: Iterable[CountryLedger], records: Iterable[Selection]) -> tuple[Quarter, Quarter] | None:
    """The quarters from the first to the last of which records or ledgers have anything; None without any."""
    quarters = [quarter for ledger in ledgers if ledger.bounds for quarter in ledger.bounds]
    for entries in records:
        quarters += map(Quarter.of_day, entries.bounds() or ())
    return (min(quarters), max(quarters)) if quarters else None
