"""The home page, the list of countries, and machine-readable URLs."""

import re
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from measures.choices import StatusGroup, Workflow
from tests import factories

pytestmark = pytest.mark.django_db


def _so_far(html: str) -> str:
    return _words(html.split('class="amounts"')[1].split("</p>")[0].partition(">")[2])


def _shares(html: str) -> dict[str, str]:
    bars = html.split('class="share-bars"')[1].split("</dl>")[0]
    pairs = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", bars, re.DOTALL)
    return {_words(name): _words(value) for name, value in pairs}


def _words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_home_counts_what_is_published(client: Client) -> None:
    shared = factories.source()
    factories.measure(sources=(shared,))
    factories.measure(kind="bill", country=factories.country(iso3="ECU"), sources=(shared, factories.source()))
    factories.measure(kind="criticism")
    factories.country(iso3="VEN")
    for workflow in set(Workflow) - {Workflow.PUBLISHED}:
        factories.measure(workflow=workflow, country=factories.country(iso3="VEN"))
    factories.measure(events=(("in_force", "2020-05"),), evidence="secondary", checked_on=timezone.localdate())
    html = client.get("/").text
    assert _so_far(html) == "So far 3 measures and 1 statement or other entry from 2 of 3 countries."
    assert _shares(html) == {
        "Countries with entries": "2 of 3",
        "Dated to the day": "3 of 4",
        "From a primary source": "3 of 4",
        "Checked in the last 180 days": "1 of 4",
        "Topics searched, at least in part": "0 of 3",
    }
    assert f"Last change of the record: {timezone.now():%-d %B %Y}." in _words(html)


def test_home_of_an_empty_observatory_works(client: Client) -> None:
    html = client.get("/").text
    assert _so_far(html) == "No entries yet."
    assert "Last change" not in html
    assert _shares(html) == {"Countries with entries": "0 of 0", "Topics searched, at least in part": "0 of 0"}


def test_home_shows_the_five_newest_entries(client: Client) -> None:
    for day in range(1, 8):
        factories.measure(title_en=f"Decree of day {day}", events=(("in_force", f"2020-05-0{day}"),))
    factories.measure(title_en="Undated decree", events=())
    html = client.get("/").text
    assert re.findall(r">(Decree of day \d|Undated decree)<", html) == [
        f"Decree of day {day}" for day in range(7, 2, -1)
    ]
    assert '<time datetime="2020-05-07">7 May 2020</time>' in html


def test_home_marks_a_title_in_another_language(client: Client) -> None:
    factories.measure(title_en="", title_es="Decreto")
    html = client.get("/").text
    assert re.search(r'lang="es">Decreto</a>', html)
    assert "Only in Spanish" in html


def test_countries_with_most_entries_are_first_then_those_by_name(client: Client) -> None:
    usa = factories.country(iso3="USA")
    factories.country(iso3="ECU")
    factories.country(iso3="VEN", is_covered=False)
    factories.measure(country=usa)
    for iso3 in ("PER", "BRB"):
        factories.country(iso3=iso3)
    for _time in range(2):
        factories.measure(country=factories.country(iso3="PER"))
    link = re.compile(r'<a href="(?:/pt)?/countries/[\w-]+/">([^<]+)</a>')
    assert link.findall(client.get("/countries/").text) == ["Peru", "United States", "Barbados", "Ecuador"]
    assert link.findall(client.get("/pt/countries/").text) == ["Peru", "Estados Unidos", "Barbados", "Equador"]


def test_countries_show_roles_entries_and_last_change(client: Client) -> None:
    factories.measure()
    factories.draft()
    for role, as_of in (("transit", "2020"), ("sending", "2020"), ("sending", "2018")):
        factories.mobility_role(role=role, as_of=as_of)
    factories.country(iso3="ECU")
    html = client.get("/countries/").text
    rows = [_words(row) for row in re.findall(r'<li class="country-row">(.*?)</li>', html, re.DOTALL)]
    assert rows == [
        "Peru Roles: Sending country, Transit country 1 entry 1 possibly in force "
        f"Last change {timezone.now():%-d %B %Y} Dated to the day 1 From a primary source 1"
    ]
    assert re.findall(r'role="img" aria-label="([^"]*)"', html) == [
        "By month: 0 more restrictive, 0 less restrictive, 1 without either direction"
    ]
    names = html.split('class="country-names"')[1].split("</ul>")[0]
    assert _words(names.partition(">")[2]) == "Ecuador"


def test_charts_of_all_countries_say_their_one_scale(client: Client) -> None:
    factories.measure()
    assert "one scale" not in client.get("/countries/").text
    for day in ("2020-03-01", "2020-03-31", "2020-04-01"):
        factories.measure(direction="more_restrictive", events=(("in_force", day),))
    factories.measure(
        country=factories.country(iso3="ECU"), direction="less_restrictive", events=(("in_force", "2020-03-01"),)
    )
    html = client.get("/countries/").text
    assert "the tallest bar is 2 entries in a month." in _words(html)
    heights = re.findall(r'class="bar-(?:more|less)"[^>]* height="([0-9.]+)"', html.partition("spark-key")[0])
    assert heights == ["20.0", "10.0", "10.0"]


