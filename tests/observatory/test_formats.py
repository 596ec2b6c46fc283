"""Dates in boxes of forms."""

import datetime

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils import translation


@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_date_in_a_box_has_one_reading_in_every_language(language: str) -> None:
    """What one person types, another approves and a worker publishes, each in a language of their own."""
    with translation.override(language):
        box = forms.DateField()
        assert box.clean("2026-04-03") == datetime.date(2026, 4, 3)
        assert box.widget.format_value(datetime.date(2026, 4, 3)) == "2026-04-03"
        with pytest.raises(ValidationError):
            box.clean("03/04/2026")
