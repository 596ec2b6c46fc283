"""The page of a comparison: what an address asks for, in words, and its pictures."""

import datetime
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest
from django.http import QueryDict
from django.test import Client

from foundation.days import today
from measures.comparing.areas import GROUPS, groups_of_topics
from measures.comparing.periods import MOST_PERIODS, periods_of
from measures.comparing.picture import levels_between
from measures.comparing.question import Comparison
from measures.comparing.series import Series
from measures.listing.columns import day_number
from measures.timeline.axis import divided
from tests import factories as make

pytestmark = pytest.mark.django_db

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def record() -> None:
    """Three countries that are followed, of which two have entries, and one that is not."""
    for iso3 in ("PER", "ECU", "VEN"):
        make.country(iso3=iso3)
    make.country(iso3="USA", is_covered=False)
    make.measure(events=(("in_force", "2020-03-16"),), direction="more_restrictive", topics=("border",))
    make.measure(country=make.country(iso3="ECU"), events=(("in_force", "2021-02"),), direction="less_restrictive")


def _said(client: Client, query: str) -> tuple[int, str]:
    response = client.get(f"/compare/{query}")
    return response.status_code, " ".join(response.content.decode().split())


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("", 200, "Choose two to six countries."),
        ("?countries=PER", 200, "Only Peru is chosen. Choose at least one more country."),
        ("?countries=PER,ECU", 200, "Peru and Ecuador, side by side"),
        ("?countries=ecu,PER,PER", 200, "Ecuador and Peru, side by side"),
        (
            "?countries=PER,ECX",
            400,
            "“ECX” is not the code of a country that the observatory follows. Did you mean “ECU”?",
        ),
        ("?countries=PER,USA", 400, "“USA” is not the code of a country that the observatory follows."),
        ("?countries=PER,ECU&topic=boarder", 400, "“boarder” is not available here. Did you mean “border”?"),
        ("?countries=PER,ECU&from=2021&to=2020", 400, "2020 is before 2021."),
        ("?countries=PER,VEN", 200, "No entry for Venezuela has a date"),
    ],
)
def test_page_says_what_is_compared_or_what_is_missing(client: Client, query: str, status: int, words: str) -> None:
    answered, text = _said(client, query)
    assert (answered, words in text) == (status, True)
    assert ("What each country did, by topic" in text) == ("side by side" in words or "No entry" in words)


def test_marks_say_their_direction_once_and_what_is_no_measure_yet(client: Client) -> None:
    make.measure(kind="bill", events=(("introduced", "2020-05-12"),), direction="less_restrictive")
    marks = re.findall(r'class="compared-mark[^>]* aria-label="([^"]*)"', _said(client, "?countries=PER,ECU")[1])
    found = [re.findall(r"(?:More|Less) restrictive|Bill(?=[.])", mark) for mark in marks]
    assert sorted(found) == [["Less restrictive"], ["Less restrictive", "Bill"], ["More restrictive"]]


def test_seven_countries_are_too_many(client: Client) -> None:
    codes = ("PER", "ECU", "VEN", "BRB", "GUF", "USA")
    for iso3 in codes:
        make.country(iso3=iso3, is_covered=True)
    assert _said(client, f"?countries={','.join(codes)}")[0] == 200
    make.COUNTRIES["COL"] = ("CO", "170", "colombia", "Colombia", "Colombia", "Colômbia", "South America")
    try:
        make.country(iso3="COL")
    finally:
        del make.COUNTRIES["COL"]
    status, text = _said(client, f"?countries={','.join(codes)},COL")
    assert (status, "At most 6 countries can be compared at once. You asked for 7." in text) == (400, True)


def test_form_keeps_the_filter_and_links_change_one_thing(client: Client) -> None:
    asked = "?countries=PER,ECU,VEN&topic=border&direction=more_restrictive&from=2020"
    _status, text = _said(client, asked)
    assert '<input type="hidden" name="direction" value="more_restrictive">' in text
    assert '<option value="border" selected>' in text
    assert 'name="from" value="2020"' in text
    for changed in (
        "?countries=PER,ECU&amp;direction=more_restrictive&amp;from=2020&amp;topic=border",
        "?countries=PER,ECU,VEN&amp;direction=more_restrictive&amp;from=2020",
        "?countries=PER,ECU,VEN&amp;direction=more_restrictive&amp;topic=border",
    ):
        assert f'href="/compare/{changed}"' in text


