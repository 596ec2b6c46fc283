"""The profile of a country on one page of the admin: roles in their editions, figures, and two people at once."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from countries.admin.profile import MOST_FIGURES
from countries.models import Country, Indicator, MobilityRole, Observation
from tests import admin_forms, factories
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

FORM = "country_form"
URL = "/admin/countries/country/PER/change/"


@pytest.fixture
def client() -> Client:
    return _editor()


def _editor() -> Client:
    return signed_in(factories.editor())


def _shown(client: Client) -> dict[str, Any]:
    return admin_forms.shown(client, URL, FORM)


def _held(page: Any) -> dict[str, Any]:
    return admin_forms.held(page, FORM)


def _shares(**parts: object) -> Indicator:
    indicator = factories.indicator(key="immigrant_share", unit="percent", decimals=1)
    for iso3, value in parts.items():
        factories.observation(indicator=indicator, counterpart=factories.country(iso3=iso3), value=value)
    return indicator


def _queries(client: Client, data: dict[str, Any] | None = None) -> int:
    with CaptureQueriesContext(connection) as made:
        page = client.post(URL, data) if data else client.get(URL)
    assert page.status_code == (302 if data else 200), admin_forms.errors(page)
    return len(made)


def test_page_asks_nothing_for_a_row_neither_opened_nor_saved(client: Client) -> None:
    factories.country()
    counts = []
    for number in range(31):
        if number in (0, 1, 30):  # the first request has extra queries
            counts.append((_queries(client), _queries(client, _shown(client))))
        factories.mobility_role(as_of=str(1990 + number))
        indicator = factories.indicator(key=f"figure_{number}")
        factories.observation(indicator=indicator, counterpart=factories.country(iso3="VEN"))
    assert counts[1] == counts[2]


def test_saving_what_was_not_changed_writes_nothing(client: Client) -> None:
    factories.mobility_role()
    factories.observation(value="24.6", indicator=factories.indicator(unit="index", decimals=1))
    before = (Country.objects.get(pk="PER").updated_at, _events())
    assert admin_forms.errors(client.post(URL, _shown(client))) == []
    assert (Country.objects.get(pk="PER").updated_at, _events()) == before


def _events() -> list[int]:
    models: list[Any] = [Country, MobilityRole, Observation]
    return [model.pgh_event_model.objects.count() for model in models]


def test_roles_and_figures_are_changed_and_added_on_one_page(client: Client) -> None:
    venezuela = factories.country(iso3="VEN")
    factories.role(key="transit")
    role, stock = factories.mobility_role(), factories.indicator()
    figure = factories.observation(value=1000, indicator=stock)
    changed = _shown(client) | {
        "summary_es": "Un país",
        "roles-0-narrative_pt": "As pessoas partem.",
        "roles-1-role": "transit",
        "roles-1-as_of": "2020-5",
        "roles-1-narrative_en": "People cross.",
        "roles-1-source_name": "A profile",
        "observations-0-value": "1200",
        "observations-0-qualifier": "gt",
        "observations-1-indicator": str(stock.pk),
        "observations-1-counterpart": venezuela.pk,
        "observations-1-period": "2016/2019?",
        "observations-1-value": "7",
        "observations-1-source_name": "A yearbook",
    }
    assert admin_forms.errors(client.post(URL, changed)) == []
    role.refresh_from_db()
    figure.refresh_from_db()
    assert (Country.objects.get(pk="PER").summary_es, role.narrative_pt) == ("Un país", "As pessoas partem.")
    assert (figure.value, figure.qualifier) == (Decimal(1200), "gt")
    assert str(MobilityRole.objects.get(role="transit").as_of) == "2020-05"
    added = Observation.objects.get(counterpart="VEN")
    assert (added.country_id, added.value, str(added.period)) == ("PER", Decimal(7), "2016/2019?")


def test_what_cannot_be_saved_is_told_at_its_row_and_stays_typed(client: Client) -> None:
    factories.mobility_role()
    factories.observation(value=1000)
    typed = {
        "summary_en": "Typed",
        "roles-0-as_of": "03/04/2020",
        "observations-0-value": "-1",
        "observations-0-period": "2020-13",
    }
    page = client.post(URL, _shown(client) | typed)
    assert admin_forms.errors_by_field(page) == {
        "roles-0-as_of": ["“03/04/2020” is ambiguous. Write 2020-04-03 or 2020-03-04."],
        "observations-0-period": [
            "“2020-13” does not exist in the calendar. Write the month, from 01 to 12, before the day: 2020-05-29."
        ],
        "observations-0-value": ["A count must be a whole number that is not negative."],
    }
    assert {name: value for name, value in _held(page).items() if name in typed} == typed


def test_number_is_read_as_people_write_it_or_refused_with_both_readings(client: Client) -> None:
    factories.observation(value=1000)
    share = factories.observation(indicator=factories.indicator(key="share", unit="percent"), value=5)
    typed = _shown(client) | {"observations-0-value": "1,7 millones", "observations-1-value": "12,5 %"}
    assert admin_forms.errors(client.post(URL, typed)) == []
    share.refresh_from_db()
    assert share.value == Decimal("12.5")
    assert Observation.objects.get(indicator__key="immigrant_stock").value == 1_700_000

    page = client.post(URL, _shown(client) | {"observations-0-value": "12 %", "observations-1-value": "12.000"})
    assert admin_forms.errors_by_field(page) == {
        "observations-0-value": [
            "The values of this indicator are in persons. Write the number without the percent sign."
        ],
        "observations-1-value": ["“12.000” can be read as 12000 or as 12. Write 12000 or 12."],
    }
    assert _held(page)["observations-1-value"] == "12.000"
    assert client.get(reverse("admin:echo"), {"text": "1700000", "kind": "number"}).json() == {"echo": "1,700,000"}


def test_shares_that_pass_the_whole_are_refused_with_their_parts(client: Client) -> None:
    _shares(VEN="60", USA="39.9")
    page = client.post(URL, _shown(client) | {"observations-0-value": "40.2"})
    assert admin_forms.errors_by_field(page) == {
        "observations-0-value": [
            (
                "The shares of “Immigrant share”, period not stated, exceed 100 percent: United States 40.2\u202f%, "
                "Venezuela 60\u202f%. Correct one of them. Shares that are missing appear as the rest."
            )
        ]
    }
    rounded = _shown(client) | {"observations-0-value": "40.1"}
    assert admin_forms.errors(client.post(URL, rounded)) == []


def test_shares_are_held_together_as_they_will_stand(client: Client) -> None:
    _shares(VEN="60", USA="40")
    changed = _shown(client) | {"observations-0-value": "60", "observations-1-value": "40"}
    assert admin_forms.errors(client.post(URL, changed)) == []
    assert set(Observation.objects.values_list("counterpart", "value")) == {
        ("USA", Decimal(60)),
        ("VEN", Decimal(40)),
    }


def test_page_of_one_share_knows_the_others(client: Client) -> None:
    _shares(VEN="60", USA="40")
    share = Observation.objects.get(counterpart="USA")
    url = reverse("admin:countries_observation_change", args=[share.pk])
    page = client.post(url, admin_forms.shown(client, url, "observation_form") | {"value": "45"})
    (message,) = admin_forms.errors_by_field(page)["value"]
    assert "Venezuela 60\u202f%, United States 45\u202f%" in message


def test_new_edition_begins_with_the_newest_text_and_saves_nothing_yet(client: Client) -> None:
    for as_of, text in (("2018", "Old."), ("2020-08", "Newest.")):
        factories.mobility_role(as_of=as_of, narrative_en=text)
    typed = _shown(client) | {"summary_en": "Typed", "roles-0-narrative_es": "También", "_new_edition": "sending"}
    page = client.post(URL, typed | {"observations-0-value": "many"})
    assert page.context["begun"]["id"] == "roles-2"
    assert "Not saved yet: the new edition of “Sending country”" in page.text
    assert (admin_forms.errors(page), "errornote" in page.text) == ([], False)
    page = client.post(URL, typed)
    begun = _held(page)
    assert {name: value for name, value in begun.items() if name.startswith("roles-2-")} == {
        "roles-2-role": "sending",
        "roles-2-as_of": "",
        "roles-2-narrative_en": "Newest.",
        "roles-2-narrative_es": "También",
        "roles-2-narrative_pt": "",
        "roles-2-source_name": "A profile",
        "roles-2-source_name_es": "",
        "roles-2-source_name_pt": "",
        "roles-2-source_url": "",
        "roles-2-id": "",
        "roles-2-country": "PER",
    }
    assert begun["summary_en"] == "Typed"
    assert MobilityRole.objects.count() == 2
    assert admin_forms.errors(client.post(URL, begun)) == ["This role has several editions. Enter a date for this one."]
    assert admin_forms.errors(client.post(URL, begun | {"roles-2-as_of": "2021-01"})) == []
    assert [str(role.as_of) for role in MobilityRole.objects.all()] == ["2021-01", "2020-08", "2018"]


def test_two_people_never_write_over_each_other_unseen(client: Client) -> None:
    other = _editor()
    factories.mobility_role(narrative_en="Old.", narrative_es="Viejo.")
    factories.observation(value=1000)
    mine, theirs = _shown(client), _shown(other)
    theirs |= {"roles-0-narrative_en": "Theirs.", "roles-0-narrative_es": "Suyo.", "observations-0-note": "Seen."}
    assert admin_forms.errors(other.post(URL, theirs)) == []
    page = client.post(URL, mine | {"roles-0-narrative_en": "Mine.", "observations-0-value": "1200"})
    assert admin_forms.errors(page)[0].startswith("Not saved yet: another person changed this profile")
    assert [(d.label, d.theirs, d.mine, d.is_conflict) for d in page.context["differences"]] == [
        ("Role of a country (PER: Sending country, 2020): Narrative (English)", "Theirs.", "Mine.", True),
        ("Role of a country (PER: Sending country, 2020): Narrative (Spanish)", "Suyo.", "Viejo.", False),
        (f"Observation ({Observation.objects.get()}): Note (English)", "Seen.", "", False),
    ]
    assert MobilityRole.objects.get().narrative_en == "Theirs."
    again = client.post(URL, _held(page))
    assert admin_forms.errors(again) == ["Choose a version of each field that both of you changed."]
    chosen = {"choice-roles-0-narrative_en": "mine"}
    assert admin_forms.errors(client.post(URL, _held(again) | chosen)) == []
    role, figure = MobilityRole.objects.get(), Observation.objects.get()
    assert (role.narrative_en, role.narrative_es) == ("Mine.", "Suyo.")
    assert (figure.value, figure.note) == (Decimal(1200), "Seen.")


def test_what_came_in_by_another_door_is_seen_too(client: Client) -> None:
    figure = factories.observation(value=1000)
    mine = _shown(client) | {"summary_en": "Mine"}
    Observation.objects.filter(pk=figure.pk).update(value=5)
    factories.observation(value=7, counterpart=factories.country(iso3="VEN"))
    page = client.post(URL, mine)
    assert [(d.theirs, d.mine, d.is_conflict) for d in page.context["differences"]] == [
        ("5", "1000", False),
        ("Immigrant stock, Venezuela, exactly, 7, Normal, A yearbook", "", False),
    ]
    assert admin_forms.errors(client.post(URL, _held(page))) == []
    assert set(Observation.objects.values_list("value", flat=True)) == {5, 7}
    assert Country.objects.get(pk="PER").summary_en == "Mine"


def test_daily_values_and_the_oldest_of_very_many_are_not_in_the_form(client: Client) -> None:
    daily = factories.indicator(key="cases", name_en="New cases", is_daily=True)
    for day in ("2020-03-01", "2020-03-02"):
        factories.observation(indicator=daily, period=day)
    for number in range(MOST_FIGURES + 2):
        factories.observation(indicator=factories.indicator(key="yearly"), period=str(1900 + number), value=number)
    page = client.get(URL)
    held = _held(page)
    assert held["observations-INITIAL_FORMS"] == str(MOST_FIGURES)
    assert (held["observations-0-period"], held["observations-99-period"]) == ("1902", "2001")
    text = page.content.decode()
    assert f"country__iso3__exact=PER&amp;indicator__id__exact={daily.pk}" in text
    assert "2 older figures are only in that list." in text
    factories.observation(indicator=factories.indicator(key="yearly"), period="2010", value=1)
    assert len(client.post(URL, held).context["differences"]) == 1
    assert admin_forms.errors(client.post(URL, _shown(client) | {"observations-0-value": "77"})) == []
    assert Observation.objects.get(period="1903").value == 77


def test_only_who_may_delete_removes_rows(client: Client) -> None:
    factories.mobility_role(country=factories.country(is_covered=False))
    analyst = signed_in(factories.analyst())
    removed = {"roles-0-DELETE": "on"}
    assert admin_forms.errors(analyst.post(URL, _shown(analyst) | removed)) == []
    assert MobilityRole.objects.count() == 1
    assert admin_forms.errors(client.post(URL, _shown(client) | removed)) == []
    assert MobilityRole.objects.count() == 0


def test_country_is_added_before_its_profile() -> None:
    editor = signed_in(factories.editor())
    page = editor.get("/admin/countries/country/add/")
    assert page.context["inline_admin_formsets"] == []
