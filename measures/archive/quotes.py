"""Whether the words that a citation quotes stand in what was captured of its source.

Folded before they are compared, on both sides: compatibility forms and ligatures (NFKC), case, white space of every
kind, soft hyphens and hyphens at the end of a line, all quotation marks, apostrophes, dashes and ellipses. Accents
count. A quote may leave words out with `[…]`, `(…)` or `…`: its parts must then follow each other.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from countries.workers import IsStopping, never
from measures.models import Capture, Citation, DocumentText, Link, QuoteCheck
from measures.source_choices import CaptureMethod, QuoteState, TextState

_HYPHEN_AT_END = re.compile(r"(?<=\w)[-\u2010\u00ad][ \t]*\n\s*(?=\w)")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]")
_QUOTATION = re.compile("[\"“”„‟«»‹›‘’‚‛'`´″′]+")
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
_BLANKS = re.compile(r"\s+")
_AROUND_MARKS = re.compile(r" ?([\"(),.;:!?¡¿]) ?")
_OMISSION = re.compile(r"\s*(?:\[\s*(?:\.\.\.|…)\s*\]|\(\s*(?:\.\.\.|…)\s*\)|…|\.\.\.)\s*")
BEGINNING = 10
"""Folded letters of a quote that must stand on one page to say which."""
SHORTEST = 3
"""Letters of a part of a quote that is looked for; less stands anywhere."""


def folded(text: str) -> str:
    """`text` as it is compared."""
    text = unicodedata.normalize("NFKC", _HYPHEN_AT_END.sub("", text))
    text = _INVISIBLE.sub("", text).casefold()
    text = _DASHES.sub("-", _QUOTATION.sub('"', text))
    return _AROUND_MARKS.sub(r"\1", _BLANKS.sub(" ", text)).strip()


def parts_of(quote: str) -> list[str]:
    """The folded parts of a quote between its omissions."""
    found = [folded(part).strip('"') for part in _OMISSION.split(quote)]
    return [part for part in found if sum(map(str.isalnum, part)) >= SHORTEST]


def stands(quote: str, body: str) -> bool:
    """Whether every part of the quote stands in the folded `body`, one after the other."""
    at, parts = 0, parts_of(quote)
    for part in parts:
        place = body.find(part, at)
        if place < 0:
            return False
        at = place + len(part)
    return bool(parts)


def stale() -> QuerySet[Citation]:
    """Citations with a quote that was never looked for, has other words by now, or whose source has a newer text."""
    newer = DocumentText.objects.filter(
        capture__source=OuterRef("source"), read_at__gt=OuterRef("quote_check__checked_at")
    )
    return Citation.objects.exclude(quote="").filter(
        Q(quote_check=None) | ~Q(quote_check__quote=F("quote")) | Exists(newer)
    )


def quoting(source: int) -> QuerySet[Citation]:
    """The citations of a source that have a quote."""
    return Citation.objects.filter(source=source).exclude(quote="")


def check(citations: Iterable[Citation], *, at: datetime, is_stopping: IsStopping = never) -> int:
    """Look for the quotes of these citations and note what was found; how many were looked for."""
    by_source: dict[int, list[Citation]] = {}
    for citation in citations:
        by_source.setdefault(citation.source_id, []).append(citation)
    looked_for = 0
    for source, cited in by_source.items():
        if is_stopping():
            break
        _check_source(source, cited, at)
        looked_for += len(cited)
    return looked_for


def _check_source(source: int, citations: list[Citation], at: datetime) -> None:
    """One text after the other, the current ones first: each is folded once for all quotes."""
    texts = _texts(source)
    made = []
    left = citations
    for text, is_current in texts:
        body = folded(text.text)
        state = QuoteState.FOUND if is_current else QuoteState.NO_LONGER
        found = [citation for citation in left if stands(citation.quote, body)]
        pages = _pages(text) if found else []
        made += [_checked(c, state, at, text.capture, _page(pages, c.quote)) for c in found]
        left = [citation for citation in left if citation not in found]
    for citation in left:
        is_checkable = bool(texts and parts_of(citation.quote))
        state = QuoteState.NOT_FOUND if is_checkable else QuoteState.NOT_CHECKABLE
        made.append(_checked(citation, state, at, texts[0][0].capture if texts else None))
    QuoteCheck.objects.bulk_create(
        made,
        update_conflicts=True,
        unique_fields=["citation"],
        update_fields=["quote", "state", "capture", "page", "checked_at"],
    )


def _texts(source: int) -> list[tuple[DocumentText, bool]]:
    """What was read of a source, the newest first, and whether it still stands.

    An upload stands for good; of what was fetched, what the address gave last. Those that stand come first.
    """
    read = DocumentText.objects.filter(capture__source=source, state=TextState.READ)
    texts = list(read.select_related("capture").order_by("-capture__captured_at", "-capture"))
    fetched = [text.capture_id for text in texts if text.capture.method == CaptureMethod.FETCH]
    last = Link.objects.filter(source=source).values_list("capture", flat=True).first()
    standing = last if last in fetched else next(iter(fetched), None)
    marked = [(text, text.capture_id not in fetched or text.capture_id == standing) for text in texts]
    return sorted(marked, key=lambda pair: not pair[1])


def _pages(text: DocumentText) -> list[str]:
    """The pages of a text as they are compared; none where it has none."""
    bounds = [*text.page_starts, len(text.text)]
    return [folded(text.text[start:end]) for start, end in pairwise(bounds)]


def _page(pages: list[str], quote: str) -> int | None:
    """The page on which the quote begins, from 1; None where there are no pages."""
    beginning = parts_of(quote)[0]
    while pages and len(beginning) >= BEGINNING:
        for number, page in enumerate(pages, start=1):
            if beginning in page:
                return number
        beginning = beginning[: len(beginning) // 2]  # it goes on overleaf
    return None


def _checked(
    citation: Citation, state: QuoteState, at: datetime, capture: Capture | None, page: int | None = None
) -> QuoteCheck:
    return QuoteCheck(citation=citation, quote=citation.quote, state=state, capture=capture, page=page, checked_at=at)
