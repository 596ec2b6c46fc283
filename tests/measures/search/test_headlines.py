"""Search words are marked in matching texts, and nothing else is HTML."""

import re
from typing import Any

import pytest
from django.utils.html import escape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.texts import Text
from measures.search.headlines import LONGEST, highlighted

pytestmark = pytest.mark.django_db


TEXTS = st.lists(
    st.sampled_from(
        ["<b>", "border", "educación", "niños", "&amp;", '"', "'", "<script>", "œuvre", "-", "or", "\\", "a"]
    ),
    max_size=8,
).map(" ".join)
"""Texts and searches full of potential HTML; shorter than the length at which texts are cut."""


def marked(text: str, words: str, language: str = "en") -> str:
    [found] = highlighted([Text(text, language, is_fallback=False)], words)
    return str(found)


@pytest.mark.parametrize(
    ("text", "words", "language", "expected"),
    [
        ("Borders are closed", "border", "en", "<mark>Borders</mark> are closed"),
        ("La educación de niños", "educacion", "es", "La <mark>educación</mark> de niños"),
        ("La educación de niños", "educaciones niños", "es", "La <mark>educación</mark> de <mark>niños</mark>"),
        ("Fronteiras fechadas", "fronteira", "pt", "<mark>Fronteiras</mark> fechadas"),
        ("Nothing here", "border", "en", "Nothing here"),
        ("", "border", "en", ""),
        ("A b", "-", "en", "A b"),
        ("Borders are closed", "bord", "en", "<mark>Borders</mark> are closed"),
        ("Borders are closed", "bord ", "en", "Borders are closed"),
        ("La educación de niños", "educaci", "es", "La <mark>educación</mark> de niños"),
        ("Borders closed today", '"borders closed"', "en", "<mark>Borders</mark> <mark>closed</mark> today"),
        ("Borders are closed", "visa -closed or border", "en", "<mark>Borders</mark> are closed"),
        ("Ministerio de Salud", "ministerio salud", "simple", "<mark>Ministerio</mark> de <mark>Salud</mark>"),
    ],
)
def test_words_are_marked_as_they_were_found(text: str, words: str, language: str, expected: str) -> None:
    assert marked(text, words, language) == expected


def test_text_and_search_are_escaped() -> None:
    assert marked("<b>Border</b> & more", "border <script>") == "&lt;b&gt;<mark>Border</mark>&lt;/b&gt; &amp; more"


@given(body=TEXTS, words=TEXTS)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_marks_are_the_only_html_of_any_text_and_search(body: str, words: str) -> None:
    html = marked(body, words)
    assert re.sub("</?mark>", "", html) == escape(body)
    assert re.fullmatch("(?:[^<>]|<mark>[^<>]*</mark>)*", html)


def test_private_characters_of_a_text_make_no_marks() -> None:
    assert marked("A \ue000border\ue001 here", "nothing") == "A border here"


def test_long_text_is_cut_around_its_first_match() -> None:
    text = "far " * 200 + "border " + "behind " * 200
    found = marked(text, "border")
    assert found.startswith("… far")
    assert "<mark>border</mark>" in found
    assert found.endswith("behind …")
    assert len(found) < LONGEST + 40


def test_long_text_without_a_match_shows_its_beginning() -> None:
    assert marked("word " * 200, "border").startswith("word word")


def test_many_texts_take_one_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        highlighted([Text("Border", "en", is_fallback=False)] * 100, "border")
