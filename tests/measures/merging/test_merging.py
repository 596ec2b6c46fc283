"""Merging two records of each kind: what refers to the one names the other, and nothing is lost on the way."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pghistory
import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pghistory.models import Context

from foundation.files.importing.pipeline import LOCK
from foundation.files.package.writing import write_folder
from foundation.records import comments
from foundation.records.changes import acts_on
from foundation.records.models import Comment, Revision
from foundation.sql import execute, second_connection
from measures.archive.addresses import source_at
from measures.files.resources import MeasureResource
from measures.merging import Report, merge, preview, undo_merge
from measures.merging.undoing import changed_since
from measures.models import (
    Capture,
    Citation,
    DocumentText,
    IssuingBody,
    Link,
    Measure,
    QuoteCheck,
    ReferenceAlias,
    Relation,
    Source,
    StatusEvent,
    Topic,
)
from tests import factories as make
from tests.background_work import while_saving
from tests.csv_files import export
from tests.measures.views.test_views import ids

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> Any:
    return make.editor()


def _moved(report: Report) -> dict[str, int]:
    return {each.what: each.count for each in report.moved}


def _leads(client: Client, path: str) -> tuple[int, str | None]:
    response = client.get(path)
    return response.status_code, response.get("Location")


# Measures


def _pair() -> tuple[Measure, Measure]:
    """Two records of one act, each with what the other lacks."""
    shared, own, other = make.source(), make.source(), make.source()
    kept = make.measure(
        reference="N° 104-2020-MIGRACIONES",
        topics=("health",),
        groups=("asylum_seekers",),
        sources=(shared, own),
        events=(("enacted", "2020-04-14"), ("in_force", "2020-04-15")),
        title_en="The act",
    )
    gone = make.measure(
        reference="RS 104",
        topics=("health", "work"),
        origins=(make.country(iso3="VEN"),),
        sources=(shared, other),
        events=(("enacted", "2020-04-14"), ("published", "2020-04-14"), ("expired", "2020-12-31")),
        title_en="The same act",
        summary_es="Cierra.",
    )
    return kept, gone


def test_measures_merge_with_everything_that_either_has(client: Client, editor: Any) -> None:
    kept, gone = _pair()
    extending, extended = make.measure(), make.measure()
    make.relation(subject=extending, object=gone)
    make.relation(subject=gone, object=extended)
    make.relation(subject=kept, object=gone, type="amends")
    make.alias(measure=gone, reference="Old 1")
    report = merge(kept, gone, by=editor)
    assert _moved(report) == {
        "Citations": 1,
        "Other numbers": 1,
        "Relations": 2,
        "Status history": 2,
        "Topics": 1,
        "Nationalities": 1,
        "Summary (Spanish)": 1,
    } | {"Other numbers": 1}
    assert any("“The act” stays, “The same act” is dropped" in conflict for conflict in report.conflicts)
    assert any("amends" in conflict.lower() for conflict in report.conflicts)
    kept.refresh_from_db()
    assert [str(event) for event in kept.status_events.all()] == [
        "enacted@2020-04-14",
        "published@2020-04-14",
        "in_force@2020-04-15",
        "expired@2020-12-31",
    ]
    assert kept.citations.count() == 3
    assert {(r.subject, r.object) for r in Relation.objects.all()} == {(extending, kept), (kept, extended)}
    assert {topic.key for topic in kept.topics.all()} == {"health", "work"}
    assert [country.pk for country in kept.origin_countries.all()] == ["VEN"]
    assert (kept.status, kept.summary_es, kept.title_en) == ("expired", "Cierra.", "The act")
    assert set(ReferenceAlias.objects.values_list("measure", "reference")) == {(kept.pk, "Old 1"), (kept.pk, "RS 104")}
    for path in (f"/measures/{gone.public_id}/", f"/measures/{gone.public_id.lower()}/"):
        response = client.get(path, follow=True)
        assert response.redirect_chain[-1] == (f"/measures/{kept.public_id}/", 301)
    assert _leads(client, f"/es/measures/{gone.public_id}/") == (301, f"/es/measures/{kept.public_id}/")
    assert client.get("/reference/RS 104/", follow=True).status_code == 200
    assert ids(client.get("/measures/")).count(gone.public_id) == 0


def test_history_of_both_measures_is_kept_and_shown(client: Client, editor: Any) -> None:
    kept, gone = _pair()
    gone.title_es = "Título anterior"
    gone.save()
    acts = len(acts_on(gone))
    merge(kept, gone, by=editor)
    assert len(acts_on(gone)) >= acts
    client.force_login(editor)
    history = client.get(f"/admin/measures/measure/{kept.pk}/history/").text
    assert "Título anterior" in history
    assert f"{gone.public_id}" in history


def test_record_merged_twice_leads_to_the_last(client: Client, editor: Any) -> None:
    first, second, third = make.measure(), make.measure(), make.measure()
    merge(second, first, by=editor)
    merge(third, second, by=editor)
    assert _leads(client, f"/measures/{first.public_id}/") == (301, f"/measures/{third.public_id}/")
    assert _leads(client, f"/measures/{second.public_id}/") == (301, f"/measures/{third.public_id}/")


def test_course_that_contradicts_itself_stays_apart(editor: Any) -> None:
    kept = make.measure(events=(("enacted", "2020-04-14"), ("repealed", "2020-04-20")))
    gone = make.measure(kind="bill", events=(("introduced", "2020-03-01"),))
    report = merge(kept, gone, by=editor)
    assert "Events that stay with the retired record: introduced@2020-03-01." in report.conflicts
    assert [str(event) for event in gone.status_events.all()] == ["introduced@2020-03-01"]


def test_published_record_is_not_merged_into_a_draft_nor_any_into_a_retired_one(editor: Any) -> None:
    public, draft = make.measure(), make.draft()
    retired = make.measure(workflow="retired")
    for kept, gone in ((draft, public), (retired, draft)):
        with pytest.raises(ValidationError):
            merge(kept, gone, by=editor)
    merge(public, draft, by=editor)
    assert Measure.objects.get(pk=draft.pk).workflow == "retired"


def test_preview_tells_what_the_merge_then_does_and_writes_nothing(editor: Any) -> None:
    kept, gone = _pair()
    before = export(MeasureResource, with_local=True)
    told = preview(kept, gone, by=editor)
    assert export(MeasureResource, with_local=True) == before
    assert merge(kept, gone, by=editor) == told


@pytest.mark.parametrize("kind", ["measure", "source", "issuing_body", "topic", "target_group"])
def test_only_those_merge_who_may_publish(kind: str) -> None:
    records: dict[str, Callable[[int], Any]] = {
        "measure": lambda n: make.draft(),
        "source": lambda n: make.source(),
        "issuing_body": lambda n: make.issuing_body(key=f"b{n}"),
        "topic": lambda n: make.topic(key=f"t{n}"),
        "target_group": lambda n: make.target_group(key=f"g{n}"),
    }
    kept, gone = records[kind](1), records[kind](2)
    with pytest.raises(PermissionDenied):
        merge(kept, gone, by=make.analyst())
    with pytest.raises(PermissionDenied):
        preview(kept, gone, by=make.analyst())


# Sources


def test_sources_merge_with_citations_events_and_captures(client: Client, editor: Any) -> None:
    kept, gone = make.source(publisher="", rights="show"), make.source(publisher="Gaceta", rights="show")
    make.link(source=kept)
    make.link(source=gone)
    both, other = make.measure(sources=(kept,)), make.measure(sources=(gone,))
    twin = Citation.objects.create(measure=both, source=gone, quote="It shuts.")
    Citation.objects.create(measure=both, source=gone, locator="p. 3")
    event = make.event(measure=other, status="expired", date="2021", source=gone)
    same, first = b"<p>The same</p>", make.capture(source=kept, body=b"<p>The same</p>")
    make.document_text(capture=first, text="The same")
    copy = make.capture(source=gone, body=same)
    make.document_text(capture=copy, text="The same")
    own = make.capture(source=gone, body=b"<p>Zanahoria</p>")
    make.document_text(capture=own, text="Zanahoria")
    QuoteCheck.objects.create(citation=twin, quote=twin.quote, state="found", capture=copy, checked_at=own.captured_at)
    report = merge(kept, gone, by=editor)
    assert _moved(report) == {"Citations": 2, "Status history": 1, "Captures": 1, "Publisher": 1}
    kept.refresh_from_db()
    assert (kept.publisher, Source.objects.count()) == ("Gaceta", 1)
    assert sorted(kept.citations.values_list("measure", "locator", "quote")) == sorted(
        [(both.pk, "", "It shuts."), (both.pk, "p. 3", ""), (other.pk, "", "")]
    )
    assert StatusEvent.objects.get(pk=event.pk).source == kept
    assert set(Capture.objects.values_list("source", "sha256")) == {(kept.pk, first.sha256), (kept.pk, own.sha256)}
    assert f"/archive/{kept.key}/" in client.get("/archive/?q=zanahoria").text
    assert _leads(client, f"/archive/{gone.key}/") == (301, f"/archive/{kept.key}/")
    assert _leads(client, f"/archive/{gone.key}/{own.sha256}") == (301, f"/archive/{kept.key}/{own.sha256}")
    assert source_at(gone.url) == kept
    both.refresh_from_db()
    assert both.record_version == 2


def test_copies_are_shown_only_if_both_sources_say_so(editor: Any) -> None:
    kept, gone = make.source(rights="show"), make.source(rights="link_only")
    report = merge(kept, gone, by=editor)
    assert Source.objects.get().rights == "link_only"
    assert any(conflict.startswith("Rights differ.") for conflict in report.conflicts)


def test_history_of_a_merged_source_is_in_that_of_the_other(client: Client, editor: Any) -> None:
    kept, gone = make.source(), make.source(title="Gaceta de ayer")
    merge(kept, gone, by=editor)
    client.force_login(editor)
    assert "Gaceta de ayer" in client.get(f"/admin/measures/source/{kept.pk}/history/").text


@pytest.mark.owner
def test_captures_change_hands_in_a_merge_alone() -> None:
    """Not even for the owner of the table."""
    capture, other = make.capture(), make.source()
    with pytest.raises(IntegrityError, match="never edited"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("update measures_capture set source_id = %s where id = %s", [other.pk, capture.pk])


def test_captures_of_a_cited_source_stay_where_they_are() -> None:
    capture, other = make.capture(), make.source()
    make.draft(sources=(capture.source,))
    with pytest.raises(IntegrityError, match="is cited"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select measures_move_captures(%s, %s)", [capture.source.pk, other.pk])


# Bodies, topics, groups


def test_bodies_merge_with_entries_and_names(client: Client, editor: Any) -> None:
    peru = make.country()
    kept = make.issuing_body(key="pcm", country=peru, native_name="Presidencia", acronym="PCM", aliases="Premier")
    gone = make.issuing_body(key="pres", country=peru, native_name="Presidencia del Consejo", acronym="PC")
    made = make.measure(issuing_body=gone)
    assert _moved(merge(kept, gone, by=editor))["Measures"] == 1
    kept.refresh_from_db()
    assert kept.aliases == "Premier|Presidencia del Consejo|Body pres|PC"
    assert not IssuingBody.objects.filter(pk=gone.pk).exists()
    for query in ("body=PER:pres", "body=pres", "body=PER:pcm"):
        assert ids(client.get(f"/measures/?{query}")) == [made.public_id], query


def test_bodies_whose_entries_would_repeat_each_other_are_not_merged(editor: Any) -> None:
    peru = make.country()
    bodies = [make.issuing_body(key=key, country=peru) for key in ("one", "two")]
    pair = [make.measure(reference="1-2020", issuing_body=body) for body in bodies]
    with pytest.raises(ValidationError, match=rf"Merge those first: {pair[1].public_id}"):
        merge(*bodies, by=editor)
    assert IssuingBody.objects.count() == 2


def test_entry_that_names_both_bodies_names_the_kept_one_once(editor: Any) -> None:
    kept, gone, other = (make.issuing_body(key=key) for key in ("kept", "gone", "other"))
    acts: dict[tuple[IssuingBody, ...], list[str]] = {
        (gone, other, kept): ["kept", "other"],
        (kept, gone, other): ["kept", "other"],
        (other, gone, kept): ["other", "kept"],
        (other, kept, gone): ["other", "kept"],
        (other, gone): ["other", "kept"],
    }
    made = {
        make.measure(issuing_body=first, further_bodies=tuple(more)).pk: left for (first, *more), left in acts.items()
    }
    merge(kept, gone, by=editor)
    execute("set constraints all immediate")
    found = {act.pk: [body.key for body in act.issuing_bodies] for act in Measure.objects.all()}
    assert found == made


def test_measures_merge_with_further_bodies_and_areas(editor: Any) -> None:
    first, second, third = (make.issuing_body(key=key) for key in ("first", "second", "third"))
    areas = [make.area(code=code) for code in ("PE-LOR", "PE-TUM")]
    kept = make.measure(issuing_body=first, further_bodies=(second,), areas=(areas[0],))
    gone = make.measure(issuing_body=first, further_bodies=(third, second), areas=tuple(areas))
    merge(kept, gone, by=editor)
    kept = Measure.objects.get(pk=kept.pk)
    assert [body.key for body in kept.issuing_bodies] == ["first", "second", "third"]
    assert {area.code for area in kept.areas.all()} == {"PE-LOR", "PE-TUM"}
    local = make.measure(level="subnational", areas=(make.area(code="PE-ICA"),), issuing_body=third)
    report = merge(kept, local, by=editor)
    assert "Level: “National” stays, “Subnational” is dropped." in report.conflicts
    assert kept.areas.count() == 2


def test_topics_merge_and_a_bookmark_still_works(client: Client, editor: Any) -> None:
    kept, gone = make.topic(key="health.care"), make.topic(key="health.access")
    made = make.measure(topics=("health.access",))
    assert _moved(preview(kept, gone, by=editor)) == {"Measures": 1}
    merge(kept, gone, by=editor)
    assert [topic.key for topic in made.topics.all()] == ["health.care"]
    response = client.get("/measures/?topic=health.access")
    assert ids(response) == [made.public_id]
    assert "“Access” is called “Care” today." in response.text
    gone.refresh_from_db()
    assert (gone.deprecated_on is not None, gone.replaced_by) == (True, kept)


def test_topic_with_topics_below_it_is_not_merged(editor: Any) -> None:
    kept, gone = make.topic(key="health"), make.topic(key="work")
    make.topic(key="work.permit")
    with pytest.raises(ValidationError, match="has topics below it"):
        merge(kept, gone, by=editor)
    Topic.objects.filter(pk=kept.pk).update(deprecated_on="2021-01-01")
    with pytest.raises(ValidationError, match="is deprecated"):
        merge(kept, make.topic(key="food"), by=editor)


def test_groups_merge(client: Client, editor: Any) -> None:
    kept, gone = make.target_group(key="foreigners"), make.target_group(key="aliens")
    made = make.measure(groups=("aliens", "foreigners"))
    merge(kept, gone, by=editor)
    assert [group.key for group in made.target_groups.all()] == ["foreigners"]
    assert ids(client.get("/measures/?group=aliens")) == [made.public_id]


# In the admin


def _post(client: Client, path: str, records: list[Any], **data: Any) -> Any:
    chosen = [str(record.pk) for record in records]
    return client.post(path, {"action": "merge_selected", "_selected_action": chosen, **data})


def test_merge_is_asked_about_before_it_is_made(client: Client, editor: Any) -> None:
    client.force_login(editor)
    kept, gone = make.source(title="Gaceta"), make.source(title="Boletín")
    make.measure(sources=(gone,))
    path = "/admin/measures/source/"
    asked = _post(client, path, [kept, gone])
    assert "“Gaceta” will be merged into “Boletín”" in asked.text  # the public one is kept by default
    asked = _post(client, path, [kept, gone], keep=kept.pk)
    assert "“Boletín” will be merged into “Gaceta”" in asked.text
    assert "Citations" in asked.text
    asked = _post(client, path, [kept, gone], keep=kept.pk, shown=gone.pk, _merge="1")  # of the other preview
    assert Source.objects.count() == 2
    done = _post(client, path, [kept, gone], keep=kept.pk, shown=kept.pk, _merge="1")
    assert (done.status_code, done["Location"]) == (302, f"/admin/measures/source/{kept.pk}/change/")
    assert Source.objects.get() == kept


def test_merge_needs_two_records_and_says_why_it_cannot_be(client: Client, editor: Any) -> None:
    client.force_login(editor)
    path = "/admin/measures/topic/"
    one, two, three = (make.topic(key=key) for key in ("one", "two", "three"))
    make.topic(key="two.below")
    for chosen in ([one], [one, two, three]):
        said = client.post(path, {"action": "merge_selected", "_selected_action": [r.pk for r in chosen]}, follow=True)
        assert "Select exactly two records to merge." in said.text
    asked = _post(client, path, [one, two], keep=one.pk)
    assert "“Two” has topics below it. Merge these first." in asked.text
    assert 'name="_merge"' not in asked.text


@pytest.mark.parametrize("model", ["measure", "source", "issuingbody", "topic", "targetgroup"])
def test_analyst_is_not_offered_to_merge(client: Client, model: str) -> None:
    client.force_login(make.analyst())
    make.draft(groups=("asylum_seekers",), issuing_body=make.issuing_body())
    assert "merge_selected" not in client.get(f"/admin/measures/{model}/").text
    client.force_login(make.editor())
    assert "merge_selected" in client.get(f"/admin/measures/{model}/").text


# Undoing


def _sources() -> tuple[Source, Source]:
    """Two sources with a document in common, one of its own, and an entry that cites both."""
    kept, gone = (
        make.source(publisher="", url="https://a.example/1"),
        make.source(publisher="Gaceta", url="https://a.example/2"),
    )
    both, other = make.measure(sources=(kept,)), make.measure(sources=(gone,))
    Citation.objects.create(measure=both, source=gone, quote="It shuts.")
    make.event(measure=other, status="expired", date="2021", source=gone)
    make.capture(source=kept, body=b"<p>The same</p>")
    make.capture(source=gone, body=b"<p>The same</p>")
    make.capture(source=gone, body=b"<p>Another</p>")
    return kept, gone


def _bodies() -> tuple[IssuingBody, IssuingBody]:
    country = make.country()
    kept, gone = (make.issuing_body(country=country, key=key, native_name=key) for key in ("mininter", "interior"))
    make.measure(issuing_body=gone)
    return kept, gone


def _topics() -> tuple[Topic, Topic]:
    kept, gone = make.topic(key="health.care"), make.topic(key="health.access")
    make.measure(topics=("health.access",))
    return kept, gone


def _state(folder: Path) -> dict[str, bytes]:
    """All files, without the times of changes, and whose captures there are."""
    write_folder(folder)
    times = re.compile(rb"2[0-9]{3}-[0-9-]+T[0-9:.Z]+")
    files = {path.name: times.sub(b"", path.read_bytes()) for path in folder.iterdir()}
    captures = sorted(Capture.objects.values_list("source__key", "sha256", "size"))
    comments = list(Comment.objects.values_list("text", "content_type", "object_id"))
    proposals = list(Revision.objects.values_list("pk", "object_id", "state", "review_note", "reviewed_by"))
    return files | {"captures": repr((captures, comments, proposals)).encode()}


@pytest.mark.parametrize("pair", [_pair, _sources, _bodies, _topics])
def test_merge_is_undone_as_one_action(client: Client, editor: Any, tmp_path: Path, pair: Callable[..., Any]) -> None:
    kept, gone = pair()
    ana, now = make.analyst(username="ana"), timezone.now()
    bea = make.analyst(username="bea")
    waiting = make.revision(record=gone, by=ana)
    sent_back = make.revision(record=gone, by=bea)
    Revision.objects.filter(pk=sent_back.pk).update(
        state="sent_back", reviewed_by=editor, reviewed_at=now, review_note="A slip."
    )
    of_kept = make.revision(record=kept, by=ana)
    comments.write(gone, "Which number?", by=ana)
    comments.write(gone, "That one.", by=ana, revision=waiting)
    before = _state(tmp_path / "before")
    report = merge(kept, gone, by=editor)
    assert _state(tmp_path / "merged") != before
    assert _moved(report)["Comments"] == 1
    declined = [each for each in report.conflicts if "has proposed" in each]
    assert declined == [f"The change that {name} has proposed is declined, with a note." for name in ("ana", "bea")]
    assert list(Revision.objects.open()) == [of_kept]
    assert "Propose the change there" in Revision.objects.get(pk=waiting.pk).review_note
    assert [(each.text, each.revision) for each in comments.comments_on(kept)] == [("Which number?", None)]
    assert comments.comments_on(gone, waiting).count() == 1
    client.force_login(editor)
    name = type(kept)._meta.model_name
    changed = gone if pair is _topics else kept  # a term that is kept stays as it is
    history = client.get(f"/admin/measures/{name}/{changed.pk}/history/").text
    (address,) = set(re.findall(r'href="(/admin/measures/[a-z]+/undo-merge/[0-9a-f-]+/)"', history))
    assert "Both records get back what they had before the merge" in client.get(address).text
    client.post(address)
    assert _state(tmp_path / "after") == before
    if pair is _pair:
        assert [client.get(f"/measures/{each.public_id}/").status_code for each in (kept, gone)] == [200, 200]


def test_merge_is_undone_with_the_rights_and_at_the_address_of_its_own_kind(client: Client, editor: Any) -> None:
    kept, gone = _sources()
    entry = Measure.objects.get(citations__source=gone, citations__quote="")
    merge(kept, gone, by=editor)
    (act,) = [act for act in acts_on(Source.objects.get()) if act.merge]
    client.force_login(editor)
    for name in ("measure", "issuingbody", "topic", "targetgroup"):
        address = f"/admin/measures/{name}/undo-merge/{act.merge}/"
        assert [client.get(address).status_code, client.post(address).status_code] == [404, 404]
    assert Source.objects.count() == 1
    own = f"/admin/measures/source/undo-merge/{act.merge}/"
    history = f"/admin/measures/measure/{entry.pk}/history/"
    assert re.findall(r'href="([^"]*/undo-merge/[^"]*)"', client.get(history).text) == [own]
    group = Group.objects.create(name="no sources")
    group.permissions.set(Permission.objects.filter(group__name="editor").exclude(codename="change_source"))
    client.force_login(make.user(group="no sources"))
    assert client.post(own).status_code == 403
    assert "undo-merge" not in client.get(history).text
    with pytest.raises(PermissionDenied):
        undo_merge(UUID(act.merge), by=User.objects.get(groups=group))


def _locked(captured: CaptureQueriesContext) -> list[tuple[str, bool]]:
    """The tables whose rows were locked, in order, each with whether nobody could name these."""
    sqls = [query["sql"].lower().replace('"', "") for query in captured.captured_queries]
    locks = [re.search(r"from (\w+).* for (no key )?update", sql, re.DOTALL) for sql in sqls]
    return [(lock[1], not lock[2]) for lock in locks if lock]


def test_entries_are_locked_before_what_they_name_as_editors_do(editor: Any) -> None:
    kept, gone = _sources()
    with CaptureQueriesContext(connection) as merging:
        merge(kept, gone, by=editor)
    assert _locked(merging)[:2] == [("measures_measure", False), ("measures_source", True)]
    (act,) = [act for act in acts_on(Source.objects.get()) if act.merge]
    with CaptureQueriesContext(connection) as undoing:
        undo_merge(UUID(act.merge), by=editor)
    tables = list(dict.fromkeys(table for table, _is_whole in _locked(undoing)))
    of_interest = ["measures_measure", "measures_citation", "measures_source"]
    assert [table for table in tables if table in of_interest] == of_interest


def test_merge_waits_for_no_import(editor: Any) -> None:
    kept, gone = _topics()
    with second_connection() as other:
        other.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [LOCK])
        with pytest.raises(ValidationError, match="An import is at work"):
            merge(kept, gone, by=editor)
    merge(kept, gone, by=editor)
    (act,) = [act for act in acts_on(gone) if act.merge]
    undo_merge(UUID(act.merge), by=editor)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_row_that_somebody_saves_while_a_merge_is_undone_is_not_overwritten() -> None:
    editor, (kept, gone) = make.editor(), _pair()
    merge(kept, gone, by=editor)
    (act,) = [act for act in acts_on(Measure.objects.get(pk=kept.pk)) if act.merge]
    moved = Citation.objects.filter(measure=kept).latest("pk")
    error = while_saving(
        lambda: Citation.objects.filter(pk=moved.pk).update(quote="By hand"),
        lambda: undo_merge(UUID(act.merge), by=editor),
    )
    assert isinstance(error, ValidationError)
    assert Citation.objects.get(pk=moved.pk).quote == "By hand"
    assert Measure.objects.get(pk=gone.pk).workflow == "retired"


def test_versions_of_the_other_record_are_not_offered_to_return_to(client: Client, editor: Any) -> None:
    kept, gone = make.measure(), make.measure(title_en="Of the other")
    for name in ("Another", "And another"):
        gone.title_en = name
        with pghistory.context(note=name):  # an act of its own
            gone.save()
    merge(kept, gone, by=editor)
    client.force_login(editor)
    page = client.get(f"/admin/measures/measure/{kept.pk}/history/")
    acts = page.context["acts"]
    offered = page.text.count("as_of=")
    assert {act.is_of_other for act in acts} == {True, False}
    assert offered == len([act for act in acts[1:] if not act.is_of_other])


def test_sources_have_names_texts_and_checks_again_once_their_merge_is_undone(client: Client, editor: Any) -> None:
    kept, gone = make.source(rights="show"), make.source(rights="show", url="https://a.example/old")
    entry = make.measure(sources=(gone,))
    Source.objects.filter(pk=gone.pk).update(url="https://a.example/new")
    older = make.source(url="https://a.example/older")
    merge(gone, older, by=editor)
    gone.refresh_from_db()
    make.link(source=gone, state="alive")
    make.document_text(capture=make.capture(source=kept, body=b"<p>The same</p>"), text="The same")
    copy = make.capture(source=gone, body=b"<p>The same</p>")
    make.document_text(capture=copy, text="The same")
    own = make.capture(source=gone, body=b"<p>Zanahoria</p>")
    make.document_text(capture=own, text="Zanahoria")
    citation = entry.citations.get()
    checked = {"quote": "The same", "state": "found", "checked_at": own.captured_at}
    QuoteCheck.objects.create(citation=citation, capture=copy, **checked)

    def held() -> dict[str, Any]:
        return {
            "names": [source_at(url) for url in (gone.url, "https://a.example/old", older.url)],
            "pages": [_leads(client, f"/archive/{key}/") for key in (kept.key, gone.key, older.key)],
            "texts": set(DocumentText.objects.values_list("capture__source", "capture__sha256", "text")),
            "captures": set(Capture.objects.values_list("source", "sha256")),
            "links": set(Link.objects.values_list("source", "state", "capture")),
            "checks": set(QuoteCheck.objects.values_list("citation", "capture", "state")),
            "citations": set(Citation.objects.values_list("pk", "source")),
            "found": re.findall(r"/archive/([a-z0-9-]+)/", client.get("/archive/?q=zanahoria").text),
        }

    before = held()
    merge(kept, gone, by=editor)
    assert [name for name, value in held().items() if value == before[name]] == []
    (act,) = [act for act in acts_on(kept) if act.merge]
    undo_merge(UUID(act.merge), by=editor)
    assert held() == before


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_merge_whose_records_were_changed_since_stays(client: Client) -> None:
    editor = make.editor()
    kept, gone = _pair()
    merge(kept, gone, by=editor)
    Measure.objects.filter(pk=kept.pk).update(title_en="Changed since")
    (act,) = [act for act in acts_on(Measure.objects.get(pk=kept.pk)) if act.merge]
    client.force_login(editor)
    address = f"/admin/measures/measure/undo-merge/{act.merge}/"
    for page in (client.get(address), client.post(address)):
        assert "This merge cannot be undone" in page.text
        assert "Changed since" in page.text
    gone.refresh_from_db()
    assert gone.workflow == "retired"
    client.force_login(make.analyst())
    assert client.post(address).status_code == 403


def test_relations_to_drafts_of_other_countries_move_without_their_identifiers() -> None:
    """An editor of one country, who may not read these drafts, merges two records of that country."""
    eva = make.member(group="editor", countries=("PER",))
    kept, gone = (make.draft(country=make.country(iso3="PER")) for _one in range(2))
    others = [make.draft(country=make.country(iso3="ECU")) for _one in range(2)]
    for other in others:
        make.relation(subject=gone, object=other)
    make.relation(subject=kept, object=others[0])
    for report in (preview(kept, gone, by=eva), merge(kept, gone, by=eva)):
        (relations,) = [each for each in report.moved if each.what == "Relations"]
        assert relations.examples == (f"{gone.public_id} extends a record of another country",)
        assert report.conflicts[0] == (
            f"Relation that is dropped: {gone.public_id} extends a record of another country."
        )
    assert set(Relation.objects.filter(subject=kept).values_list("object", flat=True)) == {o.pk for o in others}


def test_merges_of_shared_records_name_no_drafts_of_other_countries() -> None:
    """Neither when they are made, nor when they are undone."""
    eva, ana = make.member(group="editor", countries=("PER",)), make.analyst(username="ana")
    ecuador = make.country(iso3="ECU")
    kept, gone = make.source(), make.source()
    draft = make.draft(country=ecuador, title_en="Hidden", sources=())
    for source, quote in ((kept, "First words"), (gone, "Other words")):
        Citation.objects.create(measure=draft, source=source, locator="art. 1", quote=quote)
    assert merge(kept, gone, by=eva).conflicts[0] == "One of two quotes in a record of another country is dropped."
    context = Context.objects.get(metadata__merge=str(gone.pk)).pk
    with pghistory.context(user=ana.pk):
        Measure.objects.filter(pk=draft.pk).mark_changed(by=ana, title_en="Hidden since")
    named = [(later.label, later.who) for later in changed_since(context, reader=eva)]
    assert named == [("a record of another country", "")]
    assert [later.who for later in changed_since(context, reader=make.user(is_superuser=True))] == ["ana"]
    with pytest.raises(ValidationError, match="changed since: a record of another country"):
        undo_merge(context, by=eva)

    bodies = [make.issuing_body(key=key, country=ecuador) for key in ("one", "two")]
    for body in bodies:
        make.draft(country=ecuador, reference="1-2020", issuing_body=body, title_en="Hidden")
    with pytest.raises(ValidationError, match="Merge those first: a record of another country"):
        merge(*bodies, by=eva)


def test_history_of_a_merge_has_no_titles_of_measures(editor: Any) -> None:
    """It is also that of the records that had relations to them, which others may read."""
    kept, gone = make.draft(title_en="Kept"), make.measure(title_en="Gone", workflow="retired")
    merge(kept, gone, by=editor)
    note = Context.objects.get(metadata__merge=str(gone.pk)).metadata["note"]
    assert note == f"{gone.public_id} was merged into {kept.public_id}."
