"""The fast benchmarks on some hundred rows: they run, and their subject exists."""

import os
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from measures.archive.listing.search import found_sources
from measures.models import Source
from tests.bench.dataset import FREQUENT, Dataset, body_rows
from tests.bench.documents import load_documents
from tests.bench.loading import load
from tests.bench.measurements import archive
from tests.bench.measurements.searching import BARE
from tests.bench.run import UNCACHED, Bench
from tests.bench.server import server
from tests.bench.serving import ask, rate, served
from tests.csv_files import csv_text, run

SIZE = 300


@pytest.fixture
def bench(tmp_path: Path, transactional_db: None) -> Bench:
    """A run on the loaded test database."""
    call_command("load_fixtures", verbosity=0)
    run(tmp_path, csv_text(list(body_rows())), "issuing_bodies")
    database = connection.settings_dict["NAME"]
    load(server().url_of(database), Dataset(SIZE))
    return Bench(server(), database, SIZE, tmp_path)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_what_runs_inside_the_product_does_its_work(bench: Bench) -> None:
    found = bench.inside("search", "2", BARE, FREQUENT["es"])
    assert [len(found["searches"][FREQUENT["es"]]), len(found["scans"])] == [2, 2]

    pages = ("/measures/", "/measures/URY-00001/")
    plans = bench.inside("queries", *pages, DEBUG="true", **UNCACHED)["pages"]
    assert set(plans) == set(pages)
    assert all(query["rows"] >= 0 and query["plan"] for queries in plans.values() for query in queries)

    file = bench.folder / "export.csv"
    assert bench.inside("export_file", str(file))["seconds"] > 0
    assert sum(line.startswith("URY-") for line in file.read_text().splitlines()) == 40
    assert bench.inside("export_stock", "20")["seconds"] > 0
    for relation in ("while_in_force", "repeals"):
        assert bench.inside("change_one", "20", relation).keys() >= {"saved", "derived"}
    assert bench.inside("export_package", str(bench.folder / "package"))["seconds"] > 0
    assert bench.inside("import_package", str(bench.folder / "package"))["seconds"] > 0


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_documents_are_loaded_with_what_the_search_and_the_queue_read(bench: Bench) -> None:
    load_documents(bench.server.url_of(bench.database), SIZE)
    found = {row.pk for row in Source.objects.filter(pk__in=found_sources(FREQUENT["es"]).tolist())}
    documents = dict(Source.objects.filter(key__startswith="document-").values_list("key", "pk"))
    assert len(documents) == SIZE
    assert {documents[f"document-{number}"] for number in range(0, SIZE, 5)} <= found
    assert not {documents[f"document-{number}"] for number in range(1, SIZE, 5)} & found

    rows, seconds = archive.claims(bench, bench.database, 20)
    assert [rows.met, seconds.peer] == [True, 3.0]
    assert seconds.figure > 0


def test_the_client_asks_a_server_and_counts_its_answers(tmp_path: Path) -> None:
    file = tmp_path / "page"
    file.write_bytes(b"x" * 100_000)
    with served("tests.bench.bare:application", {**os.environ, "BENCH_FILE": str(file)}, workers=1) as port:
        assert ask(port, "/bare").body == b"ok"
        assert ask(port, "/file").body == file.read_bytes()
        assert rate(port, ["/bare", "/file"], seconds=0.2, connections=3) > 1
        with pytest.raises(RuntimeError, match="404"):
            ask(port, "/nothing")
        with pytest.raises(RuntimeError, match="404"):
            rate(port, ["/nothing"], seconds=0.2)
