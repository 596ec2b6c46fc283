"""The API of django-import-export: Datasets in and out, and a Result for each row."""

import csv
import datetime
import io
from typing import Any

import pytest
import tablib
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from import_export.exceptions import ImportError as RefusedImport
from import_export.results import Result

from countries.models import Country
from countries.resources import CountryResource, IndicatorResource, ObservationResource
from foundation.accounts import system_account
from foundation.files.resources import resources
from measures.files.resources import MeasureResource, TopicResource
from measures.models import Measure, Topic
from tests import factories
from tests.csv_files import MEASURE, export

pytestmark = pytest.mark.django_db


def _dataset(*rows: dict[str, Any]) -> tablib.Dataset:
    dataset = tablib.Dataset()
    dataset.dict = list(rows)
    return dataset


def _totals(result: Result) -> dict[str, int]:
    return {name: number for name, number in result.totals.items() if number}


@pytest.fixture
def vocabulary() -> None:
    """The vocabulary that the rows use."""
    factories.country()
    factories.topic()


# Export


def test_dataset_of_every_resource_is_its_file() -> None:
    call_command("load_fixtures", verbosity=0)
    factories.measure(summary_en='a,"b"\r\nc', topics=("work.permit", "health.access"))
    factories.draft(title_es="Borrador")
    factories.alias(measure=Measure.objects.get(public_id="PER-00001"))
    factories.data_set()
    factories.seen_number()
    for name, resource in resources().items():
        dataset = resource().export()
        assert len(dataset) > 0, name
        of_file = list(csv.reader(io.StringIO(export(resource), newline="")))
        assert list(csv.reader(io.StringIO(dataset.csv, newline=""))) == of_file, name
        assert dataset.title == name


def test_dataset_follows_the_query_and_its_order() -> None:
    first, second, third = (factories.measure() for _number in range(3))
    factories.draft()
    queryset = Measure.objects.published().exclude(pk=second.pk).order_by("-pk")
    assert MeasureResource().export(queryset)["public_id"] == [third.public_id, first.public_id]
    assert MeasureResource().export([second, first])["public_id"] == [second.public_id, first.public_id]
    assert MeasureResource().export(Measure.objects.none()).height == 0


def test_dataset_leaves_out_what_is_not_public_or_not_wanted() -> None:
    seen, _draft = factories.measure(), factories.draft()
    dataset = MeasureResource().export(public=True, with_local=False, export_fields=["kind", "public_id", "workflow"])
    assert (dataset.headers, dataset[:]) == (["public_id", "kind"], [(seen.public_id, seen.kind)])


# Import


def test_result_counts_new_changed_and_same_rows(vocabulary: None) -> None:
    same, other = factories.draft(title_en="Same"), factories.draft(title_en="Before")
    columns = ("public_id", "country", "kind", "title_en")
    dataset = _dataset(
        *(dict(zip(columns, cells, strict=True)) for cells in (
            (same.public_id, "PER", same.kind, "Same"),
            (other.public_id, "PER", other.kind, "After"),
            ("", "PER", "law", "New"),
            ("", "", "", ""),
        ))
    )  # fmt: skip
    result = MeasureResource().import_data(dataset)
    assert isinstance(result, Result)
    assert not result.has_errors()
    assert not result.has_validation_errors()
    assert _totals(result) == {"new": 1, "update": 1, "skip": 2}
    assert (result.total_rows, [row.import_type for row in result]) == (4, ["skip", "update", "new", "skip"])
    new = Measure.objects.get(title_en="New")
    assert [row.object_id for row in result] == [same.pk, other.pk, new.pk, None]
    assert (new.workflow, new.created_by) == ("draft", system_account())
    other.refresh_from_db()
    assert other.title_en == "After"


def test_dry_run_says_the_same_and_writes_nothing(vocabulary: None) -> None:
    result = MeasureResource().import_data(_dataset(MEASURE), dry_run=True)
    assert (_totals(result), result.has_errors()) == ({"new": 1}, False)
    assert not Measure.objects.exists()


def test_export_comes_back_unchanged() -> None:
    call_command("load_fixtures", verbosity=0)
    factories.alias(measure=Measure.objects.get(public_id="PER-00001"))
    factories.data_set()
    factories.seen_number()
    for name, resource in resources().items():
        dataset = resource().export()
        assert _totals(resource().import_data(dataset)) == {"skip": len(dataset)}, name


