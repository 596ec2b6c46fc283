"""Search vector and query expressions.

One generated `tsvector` holds the text of an entry in three languages, stemmed by each language and once more with
its accents folded: folding before stemming would part `educación` from `educaciones`, and a reader without accents on
the keyboard would find neither. Titles and the reference weigh above the summary.
"""

import operator
import re
from functools import reduce

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import models
from django.db.models import F, Q, Value

from measures.references import key_of

CONFIGURATIONS = {"en": "english", "es": "spanish", "pt": "portuguese"}
"""The text search configuration of PostgreSQL for each language."""

VECTOR_FIELDS = (
    *(f"{field}_{language}" for field in ("title", "short_title", "summary") for language in CONFIGURATIONS),
    "official_title",
    "reference",
)


def _vector(text: str, weight: str, *configurations: str) -> str:
    folded = (f"setweight(to_tsvector('{c}', fold_accents({text})), '{weight}')" for c in configurations)
    stemmed = (f"setweight(to_tsvector('{c}', {text}), '{weight}')" for c in configurations)
    return " || ".join((*stemmed, *folded))


VECTOR_FUNCTION = f"""
create function measure_search({", ".join(f"{field} text" for field in VECTOR_FIELDS)}) returns tsvector
language sql immutable parallel safe
return {
    " || ".join(
        (
            *(_vector(f"title_{la} || ' ' || short_title_{la}", "A", c) for la, c in CONFIGURATIONS.items()),
            _vector("official_title", "B", "spanish", "portuguese", "english"),
            "setweight(to_tsvector('simple', "
            "translate(reference || ' ' || reference_key(reference), '/-', '  ')), 'A')",
            *(_vector(f"summary_{la}", "C", c) for la, c in CONFIGURATIONS.items()),
        )
    )
}
"""
"""Created in the first migration; change it by a new migration that also rewrites the generated column."""


_EXCLUDED = re.compile(r'(?<!\S)-("[^"]*"|\S+)')


def query(text: str) -> SearchQuery:
    """The words of `text`, in any of the three languages, with or without their accents.

    Quotes and `or` mean what they mean in a web search.
    """
    return _in_any_language(_EXCLUDED.sub(" ", text))


def _in_any_language(text: str) -> SearchQuery:
    queries = [
        SearchQuery(value, config=configuration, search_type="websearch")
        for configuration in (*CONFIGURATIONS.values(), "simple")
        for value in (Value(text), models.Func(Value(text), function="fold_accents"))
    ]
    return reduce(operator.or_, queries)


def matching(text: str) -> Q:
    """The entries that contain the words of `text`, or bear it as their reference in any spelling.

    A word after `-` is excluded in every language; inside the query, "or" between the languages would let it through.
    """
    found = Q(search=query(text))
    if re.search(r"\d", text):
        found |= Q(reference_key__startswith=key_of(text)) & ~Q(reference_key="")
    if excluded := _EXCLUDED.findall(text):
        found &= ~Q(search=_in_any_language(" or ".join(excluded)))
    return found


def rank(text: str) -> SearchRank:
    """How well an entry answers `text`; titles and references count most."""
    return SearchRank(F("search"), query(text))
