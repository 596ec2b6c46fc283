"""Did you mean: the nearest words of the public record, and never a word of a draft."""

from typing import Any

import numpy as np
import pytest
from django.test import Client

from measures.models import Measure
from measures.search.spelling import refresh_words, suggestion
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def entries() -> None:
    factories.measure(
        title_en="Asylum at the border", title_es="Asilo en la frontera", summary_es="La educación sigue."
    )
    factories.measure(title_en="Universities admit visa holders")
    factories.measure(title_en="Boarders of schools")
    factories.draft(title_en="Secretariat of quarantine")
    refresh_words()


def meant(text: str) -> str | None:
    return suggestion(text, _public())


def _public() -> Any:
    return np.array(Measure.objects.published().values_list("pk", flat=True), np.int64)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ayslum", "asylum"),
        ("vsia", "visa"),
        ("bordr", "border"),
        ("Fronetra", "frontera"),
        ("educasion", "educación"),
        ("asylum bordr", "asylum border"),
        ('"asylum at the bordr" or nothing', '"asylum at the border" or nothing'),
        ("ayslum -schools", "asylum -schools"),
        ("university asylm", None),  # both words are known, but from different entries
        ("border visa", None),
        ("quarantin", None),
        ("quarantine", None),
        ("qwertyuiop", None),
        ("104-2020", None),
        ("-asylm", None),
        ("", None),
    ],
)
def test_unknown_words_are_replaced_by_the_nearest(text: str, expected: str | None) -> None:
    assert meant(text) == expected


def test_nothing_is_suggested_before_words_are_collected_or_without_entries() -> None:
    assert suggestion("ayslum", np.array([], np.int64)) is None
    Measure.objects.update(workflow="draft")
    refresh_words()
    assert meant("ayslum") is None


def test_word_of_an_entry_that_left_the_record_is_not_suggested() -> None:
    Measure.objects.filter(title_en__startswith="Asylum").update(workflow="retired")
    assert meant("ayslum") is None


def test_page_without_hits_asks_what_was_meant_under_the_same_filters(client: Client) -> None:
    html = client.get("/measures/?country=PER&q=ayslum").content.decode()
    assert 'Did you mean <a href="?country=PER&amp;q=asylum">“asylum”</a>?' in html
    assert "Did you mean" not in client.get("/measures/?q=asylum").content.decode()
    assert "Did you mean" not in client.get("/measures/?q=%3Cb%3Equarantin").content.decode()
