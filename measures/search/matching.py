"""The entries that answer typed words, and which of them answer best.

PostgreSQL keeps a vector of words for each entry (`SearchText`): in three languages, stemmed by each, with accents and
without. It is right at the end of every statement that writes, or at the latest at commit. Titles and the reference
weigh above short and official titles, these above summaries, and these above labels of tags, names of bodies and
countries, and what sources say.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchQuery, SearchQueryField
from django.db import connection, transaction
from django.db.models import BigIntegerField, BinaryField, Func, Q, TextField, Value
from numpy.typing import NDArray
from psycopg import ClientCursor

from foundation.sql import execute
from measures.models import Measure
from measures.references import key_of

CONFIGURATIONS = {"en": "english", "es": "spanish", "pt": "portuguese"}
"""PostgreSQL's text search configuration for each language."""

RANKED = 2_000
"""Maximum number of matches that are ranked: the newest. Ranking 200,000 takes half a second, this many 30 ms."""

SHORTEST_BEGINNING = 3
"""Minimum number of letters from which the last word, still being typed, matches as a prefix."""

MOST_WORDS = 40
"""Maximum number of words in a search, including `or`; each is looked up in every language."""

Ids = NDArray[np.int64]

_HEADER, _TRAILER = 25, 2
"""Bytes of a binary COPY before its only cell and after it."""

_RANKS = """
select string_agg(float4send(coalesce(ts_rank(s.vector, {query}), 0)), '' order by c.place)
from unnest('{{{ids}}}'::bigint[]) with ordinality c (id, place) left join measures_searchtext s on s.measure_id = c.id
"""

_ITEM = re.compile(r'(?P<minus>(?<!\S)-)?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))')


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a search between two `or`: words and phrases that an entry must have, and must not have.

    `ends_in_beginning`: whether the last required word may be a prefix.
    """

    wanted: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    ends_in_beginning: bool = False


class Words(SearchQuery):
    """The words of a part, in any of the three languages; the SQL function says how."""

    def __init__(self, part: Part) -> None:
        texts = ArrayField(TextField())
        values = (Value(list(part.wanted), texts), Value(list(part.excluded), texts), Value(part.ends_in_beginning))
        self.function = "measures_search_query"
        self.config = None
        self.invert = False
        Func.__init__(self, *values, output_field=SearchQueryField())


def parts(text: str) -> list[Part]:
    """Read `text` as a web search: quotes make a phrase, `or` alternatives, `-` excludes."""
    found: list[Part] = [Part()]
    for item in _ITEM.finditer(text):
        body = item["phrase"] or item["word"] or ""
        part = found[-1]
        if item["word"] and body.lower() == "or" and not item["minus"]:
            found.append(Part())
        elif not any(map(str.isalnum, body)):
            continue
        elif item["minus"]:
            found[-1] = replace(part, excluded=(*part.excluded, body))
        else:
            is_open = bool(item["word"]) and item.end() == len(text)
            is_beginning = is_open and sum(map(str.isalpha, body)) >= SHORTEST_BEGINNING
            found[-1] = replace(part, wanted=(*part.wanted, body), ends_in_beginning=is_beginning)
    return found


def has_too_many_words(text: str) -> bool:
    """Whether `text` has more than `MOST_WORDS`."""
    return sum(1 for _item in _ITEM.finditer(text)) > MOST_WORDS


def wanted(text: str) -> SearchQuery:
    """`query` without the excluded words, for highlighting."""
    return reduce(or_, (Words(replace(part, excluded=())) for part in parts(text)))


def query(text: str) -> SearchQuery:
    """The PostgreSQL query; if all words are excluded, it matches nothing."""
    return reduce(or_, map(Words, parts(text)))


class Found(Func):
    """The identifiers of the entries that answer a search, as an array."""

    function = "measures_search_found"
    output_field: Any = ArrayField(BigIntegerField())

    def __init__(self, text: str) -> None:
        begun = key_of(text) if _may_be_reference(text) else Value(None, TextField())
        super().__init__(query(text), begun)


class _Packed(Found):
    """The same in eight bytes per id; ids may repeat."""

    function = "measures_search_packed"
    output_field = BinaryField()


class _Each(Func):
    """The elements of an array, as the right side of `in`."""

    template = "(select unnest(%(expressions)s))"
    output_field = BigIntegerField()


def matching(text: str) -> Q:
    """The entries that contain the words of `text`, or whose reference begins so, in any spelling."""
    return Q(pk__in=_Each(Found(text)))


def found_ids(text: str) -> Ids:
    """The ids of the entries of `matching(text)`, including drafts, unordered; ids may repeat."""
    return _numbers(f"select {_composed(_Packed(text))}", ">i8").astype(np.int64)


def best(text: str, ids: Iterable[int]) -> Ids:
    """`ids` ranked by relevance to `text`; ties keep their order, such as newest first.

    Raise ValueError for more than `RANKED`.
    """
    candidates = np.fromiter(ids, np.int64)
    if len(candidates) > RANKED:
        raise ValueError(f"{len(candidates)} candidates to rank; give the newest {RANKED}")
    if not len(candidates):
        return candidates
    listed = ",".join(map(str, candidates.tolist()))
    ranks = _numbers(_RANKS.format(query=_composed(query(text)), ids=listed), ">f4").copy()
    if _may_be_reference(text):
        bearing = Measure.objects.filter(pk__in=candidates.tolist(), reference_key__startswith=key_of(text))
        ranks[np.isin(candidates, list(bearing.values_list("pk", flat=True)))] = 1.0
    return candidates[np.argsort(-ranks, kind="stable")]


def _composed(expression: Func) -> str:
    """Compile an expression to SQL with its values inlined, since COPY takes no parameters."""
    compiler = Measure.objects.all().query.get_compiler(connection=connection)
    sql, params = compiler.compile(expression.resolve_expression(compiler.query))
    with connection.cursor() as cursor:
        return ClientCursor(cursor.connection).mogrify(sql, params)


def _numbers(sql: str, element: str) -> NDArray[Any]:
    """The numbers that a query packs into one cell, without a Python object for each; empty for null."""
    with connection.cursor() as cursor, cursor.copy(f"copy ({sql}) to stdout (format binary)") as copy:
        return np.frombuffer(b"".join(copy)[_HEADER:-_TRAILER], element)


def _may_be_reference(text: str) -> bool:
    """Whether `text` may be the number of an act: it has a digit and excludes nothing."""
    return bool(re.search(r"\d", text)) and not any(part.excluded for part in parts(text))


# Updating search vectors


def wait_until_commit() -> None:
    """In this transaction, update search vectors once at the end instead of after each statement."""
    execute("set constraints measures_search_rebuild deferred")


def rebuild_touched() -> None:
    """Update now the vectors that `wait_until_commit` has deferred, and later ones after each statement again."""
    execute("set constraints measures_search_rebuild immediate")


def rebuild_search() -> None:
    """Recompute all vectors, after a load with triggers disabled. Searches wait; a million entries take minutes."""
    with transaction.atomic():
        execute("select measures_search_rebuild_all()")
        execute("select note_public_change(null)")  # invalidate cached search results
