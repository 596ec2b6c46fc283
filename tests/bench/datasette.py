"""Datasette with the same published entries, in SQLite: the peer of the list page.

It has an environment of its own in `.data/`, an index for each column that a filter or facet asks for, tables of tags
with theirs, a full-text table, and the six facets of our page. Its limits of time are raised, so that it counts all.
"""

import json
import sqlite3
import subprocess
import venv
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.bench.run import Bench
from tests.bench.serving import HOST, free_port, running

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
LIMIT = 600_000
"""Maximum milliseconds of a query and of a facet count."""
COLUMNS = (
    "id public_id country kind family status_group direction evidence reference date day title_en title_es title_pt"
    " summary_en summary_es summary_pt topics groups"
).split()
INDEXED = ("country", "kind", "family", "status_group", "direction", "day")
FACETS = ["country", "family", "status_group", "direction", {"array": "topics"}, {"array": "groups"}]
SELECT = """
    select m.id, public_id, coalesce(country_id, 'INT'), kind, family, state_on(m.id, current_date), direction,
        evidence, reference, date, lower(date_range)::text, title_en, title_es, title_pt,
        summary_en, summary_es, summary_pt,
        coalesce((select json_agg(t.key) from measures_measure_topics x join measures_topic t on t.id = x.topic_id
            where x.measure_id = m.id)::text, '[]'),
        coalesce((select json_agg(g.key) from measures_measure_target_groups x
            join measures_targetgroup g on g.id = x.targetgroup_id where x.measure_id = m.id)::text, '[]')
    from measures_measure m where workflow = 'published'
"""


def installed(data: Path) -> Path:
    """The program, installed if need be."""
    folder = data / "datasette"
    program, done = folder / "bin" / "datasette", folder / "installed"
    if not done.exists() or done.read_text() != REQUIREMENTS.read_text():
        venv.create(folder, clear=True, with_pip=True)
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(REQUIREMENTS)]
        subprocess.run([folder / "bin" / "python", *install], check=True)
        done.write_text(REQUIREMENTS.read_text())
    return program


def database(bench: Bench, data: Path, fingerprint: str) -> Path:
    """The entries in SQLite, cached for later runs with the same entries."""
    path = data / f"bench-{bench.size}.sqlite"
    note = path.with_suffix(".made-from")
    if path.exists() and note.exists() and note.read_text() == fingerprint:
        return path
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as target:
        target.execute("pragma journal_mode = off")
        target.execute("pragma synchronous = off")
        _fill(bench, target)
        target.commit()
    note.write_text(fingerprint)
    return path


def _fill(bench: Bench, target: sqlite3.Connection) -> None:
    target.execute(f"create table measures ({', '.join(COLUMNS)}, primary key (id))".replace("id,", "id integer,", 1))
    with bench.server.connect(bench.database) as source, source.transaction():
        rows = source.cursor("rows")
        rows.itersize = 2_000
        target.executemany(f"insert into measures values ({', '.join('?' * len(COLUMNS))})", rows.execute(SELECT))
    for name in INDEXED:
        target.execute(f"create index measures_{name} on measures ({name})")
    for name in ("topics", "groups"):
        target.execute(f"create table {name} (measure integer, term text)")
        target.execute(f"insert into {name} select m.id, j.value from measures m, json_each(m.{name}) j")
        target.execute(f"create index {name}_term on {name} (term, measure)")
    texts = [name for name in COLUMNS if name.startswith(("title", "summary"))]
    target.execute(f"create virtual table measures_fts using fts5 ({', '.join(texts)}, content='measures')")
    target.execute("insert into measures_fts (measures_fts) values ('rebuild')")
    target.execute("analyze")


@contextmanager
def served(program: Path, path: Path, folder: Path) -> Iterator[int]:
    """Run Datasette on the database inside the block; yield the port."""
    metadata = folder / "metadata.json"
    metadata.write_text(
        json.dumps({"databases": {path.stem: {"tables": {"measures": {"facets": FACETS, "size": 50}}}}})
    )
    settings = {"sql_time_limit_ms": LIMIT, "facet_time_limit_ms": LIMIT, "suggest_facets": "off"}
    port = free_port()
    command = [str(program), "serve", str(path), "--host", HOST, "--port", str(port), "--metadata", str(metadata)]
    for name, value in settings.items():
        command += ["--setting", name, str(value)]
    with running(command, {"PATH": str(program.parent), "HOME": str(folder)}, port, is_quiet=True):
        yield port
