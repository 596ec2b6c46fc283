"""Full-text search for sources: matches, ranking, and the best passages of their documents.

PostgreSQL stores a search vector for each source (`SourceText`). A match may be anywhere in hundreds of pages, and
`ts_headline` over all of them would take seconds: the best passage is found here by word prefixes, and PostgreSQL
highlights only that.
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
"""Maximum number of matches that are ranked; each requires reading the vector of a whole document."""

_FOUND = "select measures_sources_found({query})"

PASSAGE = 600
"""Length in characters of a passage, of which `highlighted` shows the best part."""
STRETCH = 20_000
"""Characters of a document searched at a time; the search stops at the first block with all words close together."""
MOST_PLACES = 100
"""Maximum number of occurrences of a word per block that are compared."""
SHORTEST_STEM = 4
"""Minimum length of a prefix; shorter words must match exactly."""
ENDINGS = 3
"""Number of letters at the end of a word that may differ: `deportación`, `deportaciones`."""

_FOLDED = {code: without_accents(chr(code))[:1] for code in range(0x250) if chr(code).isalpha()}
"""Latin letters in lower case without accents."""


def found_sources(text: str) -> Ids:
    """The ids of the sources that match `text`, including sources of drafts."""
    compiler = SourceText.objects.all().query.get_compiler(connection=connection)
    sql, params = compiler.compile(query(text).resolve_expression(compiler.query))
    with connection.cursor() as cursor:
        cursor.execute(_FOUND.format(query=sql), params)
        return np.array(cursor.fetchone()[0], np.int64)


def best_sources(text: str, ids: Iterable[int]) -> Ids:
    """`ids` ranked by relevance to `text`; ties keep their order."""
    candidates = np.fromiter(ids, np.int64)
    ranked = (
        SourceText.objects.filter(pk__in=candidates.tolist())
        .annotate(rank=SearchRank(F("vector"), query(text)))
        .values_list("pk", "rank")
    )
    ranks = dict(ranked)
    return candidates[np.argsort([-ranks.get(int(pk), 0.0) for pk in candidates], kind="stable")]


def rebuild_source_search() -> None:
    """Recompute every search vector, after a load with triggers disabled."""
    with connection.cursor() as cursor:
        cursor.execute("select measures_source_refresh((select array_agg(id) from measures_source))")


def passages(documents: Sequence[Text], words: str) -> list[Text]:
    """The best passage of each document for a search; its beginning if no word occurs."""
    beginnings = _beginnings(words)
    return [Text(_passage(text.text, beginnings), text.language, text.is_fallback) for text in documents]


def _beginnings(words: str) -> list[re.Pattern[str]]:
    """For each search word, a pattern of its prefix that ignores case and accents.

    Ten times as fast as folding the documents.
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
    """The largest number of different words that occur close together, and the position of the first."""
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
