"""Public pages on the server of `deploy/`: rendered, cached and as 304; and their queries."""

from collections.abc import Iterator
from statistics import median
from typing import Any

from tests.bench.dataset import COUNTRIES_OF_SIZE
from tests.bench.measuring import Result, Run, Target, in_turns, limited, spread
from tests.bench.run import UNCACHED, Bench
from tests.bench.server import DATA
from tests.bench.serving import ask, rate, served

NOT_MODIFIED, CACHED, UNCACHED_TIMELINE = (
    Target(0.4, at_least=True),
    Target(0.4, at_least=True),
    Target(1 / 130, at_least=True),
)
ROUNDS = 4
REQUESTS = "requests/s"
COMPRESSED = {"Accept-Encoding": "gzip"}
"""Every browser asks for it."""
NO_SLOWER = Target(1, at_least=True)
MOST_GZIPPED = 40
"""KiB."""
ENTRIES_OF_THAT_PAGE = 150
MOST_QUERIES = 20
MOST_ROWS = 6_000
"""Rows that one step of a page's query may read: a timeline of 300 entries with everything related, or a table so small
that the planner reads it whole, such as the sources of 10,000 entries."""


def measurements(bench: Bench) -> Iterator[Result]:
    """Rates, bytes, numbers of queries and of rows."""
    pages = _pages(bench)
    file = bench.folder / "page.html.gz"
    file.write_bytes(b"")
    with (
        served("tests.bench.bare:application", {**bench.environment, "BENCH_FILE": str(file)}) as bare,
        served("observatory.asgi:application", bench.environment) as cached,
        served("observatory.asgi:application", {**bench.environment, **UNCACHED}) as uncached,
    ):
        for name, path in pages.items():
            yield from _page(name, path, _rate(bare, "/bare"), cached, uncached)
        file.write_bytes(ask(uncached, pages.get("timeline of 300", "/"), COMPRESSED).body)
        static, plain = in_turns(_rate(bare, "/file"), _rate(bare, "/bare"), rounds=ROUNDS)
        yield Result(
            "static file of a timeline’s size",
            median(static),
            REQUESTS,
            median(plain),
            "bare view",
            None,
            spread(plain),
        )
        yield from _long_timelines(pages, uncached)
        if page := pages.get(f"timeline of {ENTRIES_OF_THAT_PAGE}"):
            size = len(ask(uncached, page, COMPRESSED).body)
            yield limited(f"HTML of {ENTRIES_OF_THAT_PAGE} entries, gzipped", size / 1024, "KiB", MOST_GZIPPED)
    yield from _queries(bench, pages)


def _pages(bench: Bench) -> dict[str, str]:
    """The URLs by name; those of countries if the data set is large enough for them."""
    with bench.server.connect(bench.database) as connection:
        slugs = dict(connection.execute("select iso3, slug from countries_country").fetchall())
    of_countries = {
        f"timeline of {number}": f"/countries/{slugs[iso3]}/"
        for iso3, number in COUNTRIES_OF_SIZE.items()
        if 3 * number <= bench.size
    }
    return {**of_countries, "list": "/measures/", "measure": "/measures/URY-00001/", "home": "/"}


def _rate(port: int, path: str, headers: dict[str, str] | None = None) -> Run:
    """A run of a second or more that returns a rate."""
    return lambda: rate(port, [path], headers={**COMPRESSED, **(headers or {})})


def _page(name: str, path: str, bare: Run, cached: int, uncached: int) -> Iterator[Result]:
    """The page rendered, cached and as 304, each compared with the bare view."""
    tag = ask(cached, path, COMPRESSED).headers["etag"]
    known = _rate(cached, path, {"If-None-Match": tag})
    plain, *found = in_turns(bare, _rate(uncached, path), _rate(cached, path), known, rounds=ROUNDS)
    anew = UNCACHED_TIMELINE if name == "timeline of 300" else None
    for what, target, rates in zip(("uncached", "cached", "304"), (anew, CACHED, NOT_MODIFIED), found, strict=True):
        yield Result(f"{name}, {what}", median(rates), REQUESTS, median(plain), "bare view", target, spread(plain))


def _long_timelines(pages: dict[str, str], uncached: int) -> Iterator[Result]:
    """Thousands of entries are counted in a matrix, which is no slower than a timeline of 300."""
    for name in ("timeline of 3000", "timeline of 30000"):
        if name in pages:
            runs = [_rate(uncached, pages[page]) for page in (name, "timeline of 300")]
            long, usual = in_turns(*runs, rounds=ROUNDS)
            yield Result(f"{name} against 300", median(long), REQUESTS, median(usual), "300", NO_SLOWER, spread(usual))


def _queries(bench: Bench, pages: dict[str, str]) -> Iterator[Result]:
    """How many queries each page makes, and the most rows that a step of one reads; keeps the plans."""
    found = bench.inside("queries", *pages.values(), **UNCACHED)["pages"]
    _keep_plans(bench, found)
    for name, path in pages.items():
        most = max((query["rows"] for query in found[path]), default=0)
        yield limited(f"{name}, rows of a query", most, "rows", MOST_ROWS)
    for small, large in (("timeline of 40", "timeline of 150"), ("timeline of 300", "timeline of 30000")):
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
