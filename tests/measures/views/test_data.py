"""Public files on request: with labels beside the keys, and for Excel."""

import csv
import io
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation

from measures.choices import Level
from tests import factories
from tests.clients import content_of
from tests.csv_files import counts, run

pytestmark = pytest.mark.django_db


def _text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, response.content
    return content_of(response).decode()


def _row(text: str) -> dict[str, str]:
    return next(csv.DictReader(io.StringIO(text)))


def test_labels_stand_beside_the_keys_in_a_language(client: Client, tmp_path: Path) -> None:
    peru = factories.country()
    factories.topic(key="work.permit", label_es="Permiso | trabajo")
    body = factories.issuing_body(country=peru, key="pcm", name_es="", name_en="Prime minister's office")
    factories.measure(
        kind="law",
        topics=("work.permit", "health.access"),
        origins=(factories.country(iso3="VEN"), peru),
        issuing_body=body,
        direction="no_change",
        sources=(factories.source(url="https://a.example/?b|c"), factories.source(url="", title="A book")),
    )
    text = _text(client, "/measures.csv?labels=es")
    row = _row(text)
    with translation.override("es"):
        national = str(Level.NATIONAL.label)
    assert {name: row[name] for name in row if name.endswith("_label") or name == "source_urls"} == {
        "country_label": "Perú",
        "kind_label": "Ley",
        "issuing_body_label": "Prime minister's office",
        "topics_label": "Permiso / trabajo|Access (es)",
        "target_groups_label": "",
        "origin_countries_label": "Perú|Venezuela",
        "direction_label": "Sin cambio",
        "end_kind_label": "",
        "duration_basis_label": "",
        "evidence_label": "Con fuente primaria",
        "status_label": "Vigente",
        "level_label": national,
        "areas_label": "",
        "binds_label": "",
        "source_urls": "https://a.example/?b%7Cc",
    }
    names = list(row)
    assert names[names.index("kind") + 1] == "kind_label"
    assert "kind_label" not in _row(_text(client, "/measures.csv"))
    assert counts(run(tmp_path, text, publish=True)) == (0, 0, 1, 0)
    assert "status_label" in _text(client, "/status_events.csv?labels=en")


def test_file_for_excel_is_marked_and_has_no_formulas(client: Client) -> None:
    factories.measure(title_en="=1+1", title_es="-2", title_pt="-a", official_title="\ta", summary_en='A "b", c\nd')
    text = _text(client, "/measures.csv?for=excel")
    assert text.startswith("\ufeffpublic_id,")
    row = _row(text)
    assert (row["title_en"], row["title_es"], row["title_pt"], row["official_title"]) == ("'=1+1", "-2", "'-a", "'\ta")
    assert row["summary_en"] == 'A "b", c\nd'


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        ("/measures.csv?labels=fr", ["labels"]),
        ("/measures.csv?labels=en&labels=es", ["labels"]),
        ("/measures.csv?for=calc&colour=red", ["colour", "for"]),
        ("/measures.xlsx?for=excel", ["for"]),
        ("/relations.csv?labels=x", ["labels"]),
        ("/archive.csv?labels=en", ["labels"]),
    ],
)
def test_wrong_request_is_named(client: Client, address: str, wrong: list[str]) -> None:
    response = client.get(address)
    assert response.status_code == 400
    assert [line.split(":")[0] for line in response.content.decode().splitlines()] == wrong
