"""Pages in frames of other sites, and what pages say of themselves to other programs."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from countries.models import Country
from measures import workflow
from measures.models import Measure
from tests import factories as make

pytestmark = pytest.mark.django_db


def _data(client: Client, path: str) -> dict[str, Any]:
    """The JSON-LD of a page."""
    text = client.get(path).text
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    assert found, text
    return dict(json.loads(found[1]))


@pytest.fixture
def act() -> Measure:
    """A law that amends another one, with a body, a topic and a source."""
    law = make.measure(
        kind="law",
        title_en='Law on <script>"refuge" & co',
        reference="Law 32 of 2020",
        events=(("enacted", "2020-04-14"), ("published", "2020-04?"), ("in_force", "2020-05")),
        checked_on="2026-11-01",
    )
    make.relation(subject=law, object=make.measure(title_en="The older law"), type="amends")
    return law


def test_measure_is_described_as_legislation(client: Client, act: Measure) -> None:
    data = _data(client, f"/measures/{act.public_id}/")
    assert (data["@type"], data["name"], data["legislationIdentifier"]) == ("Legislation", act.title_en, act.reference)
    assert data["legislationDate"] == data["eli:date_document"] == "2020-04-14"
    assert "datePublished" not in data  # inferred
    assert data["legislationJurisdiction"] == [{"@type": "Country", "name": "Peru", "identifier": "PER"}]
    older = Measure.objects.get(title_en="The older law")
    assert data["legislationAmends"] == [{"@id": f"http://testserver/measures/{older.public_id}/"}]
    assert [source["url"] for source in data["citation"]] == [act.citations.get().source.url]


@pytest.mark.parametrize(
    ("fields", "force"),
    [
        ({"valid_from": "2020", "checked_on": None}, None),
        (
            {"valid_from": "2020-05-01", "valid_until": "2020-06-01", "end_kind": "fixed_date"},
            "https://schema.org/NotInForce",
        ),
    ],
)
def test_force_is_claimed_only_where_it_is_known(client: Client, fields: dict[str, Any], force: str | None) -> None:
    measure = make.measure(kind="law", events=(("in_force", "2020-05-01"),), **fields)
    assert _data(client, f"/measures/{measure.public_id}/").get("legislationLegalForce") == force


def test_country_is_described_as_a_data_set_whose_files_open(client: Client, act: Measure) -> None:
    page = client.get("/es/countries/peru/?topic=health.access")
    assert '<link rel="canonical" href="http://testserver/countries/peru/?topic=health.access">' in page.text
    data = _data(client, "/es/countries/peru/?topic=health.access")
    assert (data["@type"], data["spatialCoverage"]["identifier"]) == ("Dataset", "PER")
    for file in data["distribution"]:
        assert client.get(file["contentUrl"].removeprefix("http://testserver")).status_code == 200
    assert (
        act.public_id
        in b"".join(client.get(data["distribution"][0]["contentUrl"][len("http://testserver") :])).decode()
    )


def test_list_is_described_as_a_data_set(client: Client, act: Measure) -> None:
    data = _data(client, "/pt/measures/?topic=health.access")
    assert data["@id"] == "http://testserver/measures/?topic=health.access"
    assert data["temporalCoverage"].startswith("2020-04-14/")


def test_every_page_that_people_cite_names_itself_to_reference_managers(client: Client, act: Measure) -> None:
    """By the tags that Zotero's translator “Embedded Metadata” reads."""
    make.measure(country=make.country(iso3="ECU"), events=(("in_force", "2020-05-02"),))
    source = act.citations.get().source
    for path, title in (
        ("/", "Observatory"),
        ("/countries/peru/", "Peru: profile and policy measures"),
        (f"/measures/{act.public_id}/", "Law on &lt;script&gt;&quot;refuge&quot; &amp; co"),
        (source.get_absolute_url(), source.title),
        ("/compare/?countries=PER,ECU", "Peru and Ecuador, side by side"),
        ("/who/?country=PER&nationality=ECU&on=2020-06-01", "People from Ecuador in Peru on 1 June 2020"),
    ):
        page = client.get(path).text
        assert f'<meta name="citation_title" content="{title}">' in page, path
        assert '<meta name="citation_public_url" content="http://testserver/' in page


def test_frames_alone_may_be_shown_by_other_sites(act: Measure, settings: Settings) -> None:
    settings.PAGE_CACHE_MB = 1
    client = Client()
    for path, is_frame in (
        (f"/embed/measures/{act.public_id}/", True),
        ("/embed/countries/peru/?topic=health.access", True),
        ("/pt/embed/countries/peru/", True),
        ("/embed/map/?indicator=net_direction", True),
        ("/countries/peru/", False),
        (f"/measures/{act.public_id}/", False),
    ):
        made = client.get(path)
        assert "<form" not in made.text or not is_frame
        for response in (made, client.get(path), client.get(path, headers={"if-none-match": made["ETag"]})):
            assert response.status_code in (200, 304)
            assert ("frame-ancestors *" in response["Content-Security-Policy"]) is is_frame
            assert ("X-Frame-Options" not in response) is is_frame
            assert not response.cookies


def test_mark_in_a_frame_leads_to_its_entry_on_the_page_of_the_country(client: Client, act: Measure) -> None:
    text = client.get("/es/embed/countries/peru/?topic=health.access").text
    assert f'href="/es/countries/peru/?topic=health.access#entry-{act.public_id}"' in text
    assert '<base target="_top">' in text


def test_former_slug_and_retired_measure(client: Client, act: Measure) -> None:
    Country.objects.filter(pk="PER").update(slug="el-peru")
    assert client.get("/embed/countries/peru/")["Location"] == "/embed/countries/el-peru/"
    workflow.retire(act, by=make.editor(), note="Twice.")
    assert client.get(f"/embed/measures/{act.public_id}/").status_code == 404


def test_page_names_its_frame_by_oembed(client: Client, act: Measure) -> None:
    page = client.get(f"/pt/measures/{act.public_id}/").text
    found = re.search(r'type="application/json\+oembed" href="([^"]+)"', page)
    assert found
    answer = client.get(found[1].replace("&amp;", "&") + "&maxwidth=400")
    said = answer.json()
    assert (said["version"], said["type"], said["title"], said["width"]) == ("1.0", "rich", act.title_en, 400)
    assert "&lt;script&gt;" in said["html"]
    assert answer["Access-Control-Allow-Origin"] == "*"
    source = re.search(r'src="http://testserver([^"]+)"', said["html"])
    assert source
    assert client.get(source[1]).status_code == 200


def test_long_filter_has_a_frame(client: Client, act: Measure) -> None:
    long = "&".join(["topic=health.access"] * 60)
    answer = client.get("/oembed/", {"url": f"http://testserver/es/countries/peru/?{long}"})
    assert answer.json()["title"].startswith("Perú")
    assert long.replace("&", "&amp;") in answer.json()["html"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 404),
        ("?url=https://elsewhere.example/countries/peru/", 404),
        ("?url=http://testserver/about/", 404),
        ("?url=http://testserver/measures/PER-99999/", 404),
        ("?url=http://[::1/", 404),
        ("?url=http://testserver/countries/peru/%3Ftopic%3Dx%26from%3D2020&maxheight=x", 200),
        ("?url=http://testserver/countries/peru/&format=xml", 400),
        ("?url=http://testserver/%3Findicator%3Dnet_direction", 200),
    ],
)
def test_oembed_answers_for_pages_of_this_site_alone(client: Client, query: str, status: int) -> None:
    make.measure()
    assert client.get(reverse("oembed") + query).status_code == status
