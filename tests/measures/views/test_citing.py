"""Citations of pages: the same facts in every form."""

import json
import re

import pytest
from django.test import Client

from foundation.days import today
from measures.metadata import LONGEST_HEADER, link_header
from tests import factories

pytestmark = pytest.mark.django_db

TITLE = r"50% of {A} & B_c"


def _cited(client: Client, form: str, url: str) -> str:
    response = client.get(f"/cite/{form}", {"url": url})
    assert response.status_code == 200, url
    return response.content.decode()


def test_every_form_names_the_same(client: Client) -> None:
    measure = factories.measure(title_en=TITLE)
    url, day = f"/measures/{measure.public_id}/", today()
    address = f"http://testserver{url}"
    title = f"{TITLE} [{measure.public_id}, version 1]"
    item = json.loads(_cited(client, "csl", url))[0]
    parts = [[day.year, day.month, day.day]]
    assert (item["title"], item["URL"], item["issued"]["date-parts"], item["version"]) == (
        title,
        address,
        parts,
        str(day),
    )
    bibtex = _cited(client, "bibtex", url)
    assert r"title = {{50\% of \{A\} \& B\_c [PER-00001, version 1]}}," in bibtex
    assert f"url = {{{address}}}," in bibtex
    assert f"urldate = {{{day}}}," in bibtex
    assert bibtex.count("{") == bibtex.count("}")
    ris = dict(line.split("  - ", 1) for line in _cited(client, "ris", url).split("\r\n") if line)
    assert (ris["TI"], ris["UR"], ris["PY"], ris["ER"]) == (title, address, str(day.year), "")
    text = _cited(client, "text", url)
    assert title in text
    assert text.endswith(f"{address}\n")


@pytest.mark.parametrize(
    ("url", "title", "address"),
    [
        ("/measures/?country=PER&kind=law", "Measures (Peru; Law)", "/measures/?country=PER&kind=law"),
        ("/es/countries/peru/", "Perú: perfil y medidas de política", "/countries/peru/"),
        ("/compare/?countries=PER,ECU", "Comparison: Ecuador, Peru", "/compare/?countries=PER,ECU"),
    ],
)
def test_lists_countries_and_comparisons_are_cited(client: Client, url: str, title: str, address: str) -> None:
    factories.country(iso3="ECU")
    factories.measure(kind="law")
    item = json.loads(_cited(client, "csl", url))[0]
    assert (item["type"], item["URL"].replace("%2C", ",")) == ("dataset", f"http://testserver{address}")
    assert sorted(re.findall(r"\w+", item["title"])) == sorted(re.findall(r"\w+", title)) or url.startswith("/es")
    page = client.get(url)
    links = page["Link"]
    assert all(f'rel="{relation}"' in links for relation in ("cite-as", "license", "describedby", "type"))
    described = re.findall(r'<([^>]+)>; rel="describedby"', links)
    assert [client.get(link).status_code for link in described] == [200, 200]
    assert "/cite/ris?url=" in page.text


def test_words_are_in_the_language_of_what_is_cited(client: Client) -> None:
    measure = factories.measure(title_en="A decree", title_es="Un decreto", title_pt="Um decreto")
    for prefix, title, version, language in (
        ("", "A decree", "Version of", "en"),
        ("/es", "Un decreto", "Versión del", "es"),
        ("/pt", "Um decreto", "Versão de", "pt"),
    ):
        url = f"{prefix}/measures/{measure.public_id}/"
        for asked_in in ("", "/pt", "/es"):
            text = client.get(f"{asked_in}/cite/text", {"url": url})
            assert title in text.text
            assert version in text.text
            assert text["Content-Language"] == language
            assert f"LA  - {language}\r\n" in client.get(f"{asked_in}/cite/ris", {"url": url}).text
            assert client.get(f"{asked_in}/cite/csl", {"url": url}).json()[0]["language"] == language


def _long(number: int) -> str:
    """The address of a list in which a value is repeated."""
    factories.measure(kind="law", topics=("health.access",))
    return "/measures/?" + "&".join(["kind=law"] * number + ["topic=health.access"])


def test_long_filter_is_cited_and_its_header_stays_short(client: Client) -> None:
    url = _long(90)
    page = client.get(url)
    assert (page.status_code, len(page["Link"]) <= LONGEST_HEADER) == (200, True)
    assert re.findall('rel="([a-z-]+)"', page["Link"])[:3] == ["license", "type", "cite-as"]
    cited = re.findall(r'href="(/cite/[a-z]+[?]url=[^"]+)"', page.text)
    assert {client.get(address).status_code for address in cited} == {200}
    assert len(client.get(url.replace("measures/", "measures.csv"))["Link"]) <= LONGEST_HEADER
    item = json.loads(_cited(client, "csl", url))[0]
    assert item["URL"] == f"http://testserver{url}"


def test_header_leaves_out_what_has_no_room() -> None:
    links = [("https://a.example/", 'rel="license"'), (f"https://b.example/{'x' * LONGEST_HEADER}", 'rel="cite-as"')]
    assert link_header([*links, links[0]]) == ", ".join(['<https://a.example/>; rel="license"'] * 2)
    assert link_header(links[1:]) == ""


def test_address_that_the_site_would_refuse_is_refused(client: Client) -> None:
    refused = client.get("/cite/csl", {"url": _long(101)})
    assert (refused.status_code, "“kind” has 101 values" in refused.text) == (400, True)
    assert client.get("/cite/csl", {"url": f"/measures/?q={'x' * 301}"}).status_code == 400
    assert client.get("/cite/csl", {"url": f"/{'x' * 7_001}"}).status_code == 400


def test_nothing_else_is_cited(client: Client) -> None:
    draft = factories.draft()
    for url in (
        f"/measures/{draft.public_id}/",
        "/about/",
        "https://a.example/measures/",
        "http://[",
        "",
        "/measures/?a=1",
    ):
        assert client.get("/cite/bibtex", {"url": url}).status_code == 404, url
    assert client.get("/cite/word", {"url": "/measures/"}).status_code == 404
