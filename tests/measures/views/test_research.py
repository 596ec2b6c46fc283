"""The door to the data, the codebook and the API in words."""

import ast
import csv
import io
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from measures.codebook import HEADER, parts
from measures.files.resources import MeasureResource
from measures.recipes import recipes
from measures.schema import schema
from measures.vocabularies import VOCABULARIES
from tests import factories

pytestmark = pytest.mark.django_db

LINES = 10
OF_ROWS = ("topics", "target_groups", "issuing_bodies", "datasets", "indicators", "units", "roles")
"""Vocabularies whose definitions researchers write, and tests do not."""


@pytest.mark.parametrize("prefix", ["", "/es", "/pt"])
def test_door_leads_to_every_way_to_the_data(client: Client, prefix: str) -> None:
    factories.measure()
    page = client.get(f"{prefix}/data/").text
    leads = set(re.findall(r'href="([^"#]+)"', page))
    files = {f"{prefix}/measures.{ending}" for ending in ("csv", "xlsx", "ods", "json", "parquet")}
    pages = {f"{prefix}/data/codebook/", f"{prefix}/data/codebook.csv", f"{prefix}/data/api/"}
    assert leads >= {*files, *pages, "/api/v1/openapi.json"}
    for address in leads - {"http://testserver/data/"}:
        if address.startswith((f"{prefix}/data", "/api", f"{prefix}/measures.")):
            response = client.get(address)
            response.getvalue()
            assert response.status_code == 200, address
    assert f'href="{prefix}/data/"' in client.get(f"{prefix}/about/").text


def test_record_of_a_country_that_is_not_covered_is_counted_nowhere(client: Client) -> None:
    example = factories.country(iso3="ECU", is_covered=False)
    factories.measure(), factories.measure(country=example, title_en="An invented decree")
    found = [" ".join(re.sub("<[^>]*>", "", client.get(path).text).split()) for path in ("/data/", "/")]
    assert "1 entry of 1 countries" in found[0]
    assert "1 measure" in found[1]
    assert "invented" not in client.get("/data/codebook.csv").getvalue().decode()


def test_codebook_and_schema_are_made_once(client: Client) -> None:
    factories.measure()
    with CaptureQueriesContext(connection) as first:
        pages = [client.get(f"{prefix}/data/codebook/").text for prefix in ("", "/es", "")]
    with CaptureQueriesContext(connection) as again:
        assert [client.get(f"{prefix}/data/codebook/").text for prefix in ("", "/es", "")] == pages
    assert pages[0] == pages[2] != pages[1]
    assert len(again) <= len(first) - 2 * len(VOCABULARIES) // 3
    assert schema("en") is schema("en")
    factories.topic(key="new.topic"), factories.measure(topics=("new.topic",))
    assert "new.topic" in client.get("/data/codebook/").text


def test_recipes_are_ten_lines_that_name_what_the_file_has() -> None:
    found = recipes("https://observatory.example/measures.csv?country=PER")
    assert all(len(lines.splitlines()) <= LINES for lines in found.values())
    ast.parse(found["pandas"])
    named = {*re.findall(r'm\["(\w+)"\]', found["pandas"]), *re.findall(r"m\$(\w+)", found["R"])} - {"month"}
    assert named == {"direction", "date_precision", "date_first", "country"}
    assert named <= {column.name for column in MeasureResource.columns()}


def test_codebook_defines_every_field_and_key(client: Client) -> None:
    factories.measure(title_en="An example")
    factories.draft(title_en="Hidden", reference="N° 99-2020-HIDDEN")
    found = list(parts())
    assert [(part.name, line.name) for part in found for line in part.lines if not line.definition] == [
        (part.name, line.name)
        for part in found
        for line in part.lines
        if part.kind == "term"
        and part.name in ("topics", "target_groups", "issuing_bodies", "datasets", "units", "roles")
    ]
    response = client.get("/data/codebook.csv")
    text = b"".join(response).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tuple(rows[0]) == HEADER
    assert len(rows) == sum(len(part.lines) for part in found)
    title = next(row for row in rows if (row["part"], row["name"]) == ("measures", "title_en"))
    assert title["example"] == "An example"
    assert "HIDDEN" not in text
    page = client.get("/es/data/codebook/").text
    assert 'id="term-kinds-law"' in page
    assert "Ley" in page
