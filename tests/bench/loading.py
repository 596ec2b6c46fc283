"""Load a data set into a new database of the product, by COPY.

While loading, triggers are disabled, and indexes, unique constraints and foreign keys are dropped and later recreated
from PostgreSQL's own definitions. What triggers would have written is written directly: cached statuses come with the
rows, the search vectors are computed when all rows are loaded, and the log of public changes gets one row. The words
for “did you mean” and what is true of each act on a day are computed by the commands for this. Only history is missing:
the records have no insert events.

A loaded database is reused as long as the generator, the migrations and the fixtures are unchanged.
"""

import csv
import hashlib
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psycopg

from tests.bench.dataset import BATCH, MUTUAL, Dataset, Entry, body_rows, covered_countries
from tests.bench.server import ROOT, Server

PROCESSES = 2
VOCABULARY = "bench_vocabulary"
"""The template of the other databases, with all migrations, the fixtures and the issuing bodies."""
ACCOUNT = "observatory"
RECORDED = "2026-01-01"
MOMENT = f"{RECORDED} 00:00:00+00"

MEASURE = (
    "id public_id country_id kind issuing_body_id reference provision official_title original_language"
    " level title_en title_es title_pt short_title_en short_title_es short_title_pt summary_en summary_es summary_pt"
    " plain_en plain_es plain_pt"
    " primary_topic_id direction valid_from valid_until end_kind duration duration_basis evidence status status_date"
    " date workflow workflow_note retired_reason record_version created_at created_by_id updated_at updated_by_id"
    " reviewed_at reviewed_by_id published_at published_by_id"
).split()
COLUMNS = {
    "measures_source": "id key url kind title publisher language published accessed_on rights".split(),
    "measures_measure": MEASURE,
    "measures_measure_topics": ["measure_id", "topic_id"],
    "measures_measure_target_groups": ["measure_id", "targetgroup_id"],
    "measures_measure_origin_countries": ["measure_id", "country_id"],
    "measures_statusevent": "measure_id position status date note note_es note_pt recorded_on".split(),
    "measures_citation": "measure_id source_id locator quote field".split(),
    "measures_relation": "subject_id type object_id date scope provision recorded_on".split(),
}
"""The tables that an import of measures writes, in an order that satisfies foreign keys."""
SEARCH = "measures_searchtext"
FILL_SEARCH = f"""
    insert into {SEARCH} (measure_id, vector) select measure_id, vector from measures_searchvector
    where measure_id >= {{first}} and measure_id < {{end}}
"""
NULL = "\\N"


def fingerprint(size: int) -> str:
    """A digest of everything that a loaded database depends on."""
    digest = hashlib.sha256(str(size).encode())
    sources = [*Path(__file__).parent.glob("*.py"), *ROOT.glob("*/migrations/*.py"), *ROOT.glob("fixtures/*.csv")]
    for path in sorted(path for path in sources if path.parent.name != "bench" or path.stem in MADE_BY):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


MADE_BY = ("words", "dataset", "loading")


def loaded(server: Server, size: int, say: Callable[[str], None]) -> str:
    """The name of a database with `size` entries, created now or in an earlier run."""
    name, wanted = f"bench_{size}", fingerprint(size)
    if server.fingerprint(name) == wanted:
        say(f"The database {name} of an earlier run is used again; the generator and the migrations are the same.")
        return name
    start = time.perf_counter()
    server.create(name, template=vocabulary(server))
    load(server.url_of(name), Dataset(size))
    server.manage(name, "refresh_search_words")
    server.manage(name, "rebuild_validity")
    with server.connect(name) as connection:
        connection.execute("vacuum analyze measures_validity")
    server.note(name, wanted)
    seconds, room = time.perf_counter() - start, server.bytes_of(name) / 1e9
    say(f"{size:,} entries loaded into {name} in {seconds:,.0f} s; it takes {room:.1f} GB.")
    return name


def vocabulary(server: Server) -> str:
    """The name of the database with everything but generated entries."""
    wanted = fingerprint(0)
    if server.fingerprint(VOCABULARY) == wanted:
        return VOCABULARY
    server.create(VOCABULARY)
    server.manage(VOCABULARY, "migrate", "--verbosity=0")
    server.manage(VOCABULARY, "load_fixtures")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "issuing_bodies.csv"
        rows = list(body_rows())
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        server.manage(VOCABULARY, "import_file", "issuing_bodies", str(path))
    with server.connect(VOCABULARY) as connection:
        connection.execute("update countries_country set is_covered = true where iso3 = any(%s)", [covered_countries()])
    server.note(VOCABULARY, wanted)
    return VOCABULARY


# Table rows


