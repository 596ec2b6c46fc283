"""What an import writes, leaves unchanged and refuses."""

from pathlib import Path

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied

from foundation.files.importing.pipeline import compared
from foundation.files.importing.reading import FileProblem
from foundation.partial_dates import PartialDate
from measures.choices import Workflow
from measures.files.resources import MeasureResource
from measures.models import Citation, IssuingBody, Measure, PublicIdSequence, Relation, Source, StatusEvent, Topic
from tests import factories
from tests.csv_files import MEASURE, counts, csv_text, export, failures, problems, run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def vocabulary() -> None:
    """The vocabulary that the rows of these tests use."""
    factories.country()
    factories.country(iso3="VEN")
    for key in ("health.access", "asylum.application", "work.permit"):
        factories.topic(key=key)
    factories.target_group()
    factories.issuing_body(key="mininter", country=factories.country())


def _history_rows() -> int:
    """Number of rows in all history tables."""
    kept = [model for model in apps.get_models() if any(field.name == "pgh_id" for field in model._meta.fields)]
    return sum(model._default_manager.count() for model in kept)


# New, changed, unchanged


def test_new_row_becomes_a_draft_with_everything_that_it_says(tmp_path: Path) -> None:
    row = MEASURE | {
        "issuing_body": "mininter",
        "reference": "N° 068-2020-PCM",
        "topics": "work.permit|asylum.application",
        "target_groups": "asylum_seekers",
        "origin_countries": "VEN",
        "valid_from": "2020-04",
        "status_history": "enacted@2020-04-14|in_force@2020-05?",
    }
    report = run(tmp_path, [row])
    assert counts(report) == (1, 0, 0, 0)
    measure = Measure.objects.get()
    assert (measure.public_id, measure.workflow, measure.record_version) == ("PER-00001", Workflow.DRAFT, 1)
    assert measure.issuing_body == IssuingBody.objects.get(key="mininter")
    assert measure.primary_topic == Topic.objects.get(key="work.permit")
    assert {topic.key for topic in measure.topics.all()} == {"work.permit", "asylum.application"}
    assert [str(event) for event in measure.status_events.all()] == ["enacted@2020-04-14", "in_force@2020-05?"]
    assert (measure.status, str(measure.status_date), str(measure.date)) == ("in_force", "2020-05?", "2020-04-14")
    assert measure.valid_from == PartialDate(2020, 4)
    assert [country.pk for country in measure.origin_countries.all()] == ["VEN"]
    assert Source.objects.get().url == "https://gazette.example/1"


def test_unchanged_rows_write_nothing_and_add_no_history(tmp_path: Path) -> None:
    run(tmp_path, [MEASURE | {"reference": "1-2020"}, MEASURE | {"reference": "2-2020"}])
    content, before = export(), _history_rows()
    versions = list(Measure.objects.values_list("public_id", "record_version", "updated_at"))
    assert counts(run(tmp_path, content)) == (0, 0, 2, 0)
    assert _history_rows() == before
    assert list(Measure.objects.values_list("public_id", "record_version", "updated_at")) == versions


def test_changed_cell_alone_is_written_and_the_version_rises(tmp_path: Path) -> None:
    run(tmp_path, [MEASURE | {"reference": "1-2020"}])
    citation = Citation.objects.get()
    citation.locator = "art. 3"
    citation.save()
    row = {"public_id": "PER-00001", "title_en": "Another title", "title_es": "Otro título"}
    assert counts(run(tmp_path, [row])) == (0, 1, 0, 0)
    measure = Measure.objects.get()
    assert (measure.title_en, measure.title_es, measure.reference) == ("Another title", "Otro título", "1-2020")
    assert measure.record_version == 2
    assert Citation.objects.get() == citation
    assert Citation.objects.get().locator == "art. 3"


def test_row_without_identifier_finds_its_record_by_reference_in_any_spelling(tmp_path: Path) -> None:
    run(tmp_path, [MEASURE | {"reference": "N° 000104-2020-MIGRACIONES"}])
    report = run(tmp_path, [MEASURE | {"reference": "104-2020-migraciones", "title_en": "A decree, changed"}])
    assert counts(report) == (0, 1, 0, 0)
    assert Measure.objects.get().title_en == "A decree, changed"
    assert PublicIdSequence.take("PER") == "PER-00002"


