"""The second-reader rule in every admin, for both groups, and for every way to write.

The table in `second_reader.py` names every registered model; a missing one fails the first test.
"""

from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db.models import Model
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from countries.models import IndicatorFeed, MobilityRole, Observation
from foundation.files.importing.pipeline import compared
from foundation.files.models import FileImport
from foundation.files.resources import resources
from measures import workflow
from measures.models import Capture, Citation, Link, Relation, Source
from tests import admin_forms, factories
from tests.attacks.second_reader import (
    EACH,
    EVERY,
    RECORDS,
    TABLE,
    allowed,
    cited_source,
    forged,
    form_of,
    stored,
    url,
    venezuela,
)
from tests.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def roles() -> None:
    """The roles that the rows below refer to."""
    factories.role(key="transit")


def test_table_names_every_registered_model() -> None:
    assert {model._meta.label for model in admin.site._registry} == set(TABLE)


def test_every_kind_of_file_is_in_the_table() -> None:
    # Rows of the form of a measure: tests/measures/files/
    of_other_forms = {"status_events", "relations", "citations", "aliases"}
    assert {case.imports for case in RECORDS.values()} == set(resources()) - of_other_forms


@EVERY
@EACH
@pytest.mark.parametrize("kind", ["change", "change free"])
def test_form_is_saved_by_those_alone_who_may(label: str, group: str, kind: str) -> None:
    case = RECORDS[label]
    make = case.public if kind == "change" else case.free
    if make is None:
        assert kind not in allowed(label, group)
        return
    record = make()
    form = forged(record, group if kind in allowed(label, group) else "editor", **case.change)
    sent, before = form, stored(label)
    page = signed_in(factories.user(group=group)).post(url(record, "change", record.pk), sent)
    record.refresh_from_db()
    name, value = next(iter(case.change.items()))
    if kind in allowed(label, group):
        assert (page.status_code, admin_forms.errors(page)) == (302, [])
        assert getattr(record, name) == value
    else:
        assert page.status_code in (200, 403)
        assert stored(label) == before


@EACH
def test_public_record_is_read_by_analysts_with_the_reason(label: str) -> None:
    record = RECORDS[label].public()
    page = signed_in(factories.analyst()).get(url(record, "change", record.pk))
    assert page.status_code == 200
    assert page.context["read_only_because"]
    assert "editor" in page.context["read_only_because"].lower()
    assert f'<p class="warning-box">{page.context["read_only_because"]}</p>' in page.text
    fields = set(admin_forms.held(page, form_of(label))) - {"csrfmiddlewaretoken", "loaded", "record_version"}
    assert {
        name for name in fields if not name.endswith(("_FORMS", "-id", "-country", "-measure", "-subject"))
    } == set()
    assert 'name="_save"' not in page.text


@EVERY
@EACH
def test_records_are_added_by_those_alone_who_may(label: str, group: str) -> None:
    case = RECORDS[label]
    factories.country()
    venezuela()
    new = dict(case.new)
    if label in ("countries.Observation", "countries.IndicatorFeed"):
        new["indicator"] = str(factories.indicator().pk)
    if label == "countries.Indicator":
        factories.unit()
    if label == "measures.Coverage":
        new["topic"] = str(factories.topic().pk)
    if label == "measures.SeenNumber":
        new["issuing_body"] = str(factories.issuing_body().pk)
    before = len(stored(label))
    empty = admin_forms.shown(signed_in(factories.editor()), url(label, "add"), form_of(label))
    page = signed_in(factories.user(group=group)).post(url(label, "add"), empty | new)
    if "add" in allowed(label, group):
        assert (page.status_code, admin_forms.errors(page)) == (302, [])
        assert len(stored(label)) == before + 1
    else:
        assert page.status_code in (200, 403)
        assert len(stored(label)) == before