@dataclass(frozen=True, slots=True)
class Keys:
    """Ids assigned by the database, and the first ids for new rows."""

    topics: dict[str, int]
    groups: dict[str, int]
    bodies: dict[tuple[str, str], int]
    account: int
    measure: int
    source: int

    @classmethod
    def of(cls, connection: psycopg.Connection[Any]) -> "Keys":
        """Read them from the database."""
        return cls(
            topics=dict(connection.execute("select key, id from measures_topic").fetchall()),
            groups=dict(connection.execute("select key, id from measures_targetgroup").fetchall()),
            bodies={
                (country, key): pk
                for country, key, pk in connection.execute("select country_id, key, id from measures_issuingbody")
            },
            account=_number(connection, f"select id from auth_user where username = '{ACCOUNT}'"),
            measure=_number(connection, "select coalesce(max(id), 0) from measures_measure") + 1,
            source=_number(connection, "select coalesce(max(id), 0) from measures_source") + 1,
        )


def _number(connection: psycopg.Connection[Any], sql: str) -> int:
    row = connection.execute(sql).fetchone()
    assert row
    return int(row[0])


def table_rows(dataset: Dataset, number: int, keys: Keys) -> dict[str, list[Sequence[Any]]]:
    """The rows of one batch by table, their values as in `COLUMNS`; None is null."""
    rows: dict[str, list[Sequence[Any]]] = {table: [] for table in COLUMNS}
    for entry in dataset.batch(number):
        pk = keys.measure + entry.index
        rows["measures_measure"].append(_measure(entry, pk, keys))
        if entry.index % 2 == 0:
            rows["measures_source"].append(_source(dataset, entry, keys))
        for topic in entry.topics:
            rows["measures_measure_topics"].append((pk, keys.topics[topic]))
        for group in entry.groups:
            rows["measures_measure_target_groups"].append((pk, keys.groups[group]))
        for origin in entry.origins:
            rows["measures_measure_origin_countries"].append((pk, origin))
        for position, (status, date) in enumerate(entry.events):
            rows["measures_statusevent"].append((pk, position, status, date, "", "", "", RECORDED))
        for source in entry.sources:
            rows["measures_citation"].append((pk, keys.source + source, "", "", ""))
        for kind, other in entry.relations:
            pair = (keys.measure + other, kind, pk) if kind == MUTUAL else (pk, kind, keys.measure + other)
            rows["measures_relation"].append((*pair, "", "whole", "", RECORDED))
    return rows


def _measure(entry: Entry, pk: int, keys: Keys) -> Sequence[Any]:
    status, status_date = entry.events[-1]
    published = (MOMENT, keys.account) if entry.is_published else (None, None)
    return (
        *(pk, entry.public_id, entry.country, entry.kind, keys.bodies.get((entry.country, entry.body))),
        *(entry.reference, entry.provision, entry.official_title, entry.original_language),
        "subnational" if entry.kind == "subnational_norm" else "national",
        *(
            *entry.titles,
            *entry.short_titles,
            *entry.summaries,
            *("", "", ""),
            keys.topics[entry.topics[0]],
            entry.direction,
        ),
        *(
            entry.valid_from,
            entry.valid_until,
            entry.end_kind,
            "",
            "",
            entry.evidence,
            status,
            status_date,
            _date(entry),
        ),
        *("published" if entry.is_published else "draft", "", "", 1, MOMENT, keys.account, MOMENT, keys.account),
        *(*published, *published),
    )


def _date(entry: Entry) -> str:
    """Like `workflow.status_query`: the first dated event, or the start of validity if it is more precise."""
    first = next((date for _status, date in entry.events if date), "")
    if entry.valid_from and entry.valid_from.startswith(first.rstrip("?")):
        return entry.valid_from
    return first


def _source(dataset: Dataset, entry: Entry, keys: Keys) -> Sequence[Any]:
    """The document that belongs to every second entry."""
    number = entry.index // 2
    return (
        *(keys.source + number, f"bench-{dataset.start}-{number}", dataset.source_address(number)),
        *("official_gazette", entry.titles[number % 3], "", ("en", "es", "pt")[number % 3], "", None, "link_only"),
    )


def as_text(rows: Iterable[Sequence[Any]]) -> str:
    """Rows in the text format of COPY."""
    return "".join("\t".join(map(_cell, row)) + "\n" for row in rows)


def _cell(value: Any) -> str:
    if value is None:
        return NULL
    return str(value).replace("\\", "\\\\").replace("\n", "\\n")


# Loading


