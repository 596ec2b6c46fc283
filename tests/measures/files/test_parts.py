"""status_events.csv, relations.csv and citations.csv: every field of the parts of entries, both ways."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.test import Client

from foundation.days import today
from foundation.files.resources import resources
from measures.choices import Workflow
from measures.models import Citation, Measure, Relation, StatusEvent
from tests import factories
from tests.clients import content_of
from tests.csv_files import counts, csv_text, export, problems, run

pytestmark = pytest.mark.django_db

PARTS = ("status_events", "relations", "citations")
SHORT_AGO = date(2021, 5, 29)


def _lines(name: str, **options: object) -> list[str]:
    return export(resources()[name], **options).splitlines()


def _event(measure: Measure, position: str = "1", **cells: str) -> dict[str, str]:
    return {"measure": measure.public_id, "position": position, **cells}


# What a row says


def test_events_have_every_field(tmp_path: Path) -> None:
    source = factories.source(key="gazette")
    measure = factories.draft(kind="law", events=())
    factories.event(measure=measure, status="enacted", date="2020-04", note="By, all", source=source)
    factories.event(measure=measure, status="in_force", recorded_on=SHORT_AGO)
    name = measure.public_id
    assert _lines("status_events") == [
        "measure,position,status,date,recorded_on,note,source,note_es,note_pt",
        f'{name},1,enacted,2020-04,{today()},"By, all",gazette,,',
        f"{name},2,in_force,,2021-05-29,,,,",
    ]
    row = _event(measure, "2", status="repealed", date="2021-01-05", note="A note", source="gazette", recorded_on="")
    assert counts(run(tmp_path, [row], "status_events")) == (0, 1, 0, 0)
    second = measure.status_events.get(position=1)
    assert (second.status, str(second.date), second.note, second.source) == (
        "repealed", "2021-01-05", "A note", source,
    )  # fmt: skip
    assert second.recorded_on == SHORT_AGO
    measure.refresh_from_db()
    assert (measure.status, measure.record_version) == ("repealed", 2)


def test_relations_have_every_field_and_mutual_ones_one_row(tmp_path: Path) -> None:
    first, second = factories.draft(), factories.draft()
    factories.relation(
        subject=second, object=first, type="repeals", date="2020-05?", scope="part", provision="art. 3",
        recorded_on=SHORT_AGO,
    )  # fmt: skip
    factories.relation(subject=first, object=second, type="same_subject_as")
    one, two = first.public_id, second.public_id
    assert _lines("relations") == [
        "subject,type,object,date,scope,provision,recorded_on",
        f"{one},same_subject_as,{two},,whole,,{today()}",
        f"{two},repeals,{one},2020-05?,part,art. 3,2021-05-29",
    ]
    rows = [
        {"subject": two, "type": "same_subject_as", "object": one, "provision": ""},
        {"subject": two, "type": "repeals", "object": one, "provision": "art. 4"},
        {"subject": one, "type": "conditional_on", "object": two, "provision": "all"},
    ]
    assert counts(run(tmp_path, rows, "relations")) == (1, 1, 1, 0)
    assert set(Relation.objects.values_list("subject", "type", "object", "provision")) == {
        (first.pk, "same_subject_as", second.pk, ""),
        (second.pk, "repeals", first.pk, "art. 4"),
        (first.pk, "while_in_force", second.pk, "all"),
    }


def test_mutual_relation_is_stored_from_the_older_entry_whatever_its_identifier(tmp_path: Path) -> None:
    older = factories.draft(country=factories.country(iso3="VEN"))
    younger = factories.draft()
    rows = [{"subject": older.public_id, "type": "conflicts_with", "object": younger.public_id}]
    assert counts(run(tmp_path, rows, "relations")) == (1, 0, 0, 0)
    relation = Relation.objects.get()
    assert (relation.subject, relation.object) == (older, younger)
    assert _lines("relations")[1].startswith(f"{younger.public_id},conflicts_with,{older.public_id},")
    assert counts(run(tmp_path, rows, "relations")) == (0, 0, 1, 0)


def test_citations_have_every_field_and_take_addresses(tmp_path: Path) -> None:
    source = factories.source(key="gazette", url="https://gazette.example/9")
    measure = factories.draft(sources=(source,))
    Citation.objects.create(measure=measure, source=source, locator="p. 2", quote='Said "so"', field="title")
    assert _lines("citations") == [
        "measure,source,locator,quote,field",
        f"{measure.public_id},gazette,,,",
        f'{measure.public_id},gazette,p. 2,"Said ""so""",title',
    ]
    row = {"measure": measure.public_id, "source": "https://gazette.example/9", "locator": "p. 2", "field": "title"}
    rows = [row | {"quote": "Other"}, row | {"locator": "p. 3", "quote": ""}]
    assert counts(run(tmp_path, rows, "citations")) == (1, 1, 0, 0)
    assert sorted(Citation.objects.values_list("locator", "quote")) == [("", ""), ("p. 2", "Other"), ("p. 3", "")]


