"""Citations of pages: the same facts in every form."""

import json
import re

import pytest
from django.test import Client

from foundation.days import today
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
