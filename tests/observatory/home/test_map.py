"""The map of the home page: parameters, counts of the record, page, table and file."""

import csv
import datetime
import io
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext

from countries.models import Observation
from measures.choices import STATE_FAMILIES, Workflow
from measures.listing.filters import POSSIBLE
from measures.listing.index import PublicIndex, public_index
from observatory.home.map import MapQuery, home_map
from observatory.home.record_map import COUNTS, InForce, in_force
from tests import factories

pytestmark = pytest.mark.django_db

DAY = datetime.date(2020, 5, 15)


def _words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


NOT_SEARCHED = " (no search recorded)"
"""What stands beside each number of the record where the coverage ledger is empty."""


def _table(html: str) -> dict[str, list[str]]:
    """The cells of the table by country code."""
    lines = re.findall(r'<tr data-place="(\w+)">(.*?)</tr>', html, re.DOTALL)
    cell = re.compile(r"<t[hd][^>]*>(.*?)</t[hd]>", re.DOTALL)
    return {iso3: [_words(content) for content in cell.findall(line)] for iso3, line in lines}


def _shapes(html: str) -> dict[str, tuple[str, str, str]]:
    """The element, shade and title of each shape with a tooltip."""
    found = re.findall(r'<(a|g)[^<>]* class="place shade-([\w-]+)" data-place="(\w+)"[^<>]*><title>(.*?)</title>', html)
    return {iso3: (tag, shade, title) for tag, shade, iso3, title in found}


def _chosen(html: str) -> str:
    (key,) = re.findall(r'<option value="(\w+)" selected>', html)
    return str(key)


def _file(client: Client, query: str = "") -> list[dict[str, str]]:
    response = client.get(f"/map.csv{query}")
    assert response.status_code == 200
    return list(csv.DictReader(io.StringIO(response.text)))


def _poverty(value: str = "20.2", iso3: str = "PER", **fields: Any) -> None:
    indicator = factories.indicator(
        key="poverty_rate", unit="percent", decimals=1, name_en="Poverty rate", map_breaks="15|25|35|45"
    )
    fields = {"period": "2019", "source_name": "Institute", "source_url": "https://institute.example/"} | fields
    factories.observation(
        indicator=indicator, country=factories.country(iso3=iso3), value=Decimal(value) if value else None, **fields
    )


# Counts of the record


def test_in_force_counts_what_may_have_been_in_force() -> None:
    ecuador = factories.country(iso3="ECU")
    factories.measure(valid_from="2020-05-01", valid_until="2020-05-31")
    factories.measure(valid_from="2020-05", valid_until="2020-06")
    factories.measure(valid_from="2020-06-01", valid_until="2020-06-30")
    factories.measure(kind="bill")
    factories.measure(kind="criticism", country=ecuador)
    for workflow in set(Workflow) - {Workflow.PUBLISHED}:
        factories.measure(workflow=workflow, country=factories.country(iso3="VEN"), valid_from="2020-05-01")
    assert in_force(public_index(), DAY) == {"PER": InForce(2, 1), "ECU": InForce(0, 0)}


def test_country_without_entries_by_the_day_is_no_zero() -> None:
    factories.measure(events=(("in_force", "2020-06-01"),), valid_from="2020-06-01")
    assert in_force(public_index(), DAY) == {}
    assert in_force(public_index(), datetime.date(2020, 6, 1)) == {"PER": InForce(1, 1)}
    assert {key: count.readings(public_index(), DAY) for key, count in COUNTS.items()} == {key: {} for key in COUNTS}


def test_all_days_are_counted_once_until_the_record_changes() -> None:
    factories.measure(valid_from="2020-05-01")
    index = public_index()
    for number in range(3):
        assert in_force(index, DAY + datetime.timedelta(days=number)) == {"PER": InForce(1, 0)}
        assert len(index.days) == 1
    for count in COUNTS.values():
        count.readings(index, DAY)
    assert len(index.days) == 3
    assert len(index.updated([]).days) == 0


