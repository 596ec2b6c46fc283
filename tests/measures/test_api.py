"""The read API: the records of the files with types, in pages that neither skip nor repeat."""

import csv
import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from measures.api.describing import MeasureRecord
from measures.choices import Workflow
from measures.models import Measure
from measures.workflow import retire
from tests import factories

pytestmark = pytest.mark.django_db

LIST = "/api/v1/measures/"


def _got(client: Client, path: str) -> Any:
    response = client.get(path)
    assert response.status_code == 200, response.content
    return json.loads(response.content)


def _problems(client: Client, path: str) -> list[str]:
    response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert all(error["detail"] for error in response.json()["errors"])
    return [error["parameter"] for error in response.json()["errors"]]


def test_record_has_the_cells_of_the_file_with_types(client: Client) -> None:
    factories.topic(key="work.permit", label_en="Work | permits")
    factories.measure(
        topics=("work.permit", "health.access"), checked_on="2020-05-01", title_en="=1", valid_from="2020-05"
    )
    row = next(csv.DictReader(io.StringIO(client.get("/measures.csv?labels=en").getvalue().decode())))
    found = _got(client, f"{LIST}?labels=en")["results"][0]
    assert {name: _cell(value) for name, value in found.items()} == row
    assert (found["topics"], found["areas"]) == (["work.permit", "health.access"], [])
    assert found["topics_label"] == ["Work / permits", "Access"]
    assert (found["valid_from"], found["valid_until"]) == ("2020-05", None)


def _cell(value: Any) -> str:
    return "|".join(value) if isinstance(value, list) else "" if value is None else str(value)


def test_fields_choose_columns_and_their_labels(client: Client) -> None:
    factories.measure(kind="law")
    page = _got(client, f"{LIST}?fields=public_id,kind&labels=es")
    assert page["results"] == [{"public_id": "PER-00001", "kind": "law", "kind_label": "Ley"}]


def test_pages_neither_skip_nor_repeat_while_the_record_changes(client: Client) -> None:
    for number in range(7):
        factories.measure(title_en=f"{number}", events=(("in_force", f"2020-0{number + 1}"),))
    there = set(Measure.objects.values_list("public_id", flat=True)) - {"PER-00002", "PER-00005"}
    found, address = [], f"{LIST}?limit=2&fields=public_id"
    while address:
        page = _got(client, address.removeprefix("http://testserver"))
        found += [record["public_id"] for record in page["results"]]
        address = page["next"]
        if len(found) == 2:
            Measure.objects.filter(public_id="PER-00002").update(workflow=Workflow.DRAFT)  # behind the cursor
            Measure.objects.filter(public_id="PER-00005").update(workflow=Workflow.DRAFT)  # before it
            Measure.objects.filter(public_id="PER-00006").update(date="1990")  # first of the list of today
            factories.measure(title_en="new")
    assert sorted(set(found)) == sorted(found)
    assert there <= {*found}
    assert found == sorted(found)


def test_query_string_of_the_site_works_unchanged(client: Client) -> None:
    factories.measure(kind="law", title_en="Closing of borders"), factories.measure(kind="bill")
    for query in ("?kind=law&sort=oldest&page=1&q=&country=PER", "?q=borders&sort=relevance", "?kind=law&from=1990"):
        assert client.get(f"/measures/{query}").status_code == 200
        assert [record["kind"] for record in _got(client, LIST + query)["results"]] == ["law"]


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("measures/?topc=x&limit=0&labels=fr", ["topc", "limit", "labels"]),
        ("measures/?from=2021&to=2020&cursor=x", ["to", "cursor"]),
        ("measures/?fields=public_id,titel_en", ["fields"]),
        ("measures/?limit=5&limit=6", ["limit"]),
        ("measures/PER-00001/?topic=health.access", ["topic"]),
        ("sources/?kind=scroll", ["kind"]),
        ("countries/?country=PER", ["country"]),
        ("observations/?indicator=none&from=soon", ["indicator", "from"]),
        ("vocabularies/?x=1", ["x"]),
    ],
)
def test_wrong_parameter_is_named(client: Client, query: str, wrong: list[str]) -> None:
    assert _problems(client, f"/api/v1/{query}") == wrong


