"""MeasureFilter: the query string as the whole state of a list, its timeline, its counts and its export."""

import datetime
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import django_filters
import numpy as np
from django import forms
from django.core.exceptions import ValidationError
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q
from django.http import QueryDict
from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from numpy.typing import NDArray

from countries.models import Country
from foundation.characters import ReadableCharField
from foundation.publication import meant_by_name
from foundation.records.past import past
from measures.choices import StatusGroup
from measures.listing.columns import STATUS, day_number
from measures.listing.counted import ALL_PROPERTIES, COUNTED
from measures.listing.facets import Facet, count_facets
from measures.listing.former_values import NAMES, Renamed, in_current_values
from measures.listing.index import Mask, PublicIndex, Selection, public_index
from measures.listing.parameters import (
    KNOWN,
    AskedDateField,
    ConditionFilter,
    DayField,
    KnownDayField,
    Presentation,
    PropertyFilter,
    StatusFilter,
)
from measures.models import Measure, MeasureQuerySet
from measures.search.matching import MOST_WORDS, RANKED, best, found_ids, has_too_many_words, matching
from measures.validity.selecting import begun_by, in_states
from measures.validity.states import CERTAINLY_BEGUN, PERHAPS_BEGUN, states_of

NEWEST, OLDEST, RELEVANCE = "newest", "oldest", "relevance"
SORTS = {
    NEWEST: gettext_lazy("Newest first"),
    OLDEST: gettext_lazy("Oldest first"),
    RELEVANCE: gettext_lazy("Best match first"),
}
POSSIBLE = (StatusGroup.IN_FORCE, StatusGroup.POSSIBLY)
"""The status groups of an act that may be in force on a day."""
OF_A_DAY = (STATUS, COUNTED)
"""The facets whose values depend on the day."""
PRESENTATION = ("sort", "page", "series")
"""Parameters that change how entries are displayed, or what is shown with them, but not which are."""
UNFOLLOWED = (*PRESENTATION, KNOWN, "updated_since")
"""Parameters that say how entries are displayed, or which changed: who follows a filter is told of any change."""
_BEFORE_QUERY = re.compile(r"^(\S*/measures(/|\.csv|\.xlsx|\.ods|\.json|\.parquet))?\?")
"""The URL of a list of measures; that of another page is not removed, and then is an unknown parameter."""
_OF_PAGE = re.compile(r"^\S*/measures/\?")
"""The URL of a page, which may have parameters that are not its own."""
LONGEST_TEXT = 200
"""Maximum length of a text search; more was pasted by mistake."""


