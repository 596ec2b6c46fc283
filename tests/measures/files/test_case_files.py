"""Files and values that people really have, each read as it should be, or refused with what would be right.

Each file of `cases/` is imported whole, so that what is right in one row does not depend on another.
"""

import csv
from pathlib import Path

import pytest
from django.test import Client

from countries.models import Country, Observation
from measures.archive.addresses import typed
from measures.models import Measure
from tests import factories
from tests.csv_files import counts, csv_text, run
from tests.measures.files.test_cells_of_people import OTHERS

pytestmark = pytest.mark.django_db

CASES = Path(__file__).parent / "cases"
MORE = [
    ("CHL", "CL", "152", "Chile", "Chile", "Chile"),
    ("BRA", "BR", "076", "Brazil", "Brasil", "Brasil"),
    ("URY", "UY", "858", "Uruguay", "Uruguay", "Uruguai"),
]


@pytest.fixture(autouse=True)
def vocabulary() -> None:
    """Countries and topics that the rows name."""
    factories.country()
    for iso3, iso2, m49, en, es, pt in [*OTHERS, *MORE]:
        Country.objects.create(iso3=iso3, iso2=iso2, m49=m49, slug=iso3.lower(), name_en=en, name_es=es, name_pt=pt)
    for key in ("border.closure", "border.control"):
        factories.topic(key=key)


def _text(name: str) -> str:
    return (CASES / name).read_text(encoding="utf-8")


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(_text(name).splitlines()))


OF_INDICATOR = {
    "in an indicator in percent": "percent",
    "in an indicator in persons": "persons",
    "a count is not negative; a change is": "persons",
}
"""The indicator of a number, by the reason that the file gives; others are of a score."""
REFUSED = {
    "zero_month.csv": {
        "Month nought": "“2020-00-15” does not exist in the calendar. Write 2020 if the month is not known.",
        "Month nought without a day in it": "“2020-00-05” does not exist in the calendar."
        " Write 2020 if the month is not known.",
        "Written the other way round": "“05/00/2020” does not exist in the calendar."
        " Write 2020-05 if the day is not known.",
    },
    "poison_identifier.csv": {
        "An identifier far beyond the series": "Write it as PER-00007, with five or six digits, or leave the cell empty"
        " for the next identifier of the series.",
        "A slip of the hand": "Leave the cell empty for the next identifier of the series. To restore a backup with its"
        " identifiers, run import_measures with --keep-identifiers.",
    },
    "dates_of_people.csv": {
        "two readings exist": "“03/04/2020” is ambiguous. Write 2020-04-03 or 2020-03-04.",
        "slip of the year": "Is the year right? Correct it, or leave the cell empty.",
    },
    "lists_and_codes.csv": {
        "address with a bar": "In an address, write %7C instead of the bar: https://example.org/a?x=1%7C2.",
        "no scheme": "Write it as in a browser, with https://: https://www.example.org/d.",
    },
    "again.csv": {},
    "words_before_number.csv": {},
}
"""The remedy of each refused row, by its title. Every other row is imported."""


@pytest.mark.parametrize("name", REFUSED)
def test_rows_without_one_reading_are_refused_with_the_remedy(tmp_path: Path, name: str) -> None:
    titles = [row["title_en"] for row in _rows(name)]
    report = run(tmp_path, _text(name), skip_refused=True)
    assert {titles[(problem.row or 0) - 2]: problem.remedy for problem in report.problems} == REFUSED[name]
    assert sorted(Measure.objects.values_list("title_en", flat=True)) == sorted(set(titles) - set(REFUSED[name]))


def test_dates_with_one_reading_are_read(tmp_path: Path) -> None:
    run(tmp_path, _text("dates_of_people.csv"), skip_refused=True)
    assert {measure.title_en: str(measure.valid_from) for measure in Measure.objects.all()} == {
        "pandas writes midnight": "2020-03-16",
        "Excel writes a serial number": "2020-03-16",
        "only one reading exists": "2020-03-27",
        "in words": "2020-03-16",
        "month in words": "2020-03",
        "dashes": "2020-05-29",
        "packed": "2020-03-27",
        "slashes the other way": "2020-03-27",
    }