@EVERY
@EACH
@pytest.mark.parametrize("kind", ["delete", "delete free"])
@pytest.mark.parametrize("way", ["page", "action"])
def test_records_are_deleted_by_those_alone_who_may(label: str, group: str, kind: str, way: str) -> None:
    case = RECORDS[label]
    make = case.public if kind == "delete" else case.free
    if make is None:
        return
    record = make()
    client, before = signed_in(factories.user(group=group)), len(stored(label))
    if way == "page":
        client.post(url(record, "delete", record.pk), {"post": "yes"})
    else:
        chosen = {"action": "delete_selected", "_selected_action": [record.pk], "post": "yes"}
        client.post(url(label, "changelist"), chosen)
    may = kind in allowed(label, group) and (way == "page" or "delete_selected" in case.actions.get(group, set()))
    assert len(stored(label)) == before - may


@EVERY
@EACH
def test_actions_offered_are_those_of_the_table(label: str, group: str) -> None:
    RECORDS[label].public()
    page = signed_in(factories.user(group=group)).get(url(label, "changelist"))
    form = page.context["action_form"] if page.context else None  # the site has no list
    offered = {name for name, _words in form.fields["action"].choices} - {""} if form else set()
    assert offered == RECORDS[label].actions.get(group, set())


@EVERY
@pytest.mark.parametrize("label", [label for label, case in TABLE.items() if case is None])
def test_what_nobody_writes_by_a_form_is_written_by_neither(label: str, group: str) -> None:
    (model,) = (each for each in admin.site._registry if each._meta.label == label)
    client = signed_in(factories.user(group=group))
    request: Any = client.get("/admin/").wsgi_request
    registered = admin.site._registry[model]
    is_answered = label == "measures.ErrorReport" and group == "editor"  # an answer is public
    assert registered.has_change_permission(request) == is_answered
    assert not registered.has_delete_permission(request)
    assert registered.has_add_permission(request) == (label == "foundation.FileImport")  # uploads are not restricted


# Imports


def exported(name: str, record: Model, change: dict[str, str], path: Path) -> Path:
    """The file of all records of a kind, with one cell of the record changed."""
    call_command("export_file", name, "-o", str(path))
    column, value = next(iter(change.items()))
    lines = [line.split(",") for line in path.read_text(encoding="utf-8-sig").splitlines()]
    place = lines[0].index(column)
    for line in lines[1:]:
        line[place] = value
    path.write_text("\n".join(",".join(line) for line in lines), encoding="utf-8")
    return path


def imported(path: Path, name: str, by: User, **options: Any) -> Any:
    with compared(path, resources()[name], by=by, **options) as found:
        if not found.report.is_refused:
            found.save()
        return found.report


@EVERY
@EACH
@pytest.mark.parametrize("kind", ["change", "change free"])
def test_file_changes_what_the_rule_lets_change(label: str, group: str, kind: str, tmp_path: Path) -> None:
    """Only the rule is tested: permissions on a kind of file are checked at upload, and both have them here."""
    case = RECORDS[label]
    make = case.public if kind == "change" else case.free
    if make is None:
        return
    record = make()
    path = exported(case.imports, record, case.change, tmp_path / "file.csv")
    before = stored(label)
    is_public_entry = label == "measures.Measure" and kind == "change" and group == "editor"
    report = imported(path, case.imports, factories.user(group=group), publish=is_public_entry)
    assert report.is_refused == (kind == "change" and group == "analyst")
    assert (stored(label) == before) == report.is_refused


ROWS_THAT_WOULD_BE_PUBLIC = {
    "observations": "indicator,country,counterpart,period,value,source_name\nimmigrant_stock,VEN,,2020,5,A yearbook\n",
    "mobility_roles": "country,role,as_of,narrative_en,source_name\nPER,transit,2020,New,A profile\n",
    "indicator_feeds": "key,indicator,url,country_column,day_column,value_column,source_name,is_on\n"
    "new,immigrant_stock,file:x.csv,a,b,c,WHO,true\n",
    "countries": "iso3,iso2,m49,slug,name_en,name_es,name_pt,region,subregion,is_covered\n"
    "BRB,BB,052,barbados,B,B,B,Americas,Caribbean,true\n",
}
ROWS_THAT_WOULD_NOT = {
    "mobility_roles": ROWS_THAT_WOULD_BE_PUBLIC["mobility_roles"].replace("PER", "VEN"),
    "indicator_feeds": ROWS_THAT_WOULD_BE_PUBLIC["indicator_feeds"].replace("true", "false"),
    "sources": "key,title,url\nnew,New,https://new.example/\n",
    "issuing_bodies": "country,key,kind,native_name\nPER,new,ministry,New\n",
}


