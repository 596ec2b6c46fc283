"""Rows loaded by COPY without triggers equal those of an import with triggers."""

import csv
import io
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from tests.bench.dataset import Dataset, body_rows, write_csv
from tests.bench.loading import load
from tests.bench.measurements.exporting import ALL_ROWS, HEADER
from tests.bench.server import server
from tests.csv_files import counts, csv_text, export, problems, run

DEFINITIONS = """
    select indexdef from pg_indexes where tablename like 'measures\\_%%'
    union all
    select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint
    where conrelid::regclass::text like 'measures\\_%%'
    union all
    select tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text from pg_trigger where not tgisinternal
    order by 1
"""
CACHES = "select public_id, status, status_date, date from measures_measure where public_id !~ '^(PER|INT)' order by 1"


def _rows(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [])
        return list(cursor.fetchall())


def _vocabulary(folder: Path) -> None:
    call_command("load_fixtures", verbosity=0)
    assert problems(run(folder, csv_text(list(body_rows())), "issuing_bodies")) == []


def _others() -> list[str]:
    """The exported rows that are not in the fixtures."""
    return [line for line in export(with_local=False).splitlines() if not line.startswith(("PER", "INT"))]


@pytest.mark.owner  # only the owner may truncate tables
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_loading_gives_what_an_import_gives_and_leaves_the_tables_as_they_were(tmp_path: Path) -> None:
    _vocabulary(tmp_path)
    definitions, dataset = _rows(DEFINITIONS), Dataset(300)
    load(server().url_of(connection.settings_dict["NAME"]), dataset)
    assert _rows(DEFINITIONS) == definitions
    differing = "select from measures_searchtext t full join measures_searchvector v using (measure_id)"
    assert _rows(f"{differing} where t.vector is distinct from v.vector") == []
    loaded, caches = _others(), _rows(CACHES)
    assert len(caches) == 300

    with connection.cursor() as cursor:
        cursor.execute("truncate measures_measure, measures_source cascade")
    path = tmp_path / "measures.csv"
    write_csv(dataset, path)
    assert counts(run(tmp_path, path.read_bytes())) == (300, 0, 0, 0)
    assert _others() == loaded
    assert _rows(CACHES) == caches


@pytest.mark.django_db
def test_the_peer_of_the_export_has_the_same_cells(tmp_path: Path, settings: Settings) -> None:
    settings.PUBLIC_URL = "http://localhost:8000"
    _vocabulary(tmp_path)
    path = tmp_path / "measures.csv"
    write_csv(Dataset(200), path)
    run(tmp_path, path.read_bytes())
    peer = [dict(zip(HEADER, map(_as_set, row), strict=True)) for row in _rows(ALL_ROWS)]
    ours = [
        {name: _as_set(cell) for name, cell in row.items()}
        for row in csv.DictReader(io.StringIO(export(with_local=False)))
    ]
    assert sorted(peer, key=_identifier) == sorted(ours, key=_identifier)


def _as_set(cell: str | None) -> frozenset[str]:
    """The order of a list depends on the collation."""
    return frozenset((cell or "").split("|"))


def _identifier(row: dict[str, frozenset[str]]) -> list[str]:
    return sorted(row["public_id"])
