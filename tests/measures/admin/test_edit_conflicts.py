"""Two people in one record: both versions are shown, neither is lost."""

import html
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from measures import workflow
from measures.models import Measure
from observatory.database.owner import as_owner
from tests import admin_forms, factories
from tests.clients import signed_in

pytestmark = pytest.mark.django_db


def change(measure: Measure) -> str:
    return reverse("admin:measures_measure_change", args=[measure.pk])


def differences(response: Any) -> list[tuple[str, str, str, str, bool]]:
    return [(d.label, d.base, d.theirs, d.mine, d.is_conflict) for d in response.context["differences"]]


def test_stale_save_is_refused_shows_both_and_loses_neither() -> None:
    ana, eva = factories.analyst(username="ana"), factories.analyst(username="eva")
    draft = factories.draft(title_en="Old", title_es="Viejo", short_title_en="Old")
    url = change(draft)
    by_eva = admin_forms.shown(signed_in(eva), url)
    ana_saves = admin_forms.shown(signed_in(ana), url) | {"title_en": "Of Ana", "title_es": "De Ana"}
    assert admin_forms.errors(signed_in(ana).post(url, ana_saves)) == []

    page = signed_in(eva).post(url, by_eva | {"title_en": "Of Eva", "short_title_en": "Eva"})
    assert admin_forms.errors(page)[0].startswith("Not saved yet: ana changed this record")
    assert "Please correct the error" not in page.text
    assert page.text.count("Not saved yet") == 1
    assert differences(page) == [
        ("Title (English)", "Old", "Of Ana", "Of Eva", True),
        ("Title (Spanish)", "Viejo", "De Ana", "Viejo", False),
    ]
    draft.refresh_from_db()
    assert (draft.title_en, draft.record_version) == ("Of Ana", 2)
    merged = admin_forms.held(page)
    assert (merged["title_en"], merged["title_es"], merged["short_title_en"]) == ("Of Eva", "De Ana", "Eva")

    again = signed_in(eva).post(url, merged)
    assert admin_forms.errors(again) == ["Choose a version of each field that both of you changed."]
    assert admin_forms.held(again)["title_en"] == "Of Eva"
    assert admin_forms.errors(signed_in(eva).post(url, admin_forms.held(again) | {"choice-title_en": "mine"})) == []
    draft.refresh_from_db()
    assert (draft.title_en, draft.title_es, draft.short_title_en, draft.updated_by) == ("Of Eva", "De Ana", "Eva", eva)
    assert draft.record_version == 3


def test_stale_save_keeps_rows_tags_and_sources_of_both() -> None:
    client, other = signed_in(factories.analyst()), factories.editor()
    first, second = factories.source(title="First"), factories.source(title="Second")
    bill = factories.draft(
        kind="bill", events=(("introduced", "2020-03"),), sources=(first,), topics=("health.access",)
    )
    url = change(bill)
    mine = admin_forms.shown(client, url)
    theirs = admin_forms.shown(signed_in(other), url) | {
        "topics": [str(bill.primary_topic_id), str(factories.topic(key="border.closure").pk)],
        "status_events-1-status": "in_committee",
        "status_events-1-date": "2020-04",
        "citations-0-locator": "p. 9",
    }
    assert admin_forms.errors(signed_in(other).post(url, theirs)) == []
    page = client.post(
        url,
        mine
        | {
            "status_events-0-date": "2020-02",
            "status_events-1-status": "archived",
            "status_events-1-date": "2020-06",
            "citations-1-source": str(second.pk),
        },
    )
    assert differences(page) == [
        ("Topics", "Access", "Closure, Access", "Access", False),
        ("Event", "", "In committee, 2020-04", "", False),
        ("Citation (First, p. 9): Locator", "", "p. 9", "", False),
    ]
    assert bill.status_events.count() == 2
    assert admin_forms.errors(client.post(url, admin_forms.held(page))) == []
    assert [str(event) for event in bill.status_events.all()] == [
        "introduced@2020-02",
        "in_committee@2020-04",
        "archived@2020-06",
    ]
    assert {(c.source.title, c.locator) for c in bill.citations.all()} == {("First", "p. 9"), ("Second", "")}
    assert {topic.key for topic in bill.topics.all()} == {"health.access", "border.closure"}


@pytest.mark.parametrize(("kept", "left"), [("mine", ["in_committee@2020-05"]), ("theirs", [])])
def test_row_that_the_other_removed_stays_only_where_it_was_changed_here(kept: str, left: list[str]) -> None:
    client, other = signed_in(factories.analyst()), signed_in(factories.analyst())
    bill = factories.draft(kind="bill", events=(("introduced", "2020-03"), ("in_committee", "2020-04")))
    url = change(bill)
    mine = admin_forms.shown(client, url)
    removed = {"status_events-0-DELETE": "on", "status_events-1-DELETE": "on"}
    assert admin_forms.errors(other.post(url, admin_forms.shown(other, url) | removed)) == []
    page = client.post(url, mine | {"status_events-1-date": "2020-05"})
    assert differences(page) == [
        ("Event", "Introduced, 2020-03", "removed", "Introduced, 2020-03", False),
        ("Event", "In committee, 2020-04", "removed", "In committee, 2020-05", True),
    ]
    choice = {"choice-status_events-0-DELETE": kept}
    assert admin_forms.errors(client.post(url, admin_forms.held(page) | choice)) == []
    assert [str(event) for event in bill.status_events.all()] == left


