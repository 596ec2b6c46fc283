"""The read API: the records of the files with types, in pages that neither skip nor repeat."""

import csv
import io
import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from countries.models import FormerAddress, Named
from countries.models.former import lead_on
from foundation.files.exporting import exported
from measures.api.describing import MeasureRecord
from measures.choices import Workflow
from measures.files.resources import MeasureResource
from measures.merging import merge
from measures.models import Measure, Source, Topic
from measures.workflow import retire
from tests import factories
from tests.csv_files import cell_of

pytestmark = pytest.mark.django_db

LIST = "/api/v1/measures/"
OF_ROWS = ("topics", "target_groups", "indicators", "units", "roles")


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
    assert {name: cell_of(value) for name, value in found.items()} == row
    assert (found["topics"], found["areas"]) == (["work.permit", "health.access"], [])
    assert found["topics_label"] == ["Work / permits", "Access"]
    assert (found["valid_from"], found["valid_until"]) == ("2020-05", None)


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


@pytest.mark.parametrize(
    "query",
    ["measures/?evidence=&sort=&labels=&from=&page=", "sources/?kind=&link=&q=", "observations/?country=&to=&limit="],
)
def test_empty_value_says_nothing_here_and_in_the_schema(client: Client, query: str) -> None:
    factories.measure()
    assert client.get(f"/api/v1/{query}").status_code == 200
    path, _question, names = query.partition("?")
    schema = _got(client, "/api/v1/openapi.json")
    described = {each["name"]: each["schema"] for each in schema["paths"][f"/api/v1/{path}"]["get"]["parameters"]}
    for name in names.replace("=", "").split("&"):
        allowed = described[name].get("items", described[name])
        allowed = next((each for each in allowed.get("oneOf", []) if each["type"] == "string"), allowed)
        assert allowed["type"] == "string", name
        assert "" in allowed.get("enum", [""]), name
        assert re.search(allowed.get("pattern", ""), ""), name


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


def test_vocabularies_have_what_is_public_alone(client: Client) -> None:
    factories.measure(topics=("work.permit",))
    factories.topic(key="health.access"), factories.target_group(key="minors")
    Topic.objects.filter(key="work").update(deprecated_on="2020-01-01", replaced_by=factories.topic(key="jobs"))
    factories.unit(key="hidden_unit", name_en="Hidden"), factories.unit(key="usd")
    factories.indicator(key="hidden_indicator", unit="usd")
    factories.observation(period="2020")
    factories.mobility_role(role=factories.role(key="transit"))
    factories.mobility_role(role=factories.role(key="sending"), country=factories.country(iso3="ECU", is_covered=False))
    factories.role(key="unused")
    found = {name: _got(client, f"/api/v1/vocabularies/{name}/")["terms"] for name in OF_ROWS}
    assert {name: [term["key"] for term in terms] for name, terms in found.items()} == {
        "topics": ["work", "work.permit"],
        "target_groups": [],
        "indicators": ["immigrant_stock"],
        "units": ["persons"],
        "roles": ["transit"],
    }
    assert found["topics"][0]["deprecated_on"] == "2020-01-01"
    assert "replaced_by" not in found["topics"][0]  # by a topic that nothing public has
    text = client.get("/data/codebook.csv").getvalue().decode()
    assert not any(word in text for word in ("hidden_unit", "hidden_indicator", "unused", "minors"))


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
        "/api/v1/coverage/",
        "/api/v1/measures/",
        "/api/v1/measures/{public_id}/",
        "/api/v1/observations/",
        "/api/v1/releases/",
        "/api/v1/seen-numbers/",
        "/api/v1/sources/",
        "/api/v1/sources/{key}/",
        "/api/v1/vocabularies/",
        "/api/v1/vocabularies/{vocabulary}/",
    ]
    described = schema["components"]["schemas"]["Measure"]["properties"]
    factories.measure()
    assert list(described) == list(MeasureRecord().fields) == list(_got(client, LIST)["results"][0])
    assert all(field["description"] for field in described.values())


