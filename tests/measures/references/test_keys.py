import re

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.django_db


def key(reference: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("select reference_key(%s)", [reference])
        return str(cursor.fetchone()[0])


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("N° 000104-2020-MIGRACIONES", "104-2020-MIGRACIONES"),
        ("Nº104 - 2020 / Migraciones", "104-2020-MIGRACIONES"),
        ("no. 000104-2020-migraciones", "104-2020-MIGRACIONES"),
        ("Nro 104-2020-MIGRACIONES", "104-2020-MIGRACIONES"),
        ("5349/2020-CR", "5349-2020-CR"),
        ("05349-2020/cr", "5349-2020-CR"),
        ("068-2020-PCM", "68-2020-PCM"),
        ("1.466", "1466"),
        ("Ley Nº 27.444", "27444"),
        ("Supreme Decree 068-2020-PCM", "68-2020-PCM"),
        ("D.S. N° 068-2020-PCM", "68-2020-PCM"),
        ("decreto supremo n.º 068-2020-pcm", "68-2020-PCM"),
        ("R.M. N° 309-2020-IN", "309-2020-IN"),
        ("Proyecto de Ley 5349/2020-CR", "5349-2020-CR"),
        ("A/RES/73/195", "A-RES-73-195"),
        ("C-123-20", "C-123-20"),
        ("NORMA-7", "NORMA-7"),
        ("", ""),
    ],
)
def test_reference_key_of_a_printed_number(printed: str, expected: str) -> None:
    assert key(printed) == expected


@given(
    number=st.integers(1, 99999),
    year=st.integers(1990, 2030),
    suffix=st.sampled_from(["MIGRACIONES", "CR", "PCM", "IN"]),
    sign=st.sampled_from(["", "N° ", "Nº", "n.° ", "Nro. ", "No. ", "#"]),
    separator=st.sampled_from(["-", "/", " - ", "–"]),
    width=st.integers(0, 7),
    lower=st.booleans(),
    words=st.sampled_from(["", "Decreto Supremo ", "D.S. ", "Bill "]),
)
def test_reference_key_is_one_for_every_spelling(
    number: int, year: int, suffix: str, sign: str, separator: str, width: int, lower: bool, words: str
) -> None:
    spelled = f"{words}{sign}{number:0{width}d}{separator}{year}{separator}{suffix}"
    assert key(spelled.lower() if lower else spelled) == f"{number}-{year}-{suffix}"


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40))
def test_reference_key_of_any_text_has_no_blank_dot_or_leading_zero(text: str) -> None:
    assert not re.search(r"[\s.,/#]|(^|-)0[0-9]|[a-z]", key(text), re.ASCII)
