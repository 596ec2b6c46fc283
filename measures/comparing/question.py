"""What an address asks to compare: two to six countries, and the filter that a list has too."""

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property

from django.http import QueryDict
from django.utils.translation import gettext as _

from countries.models import Country
from foundation.texts import nearest
from measures.choices import Searched
from measures.comparing.periods import axis_of
from measures.comparing.series import NOT_BY_DAY
from measures.coverage.ledger import Ledger, asked_period, public_ledger
from measures.coverage.quarters import Quarter
from measures.listing.facets import UpperTopic, topics_of
from measures.listing.filters import PARAMETERS, Chip, MeasureFilter, Problem
from measures.listing.index import PublicIndex, Selection, public_index
from measures.timeline.axis import Axis

COUNTRIES = "countries"
LEAST, MOST = 2, 6
"""How many countries can be compared at once."""
TAKEN = frozenset({COUNTRIES, *PARAMETERS} - {"country", "sort", "page"})
"""The parameters of a comparison: those of a list, in which the countries have a name of their own."""


class Comparison:
    """The countries that are asked for, in the order asked, with the filter of their entries.

    `problems` say what is wrong with the address; then there is nothing to draw.
    """

    def __init__(self, data: QueryDict) -> None:
        self.index: PublicIndex = public_index()
        self.asked = [code for value in data.getlist(COUNTRIES) for code in _codes(value)]
        self.countries = [self.covered[code] for code in dict.fromkeys(self.asked) if code in self.covered]
        given = data.copy()
        given.pop(COUNTRIES, None)
        given.setlist("country", self.codes)
        self.filter = MeasureFilter(given, index=self.index)

    @cached_property
    def covered(self) -> dict[str, Country]:
        """The countries that the observatory follows, by code, in alphabetical order."""
        return covered_by(self.index)

    @property
    def codes(self) -> list[str]:
        """The codes of the countries that can be compared."""
        return [country.pk for country in self.countries]

    @property
    def names(self) -> list[str]:
        """Their names in the active language."""
        return [str(country) for country in self.countries]

    @property
    def title(self) -> str:
        """The names in one phrase: `Colombia, Ecuador and Peru`."""
        *others, last = self.names or [""]
        return _("%(names)s and %(last)s") % {"names": ", ".join(others), "last": last} if others else last

    @cached_property
    def problems(self) -> list[Problem]:
        """Countries that are not followed, or too many, and whatever is wrong with the filter."""
        unknown = [code for code in dict.fromkeys(self.asked) if code not in self.covered]
        wrong = [Problem(COUNTRIES, message, _("Countries")) for message in _wrong(unknown, self.covered)]
        if len(self.countries) > MOST:
            message = _("At most %(most)d countries can be compared at once. You asked for %(number)d.")
            words = message % {"most": MOST, "number": len(self.countries)}
            wrong.append(Problem(COUNTRIES, words, _("Countries")))
        return [*wrong, *self.filter.problems]

    @property
    def is_drawn(self) -> bool:
        """Whether there is something to compare: enough countries, and no problem."""
        return not self.problems and len(self.countries) >= LEAST

    # Choosing

    @cached_property
    def options(self) -> list[tuple[Country, bool]]:
        """The countries that have entries, or are chosen, and whether they are."""
        return [option for option in self._options if option[1] or option[0].pk in self._recorded]

    @cached_property
    def empty_options(self) -> list[tuple[Country, bool]]:
        """The other countries that can be compared."""
        return [option for option in self._options if option not in self.options]

    @property
    def _options(self) -> list[tuple[Country, bool]]:
        chosen = set(self.codes)
        return [(country, code in chosen) for code, country in self.covered.items()]

    @cached_property
    def _recorded(self) -> Collection[str]:
        return self.index.everything.counts("country")

    @cached_property
    def topics(self) -> list[str]:
        """The chosen topics; with more than one, the form keeps them as they are."""
        chosen: list[str] = self.filter.value("topic") or []
        return chosen

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """The parameters that the form has no field for, and keeps."""
        fields = {"country", "from", "to"} | (set() if len(self.topics) > 1 else {"topic"})
        given = self.filter.data.lists()
        return [(name, value) for name, values in given for value in values if name not in fields and value]

    @property
    def period(self) -> tuple[str, str]:
        """What is typed as the period."""
        return self.filter.data.get("from", ""), self.filter.data.get("to", "")

    @property
    def chips(self) -> list[Chip]:
        """The chosen filters, each with the comparison without it."""
        found = [(chip.label, QueryDict(chip.query.removeprefix("?"))) for chip in self.filter.chips]
        return [Chip(label, self._address(data)) for label, data in found if data.getlist("country") == self.codes]

    # Entries

    @cached_property
    def by_day(self) -> Selection:
        """The entries of which pictures show each day, whatever day or period the filter names."""
        return self.filter.without(*NOT_BY_DAY)

    def of(self, country: Country) -> Selection:
        """Those of one country."""
        return self.by_day.narrowed(self.index.as_mask("country", [country.pk]))

    @cached_property
    def axis(self) -> Axis | None:
        """The axis that all pictures share; None without any date."""
        return axis_of(self.filter, self.by_day)

    @cached_property
    def lanes(self) -> tuple[UpperTopic, ...]:
        """The topics of the upper level, in order."""
        return topics_of(self.index)

    # What was searched

    @cached_property
    def ledger(self) -> Ledger:
        """What the public ledger says of all countries."""
        return public_ledger(self.index)

    @cached_property
    def searched_period(self) -> tuple[Quarter, Quarter] | None:
        """The quarters of the filter, completed by those of which anything is recorded; None without any."""
        ledgers = [self.ledger.of(code) for code in self.codes]
        return asked_period(self.filter, ledgers, [self.index.of_country(code) for code in self.codes])

    def searched(self, iso3: str, topic: str) -> Searched:
        """How far a topic was searched for in a country, in the period that is compared."""
        period = self.searched_period
        return self.ledger.of(iso3).over(topic, *period) if period else Searched.NOT_CHECKED

    def with_search(self, country: Country, topic: str) -> str:
        """The name of a country without entries, and whether anybody looked."""
        words = {"country": country, "searched": self.searched(country.pk, topic).label}
        return _("%(country)s (%(searched)s)") % words

    # Addresses

    def query(self, codes: Iterable[str] | None = None, **changes: str | Collection[str] | None) -> str:
        """The query string of a comparison, of these countries if any are named, with some parameters replaced."""
        others = QueryDict(self.filter.query(**changes).removeprefix("?"))
        return self._address(others, self.codes if codes is None else codes)

    def _address(self, data: QueryDict, codes: Iterable[str] | None = None) -> str:
        """The query string of a comparison, from that of a list."""
        return comparison_query(data, self.codes if codes is None else codes)

    def on_days(self, **changes: str | Sequence[str] | None) -> str:
        """The query string of a list as of a day, without what says nothing about days."""
        return self.filter.query(**{**dict.fromkeys(NOT_BY_DAY), **changes})


