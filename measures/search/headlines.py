"""Highlight search words in texts, and cut long texts around the first match.

PostgreSQL finds the words as it found the entry: stemmed in the language of the text, with and without accents. Texts
are escaped here; the marks are the only HTML. The words of a phrase are marked wherever they occur.
"""

import re
from collections.abc import Sequence

from django.db import connection
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from foundation.texts import Text
from measures.models import Measure
from measures.search.matching import CONFIGURATIONS, wanted

START, STOP = "\ue000", "\ue001"
"""Delimiters of a matching word in the output of PostgreSQL: private-use characters, absent from our texts."""

LONGEST = 280
"""Characters of a long text that are shown around its first match."""
BEFORE = 80
"""At most this many of them come before the match."""

_HEADLINES = """
select ts_headline(configuration::regconfig, body, {query}, %s),
    ts_headline(configuration::regconfig, fold_accents(body), {query}, %s)
from unnest(%s::text[], %s::text[]) with ordinality as texts(body, configuration, position)
order by position
"""


def highlighted(texts: Sequence[Text], words: str) -> list[SafeString]:
    """Each text with the words of the search in `<mark>`, in one query."""
    bodies = [re.sub(f"[{START}{STOP}]", "", text.text) for text in texts]
    configurations = [CONFIGURATIONS.get(text.language, "simple") for text in texts]
    pairs = _headlines(bodies, configurations, words)
    return [
        _with_marks(body, _matches(plain) or (_matches(folded) if _aligned(body, folded) else []))
        for body, (plain, folded) in zip(bodies, pairs, strict=True)
    ]


def _headlines(bodies: list[str], configurations: list[str], words: str) -> list[tuple[str, str]]:
    compiler = Measure.objects.all().query.get_compiler(connection=connection)
    sql, params = compiler.compile(wanted(words).resolve_expression(compiler.query))
    options = f"HighlightAll=true, StartSel={START}, StopSel={STOP}"
    with connection.cursor() as cursor:
        values = [*params, options, *params, options, bodies, configurations]
        cursor.execute(_HEADLINES.format(query=sql), values)
        return [(plain, folded) for plain, folded in cursor.fetchall()]


def _aligned(body: str, folded: str) -> bool:
    """Whether folding kept the position of every character (`œ` becomes two)."""
    return len(re.sub(f"[{START}{STOP}]", "", folded)) == len(body)


def _matches(headline: str) -> list[tuple[int, int]]:
    """Start and end of each marked word, in the text without the marks."""
    spans: list[tuple[int, int]] = []
    for index, found in enumerate(re.finditer(f"{START}([^{START}{STOP}]*+){STOP}", headline)):
        begin = found.start() - 2 * index
        spans.append((begin, begin + len(found[1])))
    return spans


def _with_marks(body: str, spans: Sequence[tuple[int, int]]) -> SafeString:
    first, last = _window(body, spans[0][0] if spans else 0)
    parts = ["… " if first else ""]
    at = first
    for begin, end in spans:
        if first <= begin and end <= last:
            parts += [escape(body[at:begin]), "<mark>", escape(body[begin:end]), "</mark>"]
            at = end
    parts += [escape(body[at:last]), " …" if last < len(body) else ""]
    return mark_safe("".join(parts))  # noqa: S308  (every part of the text is escaped)


def _window(body: str, match: int) -> tuple[int, int]:
    """The part of a long text to show, cut between words."""
    if len(body) <= LONGEST:
        return 0, len(body)
    first = 0 if match <= BEFORE else body.rfind(" ", 0, match - BEFORE) + 1
    last = len(body) if first + LONGEST >= len(body) else body.rfind(" ", first, first + LONGEST)
    return first, max(last, match)