def test_events_that_stay_keep_their_notes(tmp_path: Path) -> None:
    run(tmp_path, [MEASURE | {"public_id": "PER-00001", "status_history": "enacted@2020|in_force@2020-05"}])
    StatusEvent.objects.filter(status="in_force").update(note="by article 9")
    run(
        tmp_path, [{"public_id": "PER-00001", "kind": "executive_decree", "status_history": "in_force@2020-05|expired"}]
    )
    events = [(str(event), event.position, event.note) for event in StatusEvent.objects.order_by("position")]
    assert events == [("in_force@2020-05", 0, "by article 9"), ("expired", 1, "")]
    assert Measure.objects.get().status == "expired"


def test_removed_tags_sources_and_relations_go(tmp_path: Path) -> None:
    first = MEASURE | {"public_id": "PER-00001", "target_groups": "asylum_seekers", "relations": ""}
    second = MEASURE | {"public_id": "PER-00002", "target_groups": "", "relations": "extends:PER-00001"}
    run(tmp_path, [first, second])
    assert Relation.objects.count() == 1
    report = run(tmp_path, [first | {"target_groups": ""}, second | {"relations": "", "topics": "", "sources": ""}])
    assert counts(report) == (0, 2, 0, 0)
    assert Relation.objects.count() == 0
    assert list(Measure.objects.get(public_id="PER-00002").topics.all()) == []
    assert Measure.objects.get(public_id="PER-00002").primary_topic is None
    assert [citation.measure.public_id for citation in Citation.objects.all()] == ["PER-00001"]


# Identifiers


def test_given_identifier_is_never_given_again(tmp_path: Path) -> None:
    rows = [MEASURE | {"public_id": "PER-00007", "title_en": "Old"}, MEASURE | {"public_id": "", "title_en": "New"}]
    run(tmp_path, rows)
    assert Measure.objects.get(title_en="New").public_id == "PER-00008"
    assert PublicIdSequence.take("PER") == "PER-00009"


@pytest.mark.parametrize("public_id", ["VEN-00001", "PER-1", "per-00001", "INT-00001"])
def test_identifier_of_another_country_or_form_is_refused(tmp_path: Path, public_id: str) -> None:
    report = run(tmp_path, [MEASURE | {"public_id": public_id}])
    assert {problem[:2] for problem in problems(report)} == {(2, "public_id")}
    assert Measure.objects.count() == 0


@pytest.mark.parametrize("public_id", ["PER-00004", "PER-99999", "PER-99999999", "PER-00000", "PER-000001"])
def test_identifier_beyond_the_series_is_refused(tmp_path: Path, public_id: str) -> None:
    factories.measure()
    report = run(tmp_path, [MEASURE | {"public_id": public_id}, MEASURE | {"title_en": "Sound"}])
    assert problems(report) == [(2, "public_id", public_id)]
    assert Measure.objects.count() == 1
    assert PublicIdSequence.take("PER") == "PER-00002"


@pytest.mark.parametrize("public_id", ["PER-99999999999", "PER-2147483647", "PER-9223372036854775808", "PER-٣٣٣٣٣"])
def test_identifier_that_is_no_number_of_a_series_is_refused(tmp_path: Path, public_id: str) -> None:
    for keep in (False, True):
        report = run(tmp_path, [MEASURE | {"public_id": public_id}], keep_identifiers=keep)
        assert {problem[:2] for problem in problems(report)} == {(2, "public_id")}
    assert factories.measure().public_id == "PER-00001"


def test_refused_identifier_is_answered_with_what_would_be_right(tmp_path: Path) -> None:
    factories.measure()
    [problem] = run(tmp_path, [MEASURE | {"public_id": "PER-00123"}]).problems
    assert str(problem) == (
        "row 2, public_id: The series of this country has not reached this identifier yet. Leave the cell empty for "
        "the next identifier of the series. To restore a backup with its identifiers, run import_measures with "
        "--keep-identifiers."
    )


def test_identifier_of_a_deleted_record_brings_that_record_back(tmp_path: Path) -> None:
    factories.measure()
    factories.measure()
    content = export()
    Measure.objects.get(public_id="PER-00001").delete()
    assert counts(run(tmp_path, content)) == (1, 0, 1, 0)
    assert factories.measure().public_id == "PER-00003"


