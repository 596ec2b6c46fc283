"""The numbers of a comparison equal their lists, and what a reader computes from the files."""

import csv
import datetime
import io
import re
from collections import Counter
from html import unescape
from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from measures.choices import KINDS
from measures.listing.filters import MeasureFilter
from tests import factories as make
from tests.clients import content_of

pytestmark = pytest.mark.django_db

PAGE = "/compare/"
THREE = "countries=PER,ECU,VEN"
DIRECTIONS = {"more_restrictive": 1, "less_restrictive": -1}


@pytest.fixture(autouse=True)
def record() -> None:
    """Three countries with every kind of date, and what is counted beside measures or not at all."""
    peru, ecuador, venezuela = (make.country(iso3=iso3) for iso3 in ("PER", "ECU", "VEN"))
    more, less = {"direction": "more_restrictive"}, {"direction": "less_restrictive"}

    def act(country: Any, topics: tuple[str, ...], events: tuple[tuple[str, str], ...], **fields: Any) -> Any:
        return make.measure(country=country, topics=topics, events=events, **fields)

    dated = (("in_force", "2020-03-16"),)
    act(peru, ("border",), dated, valid_until="2020-06-30", end_kind="fixed_date", **more)
    act(peru, ("border.entry", "health"), (("in_force", "2020-04"),), end_kind="further_notice", **more)
    act(peru, ("health.access",), (("in_force", "2020"),), **less)
    act(peru, ("health",), (("enacted", "2020-05-04"),), **less)
    act(peru, ("health",), (("in_force", ""),), **less)
    act(peru, ("work",), (("in_force", "2020-02-01"), ("suspended", "2020-08-01"), ("in_force", "2020-10-01")), **less)
    act(peru, ("work",), (("in_force", "2019-11-05"), ("repealed", "2021-02-01")), direction="no_change")
    act(peru, ("work",), (("announced", "2020-05-29"),), kind="programme", **less)
    act(peru, ("border",), (("introduced", "2020-05-25"),), kind="bill", **more)
    act(peru, ("border",), (("issued", "2020-06-01"),), kind="recommendation")
    act(ecuador, ("border",), (("in_force", "2020-03-14"), ("expired", "2020-05-31")), **more)
    act(ecuador, ("health", "work"), (("in_force", "2021-07-20"),), **less)
    act(ecuador, ("border",), (("introduced", "2019-12"), ("archived", "2021")), kind="bill", **less)
    act(venezuela, ("work.permit",), (("announced", "2020"), ("in_operation", "2020-09")), kind="programme", **less)
    old = act(venezuela, ("border",), (("in_force", "2020-01-10"),), valid_until="2020-03-31", **more)
    longer = act(venezuela, ("border",), (("in_force", "2020-03-20"),), valid_until="2020-05-15", **more)
    make.relation(subject=longer, object=old, type="extends")
    make.measure(
        level="supranational",
        kind="treaty",
        binds=(peru, ecuador),
        topics=("border",),
        events=dated,
        direction="more_restrictive",
    )


def _links(client: Client, query: str) -> dict[str, int]:
    """Every list to which the page leads with a number: its query string, and the number."""
    response = client.get(f"{PAGE}?{query}")
    assert response.status_code == 200, query
    found: dict[str, int] = {}
    for address, attributes, text in re.findall(
        r'<a [^>]*?href="/measures/([^"#]*)#list"([^>]*)>(.*?)</a>', response.content.decode(), re.DOTALL
    ):
        said = re.search(r'aria-label="[^"]*: (\d+) measure', attributes)
        number = said or re.search(r"(\d+)", re.sub(r"<[^>]*>", " ", text))
        assert number, (address, text)
        found[unescape(address)] = int(number[1])
    return found


QUERIES = (
    "",
    "&topic=border&topic=health.access",
    "&from=2020-03-20&to=2020-12",
    "&on=2020-05-01&status=in_force&counts_as=measure&counts_as=bill&lane=work&lane=border",
    "&precision=day&precision=year&direction=less_restrictive",
    "&to=2020&begun=2020-06-01",
)


