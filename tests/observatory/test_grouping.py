"""Counts on pages have the separators of their language."""

import pytest
from django.template import engines
from django.utils import translation


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "999 3,100 31,000"), ("es", "999 3100 31\N{NO-BREAK SPACE}000"), ("pt", "999 3.100 31.000")],
)
@pytest.mark.parametrize("engine", ["django", "jinja2"])
def test_counts_are_grouped_as_the_language_does(engine: str, language: str, words: str) -> None:
    """Spanish parts no number of four digits."""
    load = "{% load grouping %}" if engine == "django" else ""
    template = engines[engine].from_string(load + "{{ few|intcomma }} {{ some|intcomma }} {{ many|intcomma }}")
    with translation.override(language):
        assert template.render({"few": 999, "some": 3100, "many": 31000}) == words