def refuse_many_words(text: str) -> None:
    """Raise ValidationError for a search of too many words."""
    if has_too_many_words(text):
        raise ValidationError(_("A search may have at most %(most)d words.") % {"most": MOST_WORDS}, code="many_words")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one query parameter, in words; `label` is its name on the page."""

    parameter: str
    message: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """One chosen filter, and the query string without it."""

    label: str
    query: str


def _answering(index: PublicIndex, words: str) -> Mask:
    """The rows that match a search; cached, since other pages and facets need them again."""
    return index.searches.get_or_cache(words, lambda: index.among(found_ids(words)))


class AddressFilter(django_filters.FilterSet):
    """A filter over a query string; an invalid or unknown parameter is reported, never ignored.

    Values of one facet are combined with OR, facets with AND.
    """

    @cached_property
    def problems(self) -> list[Problem]:
        """Every invalid parameter, in words; if there is one, the filter selects no entries."""
        unknown = [unknown_parameter(name, self.filters) for name in self.data if name not in self.filters]
        twice = [
            Problem(name, _("This filter may be given only once."))
            for name in self.data
            if name in self.filters and not self._is_facet(name) and len(self.data.getlist(name)) > 1
        ]
        wrong = [
            Problem(name, message, str(self.filters[name].label))
            for name, messages in self.form.errors.items()
            for message in messages
        ]
        return [*unknown, *twice, *wrong, *self.further_problems()]

    def further_problems(self) -> list[Problem]:
        """Problems between parameters that are each valid."""
        return []

    def _is_facet(self, name: str) -> bool:
        return isinstance(self.filters[name], PropertyFilter)

    def is_valid(self) -> bool:
        """Whether every parameter of the URL is valid."""
        return not self.problems

    def value(self, name: str) -> Any:
        """The parsed value of a parameter; None, '' or [] if it is missing or invalid."""
        self.form.errors  # noqa: B018  (asking for errors is what makes a form clean its data)
        return self.form.cleaned_data.get(name)

    @property
    def is_narrowed(self) -> bool:
        """Whether there is any parameter other than order and page."""
        return any(self.value(name) for name in self.filters if name not in PRESENTATION)

    # Related URLs

    def query(self, **changes: str | Collection[str] | None) -> str:
        """The query string with some parameters replaced (None: removed), without the page number."""
        given = dict(self.data.lists())
        for name, value in {"page": None, **changes}.items():
            given[name] = [value] if isinstance(value, str) else value or ()
        return f"?{urlencode({name: [v for v in values if v] for name, values in given.items()}, doseq=True)}"

    @property
    def narrowing(self) -> str:
        """The query string for a permanent address: '' if nothing is narrowed."""
        return self.query() if self.is_narrowed else ""

    @cached_property
    def facets(self) -> dict[str, Facet]:
        """The facets with counts, by parameter name."""
        return {}

    def typed_chips(self) -> list[Chip]:
        """Chips of typed filters, each with the URL without it."""
        return []

    @property
    def chips(self) -> list[Chip]:
        """Chips of all active filters, each with the URL without it."""
        ticked = [
            Chip(_chip_label(facet, option.label), self._without(facet.name, option.value))
            for facet in self.facets.values()
            for option in facet.chosen
        ]
        return [*ticked, *self.typed_chips()]

    def _without(self, name: str, value: str) -> str:
        return self.query(**{name: [v for v in self.value(name) if v != value]})


class MeasureFilter(AddressFilter):
    """The published entries that match a query string.

    `among` is another set of entries, including drafts, which is filtered in the database. `country` fixes the country;
    its page has no such parameter. `sort` is the order if the query string has none, and `index` that of the page, if
    it has one. `series` are the keys and names of the time series that a country's page shows beside the entries.
    """

    to = ConditionFilter(
        AskedDateField,
        lambda date: Q(date_range__overlap=DateRange(None, date.last, "(]")),
        lambda index, date: index.between("first", "last", None, date.last),
        label=gettext_lazy("To"),
    )
    on = ConditionFilter(
        DayField,
        lambda day: in_states(states_of(POSSIBLE), day.first),
        lambda index, day: index.on(day.first).as_mask(STATUS, POSSIBLE),
        label=gettext_lazy("In force on"),
    )
    begun = ConditionFilter(
        DayField,
        lambda day: begun_by(day.first, CERTAINLY_BEGUN),
        lambda index, day: index.days_begun.certain <= day_number(day.first),
        label=gettext_lazy("Begun by"),
    )
    perhaps_begun = ConditionFilter(
        DayField,
        lambda day: begun_by(day.first, PERHAPS_BEGUN),
        lambda index, day: index.days_begun.possible <= day_number(day.first),
        label=gettext_lazy("Perhaps begun by"),
    )
    updated_since = ConditionFilter(
        AskedDateField,
        lambda date: Q(updated_at__gte=datetime.datetime.combine(date.first, datetime.time(), get_default_timezone())),
        lambda index, date: index.between("updated", "updated", date.first, None),
        label=gettext_lazy("Changed since"),
    )
    q = ConditionFilter(
        ReadableCharField,
        matching,
        _answering,
        label=gettext_lazy("Words"),
        max_length=LONGEST_TEXT,
        validators=[refuse_many_words],
    )
    known = Presentation(KnownDayField, label=gettext_lazy("As known on"))
    sort = Presentation(
        forms.ChoiceField,
        label=gettext_lazy("Order"),
        choices=list(SORTS.items()),
        error_messages={"invalid_choice": gettext_lazy("Write newest, oldest or relevance.")},
    )
    page = Presentation(forms.IntegerField, label=gettext_lazy("Page"), min_value=1)

    def __init__(
        self,
        data: QueryDict,
        *,
        country: Country | None = None,
        sort: str = NEWEST,
        index: PublicIndex | None = None,
        series: Sequence[tuple[str, str]] = (),
        among: MeasureQuerySet | None = None,
    ) -> None:
        scope = Measure.objects.published() if among is None else among
        self._index = index
        self.renamed: list[Renamed] = []
        """The values that were asked for by a former name."""
        super().__init__(self._in_current_values(data), scope.of_countries([country.pk]) if country else scope)
        self.country = country
        self.default_sort = sort
        if country:
            del self.filters["country"]
            self.filters["series"] = Presentation(
                forms.ChoiceField,
                label=_("Figure over time"),
                choices=series,
                error_messages={"invalid_choice": _("There are no values of “%(value)s” over time here.")},
            )

    def _in_current_values(self, data: QueryDict) -> QueryDict:
        """The same question in the names of today."""
        if not any(name in data for name in NAMES):
            return data
        self._index = public_index() if self._index is None else self._index
        values, self.renamed = in_current_values(dict(data.lists()), self._index)
        current = data.copy()
        for name, found in values.items():
            current.setlist(name, found)
        return current

    @classmethod
    def of_text(cls, text: str, *, among: MeasureQuerySet) -> "MeasureFilter":
        """A filter from a pasted query string, with or without its `?`, or from the full URL of a list."""
        query = _BEFORE_QUERY.sub("", text.strip()).partition("#")[0]
        data = QueryDict(query)
        return cls(as_on_a_page(data, cls.base_filters) if _OF_PAGE.match(text.strip()) else data, among=among)

    @classmethod
    def of_query(cls, query: str, *, index: PublicIndex | None = None) -> "MeasureFilter":
        """A filter from a stored query string, without its `?`."""
        return cls(QueryDict(query), index=index)

    @classmethod
    def get_filters(cls) -> dict[str, django_filters.Filter]:
        """One filter per facet, and `from`, a reserved word that cannot be an attribute, before the declared ones."""
        since = ConditionFilter(
            AskedDateField,
            lambda date: Q(date_range__overlap=DateRange(date.first, None)),
            lambda index, date: index.between("first", "last", date.first, None),
            label=gettext_lazy("From"),
        )
        facets = {
            name: (StatusFilter if name in OF_A_DAY else PropertyFilter)(label=p.label, subject=p)
            for name, p in ALL_PROPERTIES.items()
        }
        return {**facets, "from": since, **super().get_filters()}

    def further_problems(self) -> list[Problem]:
        """An end before the start, and what cannot be answered of an earlier day."""
        since, until, found = self.value("from"), self.value("to"), []
        if since and until and until.last < since.first:
            message = _("%(to)s is before %(from)s.") % {"to": until.in_words(), "from": since.in_words()}
            found.append(Problem("to", message, str(self.filters["to"].label)))
        if known := self.value(KNOWN):
            found += self._problems_of_earlier_day(known.first)
        return found

    def _problems_of_earlier_day(self, day: datetime.date) -> Iterator[Problem]:
        label, reading = str(self.filters[KNOWN].label), past()
        if reading is None or reading.day != day:
            yield Problem(KNOWN, of_today_alone(), label)
        if self.value("q"):
            yield Problem(
                "q",
                _("Words are searched in the record of today alone. Leave out the words or “%(known)s”.")
                % {"known": label},
                str(self.filters["q"].label),
            )

    @property
    def followed(self) -> str:
        """The query string of the same filter of the record of today, '' if nothing is narrowed."""
        return self.query(known=None) if self.is_narrowed else ""

    @property
    def canonical(self) -> str:
        """The query string of what is followed, without `?`, the same for each way to write it; '' for all entries."""
        given = ((name, values) for name, values in sorted(self.data.lists()) if name not in UNFOLLOWED)
        return urlencode([(name, text) for name, values in given for text in sorted({*map(str.strip, values)} - {""})])

    @property
    def day(self) -> datetime.date | None:
        """The day of the filter “in force on”."""
        on = self.value("on")
        return on.first if on else None

    @property
    def order(self) -> str:
        """The effective order; “best match” requires words that match."""
        words = self.value("q")
        chosen = self.value("sort") or (RELEVANCE if words and self.default_sort == NEWEST else self.default_sort)
        return NEWEST if chosen == RELEVANCE and not words else str(chosen)

    # Results, in memory

    @cached_property
    def index(self) -> PublicIndex:
        """The index of published entries, on the day of the filter; all counts of a page use the same state."""
        index = public_index() if self._index is None else self._index
        return index.on(self.day) if self.day else index

    @cached_property
    def scope(self) -> Selection:
        """The entries before filtering."""
        return self.index.of_country(self.country.pk) if self.country else self.index.everything

    @cached_property
    def _masks(self) -> dict[str, Mask]:
        others = (*PRESENTATION, KNOWN)
        given = {name: value for name in self.filters if (value := self.value(name)) and name not in others}
        return {name: self.filters[name].mask(self.index, value) for name, value in given.items()}

    def without(self, *names: str) -> Selection:
        """The entries that match every valid parameter but these."""
        masks = [mask for name, mask in self._masks.items() if name not in names]
        return self.scope.narrowed(np.logical_and.reduce(masks)) if masks else self.scope

    @cached_property
    def _all_selected(self) -> Selection:
        """The entries that match every valid parameter."""
        return self.without()

    @cached_property
    def selection(self) -> Selection:
        """The matching entries; none if a parameter is invalid."""
        return self._all_selected if self.is_valid() else self.index.select(np.zeros(len(self.index), dtype=bool))

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        """Their ids in the requested order; of more than `RANKED` matches, only the newest are ranked."""
        return self.ids_of(slice(None))

    def ids_of(self, part: slice) -> NDArray[np.int64]:
        """The ids of a slice of them."""
        if self.order != RELEVANCE:
            return self.selection.ids(part, newest_first=self.order != OLDEST)
        return self._by_match(self.selection.ids(newest_first=True))[part]

    def _by_match(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rank the newest by relevance, if that is the requested order."""
        if self.order != RELEVANCE:
            return ids
        return np.concatenate((best(self.value("q"), ids[:RANKED]), ids[RANKED:]))

    @cached_property
    def facets(self) -> dict[str, Facet]:
        """The counts of every facet, each ignoring its own selection."""
        properties = [p for name, p in ALL_PROPERTIES.items() if name in self.filters]
        matching = {p.name: self.without(p.name) if p.name in self._masks else self._all_selected for p in properties}
        chosen = {p.name: self.value(p.name) or () for p in properties}
        found = count_facets(properties, self.scope, matching, chosen)
        if on := self.value("on"):
            label = _("Status on %(date)s") % {"date": on.in_words()}
            found[STATUS] = replace(found[STATUS], label=label)
        return found

    # Results in SQL: for entries outside the index, such as drafts, and as the reference for the index

    @cached_property
    def ids_in_database(self) -> NDArray[np.int64]:
        """The ids of the entries in the requested order."""
        return self._by_match(np.fromiter(self.qs.values_list("pk", flat=True), np.int64))

    @property
    def qs(self) -> MeasureQuerySet:
        """The entries by date, in the requested direction."""
        return self.matching.in_order_of_date() if self.order == OLDEST else self.matching.newest_first()

    @cached_property
    def matching(self) -> MeasureQuerySet:
        """The entries, unordered; none if a parameter is invalid."""
        found: MeasureQuerySet = self.filter_queryset(self.queryset.all()) if self.is_valid() else self.queryset.none()
        return found

    def typed_chips(self) -> list[Chip]:
        """Dates and words."""
        return [Chip(label, self.query(**{name: None})) for name, label in self._typed()]

    def _typed(self) -> list[tuple[str, str]]:
        """Typed filters in words."""
        dates = {
            "from": _("From %(date)s"),
            "to": _("To %(date)s"),
            KNOWN: _("As known on %(date)s"),
            "on": _("In force on %(date)s"),
            "begun": _("Begun by %(date)s"),
            "perhaps_begun": _("Perhaps begun by %(date)s"),
            "updated_since": _("Changed since %(date)s"),
        }
        typed = [
            (name, text % {"date": self.value(name).in_words()}) for name, text in dates.items() if self.value(name)
        ]
        words = self.value("q")
        return [*typed, ("q", _("“%(words)s”") % {"words": words})] if words else typed