def _record_of_all_kinds() -> None:
    """Entries of two countries that begin, end, are suspended, and have dates of every precision."""
    ecuador = factories.country(iso3="ECU")
    act = factories.measure(valid_from="2020-05-01", valid_until="2020-08-31", direction="more_restrictive")
    other = factories.measure(country=ecuador, valid_from="2020-06-10", events=(("in_force", "2020-06-10"),))
    factories.relation(subject=other, object=act, type="suspends", date="2020-06-10")
    factories.measure(valid_from="2020-05", valid_until="2020-06", direction="less_restrictive")
    factories.measure(country=ecuador, events=(("in_force", "2020"),), direction="no_change")
    factories.measure(country=ecuador, kind="bill", events=(("introduced", "2020-07"),), direction="less_restrictive")
    factories.measure(country=ecuador, kind="criticism")
    factories.measure(events=())


def _in_force_one_by_one(index: PublicIndex, on: datetime.date) -> dict[str, InForce]:
    """As counted from the status of each entry on a day."""
    day = index.on(on)
    known = index.select(index.between("first", "last", None, on)).counts("country")
    possible, certain = (
        index.select(day.as_mask("status", groups)).counts("country") for groups in (POSSIBLE, ["in_force"])
    )
    return {iso3: InForce(possible.get(iso3, 0), certain.get(iso3, 0)) for iso3 in known | possible}


def test_course_of_a_count_agrees_with_every_single_day() -> None:
    _record_of_all_kinds()
    index = public_index()
    changes = set()
    for number in range(0, 500, 3):
        day = datetime.date(2020, 1, 1) + datetime.timedelta(days=number)
        assert in_force(index, day) == _in_force_one_by_one(index, day)
        state = index.select(index.between("first", "last", None, day) & index.as_mask("family", STATE_FAMILIES))
        read = COUNTS["measures_recorded"].readings(index, day)
        assert {iso3: reading.value for iso3, reading in read.items()} == state.counts("country")
        changes.add(tuple(sorted(in_force(index, day).items(), key=str)))
    assert len(changes) > 4


def test_map_that_is_played_shows_what_each_day_shows(client: Client) -> None:
    _record_of_all_kinds()
    for key in COUNTS:
        course = client.get(f"/map.json?indicator={key}").json()
        for on in ("2020-04-30", "2020-05-15", "2020-06-10", "2021-01-01"):
            number = (datetime.date.fromisoformat(on) - datetime.date(1970, 1, 1)).days
            played = {
                iso3: [stage for stage in stages if stage[0] <= number][-1][1:]
                for iso3, stages in course.items()
                if stages[0][0] <= number
            }
            html = client.get(f"/?indicator={key}&on={on}").text
            shown = {iso3: shade for iso3, (_tag, shade, _title) in _shapes(html).items() if shade != "flat"}
            assert {iso3: shade for iso3, (shade, _words) in played.items()} == shown
            assert {iso3: words for iso3, (_shade, words) in played.items()} == {
                iso3: cells[1].removesuffix(NOT_SEARCHED) for iso3, cells in _table(html).items()
            }


@pytest.mark.parametrize(("query", "status"), [("indicator=nothing", 400), ("on=2020-05-15", 400), ("", 200)])
def test_course_refuses_what_it_does_not_know(client: Client, query: str, status: int) -> None:
    factories.measure()
    assert client.get(f"/map.json?{query}").status_code == status


def test_direction_is_more_minus_less_restrictive() -> None:
    for direction in ("less_restrictive", "more_restrictive", "more_restrictive"):
        factories.measure(direction=direction)
    factories.measure(direction="more_restrictive", events=(("in_force", "2020-06-01"),))
    factories.measure(direction="less_restrictive", kind="bill")
    factories.draft(direction="less_restrictive")
    factories.measure(direction="no_change", country=factories.country(iso3="ECU"))
    factories.measure(direction="undetermined", country=factories.country(iso3="VEN"))
    found = COUNTS["net_direction"].readings(public_index(), DAY)
    assert {iso3: (reading.value, reading.words) for iso3, reading in found.items()} == {
        "PER": (Decimal(1), "more restrictive by 1 (1 less, 2 more)"),
        "ECU": (Decimal(0), "balanced (0 less, 0 more)"),
    }
    assert [(step.label, step.sign) for step in COUNTS["net_direction"].scale(public_index()).steps] == [
        ("2", "less"),
        ("1", "less"),
        ("balanced", ""),
        ("1", "more"),
        ("2", "more"),
    ]


