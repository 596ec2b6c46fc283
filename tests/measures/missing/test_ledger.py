"""The ledger of numbers: which series a number is of, what is known of it, what readers see, and its file."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from foundation.publication import public_version
from measures.choices import NumberState
from measures.files.seen_numbers import SeenNumberResource
from measures.missing.ledger import NumberLedger
from measures.missing.marking import parse_numbers
from measures.missing.series import Named, Number, numbered
from measures.models import Measure, SeenNumber
from tests import factories as make
from tests.csv_files import counts, export, problems, run

database = pytest.mark.django_db
WORD = "zanahoria"


def _series(country: str, kind: str, reference: str, *bodies: str, year: int | None = 2020) -> list[str]:
    found = numbered(Named(country, kind, reference, year, bodies))
    return [f"{series.key} {number}{'' if series.begins_anew else ' on'}" for series, number in found]


@pytest.mark.parametrize(
    ("expected", "country", "kind", "references", "bodies"),
    [
        (
            "2020:decree.supreme:PCM 44",
            *("PER", "executive_decree"),
            ["044-2020-PCM", "44-2020", "44", "D.S. N° 44", "DS 044-2020-PCM"],
            ["PCM"],
        ),
        ("2020:resolution.supreme:PCM 44", "PER", "executive_decree", ["Resolución Suprema 044-2020-PCM"], ["PCM"]),
        ("2020:resolution.ministerial:SA 3", "PER", "ministerial_resolution", ["3", "RM 003-2020/MINSA"], ["MINSA"]),
        ("2020:law: 31008 on", "PER", "law", ["Ley 31008", "31008"], ["CR"]),
        ("2018:decree: 12-A", "ARG", "emergency_decree", ["DNU 12-A/2018", "12-A/2018"], []),
        ("", "PER", "bill", ["5185", "sin número", "RM 12-2020-SA y RM 13-2020-IN", "0", "7" * 12], []),
    ],
)
def test_number_is_read_into_its_series(
    expected: str, country: str, kind: str, references: list[str], bodies: list[str]
) -> None:
    for reference in references:
        found = _series(country, kind, reference, *bodies, year=None if not expected else 2020)
        assert found == ([expected] if expected else []), reference


@pytest.mark.parametrize(
    ("text", "expected"), [("3, 7-9;15-a", ["3", "7", "8", "9", "15-A"]), ("", []), ("5–5", ["5"])]
)
def test_ranges_are_read(text: str, expected: list[str]) -> None:
    assert [str(number) for number in parse_numbers(text)] == expected


@pytest.mark.parametrize("text", ["x", "9-7", "1-9999", "3-", "1 2"])
def test_what_is_no_range_is_named(text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        parse_numbers(text)


# What is known


def _ledger(country: str = "PER") -> NumberLedger:
    return NumberLedger(country, Measure.objects.published(), SeenNumber.objects.public())


@pytest.fixture
def record() -> None:
    """Decrees 3 and 5 of Peru, in three entries; 2 is not relevant, 3, 6 and 6-A are listed; a draft and proposals."""
    body = make.issuing_body(country=make.country())
    for reference, provision in (("003-2020-PCM", ""), ("005-2020-PCM", "art. 1"), ("005-2020-PCM", "art. 2")):
        make.measure(reference=reference, provision=provision, issuing_body=body)
    make.draft(reference="001-2020-PCM", issuing_body=body)
    make.seen_number(number="2", state="irrelevant", checked_on="2021", checked_by="Ana")
    for number in ("003-2020-PCM", "006-2020-PCM", "6-A"):
        make.seen_number(number=number)
    make.seen_number(number="1", is_proposed=True, searched=WORD)
    make.seen_number(number="9", is_proposed=True, searched=WORD)


@database
@pytest.mark.usefixtures("record")
def test_numbers_are_recorded_irrelevant_listed_or_never_seen() -> None:
    (found,) = _ledger().runs
    assert found.body == "Body pcm"
    assert (found.label, found.first, found.last) == ("Executive decree or order", 1, 6)
    assert {state.value: [str(span) for span in found.spans(state)] for state in NumberState} == {
        "coded": ["3", "5"],
        "irrelevant": ["2"],
        "listed": ["6"],
        "never_seen": ["1", "4"],
    }
    assert (found.recorded, found.irrelevant, found.listed, found.never_seen) == (2, 1, 2, 2)
    assert [act.title for act in found.seen[Number(3)].acts] == [
        Measure.objects.get(reference="003-2020-PCM").title.text
    ]


@database
def test_numbers_that_go_on_from_year_to_year_begin_with_the_lowest_seen() -> None:
    congress = make.issuing_body(key="congreso", country=make.country())
    make.measure(kind="law", reference="31008", issuing_body=congress, events=(("enacted", "2020-03-02"),))
    make.measure(kind="law", reference="31011", events=(("enacted", "2020-03-27"),))
    make.measure(kind="law", reference="31500", events=(("enacted", "2022"),))
    make.measure(kind="law", reference="31600")
    assert [(r.series.year, r.first, r.last, r.never_seen, r.body) for r in _ledger().runs] == [
        (2022, 31500, 31500, 0, ""),
        (2020, 31008, 31600, 590, ""),
    ]


@database
def test_other_numbers_of_acts_count_and_acts_without_a_number_are_no_error() -> None:
    act = make.measure(reference="sin número")
    make.alias(measure=act, reference="Decreto Supremo 008-2020-PCM")
    ledger = _ledger()
    assert [(run.series.key, run.last) for run in ledger.runs] == [("2020:decree.supreme:PCM", 8)]
    assert ledger.unplaced == 1


# What readers see


@database
@pytest.mark.usefixtures("record")
def test_page_file_and_api_tell_readers_the_same(client: Client) -> None:
    page = " ".join(client.get("/countries/peru/coverage/").content.decode().split())
    assert "2020: Executive decree or order, Body pcm" in page
    for words, cell in (("Recorded", "2 <small>(3, 5)"), ("Never seen", "2 <small>(1, 4)")):
        assert f'<td data-label="{words}"> {cell}' in page
    assert "is not a missing entry" in page
    assert "How many entries are missing is not estimated" in page
    response: Any = client.get("/seen_numbers.csv?country=PER&state=listed")
    numbers = [line.split(",")[4] for line in b"".join(response).decode().splitlines()[1:]]
    rows = json.loads(client.get("/api/v1/seen-numbers/?country=PER&state=listed").content)["results"]
    assert numbers == [row["number"] for row in rows] == ["003-2020-PCM", "006-2020-PCM", "6-A"]
    assert rows[0] | {"date": None, "address": None, "title": None, "checked_on": None, "checked_by": None} == {
        "country": "PER",
        "issuing_body": "pcm",
        "kind": "executive_decree",
        "year": 2020,
        "number": "003-2020-PCM",
        "state": "listed",
        "title": None,
        "date": None,
        "address": None,
        "checked_on": None,
        "checked_by": None,
        "searched": "The gazette",
        "is_proposed": False,
    }
    for query in ("country=USA", "state=never_seen", "year=soon", "x=1"):
        for path in ("/seen_numbers.csv", "/api/v1/seen-numbers/"):
            answer = client.get(f"{path}?{query}")
            assert answer.status_code == 400
            assert query.partition("=")[0] in answer.content.decode()


@database
@pytest.mark.usefixtures("record")
def test_drafts_and_proposals_are_nowhere(client: Client) -> None:
    other = make.issuing_body(key=WORD)
    before = public_version()
    SeenNumber.objects.filter(is_proposed=True).update(title=WORD)
    make.seen_number(number="11", is_proposed=True, searched=WORD, issuing_body=other)
    assert public_version() == before
    for path in (
        "/countries/peru/coverage/",
        "/seen_numbers.csv",
        "/api/v1/seen-numbers/",
        "/api/v1/vocabularies/issuing_bodies/",
    ):
        response: Any = client.get(path)
        assert response.status_code == 200
        assert WORD not in b"".join(response).decode()
    Measure.objects.filter(reference="001-2020-PCM").update(workflow="retired")
    assert client.get("/countries/peru/coverage/").context["runs"][0].recorded == 2
    make.seen_number(number="12", issuing_body=make.issuing_body(key="mef", country=make.country()))
    assert public_version() != before
    assert "Body mef" in client.get("/countries/peru/coverage/").text
    make.measure(reference="013-2020-PCM", issuing_body=make.issuing_body(country=make.country()))
    assert client.get("/countries/peru/coverage/").context["runs"][-1].last == 13


@database
def test_number_of_queries_does_not_grow_with_numbers(client: Client) -> None:
    body, numbers = make.issuing_body(country=make.country()), []
    for few in (range(1, 2), range(2, 6)):
        for number in few:
            make.measure(reference=f"{number}-2020-PCM", issuing_body=body)
            make.seen_number(number=f"{number + 50}", issuing_body=make.issuing_body(key=f"b{number}"))
        with CaptureQueriesContext(connection) as made:
            client.get("/countries/peru/coverage/")
        numbers.append(len(made))
    assert numbers[0] == numbers[1]


# Its file

ROW = {
    "country": "Peru",
    "issuing_body": "pcm",
    "kind": "executive_decree",
    "year": "2020",
    "number": "044-2020-PCM",
    "title": "Decreto Supremo que declara",
    "date": "2020-03-15",
    "address": "https://gazette.example/44",
    "searched": "El Peruano, index",
    "is_proposed": "",
}


@database
@pytest.mark.usefixtures("record")
def test_file_goes_out_and_comes_back(tmp_path: Path) -> None:
    written = export(SeenNumberResource)
    SeenNumber.objects.all().delete()
    assert counts(run(tmp_path, written, "seen_numbers")) == (6, 0, 0, 0)
    assert export(SeenNumberResource) == written
    assert counts(run(tmp_path, written, "seen_numbers")) == (0, 0, 6, 0)


@database
def test_index_of_a_gazette_is_imported_and_its_mistakes_are_named(tmp_path: Path) -> None:
    make.issuing_body(country=make.country())
    rows = [
        ROW | {"state": "listed"},
        ROW | {"state": "listed"} | {"number": "none"},
        ROW | {"state": "listed"} | {"number": "5", "issuing_body": "nobody"},
        ROW | {"state": "listed"} | {"number": "6", "state": "coded"},
        ROW | {"state": "listed"} | {"number": "7", "issuing_body": "pcm|pcm2"},
        ROW | {"state": "listed"} | {"number": "8", "state": "irrelevant"},
        ROW | {"state": "listed"} | {"number": "9", "year": "20"},
    ]
    found = {(row, column) for row, column, _value in problems(run(tmp_path, rows, "seen_numbers"))}
    assert found == {
        (3, "number"),
        (4, "issuing_body"),
        (5, "state"),
        (6, "issuing_body"),
        (7, "state"),
        (8, "year"),
    }
    assert counts(run(tmp_path, [ROW], "seen_numbers")) == (1, 0, 0, 0)
    row = SeenNumber.objects.get()
    assert (row.state, row.is_proposed, row.title, str(row.date)) == ("listed", False, ROW["title"], "2020-03-15")
    assert [span.first for span in _ledger().runs[0].spans(NumberState.LISTED)] == [44]
