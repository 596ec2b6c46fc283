"""Check whether quotes of citations occur in the captures of their sources."""

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
    """Citations whose quote was never checked or has changed since, or whose source has a newer text."""
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
    """Check the quotes of these citations and store the results; return the number of quotes checked."""
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
    """Each citation, with whether its quote occurs in the text, and on which page."""
    asked = {"quotes": [citation.quote for citation in citations], "page_starts": text.page_starts}
    try:
        found = confined.call(
            "measures.archive.wording", "find", BytesIO(text.text.encode()), bounds=COMPARING, **asked
        )
    except confined.Failed:  # this text cannot be compared
        found = [(False, None)] * len(citations)
    return list(zip(citations, found, strict=True))


def read_alike(one: str, other: str) -> bool:
    """Whether two document texts have the same words."""
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
    """The texts of a source, each with whether it is current; current ones first, then the newest first.

    An upload is always current; of downloads, only the last response of the URL is.
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
