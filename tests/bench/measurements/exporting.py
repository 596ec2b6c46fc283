"""Export of all records against COPY of the same cells to standard output.

The peer is one statement written for this, which gathers each list once for all rows; the product's own does so for
some thousand rows at a time, so that its first row comes at once and any filter can be exported. Both use one
processor: a visitor's download is not to take those of everybody else. What COPY takes with more is told as well.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.bench.measuring import Result, Target, compared, limited
from tests.bench.run import MIB, Bench
from tests.bench.serving import ask_for_beginning, served

COPY, FROM_STOCK = Target(1.6), Target(50, at_least=True)
MOST_MEMORY = 64
"""MiB above the initial memory of the process, whatever the number of rows."""
FIRST_BYTE = 1.0
MANY = 2
"""Processes beside its own that PostgreSQL uses as it is installed."""
SAMPLE = 500
SHEET = 50_000
"""Rows of a sheet; its Python code is the bottleneck, not the database."""

BODY = "case when b.country_id = m.country_id then b.key else coalesce(b.country_id, 'INT') || ':' || b.key end"
GATHERED = {
    "topics": "select x.measure_id, string_agg(t.key, '|' order by t.id = m.primary_topic_id desc, t.key) as cell"
    " from measures_measure_topics x join measures_topic t on t.id = x.topic_id"
    " join measures_measure m on m.id = x.measure_id group by 1",
    "target_groups": "select x.measure_id, string_agg(g.key, '|' order by g.key) as cell"
    " from measures_measure_target_groups x join measures_targetgroup g on g.id = x.targetgroup_id group by 1",
    "origin_countries": "select measure_id, string_agg(country_id, '|' order by country_id) as cell"
    " from measures_measure_origin_countries group by 1",
    "status_history": "select measure_id, string_agg(concat_ws('@', status, nullif(date, '')), '|' order by position)"
    " as cell from measures_statusevent group by 1",
    "relations": "select measure_id, string_agg(type || ':' || o.public_id || case when r.date <> '' then '@' || r.date"
    " else '' end || case when r.scope = 'part' then '/part' else '' end, '|' order by type, o.public_id) as cell"
    " from (select subject_id as measure_id, type, object_id, date, scope from measures_relation union all"
    " select object_id, type, subject_id, date, scope from measures_relation"
    " where type in ('same_subject_as', 'conflicts_with')) r"
    " join measures_measure o on o.id = r.object_id group by 1",
    "sources": "select c.measure_id, string_agg(distinct coalesce(nullif(s.url, ''), s.key), '|') as cell"
    " from measures_citation c join measures_source s on s.id = c.source_id group by 1",
    "external_ids": "select x.measure_id, string_agg(d.key || '/' || x.key, '|' order by d.key, x.key) as cell"
    " from measures_externalid x join measures_dataset d on d.id = x.dataset_id group by 1",
    "areas": "select x.measure_id, string_agg(a.code, '|' order by a.code) as cell from measures_measure_areas x"
    " join countries_countryarea a on a.id = x.countryarea_id group by 1",
    "binds": "select measure_id, string_agg(country_id, '|' order by country_id) as cell"
    " from measures_measure_binds group by 1",
    "further": f"select x.measure_id, string_agg({BODY}, '|' order by x.position) as cell from measures_furtherbody x"
    " join measures_issuingbody b on b.id = x.body_id join measures_measure m on m.id = x.measure_id group by 1",
}


COMPUTED = {
    "country": "m.country_id",
    "issuing_body": f"concat_ws('|', {BODY}, further.cell)",
    "checked_on": "to_char(m.checked_on, 'YYYY-MM-DD')",
    "url": "'http://localhost:8000/measures/' || m.public_id || '/'",
}
HEADER = (
    "public_id country kind issuing_body reference provision official_title original_language title_en title_es"
    " title_pt short_title_en short_title_es short_title_pt summary_en summary_es summary_pt topics target_groups"
    " origin_countries direction valid_from valid_until end_kind duration duration_basis checked_on status_history"
    " relations evidence sources external_ids status url level areas binds plain_en plain_es plain_pt"
).split()
CELLS = {name: f"m.{name}" for name in HEADER} | {name: f"{name}.cell" for name in GATHERED} | COMPUTED
ALL_ROWS = (
    f"select {', '.join(CELLS[name] for name in HEADER)}"
    " from measures_measure m left join measures_issuingbody b on b.id = m.issuing_body_id"
    + "".join(f" left join ({sql}) {name} on {name}.measure_id = m.id" for name, sql in GATHERED.items())
    + " order by m.public_id"
)
"""The same cells as the command writes, which a test compares."""


def measurements(bench: Bench) -> Iterator[Result]:
    """CSV, memory, first byte, stock resource."""
    path = bench.folder / "export.csv"
    grown: list[float] = []

    def exported() -> float:
        found = bench.inside("export_file", str(path))
        grown.append(found["grown"])
        return float(found["seconds"])

    rounds, patience = (3, 120) if bench.size <= 100_000 else (2, 0)
    whole = compared(
        "export CSV", "s", exported, lambda: _copied(bench, path), "COPY", COPY, rounds=rounds, patience=patience
    )
    yield whole
    parallel = median(_copied(bench, path, processes=MANY) for _round in range(rounds))
    yield Result("export CSV, and COPY in parallel", whole.figure, "s", parallel, "COPY")
    yield limited("export memory", max(grown) / MIB, "MiB", MOST_MEMORY)
    path.unlink()

    rows = min(bench.size, SHEET)
    sheet = bench.inside("export_sheet", str(path.with_suffix(".xlsx")), str(rows))
    rate = bench.size / whole.figure
    yield Result("export XLSX", rows / sheet["seconds"], "rows/s", rate, "CSV")
    yield limited("export XLSX memory", sheet["grown"] / MIB, "MiB", MOST_MEMORY)

    sample = min(SAMPLE, bench.size)
    stock = sample / bench.inside("export_stock", str(sample))["seconds"]
    yield Result("export against stock", rate, "rows/s", stock, "stock resource", FROM_STOCK)

    with served("observatory.asgi:application", bench.environment, workers=1) as port:
        ask_for_beginning(port, "/measures.csv?country=URY")
        first = max(ask_for_beginning(port, address) for address in ("/measures.csv", "/measures.csv?sort=oldest"))
    yield limited("export first byte", first, "s", FIRST_BYTE)


def _copied(bench: Bench, path: Path, *, processes: int = 0) -> float:
    """Seconds of the peer, with that many processes beside its own."""
    start = time.perf_counter()
    statement = f"copy ({ALL_ROWS}) to stdout (format csv)"
    with (
        bench.server.connect(bench.database) as connection,
        path.open("wb") as file,
    ):
        connection.execute(f"set max_parallel_workers_per_gather = {processes}")
        with connection.cursor().copy(statement) as copy:
            file.writelines(copy)
    return time.perf_counter() - start