def test_new_rows_may_be_numbered_so_that_they_name_each_other(tmp_path: Path) -> None:
    factories.measure()
    rows = [
        MEASURE | {"public_id": "PER-00002", "relations": "extends:PER-00003"},
        MEASURE | {"public_id": "PER-00003", "relations": ""},
    ]
    assert counts(run(tmp_path, rows)) == (2, 0, 0, 0)
    assert factories.measure().public_id == "PER-00004"


def test_backup_keeps_its_identifiers_and_the_series_follows(tmp_path: Path) -> None:
    factories.measure()
    rows = [MEASURE | {"public_id": "PER-80001"}, MEASURE | {"title_en": "Without"}]
    assert counts(run(tmp_path, rows, keep_identifiers=True)) == (2, 0, 0, 0)
    assert Measure.objects.get(title_en="Without").public_id == "PER-80002"
    assert factories.measure().public_id == "PER-80003"


@pytest.mark.parametrize(("number", "rows", "refused"), [(1000, 1, 0), (1001, 1, 1), (1010, 101, 0), (1011, 101, 1)])
def test_country_without_series_takes_identifiers_near_to_the_number_of_rows(
    tmp_path: Path, number: int, rows: int, refused: int
) -> None:
    content = [MEASURE | {"public_id": f"PER-{n + 1:05d}", "title_en": f"Act {n}"} for n in range(rows - 1)]
    report = run(tmp_path, [*content, MEASURE | {"public_id": f"PER-{number:05d}"}], save=False)
    assert report.refused == refused


def test_record_with_an_identifier_beyond_the_series_can_still_be_changed(tmp_path: Path) -> None:
    run(tmp_path, [MEASURE | {"public_id": "PER-80001"}], keep_identifiers=True)
    PublicIdSequence.objects.update(last=5)  # as before a series followed
    report = run(tmp_path, [{"public_id": "PER-80001", "title_en": "Another title"}])
    assert counts(report) == (0, 1, 0, 0)


def test_repeated_identifier_is_refused_on_both_rows(tmp_path: Path) -> None:
    report = run(tmp_path, [MEASURE | {"public_id": "PER-00001", "title_en": title} for title in "ABC"])
    assert [(problem.row, problem.column, problem.value) for problem in report.problems] == [
        (2, "public_id", "PER-00001"),
        (3, "public_id", "PER-00001"),
        (4, "public_id", "PER-00001"),
    ]
    assert "2, 3, 4" in report.problems[0].problem


def test_two_rows_with_one_reference_are_refused(tmp_path: Path) -> None:
    rows = [MEASURE | {"reference": "N° 5-2020"}, MEASURE | {"reference": "005-2020"}]
    report = run(tmp_path, rows)
    assert {problem[0] for problem in problems(report)} == {2, 3}
    assert Measure.objects.count() == 0


def test_reference_of_another_record_is_refused(tmp_path: Path) -> None:
    run(tmp_path, [MEASURE | {"public_id": "PER-00001", "reference": "5-2020"}])
    report = run(tmp_path, [MEASURE | {"public_id": "PER-00002", "reference": "N° 5-2020"}])
    assert [problem[0] for problem in problems(report)] == [2]
    assert "provision" in report.problems[0].remedy


# All or nothing; permissions


def test_one_refused_row_refuses_the_whole_file(tmp_path: Path) -> None:
    report = run(tmp_path, [MEASURE, MEASURE | {"kind": "decre"}])
    assert counts(report) == (1, 0, 0, 1)
    assert problems(report) == [(3, "kind", "decre")]
    assert Measure.objects.count() == 0


def test_published_record_is_changed_only_when_publishing_is_asked_for(tmp_path: Path) -> None:
    measure = factories.measure()
    row = {"public_id": measure.public_id, "title_en": "Changed"}
    assert problems(run(tmp_path, [row])) == [(2, "public_id", measure.public_id)]
    assert run(tmp_path, [row], publish=True).changed == 1
    measure.refresh_from_db()
    assert (measure.title_en, measure.workflow) == ("Changed", Workflow.PUBLISHED)


def test_publishing_takes_a_topic_and_a_source(tmp_path: Path) -> None:
    report = run(tmp_path, [MEASURE | {"topics": "", "sources": ""}], publish=True)
    assert {problem[:2] for problem in problems(report)} == {(2, "topics"), (2, "sources")}
    assert run(tmp_path, [MEASURE], publish=True).published == 1
    assert Measure.objects.get().workflow == Workflow.PUBLISHED


