"""Captured documents of realistic length, and the link queue, in a database that already has entries.

Each document is cited by one published entry. They are copied with their triggers enabled, which write the search
vectors; those of citations are disabled, since one more source does not change an entry's text.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg

from tests.bench.dataset import COMMON, FREQUENT, RARE
from tests.bench.loading import MOMENT, as_text
from tests.bench.words import LANGUAGES, vocabulary

DOCUMENTS = 10_000
SHORTEST, LONGEST = 450, 4_500
"""Words: 3 to 30 KB; most documents are short."""
LARGEST_HOST = "gazette.example"
OF_LARGEST_HOST = 9
"""Of ten addresses; each of the others has a server of its own."""
BATCH = 250
MARKS: tuple[tuple[str, Callable[[int], bool]], ...] = (
    (COMMON["es"], lambda n: n % 3 != 0),
    (FREQUENT["es"], lambda n: n % 5 == 0),
    (RARE["es"], lambda n: n == 7),
)
"""Search words, and the documents of any language that contain them."""

COLUMNS = {
    "measures_source": "id key url kind title publisher language published rights",
    "measures_citation": "measure_id source_id locator quote field",
    "measures_capture": "id source_id captured_at method url final_url http_status media_type charset size sha256"
    " file warc",
    "measures_documenttext": "capture_id state read_at text pages language page_starts picture",
    "measures_link": "source_id host_id url state due_at failures problem moved_to etag last_modified",
}


@dataclass(frozen=True, slots=True)
class Documents:
    """A reproducible number of documents; `first` is the id of the first source and capture."""

    size: int
    first: int
    entries: Sequence[int]
    """The published entries, which cite the documents in turn."""

    def batches(self) -> Iterator[dict[str, list[Sequence[Any]]]]:
        """The rows of the tables, in batches of documents."""
        for start in range(0, self.size, BATCH):
            yield self._batch(range(start, min(start + BATCH, self.size)))

    def _batch(self, numbers: range) -> dict[str, list[Sequence[Any]]]:
        rows: dict[str, list[Sequence[Any]]] = {table: [] for table in COLUMNS}
        chance = np.random.default_rng(numbers.start)
        for number in numbers:
            pk, language = self.first + number, LANGUAGES[number % len(LANGUAGES)]
            text = _text(chance, language, number)
            digest, url = hashlib.sha256(text.encode()).hexdigest(), f"https://{host(number)}/{number}.html"
            title = " ".join(text.split()[:9])[:300]
            rows["measures_source"].append(
                (pk, f"document-{number}", url, "official_gazette", title, "", language, "", "link_only")
            )
            rows["measures_citation"].append((self.entries[number % len(self.entries)], pk, "", "", ""))
            file, warc = f"{digest[:2]}/{digest}", f"{digest[:2]}/{digest}.warc.gz"
            capture = (pk, pk, MOMENT, "fetch", url, url, 200, "text/html", "utf-8", len(text), digest, file, warc)
            rows["measures_capture"].append(capture)
            rows["measures_documenttext"].append((pk, "read", MOMENT, text, None, language, "[]", ""))
            rows["measures_link"].append((pk, host(number), url, "alive", MOMENT, 0, "", "", "", ""))
        return rows


def host(number: int) -> str:
    """The host of a document's URL."""
    return LARGEST_HOST if number % 10 < OF_LARGEST_HOST else f"host-{number}.example"


def _text(chance: np.random.Generator, language: str, number: int) -> str:
    """Sentences of fourteen words, in paragraphs of ten; search words occur anywhere."""
    length = int(np.exp(chance.uniform(np.log(SHORTEST), np.log(LONGEST))))
    words = vocabulary(language).words[vocabulary(language).drawn(chance, length)].tolist()
    for word, has in MARKS:
        if has(number):
            words.insert(int(chance.integers(length)), word)
    sentences = [" ".join(words[at : at + 14]).capitalize() for at in range(0, len(words), 14)]
    return "\n\n".join(". ".join(sentences[at : at + 10]) for at in range(0, len(sentences), 10))


def load_documents(url: str, size: int) -> None:
    """Copy the documents into the database at `url`."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set synchronous_commit = off")
        (first,) = connection.execute(
            "select greatest((select max(id) from measures_source), (select max(id) from measures_capture), 0) + 1"
        ).fetchone() or (1,)
        entries = connection.execute("select id from measures_measure where workflow = 'published' order by id")
        documents = Documents(size, first, [pk for (pk,) in entries])
        names = sorted({host(number) for number in range(size)})
        connection.cursor().executemany(
            "insert into measures_host (name, free_at, robots, robots_at) values (%s, %s, '', now())",
            [(name, MOMENT) for name in names],
        )
        connection.execute("alter table measures_citation disable trigger user")
        for tables in documents.batches():
            for table, rows in tables.items():
                with connection.cursor().copy(f"copy {table} ({_columns(table)}) from stdin") as copy:
                    copy.write(as_text(rows))
        connection.execute("alter table measures_citation enable trigger user")
        for table in ("measures_source", "measures_capture"):
            connection.execute(f"select setval(pg_get_serial_sequence('{table}', 'id'), (select max(id) from {table}))")
        connection.execute("select note_public_change(null)")
        connection.execute("vacuum analyze")


def _columns(table: str) -> str:
    return ", ".join(COLUMNS[table].split())
