"""Public pages on the server of `deploy/`: made anew, from the cache, as "not modified"; and what they read."""

from collections.abc import Iterator
from gzip import compress
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.dataset import COUNTRIES_OF_SIZE
from tests.bench.measuring import Result, Run, Target, compared, in_turns, limited, spread
from tests.bench.run import UNCACHED, Bench
from tests.bench.server import DATA
from tests.bench.serving import ask, rate, served

NOT_MODIFIED, CACHED, UNCACHED_TIMELINE = (
    Target(0.4, at_least=True),
    Target(0.4, at_least=True),
    Target(1 / 130, at_least=True),
)
NO_SLOWER = Target(1, at_least=True)
MOST_BYTES_GZIPPED = 40 * 1024
ENTRIES_OF_THAT_PAGE = 150
MOST_QUERIES = 20
MOST_ROWS = 5_000
"""Rows that one step of a query of a page may read: a timeline of 300 entries with all that belongs to them."""


def measurements(bench: Bench) -> Iterator[Result]:
    """Rates, bytes, numbers of queries and of rows."""
    pages = _pages(bench)
    with (
        served("tests.bench.bare:application", {**bench.environment, "BENCH_FILE": str(_file(bench, pages))}) as bare,
        served("observatory.wsgi:application", bench.environment) as cached,
        served("observatory.wsgi:application", {**bench.environment, **UNCACHED}) as uncached,
    ):
        peer = _rate(bare, "/bare")
        for name, path in pages.items():
            yield from _page(name, path, peer, cached, uncached)
        yield compared("static file of the size", "requests/s", _rate(bare, "/file"), peer, "bare view", rounds=3)
        yield from _long_timelines(pages, uncached)
        if page := pages.get(f"timeline of {ENTRIES_OF_THAT_PAGE}"):
            size = len(compress(ask(uncached, page).body))
            yield limited(f"HTML of {ENTRIES_OF_THAT_PAGE} entries, gzipped", size, "bytes", MOST_BYTES_GZIPPED)
    yield from _queries(bench, pages)


def _pages(bench: Bench) -> dict[str, str]:
    """The addresses by name; those of countries as far as the size has them."""
    with bench.server.connect(bench.database) as connection:
        slugs = dict(connection.execute("select iso3, slug from countries_country").fetchall())
    of_countries = {
        f"timeline of {number}": f"/countries/{slugs[iso3]}/"
        for iso3, number in COUNTRIES_OF_SIZE.items()
        if 3 * number <= bench.size
    }
    return {**of_countries, "list": "/measures/", "measure": "/measures/URY-00001/", "home": "/"}


def _file(bench: Bench, pages: dict[str, str]) -> Path:
    """A file as large as a timeline."""
    path = bench.folder / "page.html"
    with served("observatory.wsgi:application", bench.environment, workers=1) as port:
        path.write_bytes(ask(port, pages.get("timeline of 300", "/")).body)
    return path


def _rate(port: int, path: str, headers: dict[str, str] | None = None) -> Run:
    """A run of some seconds, whose figure is a rate."""
    return lambda: rate(port, [path], headers=headers)


def _page(name: str, path: str, peer: Run, cached: int, uncached: int) -> Iterator[Result]:
    target = UNCACHED_TIMELINE if name == "timeline of 300" else None
    yield compared(f"{name}, uncached", "requests/s", _rate(uncached, path), peer, "bare view", target, rounds=3)
    if tag := ask(cached, path).headers.get("etag"):
        yield compared(f"{name}, cached", "requests/s", _rate(cached, path), peer, "bare view", CACHED, rounds=3)
        known = _rate(cached, path, {"If-None-Match": tag})
        yield compared(f"{name}, 304", "requests/s", known, peer, "bare view", NOT_MODIFIED, rounds=3)


def _long_timelines(pages: dict[str, str], uncached: int) -> Iterator[Result]:
    """Thousands of entries are counted in a matrix, which is no slower than a timeline of 300."""
    for name in ("timeline of 3000", "timeline of 30000"):
        if name in pages:
            figures, peers = in_turns(_rate(uncached, pages[name]), _rate(uncached, pages["timeline of 300"]), rounds=3)
            yield Result(
                f"{name} against 300", median(figures), "requests/s", median(peers), "300", NO_SLOWER, spread(peers)
            )


def _queries(bench: Bench, pages: dict[str, str]) -> Iterator[Result]:
    """How many queries each page makes, and the most rows that a step of one reads; keeps the plans."""
    found = bench.inside("queries", *pages.values(), **UNCACHED)["pages"]
    _keep_plans(bench, found)
    for name, path in pages.items():
        most = max((query["rows"] for query in found[path]), default=0)
        yield limited(f"{name}, rows of a query", most, "rows", MOST_ROWS)
    for small, large in (("timeline of 40", "timeline of 300"), ("timeline of 3000", "timeline of 30000")):
        if large in pages:
            numbers = [len(found[pages[name]]) for name in (small, large)]
            yield Result(f"{large}, queries", numbers[1], "queries", numbers[0], small, Target(1))
    for name in ("list", "measure", "home"):
        yield limited(f"{name}, queries", len(found[pages[name]]), "queries", MOST_QUERIES)


def _keep_plans(bench: Bench, found: dict[str, list[dict[str, Any]]]) -> None:
    lines = []
    for path, queries in found.items():
        for query in queries:
            lines += [f"== {path}: a step reads {query['rows']:,.0f} rows", query["sql"], *query["plan"], ""]
    (DATA / f"bench-explain-{bench.size}.txt").write_text("\n".join(lines), encoding="utf-8")
