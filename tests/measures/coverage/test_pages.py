"""What readers see of the ledger: the page of a country, lists, the comparison, the map, the API."""

import json
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.template.loader import get_template
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from foundation.publication import public_version
from measures.coverage.ledger import public_ledger
from measures.listing.filters import MeasureFilter
from measures.listing.index import public_index
from measures.timeline.matrix import MatrixQuery, matrix
from tests import factories as make

pytestmark = pytest.mark.django_db

WORD = "zanahoria"


@pytest.fixture(autouse=True)
def record() -> None:
    """An entry of Peru in the second quarter of 2020, another topic without any, another country."""
    make.country(iso3="ECU")
    make.topic(key="work.permits")
    make.measure(events=(("in_force", "2020-05-03"),))


def _said(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def _lane(page: str, topic: str) -> str:
    """The lane of a topic, up to the next one or to the key of what hatching means."""
    return page.partition(f'id="lane-{topic}"')[2].partition('class="lane')[0].partition('class="search-swatch"')[0]


# The page of a country


def test_timeline_is_hatched_where_nobody_looked(client: Client) -> None:
    page = _said(client, "/countries/peru/")
    assert "Not checked</span></h3>" in _lane(page, "health")
    assert _lane(page, "health").count('class="hatch-not_checked"') == 1
    assert "Hatched: no search is recorded" in page
    assert "No entries (not checked): Work." in page
    assert "No search is recorded for what is counted here" in page


def test_timeline_is_dotted_where_it_was_searched_in_part_and_plain_where_wholly(client: Client) -> None:
    make.coverage(topic="health", period="2020-Q2")
    make.coverage(topic="health", period="2020-Q3", state="partial")
    make.coverage(topic="work.permits", period="2020-Q2", state="nothing_found")
    lane = _lane(page := _said(client, "/countries/peru/"), "health")
    assert "Partly checked</span></h3>" in lane
    assert 'class="hatch-partial"' in lane
    assert "Dotted: searched only in part" in page
    assert "No entries (partly checked): Work." in page
    assert "Topics searched, at least in part</dt>" in page
    assert "0 of 2 topics completely, 2 in part; no search is recorded for 0." in page


def test_hatching_stops_today(client: Client) -> None:
    make.measure(events=(("in_force", "2020-05-03"),), valid_until="2199-05-03")
    assert _lane(_said(client, "/countries/peru/"), "health").count("hatch-not_checked") == 1


def test_table_of_counts_says_whether_empty_cells_were_searched() -> None:
    make.measure(topics=("work.permits",), events=(("in_force", "2020-01-03"),))
    make.measure(topics=("work.permits",), events=(("in_force", "2020-12-03"),))
    make.coverage(topic="work", period="2020-Q2")
    index = public_index()
    filter = MeasureFilter(QueryDict(), index=index)
    asked = MatrixQuery((), None, None, filter.query)
    topics = [("health", "Health"), ("work", "Work")]
    table = matrix(filter.selection, topics, asked, public_ledger(index).of("PER"))
    work = {cell.column.month: cell.searched for cell in table.rows[1].cells if cell.column and not cell.count}
    assert work == {**dict.fromkeys([2, 3, 7, 8, 9, 10, 11], "not_checked"), **dict.fromkeys([4, 5, 6], "complete")}
    html = get_template("measures/_matrix_rows.jinja", using="jinja2").render({"matrix": table, "action": "/"})
    row = html.partition('role="rowheader">Work</th>')[2].partition("</tr>")[0]
    assert (row.count("not-searched"), row.count(">not checked<"), row.count(">checked<")) == (7, 7, 3)
    assert table.has_unsearched


# Nothing


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("", "No search for this is recorded. That there is no entry says nothing about what happened."),
        ("partial", "This was searched only in part for Q2 2020, so something may be missing."),
        ("nothing_found", "This was searched completely for Q2 2020, as far as the sources go that were searched."),
    ],
)
def test_no_entries_says_whether_anybody_looked(client: Client, state: str, words: str) -> None:
    if state:
        make.coverage(topic="work", period="2020-Q2", state=state)
    query = "?topic=work&from=2020-04&to=2020-06"
    assert words in _said(client, f"/measures/{query}&country=PER")
    assert words in _said(client, f"/countries/peru/{query}")


def test_country_without_entries_that_was_searched_does_not_say_that_nobody_did(client: Client) -> None:
    assert "because nobody has researched them yet" in _said(client, "/countries/ecuador/")
    make.coverage(country=make.country(iso3="ECU"), topic="work", state="nothing_found")
    page = _said(client, "/countries/ecuador/")
    assert "because nobody has researched them yet" not in page
    assert "This was searched only in part for Q2 2020" in page


# Its own page