def covered_by(index: PublicIndex) -> dict[str, Country]:
    """The countries that the observatory follows, by code, in alphabetical order."""
    found: dict[str, Country] = index.get_or_cache(
        "covered countries", lambda: {c.pk: c for c in Country.objects.covered().by_name()}
    )
    return found


def comparison_query(data: QueryDict, codes: Iterable[str]) -> str:
    """The query string of a comparison of these countries, with the filter of a list."""
    others = data.copy()
    for name in data:
        if name not in TAKEN:
            del others[name]
    listed = ",".join(codes)
    return "?" + "&".join(part for part in (f"{COUNTRIES}={listed}" if listed else "", others.urlencode()) if part)


def _codes(value: str) -> list[str]:
    """The codes of `PER,COL`, in capital letters."""
    return [code.strip().upper() for code in value.split(",") if code.strip()]


LONGEST_ECHO = 40
MOST_UNKNOWN = 6
"""Unknown countries that are named; each is compared with all known ones."""


def _wrong(unknown: Sequence[str], covered: Collection[str]) -> list[str]:
    """What is wrong with each unknown code."""
    return [_unknown(code, nearest(code, sorted(covered))) for code in unknown[:MOST_UNKNOWN]]


def _unknown(code: str, near: str) -> str:
    words = _("“%(value)s” is not the code of a country that the observatory follows.")
    words = words % {"value": code[:LONGEST_ECHO]}
    return words + " " + _("Did you mean “%(value)s”?") % {"value": near} if near else words