def _everything() -> Iterator[Measure]:
    source = factories.source(key="gazette")
    for workflow in Workflow:
        measure = factories.measure(workflow=workflow, sources=(source,), events=(("enacted", "2020"),))
        factories.event(measure=measure, status="in_force", note=f"Note {workflow}", source=source)
        yield measure


@pytest.mark.parametrize("name", PARTS)
def test_file_comes_back_as_it_went(tmp_path: Path, name: str) -> None:
    first, *others = _everything()
    for other in others:
        factories.relation(subject=first, object=other, type="conflicts_with")
        factories.relation(subject=other, object=first, type="cites", provision="art. 1")
    content = export(resources()[name])
    total = len(content.splitlines()) - 1
    versions = list(Measure.objects.values_list("pk", "record_version", "updated_at"))
    assert total > len(others)
    assert counts(run(tmp_path, content, name)) == (0, 0, total, 0)
    assert list(Measure.objects.values_list("pk", "record_version", "updated_at")) == versions


def test_rows_that_are_not_named_stay(tmp_path: Path) -> None:
    measure = factories.draft(events=(("enacted", "2020"), ("in_force", "2021")))
    run(tmp_path, [_event(measure, "2", note="Seen")], "status_events")
    assert list(measure.status_events.values_list("status", "note")) == [("enacted", ""), ("in_force", "Seen")]
    run(tmp_path, [{"public_id": measure.public_id, "kind": measure.kind, "status_history": "enacted@2020"}])
    assert list(measure.status_events.values_list("status", flat=True)) == ["enacted"]


# What is refused


def test_unknown_entries_sources_and_keys_are_refused(tmp_path: Path) -> None:
    measure = factories.draft()
    name = measure.public_id
    source = measure.citations.get().source.key
    events = [
        _event(measure, "1", status="inforce", source=""),
        {"measure": "PER-99999", "position": "1", "status": "in_force", "source": ""},
        _event(measure, "2", status="in_force", source="gazete"),
        _event(measure, "0", status="in_force", source=""),
        _event(factories.draft(), "two", status="in_force", source=""),
        _event(factories.draft(), "", status="in_force", source=""),
    ]
    assert problems(run(tmp_path, events, "status_events")) == [
        (2, "status", "inforce"),
        (3, "measure", "PER-99999"),
        (4, "source", "gazete"),
        (5, "position", "0"),
        (6, "position", "two"),
        (7, "position", ""),
    ]
    relations = [
        {"subject": name, "type": "extend", "object": "PER-99999"},
        {"subject": name, "type": "extends", "object": "PER-99999"},
        {"subject": name, "type": "extends", "object": name},
    ]
    assert problems(run(tmp_path, relations, "relations")) == [
        (2, "type", "extend"),
        (2, "object", "PER-99999"),
        (3, "object", "PER-99999"),
        (4, "object", name),
    ]
    citations = [
        {"measure": name, "source": "gazete", "locator": "", "field": ""},
        {"measure": name, "source": source, "locator": "", "field": "titel"},
        {"measure": name, "source": "https://nowhere.example/", "locator": "", "field": ""},
    ]
    assert problems(run(tmp_path, citations, "citations")) == [
        (2, "source", "gazete"),
        (3, "field", "titel"),
        (4, "source", "https://nowhere.example/"),
    ]


