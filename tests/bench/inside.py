"""Work inside the product, in a separate process: `python -m tests.bench.inside WORK ARGUMENT…`.

Prints one line of JSON: seconds, and the growth of the process in bytes since the work began.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "observatory.settings")
django.setup()

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Model
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from import_export import fields, resources, widgets
from tablib import Dataset

from countries.feeds import runs as feed_runs
from countries.models import Country, FeedRun, Indicator, IndicatorFeed, Unit
from foundation.files.formats import FORMATS
from foundation.files.models import FileImport
from measures.archive import hosts, links
from measures.files.resources import MeasureResource
from measures.listing.filters import MeasureFilter
from measures.listing.index import public_index
from measures.listing.known import record_of
from measures.models import Host, Measure, Relation, StatusEvent, TargetGroup, Topic, Validity
from measures.validity.store import settle
from tests.measures.validity.rows import connected, stored


def import_file(path: str, *options: str) -> None:
    """Like the command."""
    with Path(os.devnull).open("w") as nowhere:
        call_command("import_measures", path, *options, stdout=nowhere)


def undo_import() -> None:
    """Like the command, of the last import."""
    number = FileImport.objects.latest("pk").pk
    with Path(os.devnull).open("w") as nowhere:
        call_command("undo_import", str(number), stdout=nowhere)


def export_file(path: str) -> None:
    """Like the command."""
    call_command("export_measures", "--output", path)


def import_package(path: str) -> None:
    """Like the command."""
    with Path(os.devnull).open("w") as nowhere:
        call_command("import_package", path, stdout=nowhere)


def export_package(path: str) -> None:
    """Like the command."""
    with Path(os.devnull).open("w") as nowhere:
        call_command("export_package", path, stdout=nowhere)


def export_sheet(path: str, number: str) -> None:
    """Export that many records as XLSX."""
    ids = Measure.objects.order_by("pk").values("pk")[: int(number)]
    with Path(path).open("wb") as file:
        file.writelines(FORMATS["xlsx"].blocks(MeasureResource, ids))


class StockResource(resources.ModelResource):
    """django-import-export with its own widgets, as its documentation has it."""

    country = fields.Field("country", "country", widgets.ForeignKeyWidget(Country, "iso3"))
    topics = fields.Field("topics", "topics", widgets.ManyToManyWidget(Topic, "|", "key"))
    target_groups = fields.Field("target_groups", "target_groups", widgets.ManyToManyWidget(TargetGroup, "|", "key"))
    origin_countries = fields.Field("origin_countries", "origin_countries", widgets.ManyToManyWidget(Country, "|"))

    class Meta:
        model = Measure
        import_id_fields = ("public_id",)
        fields = (
            "public_id country kind reference provision official_title original_language title_en title_es title_pt"
            " short_title_en short_title_es short_title_pt summary_en summary_es summary_pt topics target_groups"
            " origin_countries direction valid_from valid_until end_kind evidence"
        ).split()

    def before_save_instance(self, instance: Measure, row: Any, **kwargs: Any) -> None:
        """Set the author."""
        instance.created_by = instance.updated_by = User.objects.get(username="observatory")


def import_stock(path: str) -> None:
    """Import the same file with the stock resource, without bodies, events, relations and sources."""
    with Path(path).open(encoding="utf-8") as file:
        rows = Dataset().load(file, format="csv")
    result = StockResource().import_data(rows, raise_errors=True)
    assert result.totals["new"] == len(rows), result.totals


def export_stock(number: str) -> None:
    """Export that many records with the stock resource."""
    text = StockResource().export(Measure.objects.all()[: int(number)]).csv
    assert text.count("\n") > int(number)


def search(rounds: str, bare: str, *searches: str) -> dict[str, Any]:
    """Seconds for the fifty best and the total of each search, and for the bare index scan, in turns."""
    found: dict[str, list[float]] = {words: [] for words in searches}
    scans: list[float] = []
    for _round in range(int(rounds)):
        for words in searches:
            public_index().searches.clear()  # otherwise later rounds would use the cache
            start = time.perf_counter()
            ids = MeasureFilter(QueryDict(urlencode({"q": words}))).ids
            best, total = ids[:50].tolist(), len(ids)
            found[words].append(time.perf_counter() - start)
            start = time.perf_counter()
            with connection.cursor() as cursor:
                cursor.execute(bare)
                cursor.fetchall()
            scans.append(time.perf_counter() - start)
            assert len(best) == min(total, 50)
    return {"searches": found, "scans": scans}


def queries(*paths: str) -> dict[str, Any]:
    """The statements of each page, with their plans and the most rows that a step of one reads."""
    client = Client(SERVER_NAME="127.0.0.1")
    found = {}
    for path in paths:
        assert client.get(path).status_code == HTTPStatus.OK, path  # fill per-process caches
        public_index().fragments.clear()  # as after a change of a label: cached fragments would hide queries
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        statements = [query["sql"] for query in captured.captured_queries]
        found[path] = [_explained(sql) for sql in statements if sql.lower().startswith(("select", "with"))]
    return {"pages": found}


def claim_links(number: str, resting: str) -> dict[str, Any]:
    """Seconds of each of that many claims while one server rests, and the plans of the last one."""
    now = timezone.now()
    Host.objects.filter(pk=resting).update(free_at=now + timedelta(days=1))
    seconds = []
    for _time in range(int(number)):
        start = time.perf_counter()
        with CaptureQueriesContext(connection) as captured:
            link = links.claim(at=timezone.now())
        seconds.append(time.perf_counter() - start)
        assert link, "nothing is due"
    statements = [query["sql"] for query in captured.captured_queries if query["sql"].startswith("SELECT")]
    found = [_explained(sql) for sql in statements]
    return {"claims": seconds, "queries": found, "pause": hosts.PAUSE.total_seconds()}


def make_feeds(number: str) -> None:
    """Create that many indicators, each with a feed that reads a file."""
    unit, _created = Unit.objects.get_or_create(key="cases", defaults={"name_en": "cases", "is_whole": True})
    for place in range(int(number)):
        indicator = Indicator.objects.create(key=f"bench_{place}", name_en=f"Bench {place}", unit=unit)
        IndicatorFeed.objects.create(
            key=f"bench-{place}",
            indicator=indicator,
            url=f"file:{place}.csv",
            country_column="iso3",
            day_column="date",
            value_column="value",
            source_name="Bench",
        )


def run_feeds(folder: str) -> dict[str, Any]:
    """Run the feeds on the files of a folder."""
    settings.FEED_FILES_DIR = Path(folder)
    found = [feed_runs.run(feed) for feed in IndicatorFeed.objects.filter(key__startswith="bench-")]
    return {"states": [run.state for run in found], "problems": [run.problem for run in found]}


def make_runs() -> dict[str, Any]:
    """A run for each feed, for rows that are copied by hand."""
    runs = [
        FeedRun.objects.create(feed=feed, mapping=feed.mapping)
        for feed in IndicatorFeed.objects.filter(key__startswith="bench-")
    ]
    return {"runs": [run.pk for run in runs], "indicators": [run.feed.indicator_id for run in runs]}


def copy_observations(path: str, columns: str) -> dict[str, Any]:
    """Seconds of a plain COPY on an existing connection."""
    connection.ensure_connection()
    start = time.perf_counter()
    statement = f"copy countries_observation ({columns}) from stdin"
    with transaction.atomic(), Path(path).open("rb") as file, connection.cursor().copy(statement) as copy:
        while block := file.read(1 << 18):
            copy.write(block)
    return {"copying": time.perf_counter() - start}


def change_one(number: str, relation: str) -> dict[str, float]:
    """Change one act to which so many others have a relation, or it to them; nothing of it stays.

    `saved` are the seconds of the change, in which those acts become stale, `derived` those of the worker after it.
    """
    with transaction.atomic():
        ids = stored(connected(int(number), relation))
        settle()
        _analyze(Measure, Relation, StatusEvent, Validity)
        start = time.perf_counter()
        Measure.objects.filter(pk=ids[1]).update(valid_until="2021-12-31")
        saved = time.perf_counter() - start
        settled = settle()
        derived = time.perf_counter() - start - saved
        transaction.set_rollback(True)
    if settled != int(number):
        raise AssertionError(f"{settled} acts were stale")
    return {"saved": saved, "derived": derived}


def _analyze(*models: type[Model]) -> None:
    """Tell the planner of rows of this transaction, which autovacuum does not see."""
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"analyze {model._meta.db_table}")


def settle_states() -> dict[str, float]:
    """Seconds that the worker takes to derive what an import left stale."""
    start = time.perf_counter()
    settle()
    return {"settling": time.perf_counter() - start}


def read_earlier_day(day: str) -> dict[str, float]:
    """Read what was public on a day, as the first page of that day does."""
    with record_of(date.fromisoformat(day)):
        return {"entries": len(public_index())}


def _explained(sql: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"explain (analyze, buffers, format json) {sql}")
        (plan,) = cursor.fetchone()[0]
        cursor.execute(f"explain (analyze, buffers) {sql}")
        lines = [row[0] for row in cursor.fetchall()]
    return {"sql": sql, "plan": lines, "rows": _most_rows(plan["Plan"])}


def _most_rows(node: dict[str, Any]) -> float:
    """The most rows that a scan below this node reads, including discarded ones."""
    most = max((_most_rows(child) for child in node.get("Plans", ())), default=0.0)
    if node["Node Type"].endswith("Scan"):
        thrown_away = sum(value for name, value in node.items() if name.startswith("Rows Removed by"))
        most = max(most, (node["Actual Rows"] + thrown_away) * node["Actual Loops"])
    return most


WORK: dict[str, Callable[..., dict[str, Any] | None]] = {
    work.__name__: work
    for work in (
        *(
            import_file,
            undo_import,
            export_file,
            export_sheet,
            import_package,
            export_package,
            import_stock,
            export_stock,
        ),
        *(search, queries, change_one, settle_states, read_earlier_day),
    )
}
WORK |= {work.__name__: work for work in (make_feeds, run_feeds, make_runs, copy_observations, claim_links)}


def memory(line: str) -> int:
    """Memory of this process in bytes: current (`VmRSS`) or peak (`VmHWM`)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kilobytes = next(text.split()[1] for text in status.splitlines() if text.startswith(f"{line}:"))
    return int(kilobytes) * 1024


def main(name: str, *arguments: str) -> None:
    """Do the work and print its cost."""
    connection.ensure_connection()
    reverse("healthz")  # loads all views, as a server has done before it works
    before, start = memory("VmRSS"), time.perf_counter()
    found = WORK[name](*arguments) or {}
    found |= {"seconds": time.perf_counter() - start, "grown": memory("VmHWM") - before}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
