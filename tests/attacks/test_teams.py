"""Country teams: what each role sees and changes of the records of Ecuador, by every way to reach them.

Peru is the other country. The tables have a column for each role, in the order of `ROLES`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.db.models import Model
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from countries.models import FeedRun
from foundation.files.importing import jobs
from foundation.files.importing.pipeline import compared
from foundation.files.models import FileImport
from foundation.files.resources import resources
from foundation.records.audit import Act, AuditEntry
from foundation.records.comments import write
from foundation.records.models import Comment, Revision
from foundation.records.revisions import may_review
from foundation.records.teams import may_work_on, team_of, visible_to
from measures import workflow
from measures.merging.merge import merge
from measures.models import Measure
from observatory.accounts.teams import duties_of
from observatory.models import Membership
from tests import admin_forms, factories
from tests.attacks.second_reader import url
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

ROLES: dict[str, Callable[[str], User]] = {
    "nobody": lambda name: factories.user(username=name),
    "own analyst": lambda name: factories.member(username=name, group="analyst", countries=("ECU",)),
    "other analyst": lambda name: factories.member(username=name, group="analyst"),
    "own editor": lambda name: factories.member(username=name, group="editor", countries=("ECU",)),
    "other editor": lambda name: factories.member(username=name, group="editor"),
    "coordinator": lambda name: factories.user(username=name, group="coordinator"),
    "auditor": lambda name: factories.user(username=name, group="auditor"),
    "superuser": lambda name: factories.user(username=name, group="editor", is_superuser=True),
}


@pytest.fixture(autouse=True)
def folder_of_imports(tmp_path: Path, settings: Settings) -> None:
    settings.IMPORTS_DIR = tmp_path / "imports"


@pytest.fixture
def people() -> dict[str, User]:
    return {role: make(role) for role, make in ROLES.items()}


def ecuador() -> Any:
    return factories.country(iso3="ECU")


def secret(**fields: Any) -> Measure:
    """A draft of Ecuador."""
    return factories.measure(country=ecuador(), **{"workflow": "draft", "title_en": "Secret of Quito"} | fields)


def public(**fields: Any) -> Measure:
    return factories.measure(country=ecuador(), **{"title_en": "Known of Quito"} | fields)


def treaty(**fields: Any) -> Measure:
    """A draft of no country."""
    return factories.draft(level="supranational", kind="treaty", **{"title_en": "Pact"} | fields)


def role_of(iso3: str, is_covered: bool) -> Model:
    return factories.mobility_role(country=factories.country(iso3=iso3, is_covered=is_covered))


def upload(*, by: User, rows: str = "key,title\na,A\n", file_type: str = "sources") -> FileImport:
    """A file that waits to be checked."""
    waiting = FileImport(file_type=file_type, name=f"{file_type}.csv", created_by=by)
    waiting.file.save(waiting.name, ContentFile(rows.encode()), save=False)
    jobs.begin(waiting)
    return waiting


RECORDS: dict[str, tuple[Callable[[], Any], str]] = {
    "measures.Measure draft": (secret, "---- vac- -a-- vacd -a-- vacd v--- vacd"),
    "measures.Measure public": (public, "---- va-- va-- vac- va-- vac- v--- vac-"),
    "measures.Measure binding Ecuador": (
        lambda: treaty(binds=(ecuador(),)),
        "---- vac- -a-- vacd -a-- vacd v--- vacd",
    ),
    "measures.Measure binding nobody": (lambda: treaty(), "---- -a-- -a-- -a-- -a-- vacd v--- vacd"),
    # Shared by all teams: sources, bodies and vocabulary
    "measures.Source": (lambda: factories.source(), "---- vac- vac- vacd vacd vacd v--- vacd"),
    "measures.IssuingBody": (
        lambda: factories.issuing_body(country=ecuador()),
        "---- vac- vac- vacd vacd vacd v--- vacd",
    ),
    "measures.Topic": (lambda: factories.topic(key="unused"), "---- v--- v--- vacd vacd vacd v--- vacd"),
    "measures.TargetGroup": (lambda: factories.target_group(key="unused"), "---- v--- v--- vacd vacd vacd v--- vacd"),
    "measures.DataSet": (lambda: factories.data_set(key="unused"), "---- v--- v--- vacd vacd vacd v--- vacd"),
    "countries.Indicator": (lambda: factories.indicator(key="unused"), "---- v--- v--- vacd vacd vacd v--- vacd"),
    "countries.Unit": (lambda: factories.unit(key="unused"), "---- v--- v--- vacd vacd vacd v--- vacd"),
    "countries.Role": (lambda: factories.role(key="unused"), "---- v--- v--- vacd vacd vacd v--- vacd"),
    "countries.Site": (lambda: factories.site(), "---- v--- v--- v-c- v-c- v-c- v--- v-c-"),
    # Of a country
    "countries.Country covered": (ecuador, "---- v--- v--- v-c- v--- vac- v--- vacd"),
    "countries.Country not covered": (
        lambda: factories.country(iso3="ECU", is_covered=False),
        "---- v-c- ---- v-c- ---- vac- v--- vacd",
    ),
    "countries.CountryArea": (
        lambda: factories.area(code="EC-P", country=ecuador()),
        "---- v--- v--- vacd va-- vacd v--- vacd",
    ),
    "countries.MobilityRole public": (lambda: role_of("ECU", True), "---- va-- va-- vacd va-- vacd v--- vacd"),
    "countries.MobilityRole not public": (lambda: role_of("ECU", False), "---- vac- -a-- vacd -a-- vacd v--- vacd"),
    "countries.Observation": (
        lambda: factories.observation(country=ecuador()),
        "---- v--- v--- vacd va-- vacd v--- vacd",
    ),
    # Of all countries
    "countries.IndicatorFeed on": (lambda: factories.feed(), "---- v--- v--- v--- v--- vacd v--- vacd"),
    "countries.IndicatorFeed off": (lambda: factories.feed(is_on=False), "---- ---- ---- ---- ---- vacd v--- vacd"),
    "countries.FeedRun": (
        lambda: FeedRun.objects.create(feed=factories.feed()),
        "---- ---- ---- ---- ---- v--- v--- v---",
    ),
    # Work of the team
    "foundation.Revision": (
        lambda: factories.revision(record=public()),
        "---- v--- ---- v--- ---- v--- v--- v---",
    ),
    "foundation.FileImport of an analyst": (
        lambda: upload(by=User.objects.get(username="own analyst")),
        "---- va-- -a-- -a-- -a-- va-- v--- va--",
    ),
    # Of the installation
    "foundation.AuditEntry": (lambda: None, "---- ---- ---- ---- ---- ---- v--- v---"),
    "observatory.BackgroundJob": (lambda: None, "---- v--- v--- v--- v--- v--- v--- v---"),
    "auth.User": (lambda: factories.user(), "---- ---- ---- ---- ---- v-c- v--- vac-"),
    "auth.User with more rights": (
        lambda: factories.user(is_superuser=True),
        "---- ---- ---- ---- ---- v--- v--- vac-",
    ),
    "auth.Group": (lambda: Group.objects.get(name="editor"), "---- ---- ---- ---- ---- ---- v--- vacd"),
    "axes.AccessAttempt": (lambda: None, "---- ---- ---- ---- ---- ---- v--- v-cd"),
    "axes.AccessLog": (lambda: None, "---- ---- ---- ---- ---- ---- v--- v-c-"),
    "axes.AccessFailureLog": (lambda: None, "---- ---- ---- ---- ---- ---- v--- v-c-"),
}
"""A record of each kind, and who views it, adds others, changes and deletes it."""


def permissions(model: type[Model], record: Model | None, user: User) -> str:
    """`vacd`: what a person may do with a record, as the form, its inlines and its actions ask it."""
    request: Any = RequestFactory().get("/admin/")
    request.user = User.objects.get(pk=user.pk)
    registered: Any = admin.site._registry[model]
    granted = {
        "v": registered.has_view_permission(request, record) or registered.has_change_permission(request, record),
        "a": registered.has_add_permission(request),
        "c": registered.has_change_permission(request, record),
        "d": registered.has_delete_permission(request, record),
    }
    return "".join(letter if may else "-" for letter, may in granted.items())


def model_of(label: str) -> type[Model]:
    (found,) = (each for each in admin.site._registry if each._meta.label == label.split()[0])
    return found


def test_table_has_every_registered_model() -> None:
    assert {label.split()[0] for label in RECORDS} == {model._meta.label for model in admin.site._registry}


def test_who_views_adds_changes_and_deletes(people: dict[str, User]) -> None:
    found = {}
    for label, (make, _expected) in RECORDS.items():
        with transaction.atomic():
            record = make()
            found[label] = " ".join(permissions(model_of(label), record, user) for user in people.values())
            transaction.set_rollback(True)
    assert found == {label: expected for label, (_make, expected) in RECORDS.items()}


# Addresses


def test_addresses_of_records(people: dict[str, User]) -> None:
    """What each address answers; one that leads on to another is followed."""
    draft, known = secret(), public()
    role = role_of("VEN", False)
    proposal = factories.revision(record=known, by=people["own analyst"], title_en="Proposed of Quito")
    write(draft, "A remark", by=people["own analyst"])
    waiting = upload(by=people["own analyst"])
    feed_run = FeedRun.objects.create(feed=factories.feed())
    expected = {
        url(draft, "change", draft.pk): "404 200 404 200 404 200 200 200",
        url(draft, "history", draft.pk): "404 200 404 200 404 200 200 200",
        url(draft, "comments", draft.pk): "403 200 403 200 403 200 200 200",
        url(draft, "preview", draft.pk): "403 200 403 200 403 200 200 200",
        url(draft, "relate", draft.pk): "403 200 403 200 403 200 200 200",
        url(draft, "delete", draft.pk): "404 403 404 200 404 200 403 200",
        url(known, "change", known.pk): "403 200 200 200 200 200 200 200",
        url(known, "change", known.pk) + "?propose=1": "403 200 403 200 403 200 403 200",
        url(known, "history", known.pk): "403 200 403 200 403 200 200 200",
        url(known, "comments", known.pk): "403 200 403 200 403 200 200 200",
        url(known, "revision", known.pk, proposal.pk): "403 200 403 200 403 200 200 200",
        url(proposal, "change", proposal.pk): "404 200 404 200 404 200 200 200",
        url(role, "change", role.pk): "404 404 404 404 404 200 200 200",
        url("countries.Country", "change", "VEN"): "403 403 403 403 403 200 200 200",
        url("countries.Country", "history", "VEN"): "403 403 403 403 403 200 200 200",
        url(waiting, "change", waiting.pk): "404 200 404 404 404 200 200 200",
        url(waiting, "progress", waiting.pk): "404 200 404 404 404 200 200 200",
        url(waiting, "package"): "403 403 403 403 403 200 403 200",
        url(waiting, "export_package"): "403 403 403 403 403 200 200 200",
        url(feed_run, "change", feed_run.pk): "403 404 404 404 404 200 200 200",
        url("auth.User", "change", people["own analyst"].pk): "403 403 403 403 403 200 200 200",
        url("auth.User", "invite"): "403 403 403 403 403 200 403 200",
    }
    User.objects.filter(username="nobody").update(is_staff=True)  # otherwise every page asks to sign in
    found: dict[str, list[str]] = {address: [] for address in expected}
    for user in people.values():
        client = signed_in(user)
        for address, codes in found.items():
            codes.append(str(client.get(address, follow=True).status_code))
    assert {address: " ".join(codes) for address, codes in found.items()} == expected


NAMES = ("Secret", "Known", "Proposed of Quito", "sources.csv", "Kept in Caracas")


def names_in(client: Client, address: str, **sent: Any) -> str:
    """Which of the names of the records of a test a page has, by their first letters."""
    response: Any = client.post(address, sent) if sent else client.get(address)
    text = b"".join(response).decode()
    return "".join(name[0] for name in NAMES if name in text) or "-"


def test_lists_choices_and_files(people: dict[str, User]) -> None:
    """S(ecret), K(nown): a draft and a published entry of Ecuador, and so on, by the names of `NAMES`."""
    source = factories.source()
    draft, known = secret(sources=(source,), reference="7/2020"), public(sources=(source,))
    factories.relation(subject=draft, object=known)
    factories.mobility_role(country=factories.country(iso3="VEN", is_covered=False), source_name="Kept in Caracas")
    factories.revision(record=known, by=people["own analyst"]).delete()
    Revision.objects.filter(pk=factories.revision(record=known, by=people["own analyst"]).pk).update(
        name="Proposed of Quito"
    )
    upload(by=people["own analyst"])
    autocomplete = (
        reverse("admin:autocomplete") + "?app_label=measures&model_name=relation&field_name=object&term=quito"
    )
    expected = {
        url(draft, "changelist"): "- SK K SK K SK SK SK",
        url(draft, "changelist") + "?queue=no_end": "- SK - SK - SK SK SK",
        url(draft, "export", "csv"): "- SK K SK K SK SK SK",
        url("foundation.FileImport", "export", "measures", "csv"): "- SK K SK K SK SK SK",
        autocomplete: "- SK K SK K SK SK SK",
        url(source, "change", source.pk): "- SK K SK K SK SK SK",
        url("measures.Topic", "delete", draft.primary_topic_id): "- - - SK K SK - SK",
        url(known, "change", known.pk): "- SK K SK K SK SK SK",
        url("foundation.Revision", "changelist"): "- P - P - P P P",
        url("foundation.FileImport", "changelist"): "- s - - - s s s",
        url("countries.MobilityRole", "changelist"): "- - - - - K K K",
        url("foundation.FileImport", "export", "mobility_roles", "csv"): "- - - - - K K K",
    }
    found: dict[str, list[str]] = {address: [] for address in expected}
    duplicates = []
    for user in people.values():
        client = signed_in(user)
        for address, names in found.items():
            names.append(names_in(client, address))
        typed = {"country": "ECU", "kind": draft.kind, "reference": "7/2020", "title_en": "Secret of Quito"}
        duplicates.append(names_in(client, url(draft, "duplicates"), **typed))
    assert {address: " ".join(names) for address, names in found.items()} == expected
    assert " ".join(duplicates) == "- S - S - S S S"


def test_numbers_on_the_first_page_are_of_own_countries(people: dict[str, User]) -> None:
    known = public()
    secret(workflow="in_review")
    factories.revision(record=known, by=people["own analyst"])
    found = {}
    for role in ("own editor", "other editor", "coordinator", "auditor"):
        page: Any = signed_in(people[role]).get("/admin/")
        shown = page.context["queues"]
        found[role] = {str(queue["label"]): queue["count"] for queue in shown if "review" in str(queue["label"])}
    one, none = ({"Proposed changes to review": n, "Waiting for review": n} for n in (1, 0))
    assert found == {
        "own editor": one,
        "other editor": none,
        "coordinator": one,
        "auditor": {"Waiting for review": 1},
    }


def test_countries_to_choose_are_one_s_own_where_the_record_belongs_to_them(people: dict[str, User]) -> None:
    ecuador(), factories.country()

    def offered(role: str, field: str) -> set[str]:
        query = f"?app_label=measures&model_name=measure&field_name={field}"
        answer = signed_in(people[role]).get(reverse("admin:autocomplete") + query)
        return {result["id"] for result in answer.json()["results"]}

    assert offered("other analyst", "country") == {"PER"}
    assert offered("other analyst", "origin_countries") == offered("coordinator", "country") == {"ECU", "PER"}


# Forms


def measure_form(client: Client, record: Measure | None = None, query: str = "") -> tuple[str, dict[str, Any]]:
    """The address of a form of a measure, and what it would send."""
    address = url("measures.Measure", "change", record.pk) if record else url("measures.Measure", "add")
    return address + query, admin_forms.shown(client, address + query)


def test_draft_is_not_given_to_another_country_nor_entered_there(people: dict[str, User]) -> None:
    mine = factories.draft()
    ecuador()
    client = signed_in(people["other editor"])
    for record, query in ((mine, ""), (None, "?country=ECU")):
        address, sent = measure_form(client, record, query)
        assert sent.get("country", "") == ("PER" if record else "")
        page = client.post(address, sent | {"country": "ECU", "kind": "law", "title_en": "Typed"})
        assert list(admin_forms.errors_by_field(page)) == ["country"]
    assert list(Measure.objects.values_list("country", flat=True)) == ["PER"]


@pytest.mark.parametrize(("binds", "is_saved"), [([], False), (["ECU"], False), (["ECU", "PER"], True)])
def test_act_of_no_country_is_entered_where_it_binds_one_s_own(
    people: dict[str, User], binds: list[str], is_saved: bool
) -> None:
    ecuador()
    client = signed_in(people["other analyst"])
    address, sent = measure_form(client)
    sent |= {"country": "", "kind": "treaty", "level": "supranational", "binds": binds, "title_en": "Pact"}
    page = client.post(address, sent)
    assert Measure.objects.exists() == is_saved
    if not is_saved:
        assert admin_forms.errors(page)[0].startswith("Not saved: the record would not be of one of your countries.")
        assert admin_forms.held(page)["title_en"] == "Pact"


def test_relation_names_no_draft_of_another_country_and_keeps_one_that_does(people: dict[str, User]) -> None:
    mine, hidden, other = factories.draft(), secret(), public()
    factories.relation(subject=mine, object=hidden)
    client = signed_in(people["other analyst"])
    address, sent = measure_form(client, mine, f"?relates_to={hidden.pk}")
    assert "Secret" not in client.get(address).text
    assert "Secret" not in client.get(url(mine, "history", mine.pk)).text
    forged = sent | {"relations-0-type": "cites", "relations-0-object": str(hidden.pk)}
    assert list(admin_forms.errors_by_field(client.post(address, forged))) == ["relations-0-object"]
    saved = sent | {"relations-0-type": "cites", "relations-0-object": str(other.pk)}
    assert admin_forms.errors(client.post(address, saved)) == []
    assert set(mine.relations.values_list("type", "object")) == {("extends", hidden.pk), ("cites", other.pk)}


def test_effects_name_no_draft_of_another_country(people: dict[str, User]) -> None:
    hidden = secret(valid_from="2020-01-01", valid_until="2020-12-31")
    typed = {"kind": "law", "country": "PER", "valid_from": "2020-03-01", "relations-TOTAL_FORMS": "1"}
    typed |= {"relations-0-type": "repeals", "relations-0-object": str(hidden.pk)}
    address = url(hidden, "effects")
    found = {role: names_in(signed_in(people[role]), address, **typed) for role in ("own analyst", "other analyst")}
    assert found == {"own analyst": "S", "other analyst": "-"}


@pytest.mark.parametrize("role", ["other analyst", "other editor", "auditor"])
def test_forms_are_not_sent_for_another_country(people: dict[str, User], role: str) -> None:
    draft, known, country = secret(), public(), ecuador()
    text = factories.mobility_role(country=country, narrative_en="Old.")
    forms = {
        url(record, "change", record.pk): admin_forms.shown(
            signed_in(people["superuser"]), url(record, "change", record.pk), f"{record._meta.model_name}_form"
        )
        for record in (draft, known, country, text)
    }
    client = signed_in(people[role])
    changed = {"title_en": "Forged", "summary_en": "Forged", "narrative_en": "Forged", "roles-0-narrative_en": "Forged"}
    codes = [client.post(address, sent | changed).status_code for address, sent in forms.items()]
    assert codes == [403, 403, 403, 403]
    for record in (draft, known, country, text):
        record.refresh_from_db()
    assert (draft.title_en, known.title_en, country.summary_en) == ("Secret of Quito", "Known of Quito", "")
    assert text.narrative_en == "Old."


# Actions


def test_actions_change_nothing_of_another_country(people: dict[str, User]) -> None:
    draft, known, figure = secret(), public(), factories.observation(country=ecuador())
    stored = list(Measure.objects.order_by("pk").values())
    client = signed_in(people["other editor"])
    more = {"_tag": "1", "evidence": "disputed", "move_note": "Because", "asked": "1", "post": "yes"}
    said = []
    for action in ("confirm_selected", "tag_selected", *workflow.MOVES):
        for record in (draft, known):
            sent = {"action": action, "_selected_action": [record.pk], **more}
            said.append(client.post(url(record, "changelist"), sent, follow=True).text)
    client.post(url(figure, "changelist"), {"action": "delete_selected", "_selected_action": [figure.pk], **more})
    figure.refresh_from_db()
    assert list(Measure.objects.order_by("pk").values()) == stored
    assert sum("Secret" in text for text in said) == 0
    assert f"{known.public_id} is not of your countries." in "".join(said)


def test_domain_refuses_moves_and_merges_of_another_country(people: dict[str, User]) -> None:
    draft, mine = secret(), factories.draft()
    for act in (workflow.submit, workflow.publish):
        with pytest.raises(ValidationError, match="is not of your countries"):
            act(draft, by=people["other editor"])
    with pytest.raises(ValidationError, match="Choose two records of your countries"):
        merge(mine, draft, by=people["other editor"])
    assert workflow.moves_open_to(people["other editor"], draft) == []
    workflow.submit(draft, by=people["own analyst"])


def test_preview_of_a_merge_of_what_is_shared_names_no_draft_of_another_country(people: dict[str, User]) -> None:
    draft = secret()
    public()
    chosen = [draft.primary_topic_id, factories.topic(key="health.other").pk]
    sent = {"action": "merge_selected", "_selected_action": chosen, "keep": chosen[1]}
    found = [
        names_in(signed_in(people[role]), url("measures.Topic", "changelist"), **sent)
        for role in ("own editor", "other editor")
    ]
    assert found == ["SK", "K"]


# Proposals and comments


def test_proposals_and_comments_are_left_to_the_team(people: dict[str, User]) -> None:
    known = public()
    proposal = factories.revision(record=known, by=people["own analyst"], title_en="Proposed of Quito")
    address = url(known, "change", known.pk) + "?propose=1"
    sent = admin_forms.shown(
        signed_in(people["own analyst"]), url(known, "change", known.pk) + f"?revision={proposal.pk}"
    )
    for role in ("other analyst", "other editor", "auditor"):
        client = signed_in(people[role])
        assert client.post(address, sent | {"title_en": "Forged"}).status_code == 403
        assert client.post(url(known, "comments", known.pk), {"text": "Forged"}).status_code == 403
        decision = {"_decline": "1", "review_note": "No", "proposal_opened": proposal.proposed_at.isoformat()}
        page = client.post(url(known, "revision", known.pk, proposal.pk), decision)
        assert page.status_code == 403
    assert (Revision.objects.count(), Comment.objects.count()) == (1, 0)
    proposal.refresh_from_db()
    assert proposal.state == "waiting"
    roles = [role for role, user in people.items() if may_review(User.objects.get(pk=user.pk), proposal)]
    assert roles == ["own editor", "coordinator", "superuser"]


# Files

MEASURES = "public_id,country,kind,title_en,topics,sources\n"


def imported(tmp_path: Path, name: str, text: str, by: User, **options: Any) -> Any:
    path = tmp_path / f"{name}.csv"
    path.write_text(text, encoding="utf-8")
    with compared(path, resources()[name], by=by, **options) as found:
        if not found.report.is_refused:
            found.save()
        return found.report


@pytest.mark.parametrize("role", ["own editor", "other editor", "coordinator"])
def test_rows_of_another_country_are_refused_with_cell_and_remedy(
    people: dict[str, User], tmp_path: Path, role: str
) -> None:
    draft, by = secret(), people[role]
    source = draft.citations.get().source
    factories.indicator()
    files = {
        "changed": ("measures", f"public_id,country,title_en\n{draft.public_id},ECU,Forged\n"),
        "older": (
            "measures",
            f"public_id,country,title_en,updated_at\n{draft.public_id},ECU,Forged,2000-01-01T00:00:00Z\n",
        ),
        "new": ("measures", f"{MEASURES},ECU,law,New,health.access,{source.url}\n"),
        "event": ("status_events", f"measure,position,status,date\n{draft.public_id},2,repealed,2021\n"),
        "figure": (
            "observations",
            "indicator,country,counterpart,period,value,source_name\nimmigrant_stock,ECU,,2020,5,A yearbook\n",
        ),
        "country": ("countries", "iso3,summary_en\nECU,Forged\n"),
    }
    is_foreign = role == "other editor"
    refused = {}
    for kind, (name, text) in files.items():
        report = imported(tmp_path, name, text, by)
        refused[kind] = [(problem.column, problem.value, problem.remedy) for problem in report.problems]
    remedy = "Remove the row, or ask a coordinator to import the file."
    country = [("country", "ECU", remedy)]
    expected = {
        "changed": country,
        "older": country,  # the preview of an older row shows what the record has
        "new": country,
        "event": [("measure", draft.public_id, remedy)],
        "figure": country,
        "country": [("iso3", "ECU", remedy)],
    }
    assert refused == (expected if is_foreign else {kind: [] for kind in files})


def test_unchanged_row_of_another_country_is_not_published(people: dict[str, User], tmp_path: Path) -> None:
    draft = secret()
    text = f"public_id,country,title_en\n{draft.public_id},ECU,{draft.title_en}\n"
    for role, state in (("other editor", "draft"), ("own editor", "published")):
        imported(tmp_path, "measures", text, people[role], publish=True)
        draft.refresh_from_db()
        assert draft.workflow == state


# Accounts


def test_without_any_team_everybody_works_everywhere() -> None:
    draft = secret()
    analyst, member = factories.analyst(), factories.analyst()
    assert (team_of(analyst), may_work_on(analyst, draft)) == (None, True)
    membership = Membership.objects.create(user=member, country=factories.country())
    analyst, member = (User.objects.get(pk=user.pk) for user in (analyst, member))
    assert (may_work_on(analyst, draft), may_work_on(member, draft)) == (False, False)
    assert not visible_to(analyst, Measure.objects.all()).exists()
    membership.delete()
    assert may_work_on(User.objects.get(pk=analyst.pk), draft)


def test_countries_are_given_on_the_page_of_the_account(people: dict[str, User]) -> None:
    ecuador()
    client, account = signed_in(people["coordinator"]), people["other analyst"]
    address = url(account, "change", account.pk)
    sent = admin_forms.shown(client, address, "user_form")
    assert {name for name in sent if "-" not in name} == {"csrfmiddlewaretoken"}
    sent |= {"memberships-TOTAL_FORMS": "2", "memberships-1-country": "ECU", "is_superuser": "on", "username": "taken"}
    assert client.post(address, sent).status_code == 302
    account.refresh_from_db()
    assert (account.username, account.is_superuser) == ("other analyst", False)
    assert {membership.country_id for membership in account.memberships.all()} == {"ECU", "PER"}
    assert AuditEntry.objects.get(act=Act.RIGHTS_CHANGED).note == "+ECU"
    for role in ("own editor", "auditor"):
        assert signed_in(people[role]).post(address, sent).status_code == 403
    root = people["superuser"]
    assert client.post(url(root, "change", root.pk), sent).status_code == 403
    assert client.post(url(account, "password_change", account.pk), {}).status_code in (302, 403)
    registered: Any = admin.site._registry[User]
    request: Any = client.get("/admin/").wsgi_request
    assert not registered.may_open_access(request, account)
    account.set_unusable_password()  # invited, and not here yet
    assert registered.may_open_access(request, account)
    assert not registered.may_open_access(request, factories.user(is_superuser=True))


def test_invitation_names_role_and_countries(
    people: dict[str, User], mailoutbox: list[Any], settings: Settings
) -> None:
    settings.SENDS_MAIL = True
    ecuador()
    Group.objects.create(name="operators")
    client = signed_in(people["coordinator"])
    sent = {"email": "ana@example.org", "username": "ana", "countries": ["ECU", "PER"]}
    group = {group.name: group.pk for group in Group.objects.all()}
    refused: Any = client.post(url("auth.User", "invite"), sent | {"groups": group["operators"]})
    assert set(refused.context["form"].errors) == {"groups"}
    client.post(url("auth.User", "invite"), sent | {"groups": group["analyst"]})
    ana = User.objects.get(username="ana")
    assert {membership.country_id for membership in ana.memberships.all()} == {"ECU", "PER"}
    assert "Your role: analyst. Your countries: Ecuador, Peru." in render_to_string(
        "admin/account/invitation_letter.txt", {"user": ana, "duties": duties_of(ana)}
    )


def test_lists_of_a_team_take_the_same_number_of_queries(people: dict[str, User]) -> None:
    source = factories.source()
    addresses = [url("measures.Measure", "changelist"), "/admin/", url(source, "change", source.pk)]
    counts = []
    for number in (1, 10):
        for _each in range(number):
            factories.revision(record=public(sources=(source,)), by=factories.analyst())
            secret(sources=(source,))
        client = signed_in(people["own editor"])
        for address in addresses:
            with CaptureQueriesContext(connection) as made:
                client.get(address)
            counts.append(len(made))
    assert counts[:3] == counts[3:]