def test_lists_and_codes_are_understood(tmp_path: Path) -> None:
    run(tmp_path, _text("lists_and_codes.csv"), skip_refused=True)
    found = {
        measure.title_en: (
            measure.country_id,
            sorted(topic.key.removeprefix("border.") for topic in measure.topics.all()),
            sorted(citation.source.url[-1] for citation in measure.citations.all()),
        )
        for measure in Measure.objects.all()
    }
    assert found == {
        "semicolons": ("PER", ["closure", "control"], ["a"]),
        "two letters": ("PER", ["closure"], ["b"]),
        "a name": ("PER", ["closure"], ["c"]),
        "two addresses in one": ("PER", ["closure"], ["x", "y"]),
        "a name that resembles another code": ("ESP", ["closure"], ["e"]),
    }


def test_file_imported_twice_changes_nothing_the_second_time(tmp_path: Path) -> None:
    assert [counts(run(tmp_path, _text("again.csv"))) for _time in range(2)] == [(1, 0, 0, 0), (0, 0, 1, 0)]
    run(tmp_path, _text("again.csv"), publish=True)
    assert Measure.objects.get().workflow == "published"
    assert counts(run(tmp_path, _text("again.csv"))) == (0, 0, 1, 0)


def test_acts_of_other_words_before_their_number_are_two_also_in_two_files(tmp_path: Path) -> None:
    for row in _rows("words_before_number.csv"):
        assert counts(run(tmp_path, [row])) == (1, 0, 0, 0)


def test_identifiers_beyond_the_series_leave_it_as_it_was(tmp_path: Path) -> None:
    run(tmp_path, _text("poison_identifier.csv"), skip_refused=True)
    assert factories.draft(country=Country.objects.get(pk="CHL")).public_id == "CHL-00001"


def test_numbers_are_read_as_their_column_says(tmp_path: Path) -> None:
    factories.indicator(key="score", unit="index", decimals=3)
    factories.indicator(key="persons")
    factories.indicator(key="percent", unit="percent")
    cases = _rows("numbers.csv")
    rows = [
        {
            "indicator": OF_INDICATOR.get(case["why"], "score"),
            "country": "PER",
            "counterpart": "",
            "period": f"2020-01-{day:02}",
            "value": case["typed"],
            "source_name": "A yearbook",
        }
        for day, case in enumerate(cases, 1)
    ]
    run(tmp_path, csv_text(rows), "observations", skip_refused=True)
    read = {str(each.period): str(float(each.value or 0)) for each in Observation.objects.all()}
    found = [(case["typed"], read.get(f"2020-01-{day:02}", "refused")) for day, case in enumerate(cases, 1)]
    assert found == [
        (case["typed"], "refused" if case["reads"] == "refused" else str(float(case["reads"]))) for case in cases
    ]


def test_spellings_of_one_address_are_one_source() -> None:
    cases = _rows("source_addresses.csv")
    groups: dict[str, set[str]] = {}
    for case in cases:
        source = factories.source(url=typed(case["typed"]).url)
        source.refresh_from_db()
        groups.setdefault(source.url_key, set()).add(case["group"])
    assert sorted(map(sorted, groups.values())) == [[group] for group in sorted({case["group"] for case in cases})]
    assert [typed(case["typed"]).locator for case in cases] == [case["locator"] for case in cases]


def test_pages_shared_with_a_tracking_parameter_answer_as_without_it(client: Client) -> None:
    page = client.get("/measures/").content
    for parameter in _text("tracking_parameters.txt").split():
        assert client.get(f"/measures/?{parameter}").content == page, parameter
