"""The fifty best of a search with their total, against the bare index scan of a rare word; and the whole page."""

from collections.abc import Iterator
from statistics import median
from urllib.parse import urlencode

from tests.bench import report
from tests.bench.dataset import COMMON, FREQUENT, RARE
from tests.bench.measuring import Result, Target, spread
from tests.bench.run import UNCACHED, Bench
from tests.bench.server import DATA
from tests.bench.serving import ask, served

FROM_INDEX, GROWTH = Target(30), Target(4)
"""At a million entries, where the index scan of a rare word takes some milliseconds; it takes almost none below."""
MILLION, GROWTH_FROM = 1_000_000, 100_000
ROUNDS = 9
SEARCHES = {
    "rare word": RARE["es"],
    "one in five": FREQUENT["es"],
    "two in three": COMMON["es"],
    "two words": f"{FREQUENT['es']} {COMMON['es']}",
    "beginning of a word": FREQUENT["es"][:6],
    "typing error": FREQUENT["es"].replace("ent", "etn"),
}
BARE = f"select measure_id from measures_searchtext where vector @@ to_tsquery('spanish', '{RARE['es']}')"


def measurements(bench: Bench) -> Iterator[Result]:
    """A result per search, its growth since 100,000 entries, and its page."""
    found = bench.inside("search", str(ROUNDS), BARE, *SEARCHES.values())
    scans = found["scans"][1:]
    for name, words in SEARCHES.items():
        seconds = median(found["searches"][words][1:])
        target = FROM_INDEX if bench.size >= MILLION else None
        result = Result(f"search, {name}", seconds, "s", median(scans), "index scan", target, spread(scans))
        yield result
        if growth := _growth(bench, result):
            yield growth
    with served("observatory.asgi:application", {**bench.environment, **UNCACHED}, workers=1) as port:
        for name, words in SEARCHES.items():
            page = f"/measures/?{urlencode([('q', words)])}"
            times = [ask(port, page).seconds for _round in range(ROUNDS)][1:]
            yield Result(f"search page, {name}", median(times), "s", median(scans), "index scan")


def _growth(bench: Bench, result: Result) -> Result | None:
    """At a million entries: the time relative to that at 100,000, if an earlier run has measured it."""
    earlier = report.read(DATA, GROWTH_FROM).get("ratios", {}).get(result.name)
    if bench.size <= GROWTH_FROM or not earlier:
        return None
    name = result.name.replace("search, ", "search grows, ")
    return Result(name, result.figure, "s", earlier["figure"], "at 100,000", GROWTH)
