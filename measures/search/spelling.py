"""Spelling suggestions for a search without matches: unknown words are replaced by the nearest known ones.

The words are those of the published entries at the time of `refresh_words`, which is queued every night: a word that is
new today is suggested tomorrow. Words of drafts are not among them; and a suggestion is tried before it is shown, so
that a word of an entry that is no longer public never appears.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np
from django.db import connection, transaction
from rapidfuzz import process
from rapidfuzz.distance import OSA

from foundation.texts import without_accents
from measures.models import SearchWords
from measures.search.matching import Ids, found_ids

MOST_WORDS = 6
"""Maximum number of unknown words processed per search; each costs some milliseconds."""
SHORTEST_WITH_TWO = 6
"""Minimum length of a word that may have two errors: a letter too many, missing, wrong, or two swapped."""

_WORD = re.compile(r"(?<![\w-])[^\W\d_]{3,30}(?!\w)")

_COLLECT = """
insert into measures_searchwords (collected_at, words, entries)
select clock_timestamp(), coalesce(array_agg(word order by word), '{}'), coalesce(array_agg(ndoc order by word), '{}')
from ts_stat($$
    select to_tsvector('simple', body) from measures_freetext where workflow = 'published'
$$) where length(word) between 3 and 30 and word !~ '[-0-9_./:@]'
"""


@dataclass(frozen=True)
class Vocabulary:
    """The known words with the number of entries of each; `folded` has them without accents."""

    words: list[str]
    entries: list[int]
    folded: list[str]
    known: frozenset[str]

    def nearest(self, word: str) -> str | None:
        """The word with the fewest errors, of several the most frequent; None if none is near."""
        typed = without_accents(word)
        most = 1 if len(typed) < SHORTEST_WITH_TWO else 2
        near = process.extract(typed, self.folded, scorer=OSA.distance, score_cutoff=most, limit=None)
        found = min(near, key=lambda match: (match[1], -self.entries[match[2]]), default=None)
        return self.words[found[2]] if found else None


def refresh_words() -> None:
    """Collect the words again; this reads the texts of every published entry, which takes minutes for a million."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_COLLECT)
        cursor.execute(
            "delete from measures_searchwords where collected_at < (select max(collected_at) from measures_searchwords)"
        )


def suggestion(text: str, among: Ids) -> str | None:
    """Return `text` with its unknown words replaced, if that matches any of the entries `among`; else None.

    Only these entries decide what is known and what matches, so pass only those that the reader may see.
    """
    collected = SearchWords.objects.values_list("collected_at", flat=True).order_by("-collected_at").first()
    if collected is None:
        return None
    vocabulary, tries = _vocabulary(collected), iter(range(MOST_WORDS))

    def meant(match: re.Match[str]) -> str:
        word = match[0]
        if without_accents(word) in vocabulary.known or next(tries, None) is None or _finds(f"{word} ", among):
            return word
        return vocabulary.nearest(word) or word

    corrected = _WORD.sub(meant, text)
    return corrected if corrected != text and _finds(corrected, among) else None


def _finds(text: str, among: Ids) -> bool:
    return bool(np.isin(found_ids(text), among).any())


@lru_cache(maxsize=1)
def _vocabulary(collected: datetime) -> Vocabulary:
    """The words collected at that time, cached per process; 36,000 are loaded in a tenth of a second."""
    kept = SearchWords.objects.latest()
    folded = [without_accents(word) for word in kept.words]
    return Vocabulary(kept.words, kept.entries, folded, frozenset(folded))