def test_refused_rows_are_numbered_as_the_library_does_and_refuse_all(vocabulary: None) -> None:
    dataset = _dataset(MEASURE, MEASURE | {"kind": "decre", "topics": "nothing"}, MEASURE | {"title_en": "a\0b"})
    result = MeasureResource().import_data(dataset, collect_failed_rows=True)
    assert _totals(result) == {"new": 1, "error": 1, "invalid": 1}
    (invalid,) = result.invalid_rows
    assert invalid.number == 2
    assert set(invalid.error_dict) == {"kind", "topics"}
    assert "“nothing” is unknown. Write one of: health, health.access." in invalid.error_dict["topics"]
    assert [(number, [error.number for error in errors]) for number, errors in result.row_errors()] == [(3, [3])]
    assert "NUL" in str(result.row_errors()[0][1][0].error)
    assert [str(error.error) for error in result.base_errors] == ["2 rows were refused, so nothing was imported."]
    assert result.has_errors()
    assert result.failed_dataset.headers == [*MEASURE, "Error"]
    assert result.failed_dataset["kind"] == ["decre", "executive_decree"]
    assert "“decre” is unknown." in result.failed_dataset["Error"][0]
    assert not Measure.objects.exists()


def test_rows_that_fail_are_collected_on_request_alone(vocabulary: None) -> None:
    result = MeasureResource().import_data(_dataset(MEASURE | {"kind": "decre"}))
    assert result.failed_dataset.height == 0


def test_first_refused_row_is_raised_where_that_is_asked(vocabulary: None) -> None:
    dataset = _dataset(MEASURE, MEASURE | {"kind": "decre"}, MEASURE | {"kind": "bil"})
    with pytest.raises(RefusedImport, match="decre") as raised:
        MeasureResource().import_data(dataset, raise_errors=True)
    assert (raised.value.number, raised.value.row["kind"]) == (2, "decre")
    assert not Measure.objects.exists()


@pytest.mark.parametrize(
    ("dataset", "words"),
    [
        (tablib.Dataset(), "There is no header row"),
        (tablib.Dataset(["a", "b"], headers=["x", "y"]), "The columns are not those of this kind of file"),
        (_dataset({"key": "a", "label_en": "A", "colour": "red"}), "unknown columns: colour"),
        (_dataset({"key": "a", "label_en": "half \ud800"}), "an incomplete character: '\\ud800'"),
    ],
)
def test_dataset_that_is_no_such_file_is_an_error_of_the_whole(dataset: tablib.Dataset, words: str) -> None:
    result = TopicResource().import_data(dataset)
    assert words in str(result.base_errors[0].error)
    assert (result.has_errors(), _totals(result)) == (True, {})
    with pytest.raises(RefusedImport):
        TopicResource().import_data(dataset, raise_errors=True)


def test_values_of_a_spreadsheet_are_read_as_what_they_are() -> None:
    factories.country(iso3="PER", is_covered=False)
    country = {"iso3": "PER", "is_covered": True, "m49": 604, "summary_en": None}
    assert _totals(CountryResource().import_data(_dataset(country))) == {"update": 1}
    assert Country.objects.get().is_covered is True
    topic = {"key": "a", "position": 3.0, "label_en": "A", "label_es": "A", "label_pt": "A",
             "deprecated_on": datetime.datetime.fromisoformat("2020-05-29"), "definition_en": None}  # fmt: skip
    assert _totals(TopicResource().import_data(_dataset(topic))) == {"new": 1}
    kept = Topic.objects.get()
    assert (kept.position, kept.deprecated_on, kept.definition_en) == (3, datetime.date(2020, 5, 29), "")


def test_numbers_keep_their_value() -> None:
    call_command("load_fixtures", verbosity=0)
    dataset = ObservationResource().export()
    numbers = _dataset(*(row | {"value": float(row["value"]) if row["value"] else None} for row in dataset.dict))
    assert _totals(ObservationResource().import_data(numbers)) == {"skip": len(dataset)}
    assert IndicatorResource().export().height


def test_account_imports_with_what_it_may(vocabulary: None) -> None:
    analyst, editor = factories.analyst(), factories.editor()
    MeasureResource().import_data(_dataset(MEASURE), user=analyst)
    assert Measure.objects.get().created_by == analyst
    with pytest.raises(PermissionDenied):
        MeasureResource().import_data(_dataset(MEASURE | {"title_en": "Two"}), user=analyst, publish=True)
    MeasureResource().import_data(_dataset(MEASURE | {"title_en": "Two"}), user=editor, publish=True)
    assert Measure.objects.get(title_en="Two").workflow == "published"


def test_analyst_changes_nothing_public_by_a_dataset() -> None:
    factories.measure(topics=("health.access",))
    topic = Topic.objects.get(key="health.access")
    row = {"key": topic.key, "label_en": "Changed"}
    refused = TopicResource().import_data(_dataset(row), user=factories.analyst())
    assert [set(each.error_dict) for each in refused.invalid_rows] == [{"key"}]
    assert _totals(TopicResource().import_data(_dataset(row))) == {"update": 1}
