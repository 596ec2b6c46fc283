"""Cells as people and spreadsheet programs write them: read where one reading exists, refused with the remedy else."""

from pathlib import Path

import pytest

from countries.models import Country
from measures.models import DataSet, Measure, Source
from tests import factories
from tests.csv_files import counts, run

pytestmark = pytest.mark.django_db

OTHERS = [
    ("ESP", "ES", "724", "Spain", "España", "Espanha"),
    ("PAN", "PA", "591", "Panama", "Panamá", "Panamá"),
    ("PSE", "PS", "275", "Palestinian Territories", "Territorios Palestinos", "Territórios palestinos"),
]


@pytest.fixture(autouse=True)
def vocabulary() -> None:
    """Countries and topics that the rows name, and others of like codes."""
    factories.country()
    for iso3, iso2, m49, en, es, pt in OTHERS:
        Country.objects.create(iso3=iso3, iso2=iso2, m49=m49, slug=iso3.lower(), name_en=en, name_es=es, name_pt=pt)
    factories.topic(key="border.closure")
    factories.topic(key="border.control")


def law(**cells: str) -> dict[str, str]:
    """A row of a Peruvian law."""
    return {"country": "PER", "kind": "law", "title_en": "An act"} | cells


def _read(folder: Path, **cells: str) -> Measure:
    """Import one row, again as it is exported, and return its record."""
    report = run(folder, [law(**cells)])
    assert report.problems == []
    return Measure.objects.get()


def _refused(folder: Path, **cells: str) -> str:
    """Import one row that is refused in one cell, and return the words."""
    report = run(folder, [law(**cells)])
    (problem,) = report.problems
    assert not Measure.objects.exists()
    return f"{problem.column}: {problem.problem} {problem.remedy}"


# Dates


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("2020-03-16 00:00:00", "2020-03-16"),
        ("43906", "2020-03-16"),
        ("03/27/2020", "2020-03-27"),
        ("16 de marzo de 2020", "2020-03-16"),
        ("marzo 2020", "2020-03"),
        ("29-05-2020", "2020-05-29"),
        ("20200327", "2020-03-27"),
        ("2020/03/27", "2020-03-27"),
    ],
)
def test_date_with_one_reading_is_read(tmp_path: Path, typed: str, stored: str) -> None:
    measure = _read(tmp_path, valid_from=typed, status_history=f"enacted@{typed}")
    assert (str(measure.valid_from), [str(event.date) for event in measure.status_events.all()]) == (stored, [stored])


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("03/04/2020", "“03/04/2020” is ambiguous. Write 2020-04-03 or 2020-03-04."),
        ("2102-05-08", "The year lies more than 50 years ahead. Is the year right?"),
        ("2020-27-03", "Write 2020-03-27 if the month comes last."),
        ("2020-00-15", "“2020-00-15” does not exist in the calendar. Write 2020 if the month is not known."),
        ("2020-00-05", "“2020-00-05” does not exist in the calendar. Write 2020 if the month is not known."),
        ("05/00/2020", "“05/00/2020” does not exist in the calendar. Write 2020-05 if the day is not known."),
    ],
)
def test_date_without_one_reading_is_refused_with_what_would_be_right(tmp_path: Path, typed: str, said: str) -> None:
    words = _refused(tmp_path, valid_from=typed)
    assert words.startswith("valid_from: ")
    assert said in words


def test_number_read_as_a_day_of_excel_is_told(tmp_path: Path) -> None:
    report = run(tmp_path, [law(valid_from="43906"), law(valid_from="43907", title_en="Another")])
    assert report.notices == [
        "In column valid_from, values were converted: “43906”, for example, was read as “2020-03-16”."
    ]


# Lists


@pytest.mark.parametrize(
    "typed",
    ["border.closure;border.control", "border.closure, border.control", "border.closure\nborder.control"],
)
def test_other_separators_of_a_list_are_understood_and_told(tmp_path: Path, typed: str) -> None:
    report = run(tmp_path, [law(topics=typed)])
    assert counts(report) == (1, 0, 0, 0)
    assert set(Measure.objects.get().topics.values_list("key", flat=True)) == {"border.closure", "border.control"}
    assert len(report.notices) == 1


def test_advice_on_mixed_separators_drops_no_item(tmp_path: Path) -> None:
    said = _refused(tmp_path, topics="border.closure;border.control,health.access")
    assert said.endswith("Separate the items by the same sign: border.control|health.access.")


@pytest.mark.parametrize("separator", ["|", ";", ", ", "\n"])
def test_other_separators_of_external_identifiers_are_understood(tmp_path: Path, separator: str) -> None:
    DataSet.objects.create(key="coronanet", name="CoronaNet", licence="CC BY 4.0")
    _read(tmp_path, external_ids=separator.join(["coronanet/R_1;a,b", "coronanet/R_2"]))
    assert sorted(Measure.objects.get().external_ids.values_list("key", flat=True)) == ["R_1;a,b", "R_2"]