def _queries(client: Client, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as made:
        client.get(path)
    return [query["sql"] for query in made]


def test_answer_is_of_one_state_of_the_database(client: Client) -> None:
    """Whatever an answer of several queries reads, it reads in one transaction."""
    measure = factories.measure(events=(("enacted", "2020"),))
    factories.observation(period="2020")
    source = measure.citations.get().source
    names = (f"measures/{measure.public_id}", "measures/PER-09999", f"sources/{source.key}", "sources/none")
    for path in (f"/api/v1/{name}/" for name in (*names, "countries", "observations")):
        made = [sql for sql in _queries(client, path) if "foundation_publicchange" not in sql]
        first, last = made[0], made[-1]
        assert first.startswith("SAVEPOINT "), path
        assert last == first.replace("SAVEPOINT", "RELEASE SAVEPOINT"), path


def test_one_record_is_found_by_its_key_alone(client: Client) -> None:
    measure = factories.measure()
    source = measure.citations.get().source
    for path, table, column in (
        (f"{LIST}{measure.public_id}/", "measures_measure", f"\"public_id\" = '{measure.public_id}'"),
        (f"/api/v1/sources/{source.key}/", "measures_source", f"\"key\" = '{source.key}'"),
    ):
        found = [sql for sql in _queries(client, path) if f'SELECT "{table}"."id"' in sql]
        assert len(found) == 1
        assert column in found[0]
    assert len(_queries(client, f"{LIST}{measure.public_id}/")) <= 30


def test_former_name_leads_on_with_the_same_query(client: Client) -> None:
    kept, gone = factories.source(key="kept"), factories.source(key="gone")
    factories.measure(sources=(kept,))
    Source.objects.filter(pk=kept.pk).update(key="renamed")
    lead_on(Named.SOURCE, ["gone"], gone=gone, kept=kept)
    measure = factories.measure()
    merged = factories.measure()
    merge(measure, merged, by=factories.editor())
    for path, now in (
        ("sources/kept/", "sources/renamed/"),
        ("sources/gone/", "sources/renamed/"),
        (f"measures/{merged.public_id}/", f"measures/{measure.public_id}/"),
        (f"measures/{measure.public_id.lower()}/", f"measures/{measure.public_id}/"),
    ):
        answer = client.get(f"/api/v1/{path}?fields=kind&labels=es")
        assert (answer.status_code, answer.get("Location")) == (301, f"/api/v1/{now}?fields=kind&labels=es")


def test_what_is_no_record_any_more_says_why(client: Client) -> None:
    note = FormerAddress.objects.create
    note(kind=Named.SOURCE, former="undone", record=""), note(kind=Named.MEASURE, former="PER-00999", record="")
    stub = factories.measure(workflow=Workflow.STUB, public_id="PER-00500")
    factories.relation(subject=factories.measure(), object=stub)
    for path, status, words in (
        ("sources/undone/", 410, "taken back"),
        ("measures/PER-00999/", 410, "taken back"),
        ("measures/PER-00500/", 404, "only named"),
        ("measures/PER-00777/", 404, "no such record"),
    ):
        answer = client.get(f"/api/v1/{path}")
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
        assert words in answer.json()["detail"]


@pytest.mark.parametrize("path", ["none", "none/", "sources/%0A%C3%8D/", "measures/PER%0A/?labels=es", "%0A"])
def test_address_of_nothing_is_a_problem_and_no_page(client: Client, path: str) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_fields_alone_are_read(client: Client) -> None:
    factories.measure()
    assert _got(client, f"{LIST}?fields=valid_until")["results"] == [{"valid_until": None}]
    assert _got(client, f"{LIST}?fields=sources&labels=en")["results"][0].keys() == {"sources", "source_urls"}
    lines = [line.decode() for line in exported(MeasureResource, public=True, only=["public_id", "kind"])]
    assert lines[0] == "public_id,kind\n"