def test_history_is_checked_as_it_would_be(tmp_path: Path) -> None:
    measure = factories.draft(kind="law", events=(("enacted", "2020"), ("in_force", "2021")))
    before = _event(measure, "2", status="in_force", date="2019")
    of_bills = _event(measure, "3", status="withdrawn", date="")
    gap = _event(measure, "4", status="repealed", date="")
    to_come = _event(measure, "3", status="repealed", date="2199")
    for row in (before, of_bills, gap, to_come):
        assert [column for _row, column, _value in problems(run(tmp_path, [row], "status_events"))] == ["position"]
    both = [_event(measure, "3", status="repealed", date=""), _event(measure, "4", status="in_force", date="")]
    assert counts(run(tmp_path, both[::-1], "status_events")) == (2, 0, 0, 0)
    Measure.objects.filter(pk=measure.pk).update(checked_on=date(2022, 1, 1))
    ended = _event(measure, "4", status="repealed", date="2021-06-01")
    assert "ended by then" in run(tmp_path, [ended], "status_events").problems[0].remedy
    future = _event(measure, "1", recorded_on="2199-01-01")
    assert problems(run(tmp_path, [future], "status_events")) == [(2, "recorded_on", "2199-01-01")]


def test_circles_and_years_far_ahead_are_refused(tmp_path: Path) -> None:
    one, two, three = factories.draft(), factories.draft(), factories.draft()
    factories.relation(subject=one, object=two, type="extends")
    rows = [
        {"subject": two.public_id, "type": "extends", "object": three.public_id, "date": ""},
        {"subject": three.public_id, "type": "extends", "object": one.public_id, "date": ""},
        {"subject": three.public_id, "type": "cites", "object": one.public_id, "date": "2199"},
    ]
    found = problems(run(tmp_path, rows, "relations"))
    assert found == [(2, "object", three.public_id), (3, "object", one.public_id), (4, "date", "2199")]


def test_parts_of_retired_entries_are_changed_by_no_file(tmp_path: Path) -> None:
    retired = factories.measure(workflow="retired")
    event = _event(retired, "1", note="New")
    relation = {"subject": retired.public_id, "type": "cites", "object": factories.draft().public_id}
    for name, row in (("status_events", event), ("relations", relation)):
        assert problems(run(tmp_path, [row], name)) == [(2, next(iter(row)), retired.public_id)]
    assert counts(run(tmp_path, [_event(retired, "1", note="")], "status_events")) == (0, 0, 1, 0)


def test_analyst_changes_no_parts_of_what_is_public(tmp_path: Path) -> None:
    public, draft = factories.measure(), factories.draft()
    by, key = factories.analyst(), factories.source().key
    for measure, expected in ((public, (0, 0, 0, 1)), (draft, (1, 0, 0, 0))):
        event = _event(measure, "2", status="repealed", date="2021")
        relation = {"subject": measure.public_id, "type": "cites", "object": factories.draft().public_id}
        citation = {"measure": measure.public_id, "source": key, "locator": "", "field": ""}
        for name, row in zip(PARTS, (event, relation, citation), strict=True):
            assert counts(run(tmp_path, [row], name, by=by)) == expected
    changed = _event(public, "1", status="in_force", date="2020-04-15")
    assert counts(run(tmp_path, [changed], "status_events", by=by)) == (0, 0, 0, 1)
    assert counts(run(tmp_path, [changed], "status_events", by=factories.editor())) == (0, 1, 0, 0)


# At public addresses


def _asked(client: Client, address: str) -> list[str]:
    response = client.get(address)
    assert response.status_code == 200
    return content_of(response).decode().splitlines()[1:]


def test_public_files_have_what_the_public_sees(client: Client) -> None:
    measure, draft, stub = factories.measure(), factories.draft(), factories.measure(workflow="stub", events=())
    hidden, name = factories.source(key="hidden"), measure.public_id
    StatusEvent.objects.filter(measure=measure).update(source=hidden, note="Seen")
    factories.relation(subject=measure, object=draft, type="cites")
    factories.relation(subject=measure, object=stub, type="cites")
    factories.relation(subject=draft, object=measure, type="extends")
    factories.relation(subject=stub, object=measure, type="amends")
    factories.relation(subject=measure, object=draft, type="same_subject_as")
    factories.alias(measure=measure, reference="1-2019"), factories.alias(measure=draft, reference="2-2019")
    day = f"{today()}"
    assert _asked(client, "/status_events.csv") == [f"{name},1,in_force,2020-04-14,{day},Seen,,,"]
    assert _asked(client, "/relations.csv") == [f"{name},cites,{stub.public_id},,whole,,{day}"]
    assert _asked(client, "/citations.csv") == [f"{name},{measure.citations.get().source.key},,,"]
    assert _asked(client, "/aliases.csv") == [f"{name},former,1-2019"]