@pytest.mark.parametrize(
    ("typed", "events"),
    [
        ("enacted@2020-03-01;published@2020-03-02", 2),
        ("enacted@2020-03-01, published", 2),
        ("enacted@2020-03-01;\npublished\nin_force@2020-03-02", 3),
        ("enacted@March 1, 2020; published@March 2, 2020", 2),
    ],
)
def test_other_separators_of_events_are_understood(tmp_path: Path, typed: str, events: int) -> None:
    assert _read(tmp_path, status_history=typed).status_events.count() == events


@pytest.mark.parametrize("separator", ["|", ";", " , ", "\r\n"])
def test_other_separators_of_relations_are_understood(tmp_path: Path, separator: str) -> None:
    others = [factories.measure(title_en=title).public_id for title in ("One", "Two")]
    run(tmp_path, [law(relations=separator.join(f"amends:{public_id}" for public_id in others))])
    found = Measure.objects.get(title_en="An act").relations.values_list("object__public_id", flat=True)
    assert sorted(found) == sorted(others)


# Countries


@pytest.mark.parametrize(
    ("typed", "code"),
    [("PE", "PER"), ("Perú", "PER"), ("peru", "PER"), ("604", "PER"), ("Spain", "ESP"), ("Espanha", "ESP")],
)
def test_country_is_read_by_its_other_codes_and_names(tmp_path: Path, typed: str, code: str) -> None:
    report = run(tmp_path, [law(country=typed, origin_countries=f"{typed}|PAN")])
    measure = Measure.objects.get()
    assert (measure.country_id, measure.public_id[:3]) == (code, code)
    assert set(measure.origin_countries.values_list("pk", flat=True)) == {code, "PAN"}
    assert report.notices[0] == (
        f"In column country, values were converted: “{typed}”, for example, was read as “{code}”."
    )


def test_everyday_name_of_a_country_is_read(tmp_path: Path) -> None:
    factories.country(iso3="USA")
    assert _read(tmp_path, country="EE. UU.").country_id == "USA"


def test_name_of_two_countries_is_refused(tmp_path: Path) -> None:
    Country.objects.filter(pk__in=["PAN", "PSE"]).update(name_es="Guinea")
    assert _refused(tmp_path, country="Guinea").startswith("country: “Guinea” is unknown.")


# Addresses


@pytest.mark.parametrize(
    ("typed", "addresses"),
    [
        ("https://a.example/x,https://a.example/y", ["https://a.example/x", "https://a.example/y"]),
        ("https://a.example/x; https://a.example/y", ["https://a.example/x", "https://a.example/y"]),
        ("https://a.example/x\nhttps://a.example/y", ["https://a.example/x", "https://a.example/y"]),
        ("https://a.example/x?list=1,2;3", ["https://a.example/x?list=1,2;3"]),
        (
            "https://archive.example/web/2020/https://a.example/x",
            ["https://archive.example/web/2020/https://a.example/x"],
        ),
    ],
)
def test_addresses_of_one_cell_are_told_apart(tmp_path: Path, typed: str, addresses: list[str]) -> None:
    _read(tmp_path, sources=typed)
    assert sorted(Source.objects.values_list("url", flat=True)) == addresses


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("https://a.example/a?x=1|2", "In an address, write %7C instead of the bar: https://a.example/a?x=1%7C2."),
        ("www.a.example/d", "Write it as in a browser, with https://: https://www.a.example/d."),
        ("https://a.example/x y", "Write it as in a browser, with https:// and without spaces."),
    ],
)
def test_address_that_is_none_is_refused_with_what_would_be_right(tmp_path: Path, typed: str, said: str) -> None:
    assert said in _refused(tmp_path, sources=typed)


def test_key_of_a_source_may_follow_an_address(tmp_path: Path) -> None:
    factories.source(key="gazette-1", url="")
    measure = _read(tmp_path, sources="https://a.example/x|gazette-1")
    assert "gazette-1" in measure.citations.values_list("source__key", flat=True)


def test_long_titles_and_addresses_of_real_acts_fit(tmp_path: Path) -> None:
    address = "https://a.example/" + "x" * 2030
    assert len(_read(tmp_path, title_en="t" * 600, sources=address).title_en) == 600
    assert Source.objects.get().url == address


def test_address_that_no_index_holds_is_refused(tmp_path: Path) -> None:
    assert "The address has 3018 characters." in _refused(tmp_path, sources="https://a.example/" + "ñ" * 1500)


# Identifiers


@pytest.mark.parametrize("public_id", ["PER-99999999", "PER-80001", "PER-00000", "PER-7"])
def test_identifier_beyond_the_series_is_refused(tmp_path: Path, public_id: str) -> None:
    assert _refused(tmp_path, public_id=public_id).startswith("public_id: ")
    assert factories.measure().public_id == "PER-00001"


def test_series_follows_identifiers_that_are_restored(tmp_path: Path) -> None:
    report = run(tmp_path, [law(public_id="PER-80001")], keep_identifiers=True)
    assert counts(report) == (1, 0, 0, 0)
    assert factories.measure(title_en="The next").public_id == "PER-80002"