def test_tags_take_what_either_added_and_theirs_replaces_mine_where_chosen() -> None:
    client, other = signed_in(factories.analyst()), signed_in(factories.editor())
    draft = factories.draft(groups=("refugees",), events=(("enacted", "2020-03"),))
    url, group = change(draft), draft.target_groups.get()
    mine = admin_forms.shown(client, url)
    added = [str(factories.target_group(key=key).pk) for key in ("minors", "returnees")]
    theirs = {"target_groups": [str(group.pk), added[0]], "status_events-0-date": "2020-04"}
    assert admin_forms.errors(other.post(url, admin_forms.shown(other, url) | theirs)) == []
    page = client.post(url, mine | {"target_groups": [added[1]], "status_events-0-date": "2020-05"})
    assert [difference[-1] for difference in differences(page)] == [False, True]
    chosen = {"choice-status_events-0-date": "theirs"}
    assert admin_forms.errors(client.post(url, admin_forms.held(page) | chosen)) == []
    assert {group.key for group in draft.target_groups.all()} == {"minors", "returnees"}
    assert [str(event) for event in draft.status_events.all()] == ["enacted@2020-04"]


def test_record_published_meanwhile_shows_what_was_typed_but_is_not_saved() -> None:
    analyst, editor, draft = factories.analyst(), factories.editor(), factories.draft()
    client, url = signed_in(analyst), change(draft)
    mine = admin_forms.shown(client, url) | {"summary_en": "An hour of work"}
    workflow.publish(draft, by=editor)
    page = client.post(url, mine)
    assert page.status_code == 200
    assert "now “Published”" in admin_forms.errors(page)[0]
    assert admin_forms.held(page)["summary_en"] == "An hour of work"
    assert client.post(url, admin_forms.held(page)).status_code == 403
    draft.refresh_from_db()
    assert draft.summary_en == ""


@pytest.mark.parametrize("loaded", ["", "{", "[]", '{"fields": 5}', '{"fields": {"title_en": 5}, "rows": {}}'])
def test_form_that_lost_what_it_was_opened_with_shows_every_difference(loaded: str) -> None:
    client, draft = signed_in(factories.analyst()), factories.draft(title_en="Now", title_es="Ahora")
    mine = admin_forms.shown(client, change(draft)) | {"record_version": "0", "loaded": loaded, "title_en": "Mine"}
    assert differences(client.post(change(draft), mine)) == [("Title (English)", "", "Now", "Mine", True)]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_lost_race_for_a_number_is_told_in_words_and_keeps_what_was_typed() -> None:
    client, draft = signed_in(factories.analyst()), factories.draft(reference="1-2020")
    with as_owner(), connection.cursor() as cursor:  # a constraint that fails only after the form was validated
        cursor.execute(
            "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no' using"
            " errcode = 'unique_violation', constraint = 'measures_measure_reference_unique'; end $$;"
            "create trigger refuse before update on measures_measure for each row execute function refuse()"
        )
    try:
        page = client.post(change(draft), admin_forms.shown(client, change(draft)) | {"title_en": "Typed"})
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("drop function refuse() cascade")
    assert admin_forms.errors(page)[0].startswith("This country already has an entry of that kind")
    assert admin_forms.held(page)["title_en"] == "Typed"


def test_form_carries_what_it_shows_without_breaking_the_page() -> None:
    draft = factories.draft(title_en='"><script>alert(1)</script>')
    page = signed_in(factories.analyst()).get(change(draft)).content.decode()
    assert "<script>alert(1)" not in page
    carried = re.search(r'name="loaded" value="([^"]*)"', page)
    assert carried
    assert "<script>alert(1)" in html.unescape(carried[1])


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_saves_at_one_moment_one_is_refused() -> None:
    draft, people = factories.draft(title_en="Old"), [factories.analyst() for _number in range(4)]
    opened = [(signed_in(person), admin_forms.shown(signed_in(person), change(draft))) for person in people]
    start = threading.Barrier(len(people))

    def save(number: int) -> int:
        client, shown = opened[number]
        start.wait()
        try:
            return client.post(change(draft), shown | {"title_en": f"By {number}"}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(people)) as pool:
        answers = list(pool.map(save, range(len(people))))
    draft.refresh_from_db()
    assert sorted(answers) == [200, 200, 200, 302]
    assert (draft.title_en, draft.record_version) == (f"By {answers.index(302)}", 2)