@EVERY
@pytest.mark.parametrize("name", ROWS_THAT_WOULD_BE_PUBLIC)
def test_row_that_would_be_public_is_imported_by_editors_alone(name: str, group: str, tmp_path: Path) -> None:
    factories.country(), venezuela(), factories.indicator()
    path = tmp_path / "file.csv"
    path.write_text(ROWS_THAT_WOULD_BE_PUBLIC[name], encoding="utf-8")
    report = imported(path, name, factories.user(group=group))
    assert (report.is_refused, report.new) == (group == "analyst", group == "editor"), report.problems
    if report.is_refused:
        assert [problem.problem for problem in report.problems] == ["The record of this row would be public at once."]
        assert "editor" in report.problems[0].remedy


@pytest.mark.parametrize("name", ROWS_THAT_WOULD_NOT)
def test_row_that_nobody_outside_sees_is_imported_by_analysts(name: str, tmp_path: Path) -> None:
    factories.country(), venezuela(), factories.indicator()
    path = tmp_path / "file.csv"
    path.write_text(ROWS_THAT_WOULD_NOT[name], encoding="utf-8")
    report = imported(path, name, factories.analyst())
    assert (report.is_refused, report.new) == (False, 1), report.problems


def test_upload_of_a_file_is_held_to_the_rule_at_its_preview_and_at_its_confirmation(
    tmp_path: Path, settings: Settings
) -> None:
    settings.IMPORTS_DIR = tmp_path / "imports"
    source = factories.source(key="gazette", title="Old")
    upload = SimpleUploadedFile("sources.csv", b"key,title\ngazette,Changed\n", "text/csv")
    client = signed_in(factories.analyst())
    client.post(reverse("admin:foundation_fileimport_add"), {"file_type": "sources", "file": upload})
    waiting = FileImport.objects.get()
    assert (waiting.state, waiting.changed, waiting.refused) == ("ready", 1, 0)
    factories.measure(sources=(source,))  # an entry that cites it is published between preview and confirmation
    page = client.post(waiting.get_absolute_url(), {"confirm": "1"}, follow=True)
    waiting.refresh_from_db()
    source.refresh_from_db()
    assert (source.title, waiting.state, waiting.refused) == ("Old", "ready", 1)
    assert "that published entries use" in page.text


def test_command_line_works_for_the_operator(tmp_path: Path) -> None:
    cited_source()
    path = exported("sources", Source.objects.get(title="Cited"), {"title": "Changed"}, tmp_path / "sources.csv")
    call_command("import_file", "sources", str(path), by=factories.analyst().username)
    assert Source.objects.filter(title="Changed").exists()


# Inline rows


def test_rows_of_a_covered_country_are_not_written_by_analysts() -> None:
    role, figure = factories.mobility_role(narrative_en="Old."), factories.observation(value=1000)
    sent = forged(role.country, **{"roles-0-narrative_en": "Changed", "observations-0-value": "5"})
    sent |= {"roles-1-role": "transit", "roles-1-narrative_en": "New", "roles-1-source_name": "A profile"}
    sent |= {"observations-1-indicator": str(figure.indicator_id), "observations-1-period": "1999"}
    sent |= {"observations-1-value": "7", "observations-1-source_name": "A yearbook"}
    page = signed_in(factories.analyst()).post(url(role.country, "change", "PER"), sent)
    role.refresh_from_db()
    figure.refresh_from_db()
    assert (role.narrative_en, int(figure.value or 0)) == ("Old.", 1000)
    assert (MobilityRole.objects.count(), Observation.objects.count()) == (1, 1)
    assert admin_forms.errors(page)[0].startswith("Not saved. This country has a public page")
    assert admin_forms.held(page, "country_form")["roles-1-narrative_en"] == "New"  # not saved, but not lost either
    assert signed_in(factories.editor()).post(url(role.country, "change", "PER"), sent).status_code == 302
    assert (MobilityRole.objects.count(), Observation.objects.count()) == (2, 2)