def test_page_shows_each_cell_in_words_and_who_looked(client: Client) -> None:
    make.coverage(topic="work", period="2020-Q1", state="nothing_found")
    make.coverage(topic="work", period="2020-Q2", state="nothing_found")
    page = _said(client, "/countries/peru/coverage/")
    row = page.partition('<th scope="row">Health</th>')[2].partition("</tr>")[0]
    assert row.count("Not checked") == 4
    assert "Not checked; 1 entry" in row
    assert page.partition('<th scope="row">Work</th>')[2].partition("</tr>")[0].count("Checked, nothing found") == 2
    assert "Q1 2020 to Q2 2020: Checked, nothing found" in page
    assert all(words in page for words in ("February 2021", "Andean team", "The gazette"))


def test_page_shows_some_years_and_leads_to_others(client: Client) -> None:
    make.coverage(topic="work", period="2010-Q1")
    assert 'href="?to=2015"' in _said(client, "/countries/peru/coverage/")
    page = _said(client, "/countries/peru/coverage/?to=2012")
    assert "2010" in page
    assert 'href="?to=2017"' in page
    assert "Write a year, such as 2020." in _said(client, "/countries/peru/coverage/?to=soon", 400)


def test_number_of_queries_does_not_grow_with_rows(client: Client) -> None:
    numbers = []
    for quarters in (range(1, 2), range(2, 5)):
        for quarter in quarters:
            make.coverage(topic="work", period=f"2020-Q{quarter}", searched=f"Source {quarter}")
        for path in ("/countries/peru/coverage/", "/countries/peru/", "/measures/", "/compare/?countries=PER,ECU"):
            with CaptureQueriesContext(connection) as made:
                client.get(path)
            numbers.append((path, len(made)))
    assert numbers[:4] == numbers[4:]


# Others


def test_comparison_says_of_none_whether_anybody_looked(client: Client) -> None:
    make.measure(country=make.country(iso3="ECU"), topics=("work",), events=(("in_force", "2020-05-03"),))
    page = _said(client, "/compare/?countries=PER,ECU")
    assert page.count("None <small>Not checked</small>") == 2
    assert "Nothing recorded: Ecuador (Not checked)" in page
    make.coverage(country=make.country(iso3="ECU"), topic="health", period="2020-Q2", state="nothing_found")
    page = _said(client, "/compare/?countries=PER,ECU")
    assert page.count("None <small>Not checked</small>") == 1
    assert "Nothing recorded: Ecuador (Checked, nothing found)" in page


def test_map_says_how_much_was_searched(client: Client) -> None:
    make.site()
    assert "(no search recorded)" in _said(client, "/?indicator=measures_recorded")
    make.coverage(topic="health", period="2020-Q2", state="partial")
    assert "(1 of 2 topics searched, at least in part)" in _said(client, "/?indicator=measures_recorded")


# Files and the API


def test_file_and_api_have_the_same_rows(client: Client) -> None:
    make.coverage(topic="work.permits", period="2020-Q2", state="partial")
    make.coverage(country=make.country(iso3="ECU"), topic="health", period="2020-Q3")
    lines = {query: _rows(client, query) for query in ("", "?topic=work", "?country=ECU&from=2020-09", "?to=2020-05")}
    assert lines == {
        "": ["ECU", "PER"],
        "?topic=work": ["PER"],
        "?country=ECU&from=2020-09": ["ECU"],
        "?to=2020-05": ["PER"],
    }
    (first,) = json.loads(client.get("/api/v1/coverage/?state=partial").content)["results"]
    assert first == {
        "country": "PER",
        "topic": "work.permits",
        "period": "2020-04/2020-06",
        "state": "partial",
        "checked_on": "2021-02",
        "checked_by": "Andean team",
        "searched": "The gazette",
        "is_proposed": False,
    }


def _rows(client: Client, query: str) -> list[str]:
    response: Any = client.get(f"/coverage.csv{query}")
    of_file = [line.partition(",")[0] for line in b"".join(response).decode().splitlines()[1:]]
    of_api = [row["country"] for row in json.loads(client.get(f"/api/v1/coverage/{query}").content)["results"]]
    assert sorted(of_file) == sorted(of_api)
    return sorted(of_file)


@pytest.mark.parametrize(
    "query", ["?topic=none", "?country=USA", "?state=not_checked", "?from=soon", "?to=1&to=2", "?x=1"]
)
def test_wrong_parameter_is_named(client: Client, query: str) -> None:
    for path in ("/coverage.csv", "/api/v1/coverage/"):
        response = client.get(path + query)
        assert response.status_code == 400
        assert query[1:].partition("=")[0] in response.content.decode()


def test_proposals_are_nowhere(client: Client) -> None:
    peru, before = make.country(), public_version()
    make.coverage(country=peru, topic="work.permits", is_proposed=True, searched=WORD, checked_by=WORD)
    assert public_version() == before
    country = reverse("coverage", args=["peru"])
    paths = (country, "/coverage.csv", "/api/v1/coverage/", "/data/codebook.csv", "/countries/peru/", "/measures/")
    for path in paths:
        response: Any = client.get(path)
        text = b"".join(response).decode()
        assert response.status_code == 200
        assert WORD not in text
    assert "Partly" not in _said(client, country).partition("<tbody>")[2]