def test_retired_record_is_not_changed(tmp_path: Path) -> None:
    measure = factories.measure(workflow=Workflow.RETIRED)
    report = run(tmp_path, [{"public_id": measure.public_id, "title_en": "Changed"}], publish=True)
    assert problems(report) == [(2, "public_id", measure.public_id)]


def test_history_says_who_imported_what(tmp_path: Path) -> None:
    editor = factories.editor()
    run(tmp_path, [MEASURE], by=editor)
    event = apps.get_model("measures", "MeasureEvent").objects.first()
    assert event.pgh_context.metadata == {"user": editor.pk, "import": "measures.csv"}
    assert Measure.objects.get().created_by == editor


def test_record_saved_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    measure = factories.draft()
    path = tmp_path / "measures.csv"
    path.write_text(csv_text([{"public_id": measure.public_id, "title_en": "Mine"}]))
    with compared(path, MeasureResource, by=factories.editor()) as found:
        Measure.objects.filter(pk=measure.pk).update(title_en="Theirs", record_version=2)
        with pytest.raises(FileProblem, match="Another person saved this record"):
            found.save()
    measure.refresh_from_db()
    assert measure.title_en == "Theirs"


# Rules


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"kind": "bill", "status_history": "introduced", "valid_from": "2020"}, "valid_from"),
        ({"kind": "criticism", "status_history": "issued", "direction": "no_change"}, "direction"),
        ({"end_kind": "fixed_date"}, "end_kind"),
        ({"valid_from": "2020-05", "valid_until": "2020-04"}, "valid_from"),
        ({"title_en": ""}, "title_en"),
        ({"original_language": "Spanish"}, "original_language"),
        ({"country": "", "kind": "law"}, "country"),
        ({"status_history": "introduced"}, "status_history"),
        ({"status_history": "enacted@2020-05|in_force@2020-04"}, "status_history"),
    ],
)
def test_rule_of_the_model_is_told_with_row_column_and_remedy(
    tmp_path: Path, cells: dict[str, str], column: str
) -> None:
    report = run(tmp_path, [MEASURE | cells])
    assert [problem[:2] for problem in problems(report)] == [(2, column)]
    assert report.problems[0].problem
    assert report.problems[0].remedy
    assert Measure.objects.count() == 0


@pytest.mark.parametrize(
    ("cells", "remedy"),
    [
        ({"kind": "executive decree"}, "Did you mean “executive_decree”?"),
        ({"country": "PRE"}, "Did you mean “PER”?"),
        ({"kind": "decreto"}, "Write one of: legislative_decree, emergency_decree, executive_decree."),
        ({"topics": "health.acces"}, "Did you mean “health.access”?"),
        ({"target_groups": "asylum_seeker"}, "Did you mean “asylum_seekers”?"),
        ({"issuing_body": "minister"}, "Did you mean “mininter”?"),
        ({"sources": "gazete"}, "Write the address of the source, with https://."),
        ({"relations": "extend:PER-00001"}, "Did you mean “extends”?"),
        (
            {"relations": "extends:PER-00099"},
            "Write the identifier of an entry that exists or is in this file, or its data set and key there, such as"
            " coronanet/R_1abc.",
        ),
        ({"status_history": "enactd@2020"}, "Did you mean “enacted”?"),
        ({"evidence": "NA"}, "Leave the cell empty if the value is not known."),
        ({"valid_from": "NA"}, "Leave the cell empty if the value is not known."),
        ({"reference": "N/A"}, "Leave the cell empty if the value is not known."),
        ({"topics": "null"}, "Leave the cell empty if the value is not known."),
        ({"valid_from": "03/04/2020"}, "“03/04/2020” is ambiguous. Write 2020-04-03 or 2020-03-04."),
    ],
)
def test_unknown_value_is_told_with_the_nearest(tmp_path: Path, cells: dict[str, str], remedy: str) -> None:
    report = run(tmp_path, [MEASURE | cells])
    assert [(problem.row, problem.column, problem.remedy) for problem in report.problems] == [
        (2, next(iter(cells)), remedy)
    ]
    assert Topic.objects.count() == 6


def test_date_of_a_day_that_can_be_read_one_way_is_read(tmp_path: Path) -> None:
    run(tmp_path, [MEASURE | {"valid_from": "25/12/2020"}])
    assert Measure.objects.get().valid_from == PartialDate(2020, 12, 25)


