from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import translation

from countries.models import Country, Indicator, MobilityRole, Observation
from foundation.partial_dates import PartialDate, Period
from foundation.texts import translated
from tests import factories

pytestmark = pytest.mark.django_db


def refused(record: models.Model) -> list[str]:
    """What validation says; the database must refuse the record too."""
    with pytest.raises(ValidationError) as error:
        record.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        record.save()
    return error.value.messages


def observation(**fields: Any) -> Observation:
    defaults: dict[str, Any] = {"value": 5, "source_name": "A yearbook"}
    return Observation(indicator=factories.indicator(), country=factories.country(), **defaults | fields)


def role(**fields: Any) -> MobilityRole:
    defaults: dict[str, Any] = {"role": "sending", "narrative_en": "People leave.", "source_name": "A profile"}
    fields = defaults | fields
    fields["role"] = factories.role(key=fields["role"])
    return MobilityRole(country=factories.country(), **fields)


def indicator(**fields: Any) -> Indicator:
    unit = factories.unit(key=fields.pop("unit", "persons"))
    return Indicator(**{"key": "made", "name_en": "Made", "unit": unit} | fields)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: observation(value=None), "The value must be empty if"),
        (lambda: observation(status="O"), "The value must be empty if"),
        (lambda: observation(qualifier="majority"), "The value must be empty if"),
        (lambda: observation(counterpart=factories.country()), "The counterpart must differ from"),
        (lambda: role(narrative_en=""), "Write the narrative in at least one language."),
        (lambda: indicator(unit="percent"), "A percentage needs the indicator that it is a share of."),
        (lambda: indicator(map_breaks="15|25"), "Write four numbers, such as 15|25|35|45."),
    ],
)
def test_record_that_breaks_a_rule_is_refused_with_words(make: Callable[[], models.Model], message: str) -> None:
    assert [text[: len(message)] for text in refused(make())] == [message]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"value": -1}, "A count must be a whole number that is not negative."),
        ({"value": Decimal("1.5")}, "A count must be a whole number that is not negative."),
    ],
)
def test_count_that_is_none_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as error:
        observation(**fields).full_clean()
    assert error.value.messages == [message]
    with pytest.raises(IntegrityError), transaction.atomic():
        observation(**fields).save()


def test_percentage_beyond_a_hundred_is_refused() -> None:
    share = observation(value=Decimal("100.1"))
    share.indicator = factories.indicator(key="share", unit="percent")
    with pytest.raises(ValidationError, match="between 0 and 100"):
        share.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        share.save()


def test_second_value_for_the_same_is_refused_even_without_counterpart_and_period() -> None:
    observation().save()
    assert refused(observation(value=6)) == [
        "This indicator already has a value for that country, counterpart and period."
    ]


def test_new_edition_of_a_role_stands_beside_the_old() -> None:
    role(as_of=PartialDate(2020)).save()
    role(as_of=PartialDate(2021)).save()
    assert refused(role(as_of=PartialDate(2021))) == [
        "This role already has a text as of that date. Edit that text, or enter another date."
    ]


def test_shares_of_one_whole_may_leave_a_rest_and_not_pass_it_beyond_rounding() -> None:
    share = factories.indicator(key="share", unit="percent", decimals=1)
    for iso3, value in (("VEN", "60"), ("ECU", "40.1")):
        factories.observation(indicator=share, counterpart=factories.country(iso3=iso3), value=value)
    with pytest.raises(IntegrityError, match="pass 100 percent"), transaction.atomic():
        factories.observation(indicator=share, counterpart=factories.country(iso3="USA"), value="0.2")
    factories.observation(indicator=share, counterpart=factories.country(iso3="USA"), value="9", period="2019")


def test_period_range_of_an_observation_is_computed_by_the_database() -> None:
    made = factories.observation(period="2016/2019")
    made.refresh_from_db()
    assert made.period == Period(PartialDate(2016), PartialDate(2019))
    assert (str(made.period_range.lower), str(made.period_range.upper)) == ("2016-01-01", "2020-01-01")


def test_countries_sort_by_name_without_accents() -> None:
    for iso3 in ("PER", "USA", "ECU"):
        factories.country(iso3=iso3)
    factories.country(iso3="VEN", name_es="Écija")
    with translation.override("es"):
        assert [country.iso3 for country in Country.objects.by_name()] == ["VEN", "ECU", "USA", "PER"]


def test_text_without_translation_is_given_in_the_language_that_it_has() -> None:
    made = role(narrative_en="", narrative_pt="Pessoas partem.")
    text = translated(made, "narrative", "es")
    assert (text.text, text.language, text.is_fallback) == ("Pessoas partem.", "pt", True)
    assert not translated(made, "narrative", "pt").is_fallback
