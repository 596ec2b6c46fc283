"""Units are rows: what they allow follows from their columns, in forms, files, feeds and the database alike."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from countries.models import Indicator, Observation, Unit
from foundation.records.second_reader import is_public
from tests import admin_forms, factories
from tests.clients import signed_in
from tests.csv_files import counts, run

pytestmark = pytest.mark.django_db

ADD = "/admin/countries/unit/add/"
COUNTS = {"is_whole": True}
SHARES = {"base": 100}
CHANGES = {"base": 100, "may_be_negative": True}
RATES = {"base": 1000}
BALANCES = {"is_whole": True, "may_be_negative": True}
ANY = {"may_be_negative": True}
A_COUNT = "A count must be a whole number that is not negative."
A_SHARE = "A percentage must be between 0 and 100."
NOT_NEGATIVE = "A value in this unit may not be negative."


def indicator_of(fields: dict[str, Any]) -> Indicator:
    """An indicator whose unit has these fields."""
    unit = factories.unit(key="own", name_en="own", **fields)
    base = factories.indicator() if unit.is_share else None
    return factories.indicator(key="figure", unit="own", base=base)


# What a unit allows


@pytest.mark.parametrize(
    ("fields", "value", "problem"),
    [
        (COUNTS, "5", ""),
        (COUNTS, "-1", A_COUNT),
        (COUNTS, "1.5", A_COUNT),
        (SHARES, "0", ""),
        (SHARES, "100", ""),
        (SHARES, "100.1", A_SHARE),
        (SHARES, "-0.1", A_SHARE),
        (SHARES | COUNTS, "2.5", "A percentage in this unit must be a whole number between 0 and 100."),
        (CHANGES, "-3.5", ""),
        (CHANGES, "250", ""),
        (RATES, "1200.5", ""),
        (RATES, "-1", NOT_NEGATIVE),
        (BALANCES, "-12", ""),
        (BALANCES, "0.5", "A value in this unit must be a whole number."),
        (ANY, "-0.5", ""),
    ],
)
def test_value_is_refused_by_form_file_and_table_alike(
    fields: dict[str, Any], value: str, problem: str, tmp_path: Path
) -> None:
    indicator, peru = indicator_of(fields), factories.country()
    figure = Observation(indicator=indicator, country=peru, value=Decimal(value), source_name="A yearbook")
    row = {
        "indicator": "figure",
        "country": "PER",
        "counterpart": "",
        "period": "2020",
        "value": value,
        "source_name": "A yearbook",
    }
    report = run(tmp_path, [row], "observations")
    assert [found.remedy for found in report.problems] == [problem] * bool(problem)
    if not problem:
        figure.full_clean()
        figure.save()
        return
    with pytest.raises(ValidationError) as error:
        figure.full_clean()
    assert error.value.messages == [problem]
    with pytest.raises(IntegrityError), transaction.atomic():
        figure.save()


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"key": "Per cent"}, "countries_unit_key_form"),
        ({"is_whole": True, "decimals": 1}, "countries_unit_is_whole_without_decimals"),
        ({"decimals": 7}, "countries_unit_decimals"),
        ({"base": 1}, "countries_unit_base"),
        ({"currency": "usd"}, "countries_unit_currency"),
        ({"currency": "USD", "base": 100}, "countries_unit_base_or_currency"),
        ({"price_year": 20}, "countries_unit_price_year"),
    ],
)
def test_rule_of_the_table_holds(fields: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValidationError):
        Unit(**{"key": "own", "name_en": "own"} | fields).full_clean()
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        Unit.objects.create(**{"key": "own", "name_en": "own"} | fields)


def test_currency_that_iso_4217_does_not_have_is_refused() -> None:
    with pytest.raises(ValidationError, match="“USX” is not a currency of ISO 4217"):
        Unit(key="own", name_en="own", currency="USX").full_clean()


# Changes that stored values would not fit


@pytest.mark.parametrize(
    ("before", "value", "after", "rule"),
    [
        (ANY, "1.5", {"is_whole": True}, "A value in this unit must be a whole number."),
        (ANY, "-1", {"may_be_negative": False}, NOT_NEGATIVE),
        (CHANGES, "250", {"may_be_negative": False}, A_SHARE),
    ],
)
def test_change_of_a_unit_that_values_would_not_fit_is_refused(
    before: dict[str, Any], value: str, after: dict[str, Any], rule: str, tmp_path: Path
) -> None:
    indicator = indicator_of(before)
    Indicator.objects.filter(pk=indicator.pk).update(base=factories.indicator(key="whole"))
    factories.observation(indicator=indicator, value=value)
    unit = Unit.objects.get(pk="own")
    for name, changed in after.items():
        setattr(unit, name, changed)
    with pytest.raises(ValidationError) as error:
        unit.full_clean()
    assert error.value.messages == [
        f"The value {value} of “Figure” (PER) would not fit: {rule} Correct the value first, or add another unit."
    ]
    with pytest.raises(IntegrityError, match="does not fit"), transaction.atomic():
        unit.save()
    row = {"key": "own"} | {name: str(changed).lower() for name, changed in after.items()}
    problems = run(tmp_path, [row], "units").problems
    assert [(p.row, p.problem) for p in problems] == [(2, "Stored values would not fit the changed unit.")]


def test_unit_becomes_a_share_only_if_its_indicators_have_a_base(tmp_path: Path) -> None:
    indicator_of(CHANGES)
    unit = Unit.objects.get(pk="own")
    unit.may_be_negative = False
    with pytest.raises(ValidationError, match="“Figure” does not say what it is a share of"):
        unit.full_clean()
    with pytest.raises(IntegrityError, match="needs a base"), transaction.atomic():
        unit.save()
    problems = run(tmp_path, [{"key": "own", "may_be_negative": "false"}], "units").problems
    assert [p.problem for p in problems] == ["Indicators of this unit do not say what they are a share of."]


def test_indicator_changes_its_unit_only_if_its_values_fit(tmp_path: Path) -> None:
    indicator = indicator_of(ANY)
    factories.observation(indicator=indicator, value="1.5")
    indicator.unit = factories.unit(key="cases")
    with pytest.raises(ValidationError) as error:
        indicator.full_clean()
    assert error.value.message_dict == {
        "unit": [
            f"The value 1.5 (PER) would not fit this unit: {A_COUNT} Correct the value first, or choose another unit."
        ]
    }
    with pytest.raises(IntegrityError, match="does not fit"), transaction.atomic():
        indicator.save()
    problems = run(tmp_path, [{"key": "figure", "unit": "cases"}], "indicators").problems
    assert [(p.row, p.column, p.value) for p in problems] == [(2, "unit", "cases")]


@pytest.mark.parametrize(("base", "refused"), [("", [(2, "base")]), ("immigrant_stock", [])])
def test_share_in_a_file_names_its_base(base: str, refused: list[tuple[int, str]], tmp_path: Path) -> None:
    factories.indicator()
    factories.unit(key="percent")
    row = {"key": "share", "name_en": "Share", "unit": "percent", "base": base}
    assert [(p.row, p.column) for p in run(tmp_path, [row], "indicators").problems] == refused


# Where they come from, and who sees them


def test_unit_of_public_figures_is_public() -> None:
    figure = factories.observation()
    assert [is_public(unit) for unit in (figure.indicator.unit, factories.unit(key="days"))] == [True, False]


def test_file_adds_a_unit_an_indicator_and_its_values(tmp_path: Path, client: Client) -> None:
    factories.country()
    unit = {"key": "usd_2020", "name_en": "US dollars, 2020 prices", "currency": "USD", "price_year": "2020"}
    indicator = {"key": "remittances", "name_en": "Remittances received", "unit": "usd_2020"}
    values = [
        {
            "indicator": "remittances",
            "country": "PER",
            "counterpart": "",
            "period": year,
            "value": value,
            "source_name": "A bank",
        }
        for year, value in (("2019", "3.3 million"), ("2020", "2 940 000 000"))
    ]
    made = [run(tmp_path, *file) for file in (([unit], "units"), ([indicator], "indicators"), (values, "observations"))]
    assert [counts(report)[0] for report in made] == [1, 1, 2]
    page = client.get("/countries/peru/").text
    assert "US$\xa02,940 million (2020 prices)" in page
    assert "US dollars, 2020 prices" in client.get("/countries/peru/?series=remittances").text
    assert "US$\xa01,000 million" in client.get("/countries/peru/series.svg?series=remittances").text


def test_unknown_unit_in_a_file_is_named_with_the_nearest(tmp_path: Path) -> None:
    factories.unit(key="persons")
    problem = run(tmp_path, [{"key": "stock", "name_en": "Stock", "unit": "person"}], "indicators").problems[0]
    assert (problem.column, problem.value) == ("unit", "person")
    assert "persons" in problem.remedy


def test_fixtures_export_and_import_unchanged(tmp_path: Path) -> None:
    call_command("load_fixtures", verbosity=0)
    from_fixtures = (Path("fixtures") / "units.csv").read_text(encoding="utf-8")
    out = tmp_path / "out.csv"
    call_command("export_file", "units", output=out, verbosity=0)
    assert out.read_text(encoding="utf-8") == from_fixtures
    assert counts(run(tmp_path, from_fixtures, "units"))[:2] == (0, 0)


def test_change_of_a_unit_is_in_its_history() -> None:
    unit = factories.unit(key="days")
    Unit.objects.filter(pk="days").update(name_en="working days")
    versions = apps.get_model("countries", "UnitEvent").objects.filter(pgh_obj=unit)
    assert [(v.pgh_label, v.name_en) for v in versions] == [("insert", "days"), ("update", "working days")]


def test_profile_asks_as_often_for_many_units_as_for_one(client: Client) -> None:
    factories.country()
    asked = []
    for number in range(12):
        indicator = factories.indicator(key=f"figure_{number}", unit=f"unit_{number}")
        factories.observation(indicator=indicator, period="2020")
        if number in (0, 1, 11):  # the first request has extra queries
            with CaptureQueriesContext(connection) as queries:
                assert client.get("/countries/peru/profile/").status_code == 200
            asked.append(len(queries))
    assert asked[1] == asked[2]


# In the admin


def test_editor_adds_a_unit_and_sees_how_it_writes_numbers() -> None:
    editor = signed_in(factories.editor())
    sent = admin_forms.shown(editor, ADD, "unit_form") | {
        "key": "soles_2007",
        "name_en": "soles, 2007 prices",
        "may_be_negative": "on",
        "decimals": "2",
        "currency": "PEN",
        "price_year": "2007",
    }
    assert admin_forms.errors(editor.post(ADD, sent)) == []
    assert Unit.objects.filter(pk="soles_2007", currency="PEN", price_year=2007).exists()
    assert "PEN\xa01,234,567.89 (2007 prices)" in editor.get("/admin/countries/unit/").text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"currency": "USX"}, "“USX” is not a currency of ISO 4217."),
        ({"currency": "USD", "base": "100"}, "A unit is a rate or money, not both."),
        ({"is_whole": "on", "decimals": "1"}, "Whole numbers have no decimals: write 0."),
        ({"key": "Per Cent"}, "A key may have lowercase letters, digits and _."),
    ],
)
def test_form_says_what_is_wrong_with_a_unit(fields: dict[str, str], words: str) -> None:
    editor = signed_in(factories.editor())
    sent = admin_forms.shown(editor, ADD, "unit_form") | {"key": "own", "name_en": "own"} | fields
    errors = admin_forms.errors(editor.post(ADD, sent))
    assert [words in error for error in errors] == [True]
    assert Unit.objects.count() == 0


def test_form_refuses_a_change_that_values_would_not_fit() -> None:
    editor, indicator = signed_in(factories.editor()), indicator_of(ANY)
    factories.observation(indicator=indicator, value="1.5")
    page = "/admin/countries/unit/own/change/"
    sent = admin_forms.shown(editor, page, "unit_form") | {"is_whole": "on"}
    assert "The value 1.5 of “Figure” (PER) would not fit" in " ".join(admin_forms.errors(editor.post(page, sent)))
    assert not Unit.objects.get(pk="own").is_whole


def test_unit_in_use_is_not_deleted() -> None:
    factories.indicator()
    answer = signed_in(factories.editor()).post("/admin/countries/unit/persons/delete/", {"post": "yes"})
    assert "Indicators have this unit." in answer.text
    assert Unit.objects.filter(pk="persons").exists()


def test_value_is_compared_with_decimals_of_unit_where_indicator_has_none() -> None:
    """Shares may exceed their whole by rounding: by half of the last digit of each."""
    share = factories.indicator(key="share", unit="percent", decimals=None)
    for iso3, value in (("VEN", "60"), ("ECU", "40.1")):
        factories.observation(indicator=share, counterpart=factories.country(iso3=iso3), value=value)
    with pytest.raises(IntegrityError, match="pass 100 percent"), transaction.atomic():
        Observation.objects.filter(counterpart="VEN").update(value=F("value") + 1)