def test_analyst_prepares_the_profile_of_a_country_without_a_page_but_for_its_figures() -> None:
    country = venezuela()
    figure = factories.observation(country=country, value=1000)
    client = signed_in(factories.analyst())
    sent = admin_forms.shown(client, url(country, "change", "VEN"), "country_form")
    assert not {"name_en", "is_covered", "observations-0-value"} & sent.keys()
    sent |= {"roles-0-role": "transit", "roles-0-narrative_en": "New", "roles-0-source_name": "A profile"}
    sent |= {"summary_en": "Prepared", "is_covered": "on", "name_en": "Forged", "observations-0-value": "5"}
    assert admin_forms.errors(client.post(url(country, "change", "VEN"), sent)) == []
    country.refresh_from_db()
    figure.refresh_from_db()
    assert (country.summary_en, country.is_covered, country.name_en) == ("Prepared", False, "Venezuela")
    assert (country.roles.count(), int(figure.value or 0)) == (1, 1000)


def test_role_is_not_added_to_a_covered_country_nor_moved_to_one() -> None:
    factories.country()
    role = factories.mobility_role(country=venezuela())
    client = signed_in(factories.analyst())
    for address in (url(role, "add"), url(role, "change", role.pk)):
        sent = admin_forms.shown(client, address, "mobilityrole_form")
        sent |= {"country": "PER", "role": "transit", "narrative_en": "Typed", "source_name": "A profile"}
        page = client.post(address, sent)
        assert admin_forms.errors(page)[0].startswith("Not saved. The roles of a covered country")
        assert admin_forms.held(page, "mobilityrole_form")["narrative_en"] == "Typed"
    assert set(MobilityRole.objects.values_list("country", "role")) == {("VEN", "sending")}


def test_rows_of_a_published_entry_are_not_written_by_analysts() -> None:
    public, other = factories.measure(), factories.draft()
    sent = forged(public, **{"citations-0-quote": "Changed"})
    sent |= {"relations-0-type": "cites", "relations-0-object": str(other.pk)}
    sent |= {"status_events-1-status": "repealed", "status_events-1-date": "2021"}
    assert signed_in(factories.analyst()).post(url(public, "change", public.pk), sent).status_code == 403
    assert (Citation.objects.filter(quote="Changed").exists(), Relation.objects.exists()) == (False, False)
    assert public.status_events.count() == 1


def test_draft_may_cite_and_name_what_is_published() -> None:
    public, draft = factories.measure(), factories.draft(sources=())
    client, cited = signed_in(factories.analyst()), Source.objects.get(citations__measure=public)
    sent = admin_forms.shown(client, url(draft, "change", draft.pk))
    sent |= {"relations-0-type": "cites", "relations-0-object": str(public.pk), "citations-0-source": str(cited.pk)}
    assert admin_forms.errors(client.post(url(draft, "change", draft.pk), sent)) == []
    assert (draft.relations.get().object, draft.citations.get().source) == (public, cited)


# Copies, rights, links, feeds


def test_copy_is_not_uploaded_to_a_cited_source_nor_are_its_rights_changed(archive_dir: Path) -> None:
    source = cited_source()
    upload = SimpleUploadedFile("scan.html", b"<html><body><p>Forged</p></body></html>", "text/html")
    page = signed_in(factories.analyst()).post(
        url(source, "change", source.pk), forged(source, rights="show") | {"upload": upload}
    )
    source.refresh_from_db()
    assert (source.rights, Capture.objects.count(), list(archive_dir.rglob("*"))) == ("unknown", 0, [])
    assert admin_forms.errors(page)[0].startswith("Not saved. Published entries cite this source")


