"""Codes of countries: those of ISO 3166-1, and those that it reserves or leaves to its users, such as Kosovo's."""

from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from countries.feeds.parsing import Unknown, country_reader
from countries.models import Country, IndicatorFeed
from measures.models import Measure
from tests import admin_forms, factories
from tests.clients import signed_in
from tests.csv_files import MEASURE, counts, run

pytestmark = pytest.mark.django_db

ADD = "/admin/countries/country/add/"
NAMES = {"name_en": "Kosovo", "name_es": "Kosovo", "name_pt": "Kosovo"}
KOSOVO = {"iso3": "XKX", "iso2": "XK", "m49": "", "slug": "kosovo", **NAMES, "region": "Europe"}
KOSOVO |= {"subregion": "Southern Europe", "is_covered": "true"}
IN_USE = {
    "iso2": "Another country has this code of two letters. Correct one of the two; codes from XA to XZ are free to "
    "use.",
    "m49": "Another country has this number. Correct one of the two, or leave it empty if UN M49 has none.",
}


def test_kosovo_comes_from_a_file_and_has_a_page_a_measure_and_a_figure(tmp_path: Path, client: Client) -> None:
    factories.indicator(), factories.topic(key="health.access")
    assert counts(run(tmp_path, [KOSOVO], "countries")) == (1, 0, 0, 0)
    made = run(tmp_path, [MEASURE | {"country": "XKX", "title_en": "A decree of Pristina"}], publish=True)
    assert (made.new, made.published) == (1, 1)
    value = {"indicator": "immigrant_stock", "country": "XKX", "counterpart": "", "period": "2020", "value": "1234"}
    assert run(tmp_path, [value | {"source_name": "A yearbook"}], "observations").new == 1

    assert Measure.objects.get().public_id == "XKX-00001"
    page = client.get("/countries/kosovo/")
    assert (page.status_code, "A decree of Pristina" in page.text, "1,234" in page.text) == (200, True, True)
    assert client.get("/measures/XKX-00001/").status_code == 200
    assert "A decree of Pristina" in client.get("/measures/?country=XKX").text
    assert "XKX-00001" in b"".join(client.get("/measures.csv?country=XKX")).decode()
    assert "Kosovo" in client.get("/?area=world").text
    assert "XKX" in b"".join(client.get("/map.csv?area=world")).decode()


def test_several_countries_have_no_number(tmp_path: Path) -> None:
    other = KOSOVO | {"iso3": "XAA", "iso2": "XA", "slug": "elsewhere"}
    assert counts(run(tmp_path, [KOSOVO, other], "countries")) == (2, 0, 0, 0)
    assert counts(run(tmp_path, [KOSOVO, other], "countries"))[:2] == (0, 0)


@pytest.mark.parametrize("column", IN_USE)
def test_code_in_use_is_refused_in_a_file_with_the_remedy(column: str, tmp_path: Path) -> None:
    peru = factories.country()
    report = run(tmp_path, [KOSOVO | {column: getattr(peru, column)}], "countries")
    assert [(p.row, p.column, p.remedy) for p in report.problems] == [(2, column, IN_USE[column])]


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ({"iso3": "PER"}, "Another country has this code. Open its page to change it, or write a code of its own."),
        ({"iso2": "PE"}, IN_USE["iso2"]),
        ({"m49": "604"}, IN_USE["m49"]),
        ({"iso3": "INT"}, "INT begins the identifiers of acts of no country. Write another code."),
        ({"iso3": "xk"}, "Write codes such as PER, PE and 604, or XKX and XK without a number."),
    ],
)
def test_form_refuses_a_code_with_the_remedy(codes: dict[str, str], words: str) -> None:
    factories.country()
    editor = signed_in(factories.editor())
    sent = admin_forms.shown(editor, ADD, "country_form") | KOSOVO | codes
    assert admin_forms.errors(editor.post(ADD, sent)) == [words]
    assert list(Country.objects.values_list("pk", flat=True)) == ["PER"]


def test_editor_adds_a_country_and_an_analyst_may_not() -> None:
    editor = signed_in(factories.editor())
    assert admin_forms.errors(editor.post(ADD, admin_forms.shown(editor, ADD, "country_form") | KOSOVO)) == []
    assert Country.objects.get().m49 == ""
    assert signed_in(factories.analyst()).get(ADD).status_code == 403


@pytest.mark.parametrize("fields", [{"m49": "60"}, {"iso3": "INT"}, {"iso2": "K"}, {"iso3": "xkx"}])
def test_table_refuses_what_is_no_code(fields: dict[str, str]) -> None:
    country = Country(**KOSOVO | {"is_covered": True} | fields)
    with pytest.raises(ValidationError):
        country.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        country.save()


def test_empty_number_in_a_feed_is_no_country() -> None:
    Country.objects.create(**KOSOVO | {"is_covered": True})
    factories.country()
    read = country_reader(IndicatorFeed(country_code="m49"))
    assert read("604") == "PER"
    with pytest.raises(Unknown):
        read("")