def test_each_number_is_that_of_the_list_behind_it(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    links = {address: number for query in QUERIES for address, number in _links(client, THREE + query).items()}
    monkeypatch.setattr("measures.views.comparing.MOST_COUNTRIES", 1)
    counts = {address: number for query in QUERIES for address, number in _links(client, THREE + query).items()}
    assert len(links) > 250
    assert len(counts.keys() - links.keys()) > 30
    index = MeasureFilter(QueryDict()).index
    wrong = []
    for number, (address, stated) in enumerate((links | counts).items()):
        chosen = MeasureFilter(QueryDict(address.removeprefix("?")), index=index)
        listed = len(chosen.selection)
        in_database = chosen.matching.count() if number % 10 == 0 else listed
        if chosen.problems or not stated == listed == in_database:
            wrong.append((address, stated, listed, in_database, chosen.problems))
    assert wrong == []


# What a reader computes


def _rows(client: Client, address: str) -> list[dict[str, str]]:
    response: Any = client.get(address)
    assert response.status_code == 200, address
    return list(csv.DictReader(io.StringIO(content_of(response).decode("utf-8-sig"))))


def test_counts_by_topic_follow_from_the_file_of_measures_with_bills_and_announced_ones_beside(client: Client) -> None:
    measures = _rows(client, "/measures.csv?country=PER&country=ECU&country=VEN")
    found: Counter[tuple[str, str, str]] = Counter()
    for row in measures:
        family = next(family for family, kinds in KINDS.items() if row["kind"] in kinds)
        if family not in ("norm", "action", "bill"):
            continue
        what = "bills" if family == "bill" else "announced" if row["state"] == "announced" else "measures"
        topics = {"", *(key.split(".")[0] for key in row["topics"].split("|"))}
        countries = {row["country"], *row["binds"].split("|")} - {""}  # an act counts with each that it binds
        for topic, country in product(topics, countries):
            found[country, topic, what] += 1
            if what == "measures":
                found[country, topic, row["direction"] if row["direction"] in DIRECTIONS else "other"] += 1
    names = ("measures", "more_restrictive", "less_restrictive", "other", "announced", "bills")
    table = _rows(client, f"/compare/topics.csv?{THREE}")
    assert {(r["country"], r["topic"], name): int(r[name]) for r in table for name in names if r[name] != "0"} == found
    page = client.get(f"{PAGE}?{THREE}").context["page"]
    tallies = dict(zip(("PER", "ECU", "VEN"), page.rows[0].tallies, strict=True))
    assert {code: (t.measures.number, t.announced.number, t.bills.number) for code, t in tallies.items()} == {
        "PER": (8, 1, 1),
        "ECU": (3, 0, 1),
        "VEN": (3, 0, 0),
    }
    assert (tallies["PER"].more, tallies["PER"].less, tallies["PER"].other) == (3, 4, 1)


def _days(cell: str) -> list[tuple[datetime.date, datetime.date]]:
    """The stretches of a cell `2020-03-16/2020-06-30|2021-01-01/..`."""
    ends = [stretch.split("/") for stretch in cell.split("|") if stretch]
    return [(_day(first, datetime.date.min), _day(last, datetime.date.max)) for first, last in ends]


def _day(text: str, otherwise: datetime.date) -> datetime.date:
    return otherwise if text in ("..", "") else datetime.date.fromisoformat(text)


def _holding(rows: list[dict[str, str]], day: datetime.date, *key: str) -> dict[tuple[str, ...], dict[str, str]]:
    """The row of each key that holds on a day: the last until then."""
    return {tuple(row[name] for name in key): row for row in rows if row["day"] <= day.isoformat()}


def test_lines_and_areas_follow_from_the_days_of_each_measure(client: Client) -> None:
    timeline = _rows(client, f"/compare/timeline.csv?{THREE}")
    direction = _rows(client, f"/compare/direction.csv?{THREE}")
    in_force = _rows(client, f"/compare/in-force.csv?{THREE}")
    assert {row["counted"] for row in timeline} == {"measure", "announced", "bill"}
    assert not [row for row in timeline if row["counted"] != "measure" and (row["perhaps_begun"] or row["possible"])]
    first = min(row["day"] for row in direction)
    days = [datetime.date.fromisoformat(first) + datetime.timedelta(days=n) for n in range(0, 700, 7)]
    seen = set()
    for day in [*days, *(datetime.date.fromisoformat(row["day"]) for row in (*direction, *in_force))]:
        line, areas = _holding(direction, day, "country"), _holding(in_force, day, "country", "lane")
        for country in ("PER", "ECU", "VEN"):
            own = [row for row in timeline if row["country"] == country]
            found = {
                (name, at_most): sum(
                    row["direction"] == name
                    and bool(row["perhaps_begun" if at_most else "begun"])
                    and row["perhaps_begun" if at_most else "begun"] <= day.isoformat()
                    for row in own
                )
                for name in DIRECTIONS
                for at_most in (False, True)
            }
            (more, less), (most_more, most_less) = (
                [found[name, at_most] for name in DIRECTIONS] for at_most in (False, True)
            )
            expected = {"low": more - most_less, "line": more - less, "high": most_more - less}
            assert {name: int(line[country,][name]) for name in expected} == expected, (country, day)
            seen.add(expected["line"])
            for lane in ("border", "health", "work", ""):
                here = [row for row in own if not lane or row["lane"] == lane]
                numbers = tuple(
                    sum(any(a <= day <= b for a, b in _days(row[name])) for row in here)
                    for name in ("certain", "possible")
                )
                area = areas.get((country, lane), {"certain": "0", "possible": "0"})
                assert (int(area["certain"]), int(area["possible"])) == numbers, (country, lane, day)
    assert len(seen) > 2
    # By hand: three that concern Peru restrict from a known day or month, and one that eases it began for certain
    rows = {(row["country"], row["day"]): row for row in direction}
    assert rows["PER", "2020-03-16"]["more_restrictive"] == "2"
    april = rows["PER", "2020-04-30"]
    assert (april["more_restrictive"], april["more_restrictive_at_most"]) == ("3", "3")
    assert (april["less_restrictive"], april["less_restrictive_at_most"]) == ("1", "2")
    assert (april["low"], april["line"], april["high"]) == ("1", "2", "2")


def test_queries_do_not_grow_with_countries_or_rows(client: Client) -> None:
    make.country(iso3="USA")

    def queries(query: str) -> int:
        with CaptureQueriesContext(connection) as made:
            assert client.get(f"{PAGE}?{query}").status_code == 200
        return len(made)

    queries(THREE)
    two, three = queries("countries=PER,VEN"), queries(THREE)
    assert two == three
    for number in range(20):
        make.measure(title_en=f"Another {number}", topics=("health",), direction="more_restrictive")
        make.observation(period=str(1990 + number), indicator=make.indicator(key=f"figure_{number}"))
    assert queries(THREE) == three
    assert queries(THREE + ",USA") <= three