def test_what_was_typed_while_the_source_was_not_cited_yet_is_shown_and_not_saved() -> None:
    source, client = factories.source(title="Old"), signed_in(factories.analyst())
    sent = admin_forms.shown(client, url(source, "change", source.pk), "source_form") | {"publisher": "An hour of work"}
    draft = factories.draft(sources=(source,))
    workflow.publish(draft, by=factories.editor())
    page = client.post(url(source, "change", source.pk), sent)
    assert page.status_code == 200
    assert admin_forms.held(page, "source_form")["publisher"] == "An hour of work"
    source.refresh_from_db()
    assert source.publisher == ""
    again = client.post(url(source, "change", source.pk), admin_forms.held(page, "source_form"))
    assert admin_forms.errors(again)[0].startswith("Not saved.")


def test_cited_source_is_marked_as_unchanged_by_editors_alone() -> None:
    cited, free = cited_source(), factories.source()
    for source in (cited, free):
        factories.link(source=source, state="changed")
    chosen = {"action": "looked_at", "_selected_action": [cited.pk, free.pk]}
    page = signed_in(factories.analyst()).post(url(cited, "changelist"), chosen, follow=True)
    assert [str(message) for message in page.context["messages"]] == [
        "1 source is no longer marked.",
        "1 selected source is cited by published entries and stays marked. Only editors may unmark it.",
    ]
    assert Link.objects.get(source=cited).state == "changed"
    signed_in(factories.editor()).post(url(cited, "changelist"), chosen)
    assert Link.objects.get(source=cited).state == "alive"


def test_feed_is_turned_on_and_run_for_the_first_time_by_editors_alone() -> None:
    feed, on = factories.feed(is_on=False), factories.feed()
    client = signed_in(factories.analyst())
    sent = admin_forms.shown(client, url(feed, "change", feed.pk), "indicatorfeed_form")
    assert "is_on" not in sent
    assert admin_forms.errors(client.post(url(feed, "change", feed.pk), sent | {"is_on": "on", "note": "Ready"})) == []
    for action in ("turn_on", "turn_off"):
        client.post(url(feed, "changelist"), {"action": action, "_selected_action": [feed.pk, on.pk]})
    assert dict(IndicatorFeed.objects.values_list("pk", "is_on")) == {feed.pk: False, on.pk: True}
    run = {"action": "run_now", "_selected_action": [feed.pk, on.pk]}
    page = client.post(url(feed, "changelist"), run, follow=True)
    assert "1 feed is off and was not run" in page.text
    assert [job.args["feed"] for job in ProcrastinateJob.objects.all()] == [on.pk]
    editor = signed_in(factories.editor())
    editor.post(url(feed, "changelist"), {"action": "turn_on", "_selected_action": [feed.pk]})
    feed.refresh_from_db()
    assert (feed.is_on, feed.note) == (True, "Ready")


def test_tags_of_a_published_entry_are_left_to_editors() -> None:
    public = factories.measure(evidence="primary")
    chosen = {"action": "tag_selected", "_selected_action": [public.pk], "_tag": "1", "evidence": "disputed"}
    signed_in(factories.analyst()).post(url(public, "changelist"), chosen)
    public.refresh_from_db()
    assert public.evidence == "primary"


@pytest.mark.parametrize("move", ["publish", "send_back", "retire"])
def test_moves_of_editors_are_forged_in_vain(move: str) -> None:
    draft = factories.draft()
    before = draft.workflow
    chosen = {"action": move, "_selected_action": [draft.pk], "move_note": "Because", "_asked": "1"}
    signed_in(factories.analyst()).post(url(draft, "changelist"), chosen)
    form = admin_forms.shown(client := signed_in(factories.analyst()), url(draft, "change", draft.pk))
    client.post(url(draft, "change", draft.pk), form | {"_move": move, "move_note": "Because"})
    draft.refresh_from_db()
    assert draft.workflow == before