PARAMETERS = frozenset(MeasureFilter.base_filters)
"""The query parameters of the list and its files; the page of a country has no `country`, but `series`."""


def of_today_alone() -> str:
    """Says that something cannot be read as it was known on an earlier day, and what can."""
    return _(
        "This shows the record of today alone. The record of an earlier day is on lists of measures, pages of"
        " countries, comparisons, in files of measures and in the read API."
    )


def as_on_a_page(data: QueryDict, known: Collection[str]) -> QueryDict:
    """Without the parameters that a page ignores, since they resemble none of its own."""
    kept = data.copy()
    for name in data:
        if name not in known and not meant_by_name(name, known):
            del kept[name]
    return kept


def unknown_parameter(name: str, known: Collection[str]) -> Problem:
    """The problem with a parameter that is not one of `known`, with the one that was meant, if any."""
    if name == KNOWN:
        return Problem(name, of_today_alone())
    message = _("This filter does not exist.")
    if meant := meant_by_name(name, known):
        message += " " + _("Did you mean “%(value)s”?") % {"value": meant}
    return Problem(name, message)


def _chip_label(facet: Facet, label: str) -> str:
    """The value alone, unless it could be taken for one of another facet."""
    if facet.name not in ("nationality", "evidence", "precision", "lane"):
        return label
    return _("%(facet)s: %(value)s") % {"facet": facet.label, "value": label}
