"""Which record a row is: by identifier, by the key in a data set, by the legal number; two acts never become one."""

from pathlib import Path

import pytest

from measures.models import DataSet, ExternalId, Measure
from tests import factories
from tests.csv_files import counts, export, run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def vocabulary() -> None:
    factories.country()
    factories.topic()


def row(**cells: str) -> dict[str, str]:
    """A row without an identifier."""
    return {"country": "PER", "kind": "law", "reference": "31000", "title_en": "Borders closed"} | cells


def _words(folder: Path, *rows: dict[str, str]) -> list[str]:
    """What is said of refused rows."""
    return [f"{p.row} {p.column}: {p.problem}" for p in run(folder, rows).problems]


# Legal numbers


def test_file_without_identifiers_changes_nothing_the_second_time(tmp_path: Path) -> None:
    rows = [row(public_id="", reference="Q 77", topics="health.access", sources="https://a.example/q77")]
    assert counts(run(tmp_path, rows)) == (1, 0, 0, 0)
    version = Measure.objects.get().record_version
    assert counts(run(tmp_path, rows)) == (0, 0, 1, 0)
    assert Measure.objects.get().record_version == version


def test_acts_that_differ_in_the_words_before_their_number_stay_two(tmp_path: Path) -> None:
    common = {"kind": "ministerial_resolution", "country": "PER"}
    one = row(reference="Portaria Interministerial 8/2020", title_en="Borders closed", **common)
    other = row(reference="Portaria 8/2020", title_en="Deadlines suspended", **common)
    assert counts(run(tmp_path, [one])) == (1, 0, 0, 0)
    assert counts(run(tmp_path, [other])) == (1, 0, 0, 0)
    assert counts(run(tmp_path, [one, other])) == (0, 0, 2, 0)
    assert Measure.objects.count() == 2


@pytest.mark.parametrize("typed", ["Ley 31000", "LEY N° 31000", "ley 31.000"])
def test_number_in_another_spelling_is_the_same_act(tmp_path: Path, typed: str) -> None:
    run(tmp_path, [row(reference="Ley N° 31000")])
    assert counts(run(tmp_path, [row(reference=typed, title_en="Borders are closed")])) == (0, 1, 0, 0)
    assert Measure.objects.get().title_en == "Borders are closed"


def test_number_with_another_title_is_asked_about(tmp_path: Path) -> None:
    run(tmp_path, [row()])
    public_id = Measure.objects.get().public_id
    other = row(title_en="Deadlines of residence permits")
    assert _words(tmp_path, other) == [
        f"2 reference: This is the number of {public_id} “Borders closed”, which has another title."
    ]
    assert counts(run(tmp_path, [other | {"public_id": public_id}])) == (0, 1, 0, 0)


def test_row_that_says_new_is_another_act(tmp_path: Path) -> None:
    run(tmp_path, [row(reference="Ley 31000")])
    other = row(public_id="new", reference="31000", title_en="Deadlines of residence permits")
    assert counts(run(tmp_path, [other])) == (1, 0, 0, 0)
    assert Measure.objects.count() == 2


@pytest.mark.parametrize(
    "cells", [{"kind": "regulation"}, {"provision": "art. 3"}, {"reference": "31001"}, {"country": "ECU"}]
)
def test_act_that_differs_in_what_identifies_it_is_new(tmp_path: Path, cells: dict[str, str]) -> None:
    factories.country(iso3="ECU")
    run(tmp_path, [row()])
    assert counts(run(tmp_path, [row(**cells)])) == (1, 0, 0, 0)


def test_number_that_lacks_a_part_is_asked_about_where_titles_are_alike(tmp_path: Path) -> None:
    run(tmp_path, [row(kind="executive_decree", reference="DS 44-2020-PCM")])
    (said,) = _words(tmp_path, row(kind="executive_decree", reference="DS 44-2020"))
    assert said.startswith("2 reference: This may be the number of PER-")
    unlike = row(kind="executive_decree", reference="DS 44-2020", title_en="Deadlines of residence permits")
    assert counts(run(tmp_path, [unlike])) == (1, 0, 0, 0)


def test_retired_record_is_not_found_by_its_number(tmp_path: Path) -> None:
    factories.measure(kind="law", reference="31000", title_en="Borders closed", workflow="retired")
    assert counts(run(tmp_path, [row()])) == (1, 0, 0, 0)


# Rows without a number


@pytest.mark.parametrize(
    ("stored", "again", "is_asked"),
    [
        ({"valid_from": "2020-03-16"}, {}, True),
        ({"valid_from": "2020-03-16"}, {"title_en": " borders CLOSED"}, True),
        ({"valid_from": "2020-03-16"}, {"valid_from": "2020-03"}, True),
        ({"valid_from": "2020-03-16"}, {"valid_from": "2020-04-16"}, False),
        ({"status_history": "enacted@2020-03-15|in_force@2020-03-16"}, {}, True),
        ({"valid_from": ""}, {"title_en": "Borders open"}, False),
        ({"valid_from": ""}, {"kind": "regulation"}, False),
        ({"valid_from": ""}, {"reference": "31000"}, False),
        ({"valid_from": "", "reference": "31000"}, {"reference": ""}, False),
        ({"valid_from": ""}, {"public_id": "new"}, False),
    ],
)
def test_row_that_comes_in_again_without_a_number_is_asked_about(
    tmp_path: Path, stored: dict[str, str], again: dict[str, str], is_asked: bool
) -> None:
    first = row(reference="") | stored
    assert counts(run(tmp_path, [first])) == (1, 0, 0, 0)
    words = f"Neither this row nor {Measure.objects.get().public_id} “Borders closed” has a number, and their titles"
    assert _words(tmp_path, first | again) == ([f"2 public_id: {words} and dates are the same."] if is_asked else [])
    assert Measure.objects.count() == (1 if is_asked else 2)