def test_lists_and_countries_lead_to_a_comparison_with_their_filter(client: Client) -> None:
    listed = client.get("/measures/?country=PER&country=ECU&topic=border&sort=oldest").content.decode()
    assert 'href="/compare/?countries=ECU,PER&amp;topic=border"' in listed
    begun = client.get("/measures/?country=PER&begun=2020-06-30&lane=border&counts_as=measure")
    assert [chip.label for chip in begun.context["listing"].chips] == [
        "Peru",
        "First topic: Border",
        "Measures, announced ones left out",
        "Begun by 30 June 2020",
    ]
    assert '<input type="hidden" name="begun" value="2020-06-30">' in begun.content.decode()
    page = client.get("/countries/peru/?topic=border&sort=newest").content.decode()
    assert 'href="/compare/?countries=PER&amp;topic=border"' in page


def test_page_of_a_country_has_the_same_lines(client: Client) -> None:
    compared = client.get("/compare/?countries=PER,ECU&topic=border").context["page"]
    own = client.get("/countries/peru/?topic=border").context["direction"]
    assert own.picture.title == compared.pictures[0][0].title
    assert own.picture.panels[0].note == compared.pictures[0][0].panels[0].note == "+1 on 16 March 2020"
    assert "/measures/?topic=border&amp;country=PER" in client.get("/countries/peru/?topic=border").content.decode()
    assert client.get("/countries/venezuela/").context["direction"] is None


@pytest.mark.parametrize("name", ["direction", "in-force", "topics"])
def test_picture_stands_alone_with_title_source_and_date(client: Client, name: str) -> None:
    response = client.get(f"/compare/{name}.svg?countries=PER,ECU")
    assert (response.status_code, response["Content-Type"]) == (200, "image/svg+xml; charset=utf-8")
    picture = ET.fromstring(response.content)  # noqa: S314  (our own)
    said = [text.text or "" for text in picture.iter(f"{SVG}text")]
    assert [title.text for title in picture.iter(f"{SVG}title")] != []
    assert said[0].startswith("Measures")
    assert {"Peru", "Ecuador"} <= set(said)
    assert any("CC BY 4.0" in text and str(today().year) in text for text in said)
    assert not [element.tag for element in picture.iter() if "class" in element.attrib or "style" in element.attrib]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("direction.csv?countries=PER", "Name two to six countries"),
        ("direction.svg", "Name two to six countries"),
        ("topics.csv?countries=PER,ECX", "“ECX” is not the code"),
        ("topics.csv?countries=PER,ECU&topics=border", "topics: This filter does not exist."),
        ("timeline.csv?countries=PER,ECU&sort=oldest", "sort: This filter does not exist."),
        ("direction.svg?countries=VEN,PER&topic=health", "Nothing is drawn"),
    ],
)
def test_files_say_what_is_wrong(client: Client, address: str, words: str) -> None:
    response = client.get(f"/compare/{address}")
    assert (response.status_code, words in response.content.decode()) == (400, True)


def test_other_files_do_not_exist(client: Client) -> None:
    assert client.get("/compare/profile.csv?countries=PER,ECU").status_code == 404
    assert client.get("/compare/timeline.svg?countries=PER,ECU").status_code == 404


# What pictures are made of


def test_periods_cover_the_axis_and_are_few() -> None:
    for first, last in (("2020-02-10", "2020-03-01"), ("2019-07-20", "2021-08-04"), ("1990-01-01", "2021-01-01")):
        axis = divided(datetime.date.fromisoformat(first), datetime.date.fromisoformat(last))
        periods = periods_of(axis)
        assert len(periods) <= MOST_PERIODS
        assert periods[0].first <= axis.first
        assert periods[-1].last >= axis.last - datetime.timedelta(days=1)
        assert all(b.first - a.last == datetime.timedelta(days=1) for a, b in pairwise(periods))


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (-11, 4), (0, 15), (0, 1), (-480, 3)])
def test_levels_contain_all_and_zero(low: int, high: int) -> None:
    levels = levels_between(low, high)
    assert levels[0] <= low <= high <= levels[-1]
    assert 0 in levels
    assert 2 <= len(levels) <= 8


def test_rarer_topics_are_drawn_as_one() -> None:
    axis = divided(datetime.date(2020, 1, 1), datetime.date(2020, 12, 31))
    lanes = [f"topic {n}" for n in range(8)]
    numbers = [[1, 0, 5, 0, 0, 0, 2, 2, 9, 0, 3, 0, 4, 0, 0, 1, 99, 99]]
    groups = groups_of_topics([Series(np.array([day_number(axis.first)]), np.array(numbers))], lanes, axis)
    assert groups == [
        ("topic 1", [1]),
        ("topic 3", [3]),
        ("topic 4", [4]),
        ("topic 5", [5]),
        ("topic 6", [6]),
        ("Other topics", [0, 7]),
    ]
    assert len(groups) == GROUPS


def test_comparison_without_any_country_asks_for_all_of_them() -> None:
    comparison = Comparison(QueryDict(""))
    assert [country.pk for country, _chosen in comparison.options] == ["ECU", "PER"]
    assert [country.pk for country, _chosen in comparison.empty_options] == ["VEN"]