def test_recorded_counts_measures_of_the_state_dated_by_the_day(client: Client) -> None:
    for kind, date in (("executive_decree", "2020-05"), ("bill", "2020-05-15"), ("bill", "2020-05-16")):
        factories.measure(kind=kind, events=(("in_force" if kind != "bill" else "introduced", date),))
    factories.measure(kind="criticism")
    factories.measure(events=())
    reading = COUNTS["measures_recorded"].readings(public_index(), DAY)["PER"]
    assert (reading.value, reading.when) == (Decimal(2), "15 May 2020")
    listed = client.get(reading.source_url).text
    assert len(re.findall(r'class="entry ', listed)) == 2


def test_entries_behind_a_number_are_as_many(client: Client) -> None:
    factories.measure(valid_from="2020-05-01", valid_until="2020-05-31")
    factories.measure(valid_from="2020-05", valid_until="2020-06")
    factories.measure(valid_from="2021", events=(("in_force", "2020-04-01"),))
    for key in COUNTS:
        reading = COUNTS[key].readings(public_index(), DAY).get("PER")
        expected = {"measures_in_force": 2, "measures_recorded": 3}.get(key, 0)
        assert (reading.value if reading else 0) == expected
        if reading:
            assert len(re.findall(r'class="entry ', client.get(reading.source_url).text)) == expected


# The page


def test_home_shows_values_with_period_source_and_measures(client: Client) -> None:
    _poverty()
    _poverty("", "ECU", status="O", note="Printed without a value.")
    factories.country(iso3="VEN")
    factories.country(iso3="USA", is_covered=False)
    factories.measure(valid_from="2020-05-01", direction="more_restrictive")
    html = client.get("/?indicator=poverty_rate&on=2020-05-15").text
    assert _table(html) == {
        "ECU": [
            "Ecuador",
            "No value recorded Printed without a value.",
            "2019",
            "Institute",
            "No entries yet",
            "0",
            "0",
        ],
        "PER": ["Peru", "20.2 %", "2019", "Institute", "1", "1", "0"],
    }
    assert _shapes(html) == {
        "ECU": ("a", "gap", "Ecuador: No value recorded, 2019"),
        "PER": ("a", "2", "Peru: 20.2\u202f%, 2019; 1 measure possibly in force"),
        "USA": ("g", "flat", "United States: no value recorded"),
        "VEN": ("a", "flat", "Venezuela: no value recorded"),
    }
    unlisted = html.split('class="unlisted-countries"')[1].split("</p>")[0]
    assert re.findall(r">(\w+)</a>", unlisted) == ["Venezuela"]
    assert 'href="/measures/?country=PER&amp;on=2020-05-15">1</a>' in html
    assert "Last check of the source" in html


def test_note_without_translation_says_its_language_on_pages_in_others(client: Client) -> None:
    _poverty(note="Printed without a period.")
    note = '<span class="note"{}>Printed without a period.</span>'
    assert note.format("") + "</td>" in client.get("/?indicator=poverty_rate").text
    mark = ' <span class="fallback-language"><abbr aria-hidden="true">EN</abbr> Solo en inglés</span></td>'
    assert note.format(' lang="en"') + mark in client.get("/es/?indicator=poverty_rate").text
    Observation.objects.update(note_es="Impreso sin período.", source_name_es="Instituto")
    page = client.get("/es/?indicator=poverty_rate").text
    assert '<span class="note">Impreso sin período.</span></td>' in page
    assert '<a href="https://institute.example/">Instituto</a>' in page
    assert (
        '<a href="https://institute.example/" lang="en">Institute</a>' in client.get("/pt/?indicator=poverty_rate").text
    )


