"""Country teams: what each role sees of the records of Ecuador, by every way to reach them.

Peru is the other country. The tables have a column for each role, in the order of `ROLES`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from countries.models import FeedRun
from foundation.files.models import FileImport, FileImportRow
from foundation.records.comments import write
from foundation.records.models import Revision
from measures.models import Measure
from tests import factories
from tests.attacks.second_reader import url
from tests.attacks.surface import addresses, known_values, objects
from tests.attacks.teams import ecuador, names_in, public, role_of, secret, treaty, upload
from tests.clients import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_index")]


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
    "measures.Topic": (lambda: factories.topic(key="unused"), "---- v--- v--- v--- v--- vacd v--- vacd"),
    "measures.TargetGroup": (lambda: factories.target_group(key="unused"), "---- v--- v--- v--- v--- vacd v--- vacd"),
    "measures.DataSet": (lambda: factories.data_set(key="unused"), "---- v--- v--- v--- v--- vacd v--- vacd"),
    "measures.Coverage public": (
        lambda: factories.coverage(country=ecuador()),
        "---- va-- va-- vacd va-- vacd v--- vacd",
    ),
    "measures.Coverage proposed": (
        lambda: factories.coverage(country=ecuador(), is_proposed=True),
        "---- vacd -a-- vacd -a-- vacd v--- vacd",
    ),
    "measures.SeenNumber public": (
        lambda: factories.seen_number(country=ecuador()),
        "---- va-- va-- vacd va-- vacd v--- vacd",
    ),
    "measures.SeenNumber proposed": (
        lambda: factories.seen_number(country=ecuador(), is_proposed=True),
        "---- vacd -a-- vacd -a-- vacd v--- vacd",
    ),
    "measures.Release": (lambda: factories.release(), "---- v--- v--- v--- v--- v--- v--- v---"),
    "measures.ErrorReport of a country": (
        lambda: factories.error_report(country=ecuador()),
        "---- v--- ---- v-c- ---- v-c- v--- v-c-",
    ),
    "measures.ErrorReport of none": (
        lambda: factories.error_report(),
        "---- v--- v--- v-c- v-c- v-c- v--- v-c-",
    ),
    "measures.DoubleCoding": (
        lambda: factories.double_coding(measure=secret(workflow="in_review")),
        "---- v--- ---- v--- ---- v--- v--- v---",
    ),
    "measures.Subscription": (lambda: factories.subscription(), "---- ---- ---- ---- ---- ---- ---- v---"),
    "countries.Indicator": (lambda: factories.indicator(key="unused"), "---- v--- v--- v--- v--- vacd v--- vacd"),
    "countries.Unit": (lambda: factories.unit(key="unused"), "---- v--- v--- v--- v--- vacd v--- vacd"),
    "countries.Role": (lambda: factories.role(key="unused"), "---- v--- v--- v--- v--- vacd v--- vacd"),
    "countries.Site": (lambda: factories.site(), "---- v--- v--- v--- v--- v-c- v--- v-c-"),
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
        url("measures.Topic", "delete", draft.primary_topic_id): "- - - - - SK - SK",
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


def test_no_address_of_the_admin_has_what_is_hidden(settings: Settings, tmp_path: Path) -> None:
    """Everything of Peru that is not public has the word `Secret`; an editor of Ecuador and an auditor look for it."""
    settings.IMPORTS_DIR = tmp_path / "imports"
    known = objects()
    draft = known[Measure]
    words = {f"title_{language}": f"Secret of Lima ({language})" for language in ("en", "es", "pt")}
    Measure.objects.filter(country="PER").update(workflow="draft", **words)
    write(draft, "Secret remark", by=factories.analyst())
    Revision.objects.filter(content_type__model__in=("measure", "country", "mobilityrole", "observation")).update(
        name="Secret proposal", note="Secret note"
    )
    FileImport.objects.update(name="Secret.csv")
    FileImportRow.objects.update(label="Secret row")
    FeedRun.objects.update(problem="Secret problem")
    walked = [
        address for address in addresses() if address.name.startswith("admin:") and address.name != "admin:logout"
    ]
    seen: dict[str, set[str]] = {}
    roles = {
        "editor": factories.member(group="editor", countries=("ECU",)),
        "auditor": factories.user(group="auditor"),
    }
    for role, user in roles.items():
        client = Client(raise_request_exception=False)
        client.force_login(user)
        answers = {
            address.name: client.get("/" + address.route.format(**known_values(address, known)), follow=True)
            for address in walked
        }
        assert {name for name, answer in answers.items() if answer.status_code >= 500} == set()
        seen[role] = {name for name, answer in answers.items() if b"Secret" in b"".join(answer)}
    assert seen["editor"] == set()
    assert {
        "admin:measures_measure_changelist",
        "admin:measures_measure_change",
        "admin:measures_measure_history",
        "admin:measures_measure_comments",
        "admin:measures_measure_preview",
        "admin:measures_measure_export",
        "admin:measures_source_change",
        "admin:foundation_revision_changelist",
        "admin:foundation_fileimport_changelist",
        "admin:foundation_fileimport_export",
        "admin:countries_feedrun_change",
    } <= seen["auditor"]
