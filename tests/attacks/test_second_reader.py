"""The second-reader rule in every admin, for both groups, and for every way to write.

The table names every registered model; a missing one fails the first test.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
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

from countries.models import Country, IndicatorFeed, MobilityRole, Observation
from foundation.files.formats import FORMATS
from foundation.files.importing.pipeline import compared
from foundation.files.models import FileImport
from foundation.files.resources import resources
from measures import workflow
from measures.models import Capture, Citation, Link, Measure, Relation, Source
from tests import admin_forms, factories
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

GROUPS = ("analyst", "editor")
NOTHING: frozenset[str] = frozenset()
FREE = frozenset({"add", "change free"})
ALL = frozenset({"add", "change", "change free"})
DELETES = frozenset({"delete", "delete free"})
EXPORTS = [f"export_selected_as_{ending}" for ending in FORMATS]


@pytest.fixture(autouse=True)
def roles() -> None:
    """The roles that the rows below refer to."""
    factories.role(key="transit")


def _venezuela() -> Country:
    return factories.country(iso3="VEN", is_covered=False)


def _cited_source() -> Source:
    source = factories.source(title="Cited")
    factories.measure(sources=(source,))
    return source


def _tagged_topic() -> Model:
    factories.measure(topics=("health.access",))
    return factories.topic(key="health.access")


def _tagged_group() -> Model:
    factories.measure(groups=("refugees",))
    return factories.target_group(key="refugees")


def _named_body() -> Model:
    body = factories.issuing_body(key="named")
    factories.measure(issuing_body=body)
    return body


@dataclass(frozen=True)
class Case:
    """A public record of a model, one that nothing public uses, what to change of them, and who may what."""

    analyst: frozenset[str]
    editor: frozenset[str]
    public: Callable[[], Model]
    free: Callable[[], Model] | None
    change: dict[str, str]
    new: dict[str, str] = field(default_factory=dict)
    actions: dict[str, set[str]] = field(default_factory=dict)
    imports: str = ""


TABLE: dict[str, Case | None] = {
    "countries.Country": Case(
        analyst=frozenset({"change free"}),
        editor=ALL,
        public=lambda: factories.country(),
        free=_venezuela,
        change={"summary_en": "Changed"},
        new={"iso3": "BRB", "iso2": "BB", "m49": "052", "slug": "barbados", "name_en": "B", "name_es": "B"}
        | {"name_pt": "B", "region": "Americas", "subregion": "Caribbean"},
        imports="countries",
    ),
    "countries.Site": Case(
        analyst=NOTHING,
        editor=frozenset({"add", "change"}),
        public=lambda: factories.site(),
        free=None,
        change={"name_en": "Changed"},
        new={"name_en": "New"},
        imports="site",
    ),
    "countries.Role": Case(
        analyst=NOTHING,
        editor=ALL | {"delete free"},
        public=lambda: factories.mobility_role().role,
        free=lambda: factories.role(key="unused"),
        change={"label_en": "Changed"},
        new={"key": "new", "label_en": "New", "label_es": "Nuevo", "label_pt": "Novo", "position": "0"},
        actions={"editor": {"delete_selected"}},
        imports="roles",
    ),
    "countries.MobilityRole": Case(
        analyst=FREE,
        editor=ALL | DELETES,
        public=lambda: factories.mobility_role(),
        free=lambda: factories.mobility_role(country=_venezuela()),
        change={"narrative_en": "Changed"},
        new={"country": "VEN", "role": "transit", "narrative_en": "New", "source_name": "A profile"},
        actions={"editor": {"delete_selected"}},
        imports="mobility_roles",
    ),
    "countries.Indicator": Case(
        analyst=NOTHING,
        editor=ALL | {"delete free"},
        public=lambda: factories.observation().indicator,
        free=lambda: factories.indicator(key="unused"),
        change={"name_en": "Changed"},
        new={"key": "new", "name_en": "New", "unit": "persons", "decimals": "0"},
        actions={"editor": {"delete_selected"}},
        imports="indicators",
    ),
    "countries.Observation": Case(
        analyst=NOTHING,
        editor=frozenset({"add", "change", "delete"}),
        public=lambda: factories.observation(),
        free=None,
        change={"note": "Changed"},
        new={"country": "VEN", "value": "1", "qualifier": "eq", "status": "A", "source_name": "A yearbook"},
        actions={"editor": {"delete_selected"}},
        imports="observations",
    ),
    "countries.IndicatorFeed": Case(
        analyst=FREE,
        editor=ALL | DELETES,
        public=lambda: factories.feed(),
        free=lambda: factories.feed(is_on=False),
        change={"note": "Changed"},
        new={"key": "new", "url": "file:new.csv", "source_name": "WHO"},
        actions={"analyst": {"run_now"}, "editor": {"run_now", "turn_on", "turn_off", "delete_selected"}},
        imports="indicator_feeds",
    ),
    "measures.Measure": Case(
        analyst=FREE,
        editor=ALL | {"delete free"},
        public=lambda: factories.measure(),
        free=lambda: factories.draft(),
        change={"summary_en": "Changed"},
        new={"country": "PER", "kind": "law", "title_en": "New", "evidence": "unsourced"},
        actions={
            "analyst": {"tag_selected", *EXPORTS, "draft", "submit", "withdraw"},
            "editor": {"tag_selected", *EXPORTS, "draft", "submit", "withdraw"} | {"publish", "send_back", "retire"},
        },
        imports="measures",
    ),
    "measures.Source": Case(
        analyst=FREE,
        editor=ALL | {"delete free"},
        public=_cited_source,
        free=lambda: factories.source(title="Uncited"),
        change={"title": "Changed"},
        new={"title": "New"},
        actions={"analyst": {"check_now", "looked_at"}, "editor": {"check_now", "looked_at", "delete_selected"}},
        imports="sources",
    ),
    "measures.Topic": Case(
        analyst=NOTHING,
        editor=ALL | {"delete free"},
        public=_tagged_topic,
        free=lambda: factories.topic(key="unused"),
        change={"label_en": "Changed"},
        new={"key": "new", "label_en": "New", "label_es": "New", "label_pt": "New"},
        actions={"editor": {"delete_selected"}},
        imports="topics",
    ),
    "measures.TargetGroup": Case(
        analyst=NOTHING,
        editor=ALL | {"delete free"},
        public=_tagged_group,
        free=lambda: factories.target_group(key="unused"),
        change={"label_en": "Changed"},
        new={"key": "new", "label_en": "New", "label_es": "New", "label_pt": "New"},
        actions={"editor": {"delete_selected"}},
        imports="target_groups",
    ),
    "measures.IssuingBody": Case(
        analyst=FREE,
        editor=ALL | {"delete free"},
        public=_named_body,
        free=lambda: factories.issuing_body(key="unnamed"),
        change={"native_name": "Changed"},
        new={"key": "new", "kind": "ministry", "native_name": "New"},
        actions={"editor": {"delete_selected"}},
        imports="issuing_bodies",
    ),
    # Not edited in a form, or hidden from both groups
    "countries.FeedRun": None,
    "foundation.FileImport": None,
    "observatory.BackgroundJob": None,
    "auth.User": None,
    "auth.Group": None,
    "axes.AccessAttempt": None,
    "axes.AccessLog": None,
    "axes.AccessFailureLog": None,
}
RECORDS = {label: case for label, case in TABLE.items() if case is not None}
EVERY = pytest.mark.parametrize("group", GROUPS)
EACH = pytest.mark.parametrize("label", RECORDS)


def allowed(label: str, group: str) -> frozenset[str]:
    rights: frozenset[str] = getattr(RECORDS[label], group)
    return rights


def url(record: Model | str, page: str, *args: Any) -> str:
    label = record if isinstance(record, str) else record._meta.label
    return reverse(f"admin:{label.lower().replace('.', '_')}_{page}", args=args)


def form_of(label: str) -> str:
    return f"{label.split('.')[1].lower()}_form"


def stored(label: str) -> list[dict[str, Any]]:
    model = admin.site._registry  # the table has exactly the registered models
    (found,) = (each for each in model if each._meta.label == label)
    return list(found._default_manager.order_by("pk").values())


def forged(record: Model, group: str = "editor", **changes: str) -> dict[str, Any]:
    """What the form of an editor, or of another group, would send of the record with these changes."""
    client = signed_in(factories.user(group=group))
    form = admin_forms.shown(client, url(record, "change", record.pk), form_of(record._meta.label))
    return form | changes


def test_table_names_every_registered_model() -> None:
    assert {model._meta.label for model in admin.site._registry} == set(TABLE)


def test_every_kind_of_file_is_in_the_table() -> None:
    assert {case.imports for case in RECORDS.values()} == set(resources())


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
    assert "editor" in page.context["read_only_because"]
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
    _venezuela()
    new = dict(case.new)
    if label in ("countries.Observation", "countries.IndicatorFeed"):
        new["indicator"] = str(factories.indicator().pk)
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
    assert not registered.has_change_permission(request)
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
    factories.country(), _venezuela(), factories.indicator()
    path = tmp_path / "file.csv"
    path.write_text(ROWS_THAT_WOULD_BE_PUBLIC[name], encoding="utf-8")
    report = imported(path, name, factories.user(group=group))
    assert (report.is_refused, report.new) == (group == "analyst", group == "editor"), report.problems
    if report.is_refused:
        assert [problem.problem for problem in report.problems] == ["What the row says would be public at once."]
        assert "editor" in report.problems[0].remedy


@pytest.mark.parametrize("name", ROWS_THAT_WOULD_NOT)
def test_row_that_nobody_outside_sees_is_imported_by_analysts(name: str, tmp_path: Path) -> None:
    factories.country(), _venezuela(), factories.indicator()
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
    assert "published entries use it" in page.text


def test_command_line_works_for_the_operator(tmp_path: Path) -> None:
    _cited_source()
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
    assert admin_forms.errors(page)[0].startswith("Nothing is saved. This country has a public page")
    assert admin_forms.held(page, "country_form")["roles-1-narrative_en"] == "New"  # not saved, but not lost either
    assert signed_in(factories.editor()).post(url(role.country, "change", "PER"), sent).status_code == 302
    assert (MobilityRole.objects.count(), Observation.objects.count()) == (2, 2)


def test_analyst_prepares_the_profile_of_a_country_without_a_page_but_for_its_figures() -> None:
    country = _venezuela()
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
    role = factories.mobility_role(country=_venezuela())
    client = signed_in(factories.analyst())
    for address in (url(role, "add"), url(role, "change", role.pk)):
        sent = admin_forms.shown(client, address, "mobilityrole_form")
        sent |= {"country": "PER", "role": "transit", "narrative_en": "Typed", "source_name": "A profile"}
        page = client.post(address, sent)
        assert admin_forms.errors(page)[0].startswith("Nothing is saved. The roles of a covered country")
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
    source = _cited_source()
    upload = SimpleUploadedFile("scan.html", b"<html><body><p>Forged</p></body></html>", "text/html")
    page = signed_in(factories.analyst()).post(
        url(source, "change", source.pk), forged(source, rights="show") | {"upload": upload}
    )
    source.refresh_from_db()
    assert (source.rights, Capture.objects.count(), list(archive_dir.rglob("*"))) == ("unknown", 0, [])
    assert admin_forms.errors(page)[0].startswith("Nothing is saved. Published entries cite this source")


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
    assert admin_forms.errors(again)[0].startswith("Nothing is saved.")


def test_cited_source_is_marked_as_unchanged_by_editors_alone() -> None:
    cited, free = _cited_source(), factories.source()
    for source in (cited, free):
        factories.link(source=source, state="changed")
    chosen = {"action": "looked_at", "_selected_action": [cited.pk, free.pk]}
    page = signed_in(factories.analyst()).post(url(cited, "changelist"), chosen, follow=True)
    assert [str(message) for message in page.context["messages"]] == [
        "1 source is no longer marked.",
        "1 of the selected is cited by published entries and stays marked: an editor looks at it.",
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


# Bulk actions


def _drafts(number: int) -> None:
    """Drafts of two countries, in sets."""
    first = factories.draft()
    names = [f.attname for f in Measure._meta.concrete_fields if not f.generated and f.name not in ("id", "public_id")]
    values = {name: getattr(first, name) for name in names}
    venezuela = factories.country(iso3="VEN")
    copies = [
        Measure(**values | {"public_id": f"{iso3}-9{n:04d}", "country_id": iso3})
        for n in range(number - 1)
        for iso3 in ("PER" if n % 3 else venezuela.pk,)
    ]
    made = Measure.objects.bulk_create(copies)
    source = first.citations.get().source
    Citation.objects.bulk_create(Citation(measure=each, source=source) for each in made)
    tags = Measure.topics.through
    tags.objects.bulk_create(tags(measure=each, topic_id=first.primary_topic_id) for each in made)


def _chosen(action: str, **others: Any) -> dict[str, Any]:
    first = Measure.objects.order_by("pk")[0]
    return {"action": action, "_selected_action": [first.pk], "select_across": "1"} | others


LIST = "/admin/measures/measure/"


def test_more_than_a_page_is_asked_about_before_it_is_published() -> None:
    _drafts(120)
    lacking = Measure.objects.order_by("-pk")[:20]
    Citation.objects.filter(measure__in=lacking).delete()
    retired = list(Measure.objects.order_by("pk")[:3])
    Measure.objects.filter(pk__in=[each.pk for each in retired]).update(workflow="retired")
    client = signed_in(factories.editor())
    page = client.post(LIST, _chosen("publish"))
    plan = page.context["plan"]
    assert (plan.selected, len(plan.measures), plan.later) == (120, 97, 0)
    assert [(reason.words, reason.count) for reason in plan.reasons] == [
        ("“Retired”, from where this cannot be done", 3),
        ("without a source", 20),
    ]
    assert dict(plan.countries).keys() == {"Peru", "Venezuela"}
    assert sum(dict(plan.countries).values()) == 97
    assert "They will be public at once" in page.text
    assert not Measure.objects.published().exists()
    form = admin_forms.held(page, "")
    assert form["asked"] == "1"
    done = client.post(LIST, form, follow=True)
    assert [str(message) for message in done.context["messages"]] == ["Publish: 97 entries."]
    assert Measure.objects.published().count() == 97


def test_of_very_many_a_bounded_number_is_published_at_once(django_assert_max_num_queries: Any) -> None:
    _drafts(1200)
    client = signed_in(factories.editor())
    with django_assert_max_num_queries(40):
        page = client.post(LIST, _chosen("publish"))
    plan = page.context["plan"]
    assert (plan.selected, len(plan.measures), plan.later) == (1200, 500, 700)
    assert "700 more could be moved" in " ".join(page.text.split())
    with django_assert_max_num_queries(40):
        client.post(LIST, admin_forms.held(page, ""))
    assert Measure.objects.published().count() == 500
    forged = _chosen("publish", asked="1")  # a confirmation without its page
    assert "plan" in client.post(LIST, forged).context
    assert Measure.objects.published().count() == 500


@pytest.mark.parametrize("action", ["send_back", "retire"])
def test_what_needs_a_reason_is_asked_about_however_many_there_are(action: str) -> None:
    public = factories.measure()
    client = signed_in(factories.editor())
    page = client.post(LIST, {"action": action, "_selected_action": [public.pk]})
    assert len(page.context["plan"].measures) == 1
    client.post(LIST, admin_forms.held(page, "") | {"move_note": "A slip."})
    public.refresh_from_db()
    assert public.workflow == {"send_back": "draft", "retire": "retired"}[action]


def test_entry_that_was_changed_between_question_and_answer_is_not_published() -> None:
    _drafts(60)
    client = signed_in(factories.editor())
    page = client.post(LIST, _chosen("publish"))
    changed = Measure.objects.order_by("pk")[5]
    Measure.objects.filter(pk=changed.pk).mark_changed(by=factories.analyst(), title_en="At the last moment")
    done = client.post(LIST, admin_forms.held(page, ""), follow=True)
    (message,) = [str(message) for message in done.context["messages"]]
    assert message.startswith("Nothing was changed: 1 record was changed by somebody")
    assert changed.public_id in message
    assert not Measure.objects.published().exists()