def test_home_begins_with_the_record_whatever_else_is_known(client: Client) -> None:
    assert _chosen(client.get("/").text) == "measures_recorded"
    _poverty(iso3="ECU")
    for iso3, count in (("PER", 3), ("VEN", 1)):
        for _time in range(count):
            factories.measure(country=factories.country(iso3=iso3), direction="less_restrictive")
    html = client.get("/").text
    assert _chosen(html) == "measures_recorded"
    shades = {iso3: shade for iso3, (_tag, shade, _title) in _shapes(html).items()}
    assert shades == {"PER": "5", "VEN": "2", "ECU": "flat"}
    assert [(iso3, cells[1], cells[3:]) for iso3, cells in _table(html).items()] == [
        ("PER", f"3{NOT_SEARCHED}", ["3", "0", "3"]),
        ("VEN", f"1{NOT_SEARCHED}", ["1", "0", "1"]),
    ]


def test_country_with_a_value_is_the_first_stop_of_the_keyboard(client: Client) -> None:
    for iso3 in ("BRB", "ECU", "USA"):
        factories.country(iso3=iso3)
    factories.measure()
    stops = re.findall(r'<a href="/countries/([\w-]+)/" class="place', client.get("/").text)
    assert stops == ["peru", "ecuador", "united-states", "barbados"]


def test_dot_is_named_by_the_code_that_stands_beside_it(client: Client) -> None:
    factories.site(area="americas")
    factories.country(iso3="BRB")
    assert ">Barbados, BB: nothing recorded by this day</title>" in client.get("/").text.replace("<title", "")


def test_form_offers_what_has_a_value_and_what_is_asked_for(client: Client) -> None:
    factories.observation(indicator=factories.indicator(key="emigrant_stock"))
    claims = factories.indicator(key="asylum_claims")
    factories.observation(indicator=claims, counterpart=factories.country(iso3="VEN"))
    offered = re.compile(r'<option value="([a-z]+_[a-z_]+)"')
    assert offered.findall(client.get("/").text) == [*COUNTS, "emigrant_stock"]
    html = client.get("/?indicator=asylum_claims").text
    assert offered.findall(html) == [*COUNTS, "asylum_claims", "emigrant_stock"]
    assert {shade for _tag, shade, _title in _shapes(html).values()} == {"flat"}


def test_area_is_that_of_the_site_or_the_world(client: Client) -> None:
    factories.site(area="americas")
    _poverty()
    factories.country(iso3="VEN", region="Europe")
    _poverty(iso3="VEN", value="90")
    assert set(_table(client.get("/?indicator=poverty_rate").text)) == {"PER"}
    html = client.get("/?indicator=poverty_rate&area=world").text
    assert {iso3: shade for iso3, (_tag, shade, _title) in _shapes(html).items()} == {"PER": "2", "VEN": "5"}


def test_every_count_colours_the_map(client: Client) -> None:
    factories.measure(valid_from="2020-05-01", direction="less_restrictive")
    factories.country(iso3="ECU")
    expected = {"measures_recorded": "3", "net_direction": "less-1", "measures_in_force": "4"}
    assert expected.keys() == COUNTS.keys()
    for key, shade in expected.items():
        shapes = _shapes(client.get(f"/?indicator={key}&on=2020-05-15").text)
        assert {iso3: found for iso3, (_tag, found, _title) in shapes.items()} == {"ECU": "flat", "PER": shade}


@pytest.mark.parametrize("path", ["/", "/map.csv"])
@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("indicator=nothing", "There is no indicator “nothing”."),
        ("area=moon", "Write americas or world."),
        ("on=2020-05", "“2020-05” is not a date. Write it as 2020-05-29."),
        ("on=yesterday", "“yesterday” is not a date"),
        ("on=2020-02-30", "2020-02-30"),
        ("on=9999-12-31", "9999"),
        ("on=2020-05-15&on=2020-05-16", "This filter may be given only once."),
        ("aria=world", "This filter does not exist. Did you mean “area”?"),
    ],
)
def test_wrong_parameter_is_named(client: Client, path: str, query: str, message: str) -> None:
    response = client.get(f"{path}?{query}")
    assert response.status_code == 400
    assert message in response.text
    assert 'id="map"' not in response.text


