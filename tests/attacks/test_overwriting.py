"""Nobody writes over another unseen: two people, or one with two windows, in every form of the admin."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from countries.models import IndicatorFeed
from foundation.records.bulk_admin import MOST_AT_ONCE
from measures import workflow
from measures.models import Measure, Source, TargetGroup
from tests import admin_forms, factories
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")


@dataclass(frozen=True)
class Case:
    """A record of a model, and two of its fields with two values to type each."""

    make: Callable[[], Model]
    first: tuple[str, str, str]
    second: tuple[str, str]
    is_deleted: bool = True
    """Whether an editor may delete it."""


WITHOUT_A_FORM = {
    "countries.FeedRun": "decided under a lock, see `countries.feeds.runs`",
    "foundation.FileImport": "a file has one preview and is imported once",
    "foundation.Revision": "decided under a lock, see `foundation.records.revisions`",
    "observatory.BackgroundJob": "only looked at",
    "foundation.AuditEntry": "only looked at",
    "measures.Release": "only looked at",
    "measures.ErrorReport": "answered under a lock, see `measures.corrections.reports`",
    "measures.DoubleCoding": "each step takes a lock, see `measures.double_coding.coding`",
    "measures.Subscription": "only looked at; its owner changes it by a link",
    "axes.AccessAttempt": "only looked at",
    "axes.AccessLog": "only looked at",
    "axes.AccessFailureLog": "only looked at",
    "auth.User": "accounts are an administrator's: neither group may see them",
    "auth.Group": "accounts are an administrator's: neither group may see them",
}
NARRATIVES = (("narrative_en", "Of Ana", "Of Eva"), ("narrative_es", "De Eva"))
LABELS = (("label_en", "Of Ana", "Of Eva"), ("label_es", "De Eva"))
TABLE = {
    "countries.Country": Case(
        lambda: factories.country(), ("summary_en", "Of Ana", "Of Eva"), ("summary_es", "De Eva"), is_deleted=False
    ),
    "countries.Site": Case(
        lambda: factories.site(), ("name_en", "Of Ana", "Of Eva"), ("headline_es", "De Eva"), is_deleted=False
    ),
    "countries.Role": Case(lambda: factories.role(key="unused"), *LABELS),
    "countries.MobilityRole": Case(lambda: factories.mobility_role(), *NARRATIVES),
    "countries.Indicator": Case(
        lambda: factories.indicator(), ("name_en", "Of Ana", "Of Eva"), ("definition_en", "Of Eva")
    ),
    "countries.CountryArea": Case(lambda: factories.area(), ("native_name", "Of Ana", "Of Eva"), ("name_es", "De Eva")),
    "countries.Unit": Case(lambda: factories.unit(), ("name_en", "Of Ana", "Of Eva"), ("name_es", "De Eva")),
    "countries.Observation": Case(lambda: factories.observation(), ("value", "5", "7"), ("note", "Of Eva")),
    "countries.IndicatorFeed": Case(lambda: factories.feed(), ("note", "Of Ana", "Of Eva"), ("source_name", "Of Eva")),
    "measures.Measure": Case(lambda: factories.draft(), ("summary_en", "Of Ana", "Of Eva"), ("summary_es", "De Eva")),
    "measures.Source": Case(lambda: factories.source(), ("title", "Of Ana", "Of Eva"), ("publisher", "Of Eva")),
    "measures.Topic": Case(lambda: factories.topic(key="unused"), *LABELS),
    "measures.TargetGroup": Case(lambda: factories.target_group(), *LABELS),
    "measures.Coverage": Case(lambda: factories.coverage(), ("searched", "Of Ana", "Of Eva"), ("checked_by", "Of Eva")),
    "measures.SeenNumber": Case(lambda: factories.seen_number(), ("title", "Of Ana", "Of Eva"), ("searched", "Of Eva")),
    "measures.DataSet": Case(lambda: factories.data_set(), ("name", "Of Ana", "Of Eva"), ("licence", "MIT")),
    "measures.IssuingBody": Case(
        lambda: factories.issuing_body(), ("native_name", "Of Ana", "Of Eva"), ("acronym", "EVA")
    ),
}
EACH = pytest.mark.parametrize("label", TABLE)


def editor(name: str = "") -> Client:
    return signed_in(factories.editor(**({"username": name} if name else {})))


def url(record: Model, page: str) -> str:
    name = f"admin:{record._meta.app_label}_{record._meta.model_name}_{page}"
    return reverse(name, args=[] if page == "changelist" else [record.pk])


def opened(client: Client, record: Model) -> dict[str, Any]:
    return admin_forms.shown(client, url(record, "change"), f"{record._meta.model_name}_form")


def held(page: Any, record: Model) -> dict[str, Any]:
    return admin_forms.held(page, f"{record._meta.model_name}_form")


def saved(client: Client, record: Model, form: dict[str, Any]) -> None:
    page = client.post(url(record, "change"), form)
    assert (page.status_code, admin_forms.errors(page)) == (302, [])


def value(record: Model, name: str) -> str:
    record.refresh_from_db()
    text = str(getattr(record, name))
    return text.rstrip("0").rstrip(".") if name == "value" else text


def test_table_names_every_registered_form() -> None:
    assert {model._meta.label for model in admin.site._registry} == TABLE.keys() | WITHOUT_A_FORM.keys()
    request: Any = editor().get("/admin/").wsgi_request
    for model, registered in admin.site._registry.items():
        is_edited = model._meta.label in TABLE or model._meta.label == "measures.ErrorReport"
        assert registered.has_change_permission(request) == is_edited


@EACH
def test_another_field_of_a_newer_version_is_kept_and_told(label: str) -> None:
    ana, eva, case = editor("ana"), editor("eva"), TABLE[label]
    record = case.make()
    (name, of_ana, _of_eva), (other, of_eva) = case.first, case.second
    by_ana, by_eva = opened(ana, record), opened(eva, record)
    saved(ana, record, by_ana | {name: of_ana})
    page = eva.post(url(record, "change"), by_eva | {other: of_eva})
    assert admin_forms.errors(page)[0].startswith("Not saved yet: ")
    assert value(record, other) != of_eva
    merged = held(page, record)
    assert (merged[name], merged[other]) == (of_ana, of_eva)
    saved(eva, record, merged)
    assert (value(record, name), value(record, other)) == (of_ana, of_eva)


@EACH
@pytest.mark.parametrize("choice", ["mine", "theirs"])
def test_same_field_shows_both_versions_and_asks(label: str, choice: str) -> None:
    ana, eva, case = editor("ana"), editor("eva"), TABLE[label]
    record = case.make()
    name, of_ana, of_eva = case.first
    by_ana, by_eva = opened(ana, record), opened(eva, record)
    saved(ana, record, by_ana | {name: of_ana})
    page = eva.post(url(record, "change"), by_eva | {name: of_eva})
    (difference,) = page.context["differences"]
    assert (difference.theirs, difference.mine, difference.is_conflict) == (of_ana, of_eva, True)
    assert f'name="choice-{name}"' in page.text
    assert value(record, name) == of_ana
    again = eva.post(url(record, "change"), held(page, record))
    assert admin_forms.errors(again) == ["Choose a version of each field that both of you changed."]
    assert value(record, name) == of_ana
    saved(eva, record, held(again, record) | {f"choice-{name}": choice})
    assert value(record, name) == (of_eva if choice == "mine" else of_ana)


@EACH
def test_two_windows_of_one_person_are_told_apart(label: str) -> None:
    ana, case = editor("ana"), TABLE[label]
    record = case.make()
    name, of_first, of_second = case.first
    first, second = opened(ana, record), opened(ana, record)
    saved(ana, record, first | {name: of_first})
    page = ana.post(url(record, "change"), second | {name: of_second})
    assert value(record, name) == of_first
    assert [d.mine for d in page.context["differences"]] == [of_second]
    if label not in ("countries.Country", "measures.Measure"):  # which have messages of their own
        assert "you changed this record in another window" in admin_forms.errors(page)[0]


@EACH
def test_both_typed_the_same_is_no_quarrel(label: str) -> None:
    ana, eva, case = editor(), editor(), TABLE[label]
    record = case.make()
    name, text, _other = case.first
    by_ana, by_eva = opened(ana, record), opened(eva, record)
    saved(ana, record, by_ana | {name: text})
    page = eva.post(url(record, "change"), by_eva | {name: text})
    if label == "measures.Measure":  # whose version has increased
        page = eva.post(url(record, "change"), held(page, record))
    assert page.status_code == 302
    assert value(record, name) == text


@EACH
def test_deletion_of_what_another_changed_is_told_first(label: str) -> None:
    ana, eva, case = editor("ana"), editor("eva"), TABLE[label]
    record = case.make()
    if not case.is_deleted:
        assert eva.get(url(record, "delete")).status_code == 403
        return
    name, of_ana, _of_eva = case.first
    by_eva = eva.get(url(record, "delete"))
    seen = {"post": "yes", "seen": by_eva.context["seen"]}
    saved(ana, record, opened(ana, record) | {name: of_ana})
    page = eva.post(url(record, "delete"), seen)
    assert "Not deleted yet: this record changed after you opened this page." in page.text
    assert type(record)._default_manager.filter(pk=record.pk).exists()
    assert "ana" in page.text
    assert of_ana in page.text
    assert eva.post(url(record, "delete"), {"post": "yes", "seen": page.context["seen"]}).status_code == 302
    assert not type(record)._default_manager.filter(pk=record.pk).exists()


@EACH
def test_record_deleted_meanwhile_gives_back_what_was_typed(label: str) -> None:
    eva, case = editor(), TABLE[label]
    record = case.make()
    (name, text, _other), (second, other) = case.first, case.second
    form = opened(eva, record) | {name: text, second: other}
    key = record.pk
    if label == "measures.Measure":
        Measure.objects.filter(pk=key).delete()
    else:
        type(record)._default_manager.filter(pk=key).delete()
    page = eva.post(reverse(f"admin:{label.lower().replace('.', '_')}_change", args=[key]), form)
    assert page.status_code == 410
    assert "this record was deleted after you opened it" in page.text
    assert {text, other} <= {typed for _label, typed in page.context["typed"]}
    assert not type(record)._default_manager.exists()


def test_row_typed_into_a_record_that_is_gone_is_given_back_too() -> None:
    eva, country = editor(), factories.country()
    no_row = {f"roles-{'9' * 5000}-narrative_en": "Of no row", "roles-²-narrative_en": "Of no row"}
    form = opened(eva, country) | {"roles-0-narrative_en": "An hour of work"} | no_row
    country.delete()
    sent = urlencode(form, doseq=True)  # in the other encoding, names of such a length are refused
    page = eva.post("/admin/countries/country/PER/change/", sent, content_type="application/x-www-form-urlencoded")
    assert ("Role of a country 1: Narrative (English)", "An hour of work") in page.context["typed"]
    assert "Of no row" not in {typed for _label, typed in page.context["typed"]}


@pytest.mark.parametrize("language", ["", "/es", "/pt"])
def test_days_are_compared_as_the_form_writes_them(language: str) -> None:
    eva, record = editor(), factories.source(accessed_on="2020-12-31")
    address = language + url(record, "change")
    form = admin_forms.shown(eva, address, "source_form")
    Source.objects.filter(pk=record.pk).update(publisher="Theirs")
    page = eva.post(address, form | {"title": "Mine"})
    assert [(d.name, d.is_conflict) for d in page.context["differences"]] == [("publisher", False)]


def test_picture_that_another_put_in_place_is_told() -> None:
    ana, eva, country = editor(), editor(), factories.country()
    by_ana, by_eva = opened(ana, country), opened(eva, country)
    words = {"picture_alt": "A dot"}
    saved(ana, country, by_ana | words | {"picture": SimpleUploadedFile("ana.gif", PIXEL, "image/gif")})
    country.refresh_from_db()
    of_ana = country.picture.name
    upload = {"picture": SimpleUploadedFile("eva.gif", PIXEL, "image/gif")}
    page = eva.post(url(country, "change"), by_eva | words | upload)
    country.refresh_from_db()
    assert country.picture.name == of_ana
    assert "picture" in [difference.name for difference in page.context["differences"]]
    country.picture.delete(save=False)


# The list: what changed since it was shown is not moved, deleted or turned on unseen


def act(client: Client, action: str, *records: Model, seen: str = "", **others: Any) -> list[str]:
    chosen = {"action": action, "_selected_action": [record.pk for record in records], "seen": seen} | others
    page = client.post(url(records[0], "changelist"), chosen, follow=True)
    return [str(message) for message in page.context["messages"]]


def shown_in_list(client: Client, record: Model) -> str:
    form = admin_forms.shown(client, url(record, "changelist"), "changelist-form")
    return str(form["seen"])


def test_draft_that_was_changed_after_the_list_was_shown_is_not_published_unseen() -> None:
    eva, draft = editor(), factories.draft()
    seen = shown_in_list(eva, draft)
    author = signed_in(factories.analyst())
    saved(author, draft, opened(author, draft) | {"title_en": "Forged at the last moment"})
    (message,) = act(eva, "publish", draft, seen=seen)
    assert message.startswith("Nothing was changed: 1 record changed after you opened the list.")
    assert draft.public_id in message
    draft.refresh_from_db()
    assert draft.workflow == "draft"
    act(eva, "publish", draft, seen=shown_in_list(eva, draft))
    draft.refresh_from_db()
    assert draft.workflow == "published"


def test_term_that_was_changed_after_the_list_was_shown_is_not_deleted_unseen() -> None:
    ana, eva, group = editor(), editor(), factories.target_group()
    seen = shown_in_list(eva, group)
    asked = eva.post(
        url(group, "changelist"), {"action": "delete_selected", "_selected_action": [group.pk], "seen": seen}
    )
    why = {"definition_meaning": "wording", "definition_why": "Clearer."}
    saved(ana, group, opened(ana, group) | why | {"definition_en": "Needed after all"})
    for carried in (seen, asked.context["seen"]):
        (message,) = act(eva, "delete_selected", group, seen=carried, post="yes")
        assert message.startswith("Nothing was changed: 1 record changed after you opened the list.")
    assert TargetGroup.objects.filter(pk=group.pk).exists()
    act(eva, "delete_selected", group, seen=shown_in_list(eva, group), post="yes")
    assert not TargetGroup.objects.filter(pk=group.pk).exists()


UNREADABLE = {"nested lists": "[" * 100_000, "an endless number": '{"1": 1e999}', "no versions": "[1]"}


@pytest.mark.parametrize("seen", UNREADABLE.values(), ids=UNREADABLE)
def test_versions_that_cannot_be_read_are_none(seen: str) -> None:
    """Regression: they ended in 500."""
    eva, group, other = editor(), factories.target_group(), factories.target_group(key="other")
    assert eva.post(url(group, "delete"), {"post": "yes", "seen": seen}).status_code == 302
    assert act(eva, "delete_selected", other, seen=seen, post="yes")[-1] == "Successfully deleted 1 target group."
    assert not TargetGroup.objects.exists()


def test_feed_that_was_changed_after_the_list_was_shown_is_not_turned_on_unseen() -> None:
    eva, feed = editor(), factories.feed(is_on=False)
    seen = shown_in_list(eva, feed)
    author = signed_in(factories.analyst())
    saved(author, feed, opened(author, feed) | {"url": "https://elsewhere.example/x.csv"})
    (message,) = act(eva, "turn_on", feed, seen=seen)
    assert message.startswith("Nothing was changed: 1 record changed after you opened the list.")
    assert not IndicatorFeed.objects.get().is_on


def test_turning_a_feed_on_writes_nothing_else() -> None:
    """A form that is saved at the same moment keeps its fields: the action writes the one that it is about."""
    eva, feed = editor(), factories.feed(is_on=False, note="Old")
    before = IndicatorFeed.objects.get()
    act(eva, "turn_on", feed)
    after = IndicatorFeed.objects.get()
    names = [
        each.name for each in IndicatorFeed._meta.fields if getattr(before, each.name) != getattr(after, each.name)
    ]
    assert names == ["is_on", "updated_at"]


@pytest.mark.parametrize("carried", ["", "{", "[]", '{"x": "y"}', '{"1": null}'])
def test_list_that_lost_what_it_showed_still_acts(carried: str) -> None:
    draft = factories.draft()
    act(editor(), "publish", draft, seen=carried)
    draft.refresh_from_db()
    assert draft.workflow == "published"


def test_action_takes_a_bounded_number_at_once() -> None:
    eva = editor()
    made = [TargetGroup(key=f"group_{n}", label_en="G", label_es="G", label_pt="G") for n in range(MOST_AT_ONCE + 1)]
    TargetGroup.objects.bulk_create(made)
    (message,) = act(eva, "delete_selected", TargetGroup.objects.all()[0], select_across="1", post="yes")
    assert (
        message
        == "Nothing was changed: you selected 501 records, and at most 500 can be changed at once. Narrow the list."
    )
    assert TargetGroup.objects.count() == MOST_AT_ONCE + 1


def test_two_editors_publish_the_same_entry_once() -> None:
    ana, eva, draft = editor(), editor(), factories.draft()
    seen = shown_in_list(eva, draft)
    act(ana, "publish", draft, seen=shown_in_list(ana, draft))
    told = act(eva, "publish", draft, seen=seen)
    assert [message.partition(":")[0] for message in told] == ["Nothing was changed"]
    workflow.send_back(draft, by=factories.editor(), note="Because")