def test_relations_that_close_a_circle_are_refused(tmp_path: Path) -> None:
    rows = [
        MEASURE | {"public_id": "PER-00001", "relations": "extends:PER-00002"},
        MEASURE | {"public_id": "PER-00002", "relations": "extends:PER-00003"},
        MEASURE | {"public_id": "PER-00003", "relations": ""},
    ]
    run(tmp_path, rows)
    report = run(tmp_path, [{"public_id": "PER-00003", "relations": "extends:PER-00001"}])
    assert problems(report) == [(2, "relations", "extends:PER-00001")]
    report = run(tmp_path, [{"public_id": "PER-00003", "relations": "extends:PER-00003"}])
    assert {problem[:2] for problem in problems(report)} == {(2, "relations")}


def test_mutual_relation_listed_on_one_row_counts_for_both(tmp_path: Path) -> None:
    rows = [
        MEASURE | {"public_id": "PER-00002", "relations": "same_subject_as:PER-00001"},
        MEASURE | {"public_id": "PER-00001", "relations": ""},
    ]
    run(tmp_path, rows)
    assert Relation.objects.count() == 1
    assert counts(run(tmp_path, rows)) == (0, 0, 2, 0)
    assert "same_subject_as:PER-00002" in export()


def test_body_of_another_country_is_named_in_full(tmp_path: Path) -> None:
    factories.issuing_body(key="embajada", country=factories.country(iso3="VEN"))
    factories.issuing_body(key="un", country=None)
    run(
        tmp_path,
        [
            MEASURE | {"issuing_body": body, "title_en": body}
            for body in ("VEN:embajada", "INT:un", "PER:mininter", "mininter")
        ],
    )
    bodies = list(Measure.objects.order_by("pk").values_list("issuing_body__key", flat=True))
    assert bodies == ["embajada", "un", "mininter", "mininter"]
    assert [line.split(",")[3] for line in export().splitlines()[1:]] == [
        "VEN:embajada",
        "INT:un",
        "mininter",
        "mininter",
    ]


def test_key_of_a_source_with_an_address_is_the_same_source(tmp_path: Path) -> None:
    source = factories.source(key="gazette-1", url="https://gazette.example/9")
    run(tmp_path, [MEASURE | {"public_id": "PER-00001", "sources": "gazette-1"}])
    assert Citation.objects.get().source == source
    report = run(tmp_path, [{"public_id": "PER-00001", "sources": "https://gazette.example/9|gazette-1"}])
    assert counts(report) == (0, 0, 1, 0)


def test_new_record_needs_the_columns_without_a_default(tmp_path: Path) -> None:
    report = run(tmp_path, [{"public_id": "PER-00001", "title_en": "A decree"}])
    assert ("kind", "The record is new, and the file has no column kind.") in [
        (problem.column, problem.problem) for problem in report.problems
    ]


# The file of failed rows


def test_failed_rows_keep_their_cells_and_can_be_mended(tmp_path: Path) -> None:
    content = csv_text(
        [MEASURE | {"valid_from": ""}, MEASURE | {"kind": "decre", "valid_from": "soon", "title_en": "=1+1"}]
    )
    failed = failures(tmp_path, content)
    assert [(row["row"], row["column"], row["kind"], row["valid_from"], row["title_en"]) for row in failed] == [
        ("3", "kind; valid_from", "decre", "soon", "=1+1")
    ]
    assert "2020-05-29" in failed[0]["remedy"]
    mended = [row | {"kind": "law", "valid_from": "2020"} for row in failed]
    assert counts(run(tmp_path, mended)) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("indicator", "value", "remedy"),
    [
        ("immigrant_stock", "-1", "A count must be a whole number that is not negative."),
        ("immigrant_stock", "1.5", "A count must be a whole number that is not negative."),
        ("immigrant_share", "100.1", "A percentage must be between 0 and 100."),
    ],
)
def test_figure_that_its_unit_does_not_allow_is_refused_by_row(
    tmp_path: Path, indicator: str, value: str, remedy: str
) -> None:
    factories.indicator(key="immigrant_stock")
    factories.indicator(key="immigrant_share", unit="percent")
    key = {"indicator": indicator, "country": "PER", "counterpart": "", "period": ""}
    row = key | {"value": value, "source_name": "A yearbook"}
    report = run(tmp_path, [row], "observations")
    assert [(p.row, p.column, p.value, p.remedy) for p in report.problems] == [(2, "value", value, remedy)]


