"""What becomes of characters that nobody sees."""

import pytest
from django.core.exceptions import ValidationError

from foundation.characters import CharacterProblem, ReadableCharField, readable, without_invisible


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Decree 62", "Decree 62"),
        ("De\u00adcree", "Decree"),
        ("\ufeffDecree\u200b 62\u2060", "Decree 62"),
        ("De\u200dcree \u200c62", "Decree 62"),
        ("\u200eDecree\u200f", "Decree"),
        ("Decree\U000e0041\U000e007f", "Decree"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\u200cمی\u200cخواهم\u200c", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("ශ්\u200dරී", "ශ්\u200dරී"),
        ("قرار\u200f 62", "قرار\u200f 62"),
        ("👩\u200d👧 and 🏳️\u200d🌈", "👩\u200d👧 and 🏳️\u200d🌈"),
        ("N°\u00a0062\u2011PCM", "N°\u00a0062\u2011PCM"),
        ("한글", "한글"),
        ("\u200b", ""),
        ("", ""),
    ],
)
def test_harmless_characters_are_dropped_unless_a_script_needs_them(text: str, kept: str) -> None:
    assert readable(text) == kept
    assert readable(kept) == kept


@pytest.mark.parametrize("sign", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_reversed_order_is_refused_with_the_character_and_its_position(sign: str) -> None:
    with pytest.raises(CharacterProblem) as raised:
        readable(f"Año{sign}0202")
    assert f"Character 4 of the text is invisible and reverses the order of the letters: U+{ord(sign):04X} (" in str(
        raised.value
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("\u3164", "U+3164 (HANGUL FILLER)"),
        (" \u2800\u2800", "U+2800 (BRAILLE PATTERN BLANK)"),
        ("\uffa0\u115f", "U+FFA0 (HALFWIDTH HANGUL FILLER)"),
        ("\u200b\ufe0f ", "U+FE0F (VARIATION SELECTOR-16)"),
    ],
)
def test_text_of_blanks_alone_is_refused(text: str, name: str) -> None:
    with pytest.raises(CharacterProblem) as raised:
        readable(text)
    assert raised.value.problem == f"The text has only blank characters, among them {name}."


def test_comparison_ignores_what_is_invisible_and_refuses_nothing() -> None:
    assert without_invisible("D\u200b.S. 062\ufeff\u202e") == "D.S. 062\u202e"


def test_required_field_of_invisible_characters_is_empty() -> None:
    field = ReadableCharField()
    assert field.clean(" De\u00adcree\u200b ") == "Decree"
    for text in ("\u200b\ufeff", " \u3164 "):
        with pytest.raises(ValidationError):
            field.clean(text)
