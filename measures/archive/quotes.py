"""Whether the words that a citation quotes stand in what was captured of its source."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from foundation import confined
from foundation.workers import IsStopping, never
from measures.archive.choices import CaptureMethod, QuoteState, TextState
from measures.archive.wording import parts_of
from measures.models import Capture, Citation, DocumentText, Link, QuoteCheck

COMPARING = confined.Bounds(cpu=10)
"""For a text of a thousand pages, which takes two seconds."""


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
        state = QuoteState.FOUND if is_current else QuoteState.NO_LONGER
        places = _places(text, left)
        made += [_checked(c, state, at, text.capture, page) for c, (is_there, page) in places if is_there]
        left = [citation for citation, (is_there, _page) in places if not is_there]
        if not left:
            break
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


def _places(text: DocumentText, citations: Sequence[Citation]) -> Sequence[tuple[Citation, tuple[bool, int | None]]]:
    """Each citation with whether its quote stands in the text, and on which page."""
    asked = {"quotes": [citation.quote for citation in citations], "page_starts": text.page_starts}
    try:
        found = confined.call(
            "measures.archive.wording", "find", BytesIO(text.text.encode()), bounds=COMPARING, **asked
        )
    except confined.Failed:  # nobody can compare such a text
        found = [(False, None)] * len(citations)
    return list(zip(citations, found, strict=True))


def read_alike(one: str, other: str) -> bool:
    """Whether two texts of documents are the same words."""
    if one == other:
        return True
    try:
        digests = {
            confined.call("measures.archive.wording", "digest", BytesIO(text.encode()), bounds=COMPARING)
            for text in (one, other)
        }
    except confined.Failed:
        return False
    return len(digests) == 1


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


def _checked(
    citation: Citation, state: QuoteState, at: datetime, capture: Capture | None, page: int | None = None
) -> QuoteCheck:
    return QuoteCheck(citation=citation, quote=citation.quote, state=state, capture=capture, page=page, checked_at=at)
