"""A country's figure over time, aligned with its timeline, and as files."""

import datetime
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from countries.models import Indicator
from measures.timeline.chart import MOST_MARKS
from tests import factories

pytestmark = pytest.mark.django_db

PERU = "/countries/peru/"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def cases() -> Indicator:
    """Ninety days of spring 2020, with an entry in between."""
    indicator = factories.indicator(key="cases", name_en="New cases", unit="cases", is_daily=True)
    for number in range(90):
        day = datetime.date(2020, 3, 1) + datetime.timedelta(days=number)
        factories.observation(indicator=indicator, period=day.isoformat(), value=number, source_name="A ministry")
    factories.measure(events=(("in_force", "2020-04-14"),))
    return indicator


def _panel(client: Client, query: str = "") -> Any:
    return client.get(PERU + query).context["panel"]


def test_page_without_values_over_time_has_no_such_section(client: Client) -> None:
    factories.observation(period="2019")
    page = client.get(PERU)
    assert page.context["panel"] is None
    assert b'id="series"' not in page.content


@pytest.mark.usefixtures("cases")
def test_figure_is_drawn_under_the_axis_of_the_timeline(client: Client) -> None:
    page = client.get(PERU)
    panel, chart = page.context["panel"], page.context["chart"]
    assert panel.ticks == chart.ticks
    assert (panel.shown, panel.whole) == ("1 April 2020 to 30 September 2020", "1 March 2020 to 29 May 2020")
    assert panel.outside == 31
    assert (
        "The chart covers 1 April 2020 to 30 September 2020, like the entries above. 31 values are outside."
        in page.text
    )
    assert (
        '<a href="/countries/peru/series.svg?series=cases" rel="nofollow">See all values in one picture</a>'
        in page.text
    )
    factories.measure(events=(("in_force", "2020-03-02"),))
    assert (_panel(client).outside, "values are outside" in client.get(PERU).text) == (0, False)
    assert [str(value.period) for value in panel.series.values][::58] == ["2020-04-01", "2020-05-29"]


@pytest.mark.usefixtures("cases")
def test_chosen_figure_stays_in_every_link_of_the_page_and_filters_nothing(client: Client) -> None:
    other = factories.indicator(key="poverty_rate", name_en="Poverty", unit="percent")
    for year in ("2019", "2020"):
        factories.observation(indicator=other, period=year, value=20)
    page = client.get(PERU + "?topic=health.access&series=poverty_rate")
    assert page.context["panel"].series.indicator == other
    assert [option.key for option in page.context["panel"].options] == ["cases", "poverty_rate"]
    assert [chip.query for chip in page.context["listing"].chips] == ["?series=poverty_rate"]
    assert page.context["everywhere"] == "?topic=health.access&country=PER&sort=oldest"
    assert page.context["listing"].counts.total == 1


@pytest.mark.usefixtures("cases")
@pytest.mark.parametrize("query", ["?series=nonsense", "?series=cases&series=cases"])
def test_figure_that_is_not_offered_is_named(client: Client, query: str) -> None:
    page = client.get(PERU + query)
    assert page.status_code == 400
    assert [problem.parameter for problem in page.context["listing"].problems] == ["series"]
    assert client.get(f"/measures/{query}").status_code == 200  # no parameter of that page


@pytest.mark.usefixtures("cases")
def test_axis_follows_the_filter_beside_the_table_of_counts(client: Client) -> None:
    for _number in range(MOST_MARKS):
        factories.measure(events=(("in_force", "2020-04"),))
    page = client.get(PERU)
    assert page.context["matrix"]
    assert page.context["panel"].shown == "1 April 2020 to 30 September 2020"
    assert _panel(client, "?from=2020-03&to=2020-05").shown == "1 March 2020 to 31 August 2020"


@pytest.mark.usefixtures("cases")
def test_figure_without_a_value_in_that_time_says_so(client: Client) -> None:
    factories.measure(events=(("in_force", "2018-04-14"),))
    page = client.get(PERU + "?to=2018")
    assert page.context["panel"].drawing.is_empty
    assert "No value from 1 April 2018 to 30 September 2018" in page.content.decode()


@pytest.mark.usefixtures("cases")
def test_number_of_queries_does_not_grow_with_figures(client: Client) -> None:
    counts = []
    for number in range(21):
        if number in (1, 20):
            with CaptureQueriesContext(connection) as made:
                client.get(f"{PERU}?series=cases&from=20{number:02d}")
            counts.append(len(made))
        indicator = factories.indicator(key=f"figure_{number}")
        for year in ("2019", "2020"):
            factories.observation(indicator=indicator, period=year)
    assert counts[0] == counts[1]


@pytest.mark.usefixtures("cases")
def test_csv_has_every_value_in_the_columns_of_an_import(client: Client) -> None:
    factories.observation(indicator=Indicator.objects.get(key="cases"), value=5)
    response = client.get(reverse("series_csv", args=["peru"]) + "?series=cases")
    lines = b"".join(response).decode().splitlines()
    assert response["Content-Disposition"] == 'attachment; filename="peru-cases.csv"'
    columns = "indicator,country,counterpart,period,value,qualifier,status,note,source_name,source_url"
    assert lines[0] == f"{columns},note_es,note_pt,source_name_es,source_name_pt"
    assert lines[1] == "cases,PER,,2020-03-01,0,eq,A,,A ministry,,,,,"
    assert lines[-1] == "cases,PER,,,5,eq,A,,A yearbook,,,,,"
    assert len(lines) == 92