def load(url: str, dataset: Dataset) -> None:
    """Load the entries into the database at `url`, which has only the vocabulary."""
    with psycopg.connect(url, autocommit=True) as connection:
        keys = Keys.of(connection)
        with _bare(url, connection, [SEARCH]):
            with _bare(url, connection, list(COLUMNS)):
                in_processes(_copy, [(url, dataset, part, keys) for part in range(PROCESSES)])
            connection.execute("analyze")
            first, end = keys.measure, keys.measure + dataset.size
            starts = range(first, end, BATCH)
            in_turns(url, [FILL_SEARCH.format(first=start, end=start + BATCH) for start in starts])
        _set_counters(connection, dataset)
        connection.execute("select note_public_change(null)")
        connection.execute("vacuum analyze")


def in_processes(work: Callable[..., None], arguments: Sequence[Sequence[Any]]) -> None:
    """Run the work for all arguments in parallel, one process each."""
    with ProcessPoolExecutor(len(arguments), mp_context=get_context("spawn")) as pool:
        for done in [pool.submit(work, *given) for given in arguments]:
            done.result()


def _copy(url: str, dataset: Dataset, part: int, keys: Keys) -> None:
    """Copy every `PROCESSES`th batch."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set synchronous_commit = off")
        for number in range(part, dataset.batches, PROCESSES):
            for table, rows in table_rows(dataset, number, keys).items():
                copy_text(connection, table, [as_text(rows)])


def copy_text(connection: psycopg.Connection[Any], table: str, blocks: Iterable[str | bytes]) -> None:
    """Copy rows in COPY's text format into the table."""
    with connection.cursor().copy(f"copy {table} ({', '.join(COLUMNS[table])}) from stdin") as copy:
        for block in blocks:
            copy.write(block)


def _set_counters(connection: psycopg.Connection[Any], dataset: Dataset) -> None:
    """Set sequences beyond the ids used here."""
    for table in ("measures_measure", "measures_source"):
        connection.execute(f"select setval(pg_get_serial_sequence('{table}', 'id'), (select max(id) from {table}))")
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into measures_publicidsequence (prefix, last) values (%s, %s)"
            " on conflict (prefix) do update set last = excluded.last",
            list(dataset.numbers_given().items()),
        )


@contextmanager
def _bare(url: str, connection: psycopg.Connection[Any], tables: list[str]) -> Iterator[None]:
    """Drop triggers, indexes and keys of the tables inside the block."""
    indexes = _rows(connection, INDEXES, tables)
    keys = _rows(connection, UNIQUE_KEYS, tables)
    foreign = _rows(connection, FOREIGN_KEYS, tables)
    for table, name, _definition in [*foreign, *keys]:
        connection.execute(f"alter table {table} drop constraint {name}")
    kept_by_keys = {name for _table, name, _definition in keys}
    for _table, name, _definition in indexes:
        if name not in kept_by_keys:
            connection.execute(f"drop index {name}")
    for table in tables:
        connection.execute(f"alter table {table} disable trigger user")
    yield
    in_turns(url, [definition for _table, _name, definition in indexes])
    for table, name, definition in keys:
        connection.execute(f"alter table {table} add constraint {name} {definition}")
    for table, name, definition in foreign:
        connection.execute(f"alter table {table} add constraint {name} {definition}")
    for table in tables:
        connection.execute(f"alter table {table} enable trigger user")


def in_turns(url: str, statements: Sequence[str]) -> None:
    """Run independent statements, as many in parallel as there are processes."""

    def run(statement: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("set maintenance_work_mem = '512MB'")
            connection.execute(statement)

    with ThreadPoolExecutor(PROCESSES) as pool:
        list(pool.map(run, statements))


def _rows(connection: psycopg.Connection[Any], sql: str, tables: list[str]) -> list[tuple[str, str, str]]:
    return connection.execute(sql, {"tables": tables}).fetchall()


INDEXES = """
    select indrelid::regclass::text, indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index
    where indrelid::regclass::text = any(%(tables)s)
    order by pg_get_indexdef(indexrelid) not like '%% USING gin %%', indexrelid
"""
"""The slow ones first, so that both processes end together."""
UNIQUE_KEYS = """
    select conrelid::regclass::text, conname,
        case contype when 'p' then 'primary key' else 'unique' end || ' using index ' || conindid::regclass
        || case when condeferrable then ' deferrable' else '' end
        || case when condeferred then ' initially deferred' else '' end
    from pg_constraint where contype in ('p', 'u') and conrelid::regclass::text = any(%(tables)s) order by oid
"""
FOREIGN_KEYS = """
    select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
    where contype = 'f' and (conrelid::regclass::text = any(%(tables)s) or confrelid::regclass::text = any(%(tables)s))
    order by oid
"""