def test_every_shape_and_name_that_a_page_uses_is_defined_there(client: Client) -> None:
    source = factories.source(key="gazette", title="A decree in the gazette")
    act = factories.measure(title_en="A decree with a title that is longer than a mark", sources=(source,))
    factories.measure(kind="bill", events=(("introduced", "2020-05-12"),), direction="less_restrictive")
    for path in (
        *(
            "/",
            "/countries/",
            "/countries/peru/",
            "/measures/",
            act.get_absolute_url(),
            "/archive/",
            "/archive/gazette/",
        ),
        *("/search/?q=decree", "/who/?country=PER&on=2020-06-15", "/data/codebook/", "/embed/countries/peru/"),
        "/quality/peru/",
    ):
        html = client.get(path).text
        ids = set(re.findall(r' id="([^"]+)"', html))
        named = re.findall(r' aria-(?:labelledby|describedby)="([^"]+)"', html)
        used = {*re.findall(r' href="#([^"]+)"', html), *(name for names in named for name in names.split())}
        assert used <= ids, path


def test_go_leads_to_the_country(client: Client) -> None:
    factories.country()
    response = client.get("/es/countries/?go=peru")
    assert (response.status_code, response.headers["Location"]) == (302, "/es/countries/peru/")
    assert client.get("/countries/?go=atlantis").status_code == 404


def _queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


@pytest.mark.parametrize(("path", "expected"), [("/", 12 + 11), ("/countries/", 3 + 11)])
def test_number_of_queries_is_fixed(client: Client, path: str, expected: int) -> None:
    """Nine queries load the index, which is not cached inside a test's transaction; one reads the public version."""
    factories.measure(country=factories.country(iso3="ECU"))
    factories.mobility_role()
    assert _queries(client, path) == expected
    for number in range(30):
        factories.measure(topics=(f"topic_{number}.part",), country=factories.country(iso3=("PER", "VEN")[number % 2]))
        factories.mobility_role(as_of=str(1980 + number), country=factories.country(iso3="VEN"))
    assert _queries(client, path) == expected


def test_about_shows_the_shape_of_each_status(client: Client) -> None:
    html = client.get("/about/").text
    shown = re.findall(r'<svg class="status-icon status-(\w+)"', html)
    assert shown == list(StatusGroup)
    assert {f"status-{group}" for group in shown} == set(re.findall(r'symbol id="(status-[\w-]+)"', html))


def test_pages_refuse_to_write(client: Client) -> None:
    for path in ("/", "/countries/", "/about/", "/accessibility/", "/healthz", "/readyz", "/robots.txt"):
        assert client.post(path).status_code == 405


def test_healthz_asks_no_database(client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        response = client.get("/healthz")
    assert (response.status_code, response.text, len(queries)) == (200, "ok\n", 0)
    assert "no-store" in response.headers["Cache-Control"]


def test_picture_of_a_country_is_shown_with_its_words_and_credit(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    factories.country(picture="countries/peru.jpg", picture_alt="A street in Lima", picture_credit="A. Photographer")
    html = client.get("/countries/peru/").text
    assert '<img src="/media/countries/peru.jpg" alt="A street in Lima">' in html
    assert "Picture: A. Photographer" in _words(html)
    assert client.get("/media/countries/peru.jpg").status_code == 404
    assert client.get("/media/countries/../../secret_key").status_code == 400


def test_robots_names_the_sitemap(client: Client) -> None:
    text = client.get("/robots.txt").text
    assert "Disallow: /es/admin/\n" in text
    assert text.endswith("Sitemap: http://testserver/sitemap.xml\n")


def test_sitemap_lists_published_entries_and_covered_countries(client: Client) -> None:
    source = factories.source()
    measure = factories.measure(sources=(source,))
    factories.draft()
    factories.country(iso3="VEN", is_covered=False)
    files = re.findall(r"<loc>http://testserver([^<]+)</loc>", client.get("/sitemap.xml").text)
    assert files == [f"/sitemap-{part}.xml" for part in ("pages", "countries", "measures", "sources", "releases")]
    pages, countries, measures, sources, releases = (
        re.findall(r"<loc>([^<]+)</loc>", client.get(file).text) for file in files
    )
    assert releases == []
    assert [page.removeprefix("http://testserver") for page in pages] == [
        "/",
        "/countries/",
        "/measures/",
        "/compare/",
        "/who/",
        "/archive/",
        "/archive/links/broken/",
        "/data/",
        "/data/codebook/",
        "/data/crosswalks/",
        "/data/api/",
        "/data/releases/",
        "/quality/",
        "/about/",
        "/accessibility/",
    ]
    assert countries == ["http://testserver/countries/peru/"]
    assert measures == [f"http://testserver/measures/{measure.public_id}/"]
    assert sources == [f"http://testserver/archive/{source.key}/"]
