"""The sources that answer typed words, which answer best, and where in their documents they do.

PostgreSQL keeps a vector for each source (`SourceText`). An answer may stand anywhere in hundreds of pages, and to let
PostgreSQL mark words in all of them would take seconds: the likeliest passage is found here, by the beginnings of the
words, and PostgreSQL marks the words in that alone.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice

import numpy as np
from django.contrib.postgres.search import SearchRank
from django.db import connection
from django.db.models import F

from foundation.texts import Text, without_accents
from measures.models import SourceText
from measures.search.matching import Ids, parts, query

RANKED = 300
"""So many hits are sorted by how well they answer; each takes the reading of the words of a whole document."""

_FOUND = "select measures_sources_found({query})"

PASSAGE = 600
"""Characters around the likeliest place, of which `highlighted` shows the best part."""
STRETCH = 20_000
"""Characters of a document that are looked at at once; the first stretch with all words in one place ends the look."""
MOST_PLACES = 100
"""Places of a word in a stretch that are weighed against each other."""
SHORTEST_STEM = 4
"""Letters that a beginning keeps; two shorter words have to be the same."""
ENDINGS = 3
"""Letters of a word that its other forms may have otherwise: `deportación`, `deportaciones`."""

_FOLDED = {code: without_accents(chr(code))[:1] for code in range(0x250) if chr(code).isalpha()}
"""Latin letters as small ones without accents."""


def found_sources(text: str) -> Ids:
    """The sources that contain the words of `text`, those of drafts among them."""
    compiler = SourceText.objects.all().query.get_compiler(connection=connection)
    sql, params = compiler.compile(query(text).resolve_expression(compiler.query))
    with connection.cursor() as cursor:
        cursor.execute(_FOUND.format(query=sql), params)
        return np.array(cursor.fetchone()[0], np.int64)


def best_sources(text: str, ids: Iterable[int]) -> Ids:
    """`ids` in the order of how well they answer `text`; equals keep the order they came in."""
    candidates = np.fromiter(ids, np.int64)
    ranked = (
        SourceText.objects.filter(pk__in=candidates.tolist())
        .annotate(rank=SearchRank(F("vector"), query(text)))
        .values_list("pk", "rank")
    )
    ranks = dict(ranked)
    return candidates[np.argsort([-ranks.get(int(pk), 0.0) for pk in candidates], kind="stable")]


def rebuild_source_search() -> None:
    """Compute every vector anew: after a load with triggers off."""
    with connection.cursor() as cursor:
        cursor.execute("select measures_source_refresh((select array_agg(id) from measures_source))")


def passages(documents: Sequence[Text], words: str) -> list[Text]:
    """Of each document the passage that answers a search likeliest; its beginning where no word of it occurs."""
    beginnings = _beginnings(words)
    return [Text(_passage(text.text, beginnings), text.language, text.is_fallback) for text in documents]


def _beginnings(words: str) -> list[re.Pattern[str]]:
    """For each word of the search a pattern of how its forms begin, in small or capital letters, with any accents.

    Ten times as quick as folding the documents.
    """
    wanted = " ".join(body for part in parts(words) for body in part.wanted)
    found = dict.fromkeys(re.findall(r"\w+", wanted.translate(_FOLDED)))
    return [re.compile("".join(map(_any_form, word[: max(len(word) - ENDINGS, SHORTEST_STEM)]))) for word in found]


@lru_cache(maxsize=1024)
def _any_form(letter: str) -> str:
    forms = "".join(chr(code) for code, folded in _FOLDED.items() if folded == letter)
    return f"[{forms}]" if forms else re.escape(letter)


def _passage(document: str, beginnings: Sequence[re.Pattern[str]]) -> str:
    most, place = 0, 0
    for offset in range(0, len(document), STRETCH):
        near, start = _likeliest(document[offset : offset + STRETCH], beginnings)
        if near > most:
            most, place = near, offset + start
        if near == len(beginnings):
            break
    first = document.rfind(" ", 0, max(place - PASSAGE // 4, 0)) + 1
    return " ".join(document[first : first + PASSAGE].split())


def _likeliest(stretch: str, beginnings: Sequence[re.Pattern[str]]) -> tuple[int, int]:
    """How many different words stand together at most, and where they first do."""
    places = sorted(
        (match.start(), number)
        for number, beginning in enumerate(beginnings)
        for match in islice(beginning.finditer(stretch), MOST_PLACES)
        if not stretch[max(match.start() - 1, 0) : match.start()].isalnum()
    )
    weights = (
        (len({number for place, number in places[n : n + MOST_PLACES] if place < start + PASSAGE // 2}), -start)
        for n, (start, _number) in enumerate(places)
    )
    near, start = max(weights, default=(0, 0))
    return near, -start