def test_public_files_follow_the_query_string(client: Client) -> None:
    law = factories.measure(kind="law")
    bill = factories.measure(kind="bill")
    factories.relation(subject=law, object=bill, type="same_subject_as")
    factories.relation(subject=law, object=bill, type="cites")
    for kind, measure, relations in (("law", law, ["cites", "same_subject_as"]), ("bill", bill, ["same_subject_as"])):
        assert [line.split(",")[1] for line in _asked(client, f"/relations.csv?kind={kind}")] == relations
        assert [line.split(",")[0] for line in _asked(client, f"/status_events.csv?kind={kind}")] == [measure.public_id]
        assert [line.split(",")[0] for line in _asked(client, f"/citations.csv?kind={kind}")] == [measure.public_id]
    for name in (*PARTS, "aliases"):
        response = client.get(f"/{name}.csv?colour=red")
        assert (response.status_code, response.content.decode().split(":")[0]) == (400, "colour")


# Importing one's own export


def _public(client: Client, name: str) -> str:
    response = client.get(f"/{name}.csv")
    return content_of(response).decode()


def _stored() -> list[object]:
    models = (Measure, StatusEvent, Relation, Citation)
    return [list(model.objects.order_by("pk").values()) for model in models]


@pytest.fixture
def tied() -> Measure:
    """A published entry with relations to entries of every state, mutual ones too, and a hidden source."""
    list(_everything())
    published = Measure.objects.get(workflow="published")
    for other in Measure.objects.exclude(pk=published.pk):
        factories.relation(subject=published, object=other, type="extends", date="2020-05", provision="art. 1")
        factories.relation(subject=other, object=published, type="cites")
        factories.relation(
            subject=min(published, other, key=lambda one: one.pk),
            object=max(published, other, key=lambda one: one.pk),
            type="same_subject_as",
        )
    StatusEvent.objects.filter(measure=published, position=1).update(source=factories.source(key="hidden"))
    return published


@pytest.mark.parametrize("name", ["measures", *PARTS, "aliases"])
def test_own_public_file_changes_nothing(tmp_path: Path, client: Client, tied: Measure, name: str) -> None:
    factories.alias(measure=tied)
    content, before = _public(client, name), _stored()
    report = run(tmp_path, content, name, publish=name == "measures")
    assert counts(report) == (0, 0, len(content.splitlines()) - 1, 0)
    assert _stored() == before


def test_list_of_a_public_file_removes_what_the_public_sees_alone(tmp_path: Path, client: Client) -> None:
    subject, seen, draft = factories.measure(), factories.measure(), factories.draft()
    for other in (seen, draft):
        factories.relation(subject=subject, object=other, type="cites")
    content = _public(client, "measures").replace(f"cites:{seen.public_id}", "")
    assert counts(run(tmp_path, content, publish=True)) == (0, 1, 1, 0)
    assert [relation.object for relation in subject.relations.all()] == [draft]


def test_list_of_an_internal_file_removes_what_the_file_knows(tmp_path: Path) -> None:
    subject, draft, other = factories.measure(), factories.draft(), factories.draft()
    for one in (draft, other):
        factories.relation(subject=subject, object=one, type="cites")
    rows = [
        {"public_id": subject.public_id, "country": "PER", "relations": f"cites:{other.public_id}"},
        {"public_id": draft.public_id, "country": "PER", "relations": ""},
    ]
    assert counts(run(tmp_path, rows, publish=True))[1] == 1
    assert [relation.object for relation in subject.relations.all()] == [other]


def test_list_of_a_draft_is_complete(tmp_path: Path) -> None:
    draft, other = factories.draft(), factories.draft()
    factories.relation(subject=draft, object=other, type="cites")
    run(tmp_path, [{"public_id": draft.public_id, "country": "PER", "relations": ""}])
    assert not draft.relations.exists()


def test_column_that_is_absent_changes_nothing_and_an_empty_cell_empties(tmp_path: Path) -> None:
    measure = factories.draft(sources=(factories.source(key="gazette"),))
    event = measure.status_events.get()
    StatusEvent.objects.filter(pk=event.pk).update(note="Note", source=measure.citations.get().source)
    run(tmp_path, csv_text([_event(measure, status="in_force")]), "status_events")
    assert StatusEvent.objects.values_list("note", "source__key").get() == ("Note", "gazette")
    run(tmp_path, csv_text([_event(measure, note="", source="", date="")]), "status_events")
    event.refresh_from_db()
    assert (event.note, event.source, event.date) == ("", None, None)
