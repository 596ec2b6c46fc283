"""The figures of several countries side by side, each with its period."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from countries.figures import stated_period, stated_remark, stated_value
from countries.models import Country, Observation, ObservationStatus
from countries.newest import NEWEST_OF_EACH


@dataclass(frozen=True, slots=True)
class Value:
    """What is stated for one country; `is_missing` if there is no value."""

    value: str
    period: str
    remark: str
    is_missing: bool


@dataclass(frozen=True, slots=True)
class FigureRow:
    """An indicator with the value of each country, None where nothing is recorded."""

    name: str
    of_countries: tuple[tuple[Country, Value | None], ...]


def figure_rows(countries: Sequence[Country]) -> list[FigureRow]:
    """The newest value of each indicator for these countries as a whole, headlines first; one query for all."""
    codes = [country.pk for country in countries]
    newest = RawSQL(NEWEST_OF_EACH, [codes], BooleanField())  # noqa: S611  (our own text)
    found = Observation.objects.filter(newest).select_related("indicator__base", "indicator__unit")
    by_indicator: dict[int, dict[str, Observation]] = {}
    for observation in found:
        by_indicator.setdefault(observation.indicator_id, {})[observation.country_id] = observation
    rows = sorted(by_indicator.values(), key=_place)
    return [_row(values, countries) for values in rows]


def _place(values: dict[str, Observation]) -> tuple[bool, int, str, int, str]:
    """Headlines in their order, then by role and name."""
    indicator = next(iter(values.values())).indicator
    position = indicator.headline_position
    return position is None, position or 0, indicator.role_id or "", indicator.role_position or 0, str(indicator)


def _row(values: dict[str, Observation], countries: Sequence[Country]) -> FigureRow:
    indicator = next(iter(values.values())).indicator
    found = (values.get(country.pk) for country in countries)
    stated = [_value(observation) if observation else None for observation in found]
    return FigureRow(str(indicator), tuple(zip(countries, stated, strict=True)))


def _value(observation: Observation) -> Value:
    is_missing = observation.status == ObservationStatus.MISSING
    return Value(stated_value(observation), stated_period(observation), stated_remark(observation), is_missing)
