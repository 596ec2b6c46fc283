"""The values of the bench: what a refresh changes, and that feeds and COPY take them."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from countries.models import Observation
from tests.bench.measurements.observations import COLUMNS, INDICATORS, Series
from tests.bench.run import Bench
from tests.bench.server import server


def test_refresh_changes_one_value_of_a_thousand() -> None:
    series = Series(["ARG", "BOL", "CHL"], 700)
    differing = [
        (fresh, other)
        for fresh, other in zip(series.rows(0), series.rows(0, refreshed=True), strict=True)
        if fresh != other
    ]
    assert (series.size, len(differing) * INDICATORS, series.changed) == (10_500, 15, 15)
    assert all(other[:2] == fresh[:2] and other[2] == fresh[2] + 1 for fresh, other in differing)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_feeds_and_copy_take_the_same_values(tmp_path: Path) -> None:
    call_command("load_fixtures", verbosity=0)
    bench = Bench(server(), connection.settings_dict["NAME"], 10_000, tmp_path)
    known = Observation.objects.count()
    bench.inside("make_feeds", "1")
    (tmp_path / "0.csv").write_text("iso3,date,value\nPER,2020-03-01,5\n", encoding="utf-8")
    assert bench.inside("run_feeds", str(tmp_path))["states"] == ["published"]
    given = bench.inside("make_runs")
    texts = ["", "", "", "Bench", "", "", ""]  # notes, names of the source, its address
    row = [str(given["indicators"][0]), "PER", "2020-03-02", "6", "eq", "A", *texts, str(given["runs"][0])]
    (tmp_path / "rows").write_text("\t".join(row) + "\n", encoding="utf-8")
    assert bench.inside("copy_observations", str(tmp_path / "rows"), COLUMNS)["copying"] > 0
    assert Observation.objects.count() == known + 2
