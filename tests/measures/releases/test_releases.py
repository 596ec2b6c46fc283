"""Releases: the same bytes for the same public data, never changed, nothing that is not public, and deltas that fit."""

import csv
import hashlib
import io
from pathlib import Path

import frictionless
import pyarrow.parquet as pq
import pytest
from pytest_django import Settings

from foundation.files.package.public import public_kinds
from measures.releases.differences import CHANGES
from measures.releases.making import SUMS, make_release
from measures.releases.store import folder_of
from tests.random_records import Records

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def releases(settings: Settings, tmp_path: Path) -> Path:
    settings.RELEASES_DIR = tmp_path / "releases"
    return tmp_path / "releases"


def _bytes_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_release_has_the_public_data_as_csv_and_parquet_with_their_papers() -> None:
    Records(3, 40).make()
    release, is_new = make_release("2026.1")
    folder = folder_of("2026.1")
    found = _bytes_in(folder)
    data = {f"{name}.{ending}" for name in public_kinds() for ending in ("csv", "parquet")}
    papers = {"README.md", "LICENSE.txt", "datacite.json", ".zenodo.json", "CITATION.cff", "croissant.json", SUMS}
    described = {"datapackage.json", "csv-metadata.json", "codebook.csv", "codebook.html", CHANGES}
    assert is_new
    assert set(found) == set(release.files) == data | papers | described
    assert found[SUMS].decode().splitlines() == [
        f"{hashlib.sha256(found[name]).hexdigest()}  {name}" for name in sorted(set(found) - {SUMS})
    ]
    assert {name: len(content) for name, content in found.items()} == {
        name: file["size"] for name, file in release.files.items()
    }
    for name in public_kinds():
        rows = _rows(found[f"{name}.csv"])
        table = pq.read_table(folder / f"{name}.parquet")
        assert table.num_rows == len(rows) == release.files[f"{name}.csv"]["rows"], name
        assert rows, name
        assert table.column_names == list(rows[0])
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.flatten(["name", "rowNumber", "fieldName", "type", "message"]) == []
    assert len(report.tasks) == len(public_kinds())
