"""What a text states, part by part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.references.blocking import wanted_numbers
from measures.references.folding import LONGEST, folded
from measures.references.model import Gazette, Parsed, Place, Reference
from measures.references.parsing import parse
from measures.references.tokens import Day


def only(text: str, context: str = "") -> Reference:
    (reference,) = parse(text, context).references
    return reference


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Ley 1.466", "1466"),
        ("Law 27,444", "27444"),
        ("Ley 27 444", "27444"),
        ("Resolución 0000 003 de 2020", "3"),
        ("D.S. 094.2020.PCM", "94"),
        ("Ley 5ª de 1992", "5"),
        ("Ley 5a. de 1992", "5"),
        ("Decreto N340", "340"),
        ("Decreto N̊ 340", "340"),
        ("Decreto №340", "340"),
        ("Decreto ＮＯ．340", "340"),
        ("Decreto Núm. 340", "340"),
        ("Decreto number 340", "340"),
        ("Decreto\u00a0N.º\u200b340", "340"),
    ],
)
def test_number_in_any_typography(text: str, number: str) -> None:
    assert only(text).number == number


@pytest.mark.parametrize(
    ("text", "context", "year"),
    [
        ("Decreto 68-2020", "", "2020"),
        ("Decreto 68/20", "", "2020"),
        ("Ley 285-04", "DOM", "2004"),
        ("Ley 978/96", "PRY", "1996"),
        ("Decreto 104/020", "URY", "2020"),
        ("Decreto 104/020", "PER", ""),
        ("Decreto 457 de 22 de marzo de 2020", "", "2020"),
        ("Ordinance 125 of March 19, 2020", "BRA", "2020"),
        ("Decreto 457 (31/03/2020)", "", "2020"),
        ("PL 123/2020-2021", "BOL", "2020-2021"),
        ("A/RES/2200A (XXI)", "UN", "XXI"),
        ("Boletín 8970-06", "CHL", ""),
        ("Ley 2010 de 2019", "COL", "2019"),
        ("DS 68-2020-PCM, publicado el 1 de enero de 2021", "PER", "2020"),
        ("Ley 27444, publicada el 11 de abril de 2001", "PER", ""),
    ],
)
def test_year_in_any_dress(text: str, context: str, year: str) -> None:
    assert only(text, context).year == year


@pytest.mark.parametrize(
    ("text", "context", "form"),
    [
        ("Decreto Supremo 068", "PER", "decree.supreme"),
        ("D. S. N° 068", "PER", "decree.supreme"),
        ("DS-068-2020-PCM", "PER", "decree.supreme"),
        ("Supreme Decrees 68", "PER", "decree.supreme"),
        ("Decreto-Ley 1094", "CHL", "decree.law"),
        ("D.L. 1094", "CHL", "decree.law"),
        ("D.L. 1350", "PER", "decree.legislative"),
        ("MP 936/2020", "BRA", "provisional_measure"),
        ("42227-MP-S", "CRI", ""),
        ("D.E. 1017", "ECU", "decree.executive"),
        ("Resolución de 12", "ECU", "resolution"),
        ("RM MINSA 309-2020", "PER", "resolution.ministerial"),
        ("RM-MINSA-309-2020", "PER", "resolution.ministerial"),
        ("Reglamento de la Ley 27444", "PER", "law"),
        ("MS-DM-2592-2020", "CRI", ""),
    ],
)
def test_form_is_the_last_name_of_one_before_the_number(text: str, context: str, form: str) -> None:
    assert only(text, context).form == form


@pytest.mark.parametrize(
    ("text", "letters", "place"),
    [
        ("068-2020-PCM", ("PCM",), Place.AFTER),
        ("068-2020 PCM", ("PCM",), Place.AFTER),
        ("068-PCM-2020", ("PCM",), Place.BETWEEN),
        ("PCM-021-2020", ("PCM",), Place.BEFORE),
        ("INE/CG191/2020", ("INE", "CG"), Place.BEFORE),
        ("INE CG 191 2020", ("INE", "CG"), Place.BEFORE),
        ("02744-2015-PA/TC", ("PA", "TC"), Place.AFTER),
        ("Ley 27444 de Migraciones", (), Place.NONE),
    ],
)
def test_letters_before_and_after_the_number(text: str, letters: tuple[str, ...], place: Place) -> None:
    found = only(text, "PER")
    assert (found.letters, found.place) == (letters, place)


def test_body_in_words() -> None:
    assert only("Decreto 102 de 2020 del Ministerio del Interior, que aprueba").body == "MINISTERIO INTERIOR"
    assert only("Resolución del Ministerio de Salud 380 de 2020").body == "MINISTERIO SALUD"
    assert only("Ministry of Health Resolution 380").body == "MINISTRY HEALTH"
    assert only("Ley 21.325 de Migración y Extranjería").body == ""


def test_lists_share_what_the_last_says() -> None:
    found = parse("Decretos 417, 418 y 457 de 2020", "COL")
    assert [(r.form, r.number, r.year) for r in found.references] == [
        ("decree", "417", "2020"),
        ("decree", "418", "2020"),
        ("decree", "457", "2020"),
    ]
    assert found.is_list


def test_provisions_and_titles_are_cut_off() -> None:
    for text in ("art. 3 del Decreto 5-2020", "Decreto 5-2020, literal b)", "Decreto 5-2020, § 5 II, de límites"):
        assert (only(text).number, only(text).year) == ("5", "2020")


def test_text_without_a_number() -> None:
    assert parse("DOF 31-III-2020", "MEX") == Parsed(
        gazette=Gazette("DOF", day=Day(2020, 3, 31)), rest=parse("DOF 31-III-2020", "MEX").rest
    )
    assert parse("Portaria de 19 de março de 2020", "BRA").day == Day(2020, 3, 19)
    assert parse("R.O. Suplemento 938", "ECU").gazette == Gazette("RO", "938")
    assert parse("Ley de Migraciones").references == ()


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("N° 000104-2020-MIGRACIONES", {frozenset({"104"})}),
        ("Resolución 2020-380", {frozenset({"2020"}), frozenset({"380"})}),
        ("DOF 31/03/2020", {frozenset({"31", "2020"}), frozenset({"31", "20"})}),
        ("DS 68-2020, art. 5", {frozenset({"68"})}),
        ("32020H0912", {frozenset({"912"}), frozenset({"32020"})}),
        ("Ley de Migraciones", set()),
    ],
)
def test_numbers_by_which_records_are_found(text: str, numbers: set[frozenset[str]]) -> None:
    assert wanted_numbers(text).alternatives == numbers


@given(st.text(max_size=400), st.sampled_from(["", "PER", "COL", "CHL", "CRI", "URY", "ARG", "EU", "UN", "OAS"]))
def test_any_text_is_read(text: str, context: str) -> None:
    for reference in parse(text, context).references:
        assert reference.number.isdigit()
    assert len(folded(text)) <= 3 * LONGEST


@given(
    number=st.integers(1, 99999),
    year=st.integers(1990, 2030),
    sign=st.sampled_from(["", "N° ", "Nº", "n.° ", "Nro. ", "No. ", "#"]),
    separator=st.sampled_from(["-", "/", " - ", "–", "/ "]),
    width=st.integers(0, 7),
    lower=st.booleans(),
    words=st.sampled_from(["Decreto Supremo ", "D.S. ", "DS ", "Supreme Decree "]),
)
def test_parts_are_the_same_in_every_spelling(
    number: int, year: int, sign: str, separator: str, width: int, lower: bool, words: str
) -> None:
    spelled = f"{words}{sign}{number:0{width}d}{separator}{year}{separator}PCM"
    found = only(spelled.lower() if lower else spelled, "PER")
    assert (found.form, found.number, found.year, found.letters) == ("decree.supreme", str(number), str(year), ("PCM",))
