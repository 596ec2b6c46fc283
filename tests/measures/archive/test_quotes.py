"""Quotes in captures: how words are compared, and the result for each citation."""

from typing import Any

import pytest
from django.utils import timezone

from measures.archive import quotes, wording
from measures.models import Citation, Measure, QuoteCheck, Source
from tests import factories

pytestmark = pytest.mark.django_db

TEXT = (
    "Artículo 1.- Declárese el Estado de Emer-\ngencia   Nacional por el plazo de quince (15) días calendario, y\n"
    "dispóngase el “aislamiento social obligatorio” — la ﬁnanciación corre por cuenta del Estado."
)


@pytest.mark.parametrize(
    "quote",
    [
        "Estado de Emergencia Nacional",
        "estado  de\nemergencia nacional",
        '"aislamiento social obligatorio"',
        "«aislamiento social obligatorio»",
        "‘aislamiento social obligatorio’ - la financiación",
        "la ﬁnanciación corre",
        "Emer\u00adgencia Nacional",
        "quince ( 15 ) días",
        "Declárese el Estado […] de quince (15) días",
        "Declárese … calendario, (...) del Estado",
    ],
)
def test_quote_stands_however_it_is_printed(quote: str) -> None:
    assert wording.stands(quote, wording.folded(TEXT))


@pytest.mark.parametrize(
    "quote",
    [
        "Estado de Alerta Nacional",
        "Declarese el Estado",
        "quince días",
        "del Estado […] Declárese",
        "",
        "…",
        "a",
    ],
)
def test_other_words_do_not_stand(quote: str) -> None:
    assert not wording.stands(quote, wording.folded(TEXT))


def _cited(quote: str) -> Citation:
    measure: Measure = factories.measure(sources=())
    return Citation.objects.create(measure=measure, source=factories.source(), quote=quote)


def _checked(citation: Citation) -> tuple[str, int | None, int | None]:
    quotes.check(quotes.stale(), at=timezone.now())
    check = QuoteCheck.objects.get(citation=citation)
    return check.state, check.capture_id, check.page


def _kept(source: Source, text: str, day: int, **fields: object) -> int:
    capture = factories.capture(source=source, captured_at=day, body=f"{text}{day}".encode())
    factories.document_text(capture=capture, text=text, **fields)
    return capture.pk


def test_quote_is_not_checkable_until_something_was_read() -> None:
    citation = _cited("quince (15) días")
    assert _checked(citation) == ("not_checkable", None, None)
    factories.document_text(capture=factories.capture(source=citation.source), text="")
    assert _checked(citation) == ("not_checkable", None, None)
    kept = _kept(citation.source, TEXT, 3)
    assert _checked(citation) == ("found", kept, None)
    assert not quotes.stale().exists()


def test_quote_that_no_longer_occurs_is_flagged_with_the_copy_that_has_it() -> None:
    citation = _cited("quince (15) días")
    first = _kept(citation.source, TEXT, 1)
    assert _checked(citation) == ("found", first, None)
    second = _kept(citation.source, "Otra cosa.", 2)
    assert _checked(citation) == ("no_longer", first, None)
    Citation.objects.update(quote="Otra cosa")
    assert _checked(citation) == ("found", second, None)
    Citation.objects.update(quote="Cosa que nunca dijo")
    assert _checked(citation) == ("not_found", second, None)


def test_what_the_address_gives_again_stands_again() -> None:
    citation = _cited("quince (15) días")
    first = _kept(citation.source, TEXT, 1)
    _kept(citation.source, "Otra cosa.", 2)
    factories.link(source=citation.source, capture_id=first)
    assert _checked(citation) == ("found", first, None)


def test_upload_stands_whatever_the_address_says_later() -> None:
    citation = _cited("quince (15) días")
    upload: dict[str, Any] = {"method": "upload", "url": "", "final_url": "", "warc": "", "http_status": None}
    capture = factories.capture(source=citation.source, captured_by=factories.analyst(), **upload)
    factories.document_text(capture=capture, text=TEXT)
    _kept(citation.source, "Otra cosa.", 2)
    assert _checked(citation) == ("found", capture.pk, None)


def test_page_of_a_quote_is_told() -> None:
    citation = _cited("el tercer párrafo que sigue en la página")
    pages = ["Portada", "Índice", "Aquí está el tercer párrafo que sigue", "en la página siguiente"]
    starts = [sum(len(page) + 2 for page in pages[:number]) for number in range(4)]
    kept = _kept(citation.source, "\n\n".join(pages), 1, pages=4, page_starts=starts)
    assert _checked(citation) == ("found", kept, 3)


def test_quotes_of_many_citations_take_the_same_number_of_queries(django_assert_num_queries: object) -> None:
    source = factories.source()
    _kept(source, TEXT, 1)
    counts = []
    for number in (1, 30):
        for _citation in range(number):
            measure = factories.measure(sources=())
            Citation.objects.create(measure=measure, source=source, quote="quince (15) días")
        with django_assert_num_queries(4):  # type: ignore[operator]  # a fixture
            counts.append(quotes.check(quotes.stale(), at=timezone.now()))
    assert counts == [1, 30]
