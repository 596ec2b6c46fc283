"""The query parameters of the API, read like those of the lists, and described for the schema."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.http import QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from countries.models import Country, Indicator, Observation
from foundation.partial_dates import PartialDateFormField
from foundation.texts import LANGUAGES
from measures.api.paging import CURSOR, LIMIT, MOST, USUAL
from measures.api.records import FIELDS, LABELS
from measures.archive.choices import LinkState, SourceKind
from measures.archive.listing.filters import FACETS
from measures.choices import NumberState, Searched
from measures.listing.facets import Column
from measures.listing.filters import LONGEST_TEXT, SORTS, MeasureFilter, Problem, unknown_parameter
from measures.listing.parameters import KNOWN, KnownDayField, PropertyFilter

OF_PAGES = (CURSOR, LIMIT)
OF_FORM = (FIELDS, LABELS)
OF_SITE = ("page", "sort")
"""Parameters of a list of the site that are accepted and have no effect here."""


def once(data: QueryDict, names: tuple[str, ...]) -> tuple[dict[str, str], list[Problem]]:
    """The values of parameters that may be given once, and the problems with them."""
    twice = [Problem(name, "This parameter may be given only once.") for name in names if len(data.getlist(name)) > 1]
    return {name: data.get(name, "") for name in names}, twice


def foreign(data: QueryDict, names: tuple[str, ...]) -> list[Problem]:
    """The problems with parameters that nothing reads."""
    return [unknown_parameter(name, names) for name in data if name not in names]


def wrong_day(data: QueryDict) -> list[Problem]:
    """The problems with the day at whose end the record is read."""
    try:
        KnownDayField(required=False).clean(data.get(KNOWN, ""))
    except ValidationError as error:
        return [Problem(KNOWN, message) for message in error.messages]
    return once(data, (KNOWN,))[1]


def of_list(data: QueryDict) -> QueryDict:
    """The part of a query string that the filter of a list reads."""
    own = data.copy()
    for name in (*OF_PAGES, *OF_FORM):
        own.pop(name, None)
    return own


# Observations

OF_OBSERVATIONS = ("indicator", "country", "counterpart", "from", "to")


class ObservationFilter:
    """The values that a query string selects; values of one parameter are combined with OR."""

    def __init__(self, data: QueryDict) -> None:
        self.problems: list[Problem] = []
        self.found = Observation.objects.public()
        for name, model in (("indicator", Indicator), ("country", Country), ("counterpart", Country)):
            if values := [value for value in data.getlist(name) if value]:
                self._narrow(name, model, values)
        self._between(data)

    def _narrow(self, name: str, model: type[Indicator | Country], values: list[str]) -> None:
        """Keep the values of these records; one probe of an index for each of them says whether it has any."""
        key = "key" if model is Indicator else "pk"
        has_values = Exists(Observation.objects.public().filter(**{name: OuterRef("pk")}))
        records = model._default_manager.filter(has_values, **{f"{key}__in": values})
        known = dict(records.values_list(key, "pk"))
        self.problems += [
            Problem(name, f"“{value}” has no values here.") for value in dict.fromkeys(values) if value not in known
        ]
        self.found = self.found.filter(**{f"{name}__in": list(known.values())})

    def _between(self, data: QueryDict) -> None:
        values, twice = once(data, ("from", "to"))
        self.problems += twice
        days = {}
        for name, text in values.items():
            try:
                days[name] = PartialDateFormField(required=False).clean(text)
            except ValidationError as error:
                self.problems += [Problem(name, message) for message in error.messages]
        if since := days.get("from"):
            self.found = self.found.filter(period_range__endswith__gt=since.first) | self.found.filter(
                period_range__upper_inf=True
            )
        if until := days.get("to"):
            self.found = self.found.begun_by(until.last)


# For the schema


def _parameter(name: str, text: str, *, enum: Iterable[str] | None = None, **options: Any) -> OpenApiParameter:
    """A parameter; like an empty box of a form, one without a value says nothing, and is none of the `enum` either."""
    options = {"type": OpenApiTypes.STR, "enum": ["", *enum] if enum else None} | options
    return OpenApiParameter(name, location=OpenApiParameter.QUERY, description=text, **options)


def _whole(**limits: int) -> dict[str, Any]:
    """The type of a whole number that may be left empty."""
    return {"oneOf": [{"type": "integer", "minimum": 1, **limits}, {"type": "string", "maxLength": 0}]}


PAGING = [
    _parameter(CURSOR, "From “next” of the page before; its form may change."),
    _parameter(LIMIT, f"Records of a page, 1 to {MOST}; {USUAL} if it is missing.", type=_whole(maximum=MOST)),
]
FORM = [
    _parameter(FIELDS, "Names of fields joined by commas; all fields if it is missing.", pattern="^[a-z0-9_,]*$"),
    _parameter(LABELS, "A language in which `…_label` after each key says what it means.", enum=[*LANGUAGES]),
]
_SEARCHED = [state.value for state in Searched if state != Searched.NOT_CHECKED]
_OF_NUMBERS = [NumberState.LISTED.value, NumberState.IRRELEVANT.value]
_DAY = "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"
_DATE = "^([0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?)?$"
OBSERVATIONS = [
    *(
        _parameter(name, f"{text}; may be repeated.", many=True)
        for name, text in (
            ("indicator", "Key of an indicator"),
            ("country", "ISO 3166-1 alpha-3"),
            ("counterpart", "ISO 3166-1 alpha-3 of the other country of a breakdown"),
        )
    ),
    _parameter("from", "Periods that end on this date or later: 2020, 2020-05 or 2020-05-29.", pattern=_DATE),
    _parameter("to", "Periods that begin on this date or earlier.", pattern=_DATE),
]
KNOWN_DAY = _parameter(
    KNOWN, "A day that has ended, such as 2026-05-03: the record as it was public at its end.", pattern=_DAY
)
COVERAGE = [
    _parameter("country", "ISO 3166-1 alpha-3; may be repeated.", many=True),
    _parameter("topic", "Key of a topic, with those below it; may be repeated.", many=True),
    _parameter("state", "How far it was searched; may be repeated.", many=True, enum=_SEARCHED),
    _parameter("from", "Quarters that end on this date or later: 2020, 2020-05 or 2020-05-29.", pattern=_DATE),
    _parameter("to", "Quarters that begin on this date or earlier.", pattern=_DATE),
]
SEEN_NUMBERS = [
    _parameter("country", "ISO 3166-1 alpha-3; may be repeated.", many=True),
    _parameter("year", "The year of the acts; may be repeated.", many=True),
    _parameter("state", "What is known of the number; may be repeated.", many=True, enum=_OF_NUMBERS),
]
_VALUES_OF_SOURCES = {"kind": SourceKind.values, "link": LinkState.values}
SOURCES = [
    *(
        _parameter(name, f"{label}; may be repeated.", many=True, enum=_VALUES_OF_SOURCES.get(name))
        for name, (label, _labels) in FACETS.items()
    ),
    _parameter("q", "Words of the title, publisher, address or kept text."),
]


def of_measures() -> list[OpenApiParameter]:
    """The parameters of the list of measures."""
    from_filter = []
    for name, found in MeasureFilter.base_filters.items():
        if isinstance(found, PropertyFilter):
            subject = found.extra["subject"]
            values = subject.choices.values if isinstance(subject, Column) else None
            from_filter.append(_parameter(name, f"{found.label}; may be repeated.", many=True, enum=values))
        elif name == KNOWN:
            from_filter.append(KNOWN_DAY)
        elif name not in OF_SITE:
            text = name == "q"
            from_filter.append(
                _parameter(name, f"Words, at most {LONGEST_TEXT} characters." if text else f"{found.label}: a date.")
            )
    return [*from_filter, *SITE]


SITE = [
    _parameter("sort", "Of the list of the site; has no effect here.", enum=[*SORTS]),
    _parameter("page", "Of the list of the site; has no effect here.", type=_whole()),
]
