"""The whole list page over five filters, uncached, against Datasette's page of the same rows."""

from collections.abc import Iterator
from urllib.parse import urlencode

from tests.bench import datasette, report
from tests.bench.dataset import Dataset
from tests.bench.loading import fingerprint
from tests.bench.measuring import Result, Target, compared
from tests.bench.run import UNCACHED, Bench
from tests.bench.server import DATA
from tests.bench.serving import ask, served

MILLION = 1_000_000
GROWTH_FROM = 100_000
GROWTH = Target(4)
BROAD, NARROW = Target(1 / 15), Target(1)

TOPICS = tuple(Dataset(1).topics.values[:3])
GROUP = Dataset(1).groups.values[0]
"""The most frequent ones, so that filters are broad."""


def _in_terms(table: str, terms: tuple[str, ...]) -> str:
    """Datasette's fastest condition: it uses the index of the tag table."""
    listed = ", ".join(f"'{term}'" for term in terms)
    return f"id in (select measure from {table} where term in ({listed}))"


FILTERS: dict[str, tuple[list[tuple[str, str]], list[tuple[str, str]]]] = {
    "no filter": ([], []),
    "two kinds and a status": (
        [("kind", "executive_decree"), ("kind", "law"), ("status", "in_force")],
        [("kind__in", "executive_decree,law"), ("status_group__exact", "in_force")],
    ),
    "one country and topic": (
        [("country", "ECU"), ("topic", TOPICS[0])],
        [("country__exact", "ECU"), ("_where", _in_terms("topics", TOPICS[:1]))],
    ),
    "group, twelve years, three topics": (
        [("group", GROUP), ("from", "2010"), ("to", "2021"), *(("topic", topic) for topic in TOPICS)],
        [
            ("day__gte", "2010-01-01"),
            ("day__lt", "2022-01-01"),
            ("_where", _in_terms("topics", TOPICS)),
            ("_where", _in_terms("groups", (GROUP,))),
        ],
    ),
    "one topic": ([("topic", TOPICS[0])], [("_where", _in_terms("topics", TOPICS[:1]))]),
}
"""Our query string and Datasette's, by name."""


def targets(size: int) -> dict[str, Target]:
    """The target of each filter; none below 100,000 entries, where both are fast."""
    if size < GROWTH_FROM:
        return {}
    unfiltered = Target(1 / 300) if size >= MILLION else Target(1 / 50)
    return {**dict.fromkeys(FILTERS, BROAD), "no filter": unfiltered, "one country and topic": NARROW}


def measurements(bench: Bench) -> Iterator[Result]:
    """A result per filter, and the growth of each since 100,000 entries."""
    program = datasette.installed(DATA)
    path = datasette.database(bench, DATA, fingerprint(bench.size))
    with (
        served("observatory.asgi:application", {**bench.environment, **UNCACHED}, workers=1) as ours,
        datasette.served(program, path, bench.folder) as theirs,
    ):
        for name, (query, asked) in FILTERS.items():
            result = _one(bench, name, f"/measures/?{urlencode(query)}", ours, theirs, f"/{path.stem}/measures", asked)
            yield result
            if growth := _growth(bench, result):
                yield growth


def _one(
    bench: Bench, name: str, page: str, ours: int, theirs: int, table: str, asked: list[tuple[str, str]]
) -> Result:
    their_page = f"{table}?{urlencode([('_sort_desc', 'day'), ('_size', '50'), *asked])}"
    return compared(
        f"list, {name}",
        "s",
        lambda: ask(ours, page).seconds,
        lambda: ask(theirs, their_page).seconds,
        "Datasette",
        targets(bench.size).get(name),
        patience=40,
    )


def _growth(bench: Bench, result: Result) -> Result | None:
    """At a million entries: the time relative to that at 100,000, if an earlier run has measured it."""
    earlier = report.read(DATA, GROWTH_FROM).get("ratios", {}).get(result.name)
    if bench.size <= GROWTH_FROM or not earlier:
        return None
    name = result.name.replace("list, ", "list grows, ")
    return Result(name, result.figure, "s", earlier["figure"], "at 100,000", GROWTH)
