"""The archive at ten thousand documents: its search against that of as many entries, and what a claim of a link reads.

Nine addresses in ten are of one server. How soon all are asked is to follow from the pauses of the servers, so a claim
is held to the rows that it reads while the large server rests, and to far fewer seconds than a pause has.
"""

from collections.abc import Iterator
from statistics import median
from urllib.parse import urlencode

from tests.bench.documents import DOCUMENTS, LARGEST_HOST, load_documents
from tests.bench.loading import loaded
from tests.bench.measurements.searching import SEARCHES
from tests.bench.measuring import Result, Target, compared, limited
from tests.bench.run import UNCACHED, Bench
from tests.bench.serving import ask, served

DATABASE = "bench_archive"
AS_FAST = Target(1.5)
"""The list of the archive has excerpts of long documents, that of the entries none."""
CLAIMS = 200
MOST_ROWS = 50
LARGEST_SHARE = 0.05
"""Of the pause of a server: what a claim may take, so that a worker serves twenty servers in each."""
SEARCHED = ("rare word", "one in five", "two in three", "two words")


def measurements(bench: Bench) -> Iterator[Result]:
    """Searches first, for claims change the queue; the database is removed at the end."""
    bench.server.create(DATABASE, template=loaded(bench.server, DOCUMENTS, print))
    load_documents(bench.server.url_of(DATABASE), DOCUMENTS)
    environment = {**bench.server.environment(DATABASE), **UNCACHED}
    with served("observatory.asgi:application", environment, workers=1) as port:
        for name in SEARCHED:
            yield _search(port, name)
    yield from claims(bench, DATABASE, CLAIMS)
    bench.server.drop(DATABASE)


def _search(port: int, name: str) -> Result:
    query = urlencode([("q", SEARCHES[name])])
    return compared(
        f"archive, {name}",
        "s",
        lambda: ask(port, f"/archive/?{query}").seconds,
        lambda: ask(port, f"/measures/?{query}").seconds,
        "entries",
        AS_FAST,
        rounds=9,
    )


def claims(bench: Bench, database: str, number: int) -> Iterator[Result]:
    """So many, of links that are due while the largest server rests."""
    found = bench.inside("claim_links", str(number), LARGEST_HOST, database=database, DEBUG="true")
    most = max(query["rows"] for query in found["queries"])
    yield limited("archive, rows that a claim reads", most, "rows", MOST_ROWS)
    seconds = median(found["claims"])
    yield Result("archive, claim of a link", seconds, "s", found["pause"], "pause", Target(LARGEST_SHARE))