def test_map_is_there_on_every_day_of_the_calendar(client: Client) -> None:
    _poverty()
    factories.measure()
    for day in ("1800-01-01", "2199-12-31"):
        assert 'id="map"' in client.get(f"/?on={day}").text
        assert 'id="map"' in client.get(f"/?on={day}&indicator=measures_in_force&area=world&utm_source=x").text


def test_time_of_the_last_check_is_shown_where_it_is_known(client: Client) -> None:
    _poverty()
    question = MapQuery(QueryDict("indicator=poverty_rate"), today=DAY)
    assert question.problems == []
    shown = home_map(question, public_index())
    assert shown.map.subject.checked_in_words == ""
    checked = datetime.datetime(2020, 5, 14, 23, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=-5)))
    subject = replace(shown.map.subject, checked_at=checked)
    html = render_to_string("_map.html", {"shown": replace(shown, map=replace(shown.map, subject=subject))})
    assert re.findall(r'<time datetime="2020-05-15T04:30:00[+]00:00">(.*?)</time>', html) == ["15 May 2020, 04:30 UTC"]


def test_words_follow_the_language(client: Client) -> None:
    factories.measure(valid_from="2020-05-01")
    shapes = _shapes(client.get("/es/?indicator=measures_in_force&on=2020-05-15").text)
    assert shapes["PER"][2] == "Perú: vigentes: 0; además, posiblemente vigentes: 1, 15 de mayo de 2020"


def _queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


@pytest.mark.parametrize("query", ["?indicator=poverty_rate", "?area=world&on=2020-05-15", "?indicator=net_direction"])
def test_number_of_queries_is_fixed(client: Client, query: str) -> None:
    _poverty()
    factories.measure()
    expected = {"/": _queries(client, f"/{query}"), "/map.csv": _queries(client, f"/map.csv{query}")}
    for iso3 in ("ECU", "VEN", "USA"):
        _poverty(iso3=iso3)
        for year in range(2000, 2010):
            _poverty(iso3=iso3, period=str(year))
        factories.measure(country=factories.country(iso3=iso3))
    assert {path: _queries(client, f"{path}{query}") for path in expected} == expected


# The file


def test_file_has_what_the_map_shows(client: Client) -> None:
    _poverty(qualifier="approx", status="E")
    factories.country(iso3="VEN")
    assert _file(client, "?indicator=poverty_rate&on=2020-05-15") == [
        {
            "iso3": "PER",
            "country": "Peru",
            "indicator": "poverty_rate",
            "on": "2020-05-15",
            "value": "20.2",
            "qualifier": "approx",
            "status": "E",
            "period": "2019",
            "source_name": "Institute",
            "source_url": "https://institute.example/",
        },
        {
            "iso3": "VEN",
            "country": "Venezuela",
            "indicator": "poverty_rate",
            "on": "2020-05-15",
            **dict.fromkeys(("value", "qualifier", "status", "period", "source_name", "source_url"), ""),
        },
    ]


def test_file_of_a_count_names_its_entries(client: Client) -> None:
    factories.measure(valid_from="2020-05-01")
    (row,) = _file(client, "?indicator=measures_in_force&on=2020-05-15")
    assert (row["value"], row["period"]) == ("1", "2020-05-15")
    assert row["source_url"] == "http://testserver/measures/?country=PER&on=2020-05-15"


def test_page_leads_to_its_file(client: Client) -> None:
    _poverty()
    (link,) = re.findall(
        r'href="(/map\.csv[^"]*)"', client.get("/?indicator=poverty_rate&area=world&on=2020-05-15").text
    )
    assert link == "/map.csv?indicator=poverty_rate&amp;area=world&amp;on=2020-05-15"
    assert [row["value"] for row in _file(client, link.removeprefix("/map.csv").replace("&amp;", "&"))] == ["20.2"]
