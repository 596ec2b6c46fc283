"""Compiled catalogues, and detection of errors in them."""

from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from observatory.translations import _problems_of, compile_catalogues

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n'


def catalogue(tmp_path: Path, *entries: str) -> Path:
    path = tmp_path / "locale" / "es" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join([HEADER, *entries]), encoding="utf-8")
    return path


def test_catalogue_is_compiled_without_gettext(tmp_path: Path) -> None:
    path = catalogue(tmp_path, 'msgid "Date"\nmsgstr "Fecha"')
    compile_catalogues(tmp_path)
    with path.with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)
    assert {message.id: message.string for message in compiled if message.id} == {"Date": "Fecha"}


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (['msgid "Date"\nmsgstr "Fecha"'], []),
        (['msgid "Date"\nmsgstr ""'], ["es: not translated: 'Date'"]),
        (['#, fuzzy\nmsgid "Date"\nmsgstr "Fecha"'], ["es: fuzzy: 'Date'"]),
        ([], ["es: not in the catalogue: 'Date'. Run make messages."]),
        (
            ['msgid "Date"\nmsgstr "Fecha"', 'msgid "Old"\nmsgstr "Viejo"'],
            ["es: no longer used: 'Old'. Run make messages."],
        ),
    ],
)
def test_faults_of_a_catalogue_are_named(tmp_path: Path, entries: list[str], expected: list[str]) -> None:
    with catalogue(tmp_path, *entries).open("rb") as file:
        kept = read_po(file)
    with catalogue(tmp_path, 'msgid "Date"\nmsgstr ""').open("rb") as file:
        fresh = read_po(file)
    assert list(_problems_of("es", kept=kept, fresh=fresh)) == expected
