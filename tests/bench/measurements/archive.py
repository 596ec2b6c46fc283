"""The archive with ten thousand documents: its search compared with that of entries, and the cost of a claim.

Nine URLs in ten are on one host. The speed of link checks should be determined by the pauses of the hosts, so a claim
is limited in the rows it reads while the large host rests, and to far less time than a pause.
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
"""Maximum duration of a claim as a share of the pause, so that a worker can serve twenty hosts per pause."""
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
    """Measure that many claims of due links while the largest host rests."""
    found = bench.inside("claim_links", str(number), LARGEST_HOST, database=database, DEBUG="true")
    most = max(query["rows"] for query in found["queries"])
    yield limited("archive, rows that a claim reads", most, "rows", MOST_ROWS)
    seconds = median(found["claims"])
    yield Result("archive, claim of a link", seconds, "s", found["pause"], "pause", Target(LARGEST_SHARE))