# External identifiers


@pytest.fixture
def coronanet() -> DataSet:
    return factories.data_set()


def test_row_is_found_by_its_key_in_a_data_set(tmp_path: Path, coronanet: DataSet) -> None:
    first = row(external_ids="coronanet/R_1", reference="")
    assert counts(run(tmp_path, [first])) == (1, 0, 0, 0)
    assert counts(run(tmp_path, [first])) == (0, 0, 1, 0)
    assert counts(run(tmp_path, [first | {"title_en": "Anything else", "kind": "regulation"}])) == (0, 1, 0, 0)
    assert [str(found) for found in ExternalId.objects.all()] == ["coronanet/R_1"]
    assert "coronanet/R_1" in export()


def test_two_keys_of_a_data_set_are_two_acts(tmp_path: Path, coronanet: DataSet) -> None:
    run(tmp_path, [row(reference="Ley 31000", external_ids="coronanet/R_1")])
    assert counts(run(tmp_path, [row(reference="31000", external_ids="coronanet/R_2")])) == (1, 0, 0, 0)


def test_key_is_added_to_the_act_of_the_number(tmp_path: Path, coronanet: DataSet) -> None:
    run(tmp_path, [row()])
    assert counts(run(tmp_path, [row(external_ids="coronanet/R_1")])) == (0, 1, 0, 0)
    assert ExternalId.objects.get().measure == Measure.objects.get()


def test_empty_cell_empties_and_absent_column_changes_nothing(tmp_path: Path, coronanet: DataSet) -> None:
    run(tmp_path, [row(external_ids="coronanet/R_1")])
    assert counts(run(tmp_path, [row()])) == (0, 0, 1, 0)
    assert counts(run(tmp_path, [row(external_ids="")])) == (0, 1, 0, 0)
    assert not ExternalId.objects.exists()


def test_unknown_data_set_and_taken_key_are_refused(tmp_path: Path, coronanet: DataSet) -> None:
    run(tmp_path, [row(external_ids="coronanet/R_1")])
    other = factories.draft(title_en="Another").public_id
    report = run(tmp_path, [row(reference="1", external_ids="coronnet/R_1")])
    assert [(p.column, p.value) for p in report.problems] == [("external_ids", "coronnet")]
    assert "Did you mean “coronanet”?" in report.problems[0].remedy
    report = run(tmp_path, [{"public_id": other, "external_ids": "coronanet/R_1"}])
    assert [p.value for p in report.problems] == [f"coronanet/R_1 = {Measure.objects.first().public_id}"]  # type: ignore[union-attr]  # there is one
    report = run(tmp_path, [row(reference=number, external_ids="coronanet/R_9") for number in "12"])
    assert [p.row for p in report.problems] == [2, 3]


@pytest.mark.parametrize("cell", ["R_1", "coronanet/", "/R_1", "coronanet/" + "x" * 201])
def test_key_without_a_data_set_is_refused(tmp_path: Path, coronanet: DataSet, cell: str) -> None:
    assert [p.column for p in run(tmp_path, [row(external_ids=cell)]).problems] == ["external_ids"]


def test_relations_name_acts_by_their_keys(tmp_path: Path, coronanet: DataSet) -> None:
    rows = [
        row(reference="1", external_ids="coronanet/R_1", relations=""),
        row(reference="2", external_ids="coronanet/R_2", relations="extends:coronanet/R_1@2020-05-01/part"),
    ]
    assert counts(run(tmp_path, rows)) == (2, 0, 0, 0)
    first, second = Measure.objects.order_by("reference")
    relation = second.relations.get()
    assert (relation.object, str(relation.date), relation.scope) == (first, "2020-05-01", "part")
    assert counts(run(tmp_path, rows)) == (0, 0, 2, 0)
    assert counts(run(tmp_path, [row(reference="3", relations="amends:coronanet/R_2|extends:coronanet/R_1")])) == (
        1, 0, 0, 0,
    )  # fmt: skip


@pytest.mark.parametrize("named", ["coronanet/R_7", "nowhere/R_1"])
def test_relation_to_an_unknown_key_is_refused(tmp_path: Path, coronanet: DataSet, named: str) -> None:
    report = run(tmp_path, [row(relations=f"extends:{named}")])
    assert [(p.column, p.value) for p in report.problems] == [("relations", f"extends:{named}")]


def test_relation_to_its_own_key_and_cycles_of_keys_are_refused(tmp_path: Path, coronanet: DataSet) -> None:
    own = row(external_ids="coronanet/R_1", relations="extends:coronanet/R_1")
    assert [p.column for p in run(tmp_path, [own]).problems] == ["relations"]
    cycle = [
        row(reference=n, external_ids=f"coronanet/R_{n}", relations=f"extends:coronanet/R_{m}") for n, m in ("12", "21")
    ]
    assert [p.row for p in run(tmp_path, cycle).problems] == [2, 3]