def test_new_record_is_public_from_its_first_version_on(tmp_path: Path) -> None:
    editor = factories.editor()
    assert run(tmp_path, [MEASURE], by=editor, publish=True).published == 1
    measure = Measure.objects.get()
    assert (measure.workflow, measure.record_version) == (Workflow.PUBLISHED, 1)
    assert (measure.published_by, measure.reviewed_by) == (editor, editor)
    assert measure.published_at == measure.reviewed_at == measure.created_at
    versions = apps.get_model("measures", "MeasureEvent").objects.filter(pgh_obj=measure)
    assert [(v.pgh_label, v.workflow, v.pgh_context.metadata["move"]) for v in versions] == [
        ("insert", "published", "publish")
    ]


def test_publishing_import_moves_drafts_and_counts_what_became_public(tmp_path: Path) -> None:
    run(tmp_path, [MEASURE | {"reference": "1-2020"}, MEASURE | {"reference": "2-2020"}])
    run(tmp_path, [MEASURE | {"reference": "1-2020"}], publish=True)
    rows = [MEASURE | {"reference": f"{number}-2020"} for number in (1, 2, 3)]
    assert run(tmp_path, rows, publish=True).published == 2
    assert [measure.workflow for measure in Measure.objects.all()] == ["published"] * 3


def test_publishing_takes_the_right_to_publish(tmp_path: Path) -> None:
    with pytest.raises(PermissionDenied):
        run(tmp_path, [MEASURE], by=factories.analyst(), publish=True)
    assert Measure.objects.count() == 0


def test_source_that_is_cited_at_a_place_is_not_cited_once_more(tmp_path: Path) -> None:
    run(tmp_path, [MEASURE])
    Citation.objects.update(locator="art. 3")
    row = {"public_id": "PER-00001", "sources": "https://gazette.example/1|https://gazette.example/2"}
    assert counts(run(tmp_path, [row])) == (0, 1, 0, 0)
    cited = [(citation.source.url, citation.locator) for citation in Citation.objects.order_by("source__url")]
    assert cited == [("https://gazette.example/1", "art. 3"), ("https://gazette.example/2", "")]


def test_relations_of_new_rows_that_close_a_circle_are_refused_on_each_row(tmp_path: Path) -> None:
    rows = [
        MEASURE | {"public_id": f"PER-0000{n}", "relations": f"extends:PER-0000{other}"}
        for n, other in ((1, 2), (2, 3), (3, 1))
    ]
    assert [problem[:2] for problem in problems(run(tmp_path, rows))] == [(n, "relations") for n in (2, 3, 4)]


def test_topics_that_are_each_other_s_parents_are_refused_on_each_row(tmp_path: Path) -> None:
    label = {"label_en": "L", "label_es": "L", "label_pt": "L"}
    rows = [{"key": "a.b", "parent": "a.c"} | label, {"key": "a.c", "parent": "a.b"} | label]
    assert problems(run(tmp_path, rows, "topics")) == [(2, "parent", "a.c"), (3, "parent", "a.b")]


@pytest.mark.parametrize(("stored", "first", "second", "refused"), [("0", "60", "40.1", []), ("1", "60", "40", [2, 3])])
def test_shares_that_pass_the_whole_are_refused_by_row(
    tmp_path: Path, stored: str, first: str, second: str, refused: list[int]
) -> None:
    """Including stored shares of the same country and period; each may be rounded by half a unit."""
    share = factories.indicator(key="emigrant_share", unit="percent", decimals=1)
    factories.observation(indicator=share, counterpart=factories.country(iso3="USA"), value=stored)
    rows = [
        {"indicator": "emigrant_share", "country": "PER", "counterpart": other, "period": "", "value": value}
        | {"source_name": "A yearbook"}
        for other, value in (("VEN", first), ("ECU", second))
    ]
    factories.country(iso3="ECU")
    assert [problem[0] for problem in problems(run(tmp_path, rows, "observations"))] == refused


def test_reference_that_was_taken_since_the_check_is_refused_by_row(tmp_path: Path) -> None:
    path = tmp_path / "measures.csv"
    path.write_text(csv_text([MEASURE | {"reference": "1-2020"}, MEASURE | {"reference": "2-2020"}]))
    with compared(path, MeasureResource, by=factories.editor()) as found:
        factories.draft(kind=MEASURE["kind"], reference="2-2020")
        with pytest.raises(FileProblem) as refused:
            found.save()
    assert refused.value.row == 3
    assert Measure.objects.count() == 1