@pytest.mark.parametrize("prefix", ["", "/es", "/pt"])
@pytest.mark.usefixtures("cases")
def test_picture_stands_alone_with_title_source_date_and_licence(client: Client, prefix: str) -> None:
    response = client.get(f"{prefix}/countries/peru/series.svg?series=cases")
    picture = ET.fromstring(response.content)  # noqa: S314  (our own)
    texts = " ".join("".join(text.itertext()) for text in picture.iter(f"{SVG}text"))
    assert response["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert "New cases" in (picture.findtext(f"{SVG}title") or "")
    for part in ("New cases", "A ministry", "2020", "http://testserver/countries/peru/", "CC BY 4.0"):
        assert part in texts
    assert b"class=" not in response.content
    assert b"style=" not in response.content


@pytest.mark.usefixtures("cases")
@pytest.mark.parametrize("file", ["series.csv", "series.svg"])
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "series: Write one of: cases."),
        ("?series=nonsense", "series: Write one of: cases."),
        ("?series=cases&topic=health", "topic: This filter does not exist."),
    ],
)
def test_file_that_cannot_be_made_says_why(client: Client, file: str, query: str, words: str) -> None:
    response = client.get(f"{PERU}{file}{query}")
    assert (response.status_code, response.content.decode().strip()) == (400, words)


@pytest.mark.usefixtures("cases")
def test_country_that_is_not_followed_has_no_files(client: Client) -> None:
    factories.country(is_covered=False)
    for path in ("series.csv?series=cases", "series.svg?series=cases", "profile/"):
        assert client.get(PERU + path).status_code == 404


def test_profile_as_of_an_edition_has_its_texts_and_the_figures_of_then(client: Client) -> None:
    factories.site(name_es="Observatorio de Políticas de Movilidad")
    rate = factories.indicator(key="poverty_rate", unit="percent")
    for as_of, text in (("2020-08", "Then."), ("2021-01", "Now.")):
        factories.mobility_role(as_of=as_of, narrative_en=text)
    for year, value in (("2019", 20), ("2021", 30)):
        factories.observation(indicator=rate, period=year, value=value)
    now, then = client.get(f"{PERU}profile/"), client.get(f"{PERU}profile/?as_of=2020-08")
    assert [str(edition) for edition in now.context["editions"]] == ["2021-01", "2020-08"]
    shown = [
        (page.context["profile"].cards[0].newest.narrative.text, page.context["profile"].headlines[0].period)
        for page in (now, then)
    ]
    assert shown == [("Now.", "2021"), ("Then.", "2019")]
    assert b"/countries/peru/profile/?as_of=2020-08#role-sending" in client.get(PERU).content
    assert client.get(f"{PERU}profile/?as_of=2019").context["profile"].cards == ()
    cited = "Observatorio de Políticas de Movilidad. <i>Perú: perfil{}.</i>"
    assert cited.format("") in client.get(f"/es{PERU}profile/").text
    assert cited.format(" a fecha de agosto de 2020") in client.get(f"/es{PERU}profile/?as_of=2020-08").text


def test_notes_and_sources_are_in_the_language_of_the_page_or_say_that_they_are_not(client: Client) -> None:
    rate, people = factories.indicator(key="poverty_rate", unit="percent"), factories.indicator(key="people")
    factories.observation(
        indicator=rate,
        value=None,
        status="O",
        note="A label without a value.",
        note_es="Un rótulo sin valor.",
        source_name="World Bank",
        source_name_es="Banco Mundial",
    )
    factories.observation(indicator=people, note_pt="Sem data.", source_name="Census", source_url="https://a.example/")
    spanish, portuguese, english = (client.get(f"{prefix}{PERU}").text for prefix in ("/es", "/pt", ""))
    assert "<span>Un rótulo sin valor.</span>" in spanish
    assert "Banco Mundial" in spanish
    assert '<span lang="pt">Sem data.</span>' in spanish
    assert '<a href="https://a.example/" rel="external" lang="en">Census</a>' in spanish
    assert spanish.count('<abbr aria-hidden="true">PT</abbr>') == 1
    assert '<abbr aria-hidden="true">EN</abbr>' not in spanish
    assert '<span lang="en">A label without a value.</span>' in portuguese
    assert '<span lang="en">World Bank</span>' in portuguese
    assert "<span>Sem data.</span>" in portuguese
    assert portuguese.count('<abbr aria-hidden="true">EN</abbr>') == 1
    assert '<a href="https://a.example/" rel="external">Census</a>' in english


@pytest.mark.parametrize("query", ["?as_of=2020-13", "?as_of=soon", "?as_off=2020"])
def test_profile_as_of_no_date_is_refused_in_words(client: Client, query: str) -> None:
    factories.mobility_role()
    page = client.get(f"{PERU}profile/{query}")
    assert page.status_code == 400
    assert len(page.context["problems"]) == 1