def test_one_record_has_its_parts(client: Client) -> None:
    measure = factories.measure(events=(("enacted", "2020"), ("in_force", "2020-05")))
    draft = factories.draft()
    factories.relation(subject=measure, object=draft)
    found = _got(client, f"{LIST}{measure.public_id}/")
    assert [event["status"] for event in found["parts"]["status_events"]] == ["enacted", "in_force"]
    assert (len(found["parts"]["citations"]), found["parts"]["relations"]) == (1, [])
    assert client.get(f"{LIST}{draft.public_id}/").status_code == 404
    retire(measure, by=factories.editor(), note="Entered twice.")
    gone = client.get(f"{LIST}{measure.public_id}/")
    assert (gone.status_code, gone.json()["detail"]) == (410, "Entered twice.")


def test_lists_beside_measures_have_public_records_alone(client: Client) -> None:
    peru = factories.country()
    factories.country(iso3="ECU", is_covered=False)
    factories.measure(
        sources=(factories.source(title="Seen"),), issuing_body=factories.issuing_body(country=peru, key="seen")
    )
    factories.draft(
        sources=(factories.source(title="Hidden"),), issuing_body=factories.issuing_body(country=peru, key="hidden")
    )
    factories.observation(period="2018"), factories.observation(period="2020")
    assert [source["title"] for source in _got(client, "/api/v1/sources/")["results"]] == ["Seen"]
    assert [country["iso3"] for country in _got(client, "/api/v1/countries/")["results"]] == ["PER"]
    values = _got(client, "/api/v1/observations/?country=PER&from=2019")["results"]
    assert [(value["period"], type(value["value"])) for value in values] == [("2020", float)]
    bodies = _got(client, "/api/v1/vocabularies/issuing_bodies/")["terms"]
    assert [term["key"] for term in bodies] == ["PER:seen"]
    names = [vocabulary["name"] for vocabulary in _got(client, "/api/v1/vocabularies/")]
    terms = {name: _got(client, f"/api/v1/vocabularies/{name}/")["terms"] for name in names}
    law = next(term for term in terms["kinds"] if term["key"] == "law")
    assert law["labels"]["es"] == "Ley"
    assert law["definitions"] == {"en": "Act passed by the legislature and promulgated."}


def test_page_costs_as_many_queries_with_many_records(client: Client) -> None:
    numbers = []
    for _round in range(2):
        factories.measure(), factories.measure(), factories.measure()
        _got(client, f"{LIST}?limit=900")
        with CaptureQueriesContext(connection) as made:
            _got(client, f"{LIST}?limit=901")
        numbers.append(len(made))
    assert numbers[0] == numbers[1]


def test_scripts_of_other_sites_may_read_and_ask_again(client: Client, settings: Settings) -> None:
    settings.API_PER_MINUTE, settings.PAGE_CACHE_MB = 2, 1
    factories.measure()
    client = Client()
    first = client.get(LIST)
    assert first["Access-Control-Allow-Origin"] == "*"
    assert (first["RateLimit-Limit"], first["RateLimit-Remaining"]) == ("2", "1")
    again = client.get(LIST, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again["Access-Control-Allow-Origin"]) == (304, "*")
    assert "RateLimit-Limit" not in client.get(LIST).headers  # from the cache, which is not counted
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    preflight = client.options(LIST, headers=asked)
    assert (preflight.status_code, "If-None-Match" in preflight["Access-Control-Allow-Headers"]) == (204, True)
    assert client.get(f"{LIST}?limit=1").status_code == 200
    refused = client.get(f"{LIST}?limit=2")
    assert (refused.status_code, refused["Content-Type"]) == (429, "application/problem+json")
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert refused["RateLimit-Remaining"] == "0"
    assert client.get("/measures.csv")["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in client.get("/measures/").headers
    assert client.post(LIST).status_code == 405


def test_schema_describes_every_address_and_field(client: Client) -> None:
    schema = _got(client, "/api/v1/openapi.json")
    assert schema["openapi"].startswith("3.1")
    assert sorted(schema["paths"]) == [
        "/api/v1/countries/",
        "/api/v1/measures/",
        "/api/v1/measures/{public_id}/",
        "/api/v1/observations/",
        "/api/v1/releases/",
        "/api/v1/sources/",
        "/api/v1/sources/{key}/",
        "/api/v1/vocabularies/",
        "/api/v1/vocabularies/{vocabulary}/",
    ]
    described = schema["components"]["schemas"]["Measure"]["properties"]
    factories.measure()
    assert list(described) == list(MeasureRecord().fields) == list(_got(client, LIST)["results"][0])
    assert all(field["description"] for field in described.values())
