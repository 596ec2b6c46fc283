"""The list of measures: search, filters, tagging and moves."""

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from foundation.days import today
from foundation.files.formats import FORMATS
from measures.admin.queues import waiting
from measures.choices import Workflow
from measures.models import Measure, ScheduledPublication
from measures.scheduling import schedule
from tests import admin_forms, factories
from tests.clients import content_of, signed_in

pytestmark = pytest.mark.django_db

LIST = "/admin/measures/measure/"


def listed(client: Client, **query: str) -> set[str]:
    return {measure.public_id for measure in client.get(LIST, query).context["cl"].result_list}


@pytest.mark.parametrize(
    "term",
    [
        "PER-00001",
        "per-00001",
        "000104",
        "Nº 104-2020-migraciones",
        "prorroga",
        "prórr",
        "educaciones",
        "superintend",
        "MIGR",
        "El Peruano",
        "elperuano.example/104",
        "prorroga 104",
    ],
)
def test_search_finds_by_everything_one_would_type(term: str) -> None:
    peru = factories.country()
    body = factories.issuing_body(country=peru, acronym="MIGR", native_name="Superintendencia Nacional")
    source = factories.source(title="El Peruano, 3 April", url="https://elperuano.example/104")
    factories.measure(
        title_es="Prórroga de plazos",
        summary_es="Sobre la educación.",
        reference="N° 000104-2020-MIGRACIONES",
        issuing_body=body,
        sources=(source,),
    )
    factories.measure(title_es="Otra cosa", reference="7-2021")
    assert listed(signed_in(factories.analyst()), q=term) == {"PER-00001"}


@pytest.mark.parametrize("term", ["_", "&", "' :* |", "½ ª №", "((", "\\", "%", "-"])
def test_odd_search_is_answered(term: str) -> None:
    factories.measure(title_en="A measure")
    assert signed_in(factories.analyst()).get(LIST, {"q": term}).status_code == 200


def test_filters_narrow_by_what_an_entry_is() -> None:
    client = signed_in(factories.analyst(username="me"))
    me = User.objects.get(username="me")
    factories.measure(topics=("health.access",), groups=("refugees",), direction="less_restrictive", by=me)
    factories.draft(kind="bill", topics=("border.closure",), country=factories.country(iso3="ECU"), evidence="disputed")
    one, two = "PER-00001", "ECU-00001"
    answers = {
        "country=PER": {one},
        "country=ECU": {two},
        "country=INT": set(),
        "family=bill": {two},
        "kind=bill": {two},
        "status_group=possibly": {one},
        "topic=health": {one},
        "topic=border.closure": {two},
        "target_group=refugees": {one},
        "workflow=draft": {two},
        "direction=less_restrictive": {one},
        "evidence=disputed": {two},
        "mine=created": {one},
        "mine=updated": {one},
    }
    assert {query: listed(client, **dict([query.split("=")])) for query in answers} == answers


def test_query_of_the_site_finds_drafts_too_and_adds_to_the_other_filters() -> None:
    client = signed_in(factories.analyst())
    for topic, new in (("health.access", factories.measure), ("border.closure", factories.draft)):
        new(topics=(topic,), events=(("enacted", "2020"),))
        new(topics=(topic,), kind="bill", events=(("enacted", "2022"),))
    factories.draft(country=factories.country(iso3="ECU"), topics=("work.permit",))
    answers = {
        "country=PER": {"PER-00001", "PER-00002", "PER-00003", "PER-00004"},
        "?topic=border&country=PER": {"PER-00003", "PER-00004"},
        "https://site.example/es/measures/?topic=border&topic=health&to=2021": {"PER-00001", "PER-00003"},
        "topic=health&from=2021&sort=oldest&page=9": {"PER-00002"},
        "family=bill": {"PER-00002", "PER-00004"},
    }
    assert {query: listed(client, query=query) for query in answers} == answers
    assert listed(client, query="country=PER", workflow="draft") == {"PER-00003", "PER-00004"}
    assert listed(client, query="country=PER", workflow="draft", kind="bill", q="PER-00004") == {"PER-00004"}
    assert len(listed(client, query="  ")) == 5


def test_query_that_cannot_be_followed_is_told_and_lists_and_exports_nothing() -> None:
    client = signed_in(factories.analyst())
    factories.draft()
    wrong = "topic=helth&colour=red"
    page = client.get(LIST, {"query": wrong, "workflow": "draft"})
    assert page.context["cl"].result_count == 0
    assert [str(message) for message in page.context["messages"]] == [
        "colour: This filter does not exist.",
        "Topic: “helth” is not available here. Did you mean “health”?",
    ]
    words = " ".join(page.content.decode().split())
    assert "colour: This filter does not exist." in words
    assert "Topic: “helth” is not available here." in words
    exported = client.get(f"{LIST}export/measures.csv", {"query": wrong, "workflow": "draft"})
    assert exported.status_code == 302
    assert "“helth” is not available here." in client.get(exported["Location"]).content.decode()


def test_list_of_a_query_is_exported_and_its_form_keeps_the_other_filters() -> None:
    client = signed_in(factories.analyst())
    draft = factories.draft(topics=("health.access",))
    factories.draft(topics=("border.closure",))
    factories.measure(topics=("health.access",))
    asked = {"query": "topic=health", "workflow": "draft"}
    page = client.get(LIST, asked | {"p": "1", "q": "PER"}).content.decode()
    form = page[page.index('class="query-filter"') :]
    form = form[: form.index("</form>")]
    assert dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', form)) == {"workflow": "draft", "q": "PER"}
    assert 'value="topic=health"' in form
    for ending in FORMATS:
        address = unescape(re.findall(rf'href="(/admin/measures/measure/export/measures.{ending}[^"]*)"', page)[0])
        content = content_of(client.get(address))
        if ending == "json":
            assert [row["public_id"] for row in json.loads(content)] == [draft.public_id]
        if ending == "csv":
            assert [line.partition(b",")[0].decode() for line in content.splitlines()[1:]] == [draft.public_id]


def test_selected_measures_are_exported_in_every_format() -> None:
    client = signed_in(factories.analyst())
    chosen, _other = factories.draft(title_en="Chosen"), factories.draft(title_en="Other")
    for ending, found in FORMATS.items():
        data = {"action": f"export_selected_as_{ending}", "_selected_action": [str(chosen.pk)]}
        response = client.post(LIST, data)
        assert response["Content-Type"] == found.media_type
        assert response["Content-Disposition"] == f'attachment; filename="measures.{ending}"'
        content = content_of(response)
        if ending == "json":
            assert [row["title_en"] for row in json.loads(content)] == ["Chosen"]


def test_queues_count_what_their_lists_hold() -> None:
    analyst = factories.analyst()
    complete: dict[str, Any] = {
        f"{field}_{language}": "x" for field in ("title", "summary") for language in ("en", "es", "pt")
    }
    factories.draft(by=analyst, **complete, end_kind="indefinite")
    waits = factories.measure(workflow="in_review", **complete, end_kind="indefinite", sources=())
    schedule(waits, by=factories.editor(), publish_at=timezone.now() + timedelta(days=1), at=timezone.now())
    factories.measure(**complete | {"summary_pt": ""}, end_kind="indefinite")
    factories.measure(**complete, events=(("in_force", "2020-04"),))
    factories.measure(**complete, workflow="stub", end_kind="indefinite")
    factories.measure(workflow="retired", sources=())
    client = signed_in(analyst)
    queues = waiting(analyst, date(2026, 1, 1))
    counts = [0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 0]
    assert [queue["count"] for queue in queues] == counts
    assert [len(client.get(queue["url"]).context["cl"].result_list) for queue in queues] == counts
    page = client.get("/admin/").content.decode()
    assert all(queue["url"] in page for queue in queues)


def test_translation_is_missing_in_the_languages_of_the_site_alone(settings: Settings) -> None:
    factories.measure(title_en="Law", summary_en="A law.", title_es="Ley", summary_es="Una ley.")
    editor = factories.editor()
    client = signed_in(editor)

    def missing() -> tuple[int, int]:
        counts = {queue["url"]: queue["count"] for queue in waiting(editor, date(2026, 1, 1))}
        form = client.get("/admin/measures/measure/add/").text
        return counts["/admin/measures/measure/?queue=no_translation"], form.count('placeholder="missing"')

    assert missing() == (1, 9)
    settings.LANGUAGES = settings.LANGUAGES[:2]
    assert missing() == (0, 6)


def test_number_of_queries_of_list_and_form_is_fixed(django_assert_max_num_queries: Callable) -> None:
    client = signed_in(factories.editor())

    def fill(count: int) -> Measure:
        for _number in range(count):
            factories.measure(topics=("health.access", "border.closure"), groups=("refugees",))
        sources = tuple(factories.source() for _number in range(count))
        bill = factories.draft(kind="bill", events=(("introduced", "2020"),) * count, sources=sources)
        for other in Measure.objects.exclude(pk=bill.pk)[:count]:
            factories.relation(subject=bill, type="cites", object=other)
        return bill

    counts = []
    for count in (1, 30):
        bill = fill(count)
        form = reverse("admin:measures_measure_change", args=[bill.pk])
        for url in (LIST, form, f"{form.removesuffix('change/')}history/"):
            client.get(url)  # fills the content type cache
            with django_assert_max_num_queries(60) as made:
                assert client.get(url).status_code == 200
            counts.append(len(made))
    assert counts[:3] == counts[3:]


def tagged(client: Client, *measures: Measure, **tags: object) -> list[str]:
    chosen = {"action": "tag_selected", "_selected_action": [measure.pk for measure in measures]}
    page = client.post(LIST, chosen | {"_tag": "1"} | tags, follow=True)
    return [str(message) for message in page.context["messages"]]


def test_bulk_tagging_adds_removes_and_sets() -> None:
    client = signed_in(factories.analyst())
    health, border = factories.topic(key="health.access"), factories.topic(key="border.closure")
    first = factories.draft(topics=("health.access",), groups=("refugees",))
    second = factories.draft(kind="criticism", topics=(), events=())
    refugees, women = factories.target_group(key="refugees"), factories.target_group(key="women")
    messages = tagged(
        client,
        first,
        second,
        add_topics=[border.pk],
        remove_topics=[health.pk],
        add_target_groups=[women.pk],
        remove_target_groups=[refugees.pk],
        add_origin_countries=[factories.country(iso3="VEN").pk],
        direction="more_restrictive",
        evidence="disputed",
    )
    assert messages == [
        "2 entries were tagged.",
        f"Only norms, bills and actions have a direction. It is still empty on: {second.public_id}.",
    ]
    for measure, direction in ((first, "more_restrictive"), (second, "")):
        measure.refresh_from_db()
        assert (set(measure.topics.all()), measure.primary_topic) == ({border}, border)
        assert set(measure.target_groups.all()) == {women}
        assert [country.pk for country in measure.origin_countries.all()] == ["VEN"]
        assert (measure.direction, measure.evidence, measure.record_version) == (direction, "disputed", 2)


def test_bulk_tagging_leaves_what_is_public_to_editors() -> None:
    public, draft = factories.measure(evidence="primary"), factories.draft(evidence="primary")
    assert tagged(signed_in(factories.analyst()), public, draft, evidence="disputed") == [
        "1 entry was tagged.",
        "1 selected entry is published or retired and did not change. Only editors may change it.",
    ]
    assert dict(Measure.objects.values_list("public_id", "evidence")) == {
        public.public_id: "primary",
        draft.public_id: "disputed",
    }
    assert tagged(signed_in(factories.editor()), public, evidence="disputed") == ["1 entry was tagged."]


def test_bulk_tagging_takes_as_many_queries_for_many_as_for_one(django_assert_max_num_queries: Callable) -> None:
    client, topic = signed_in(factories.analyst()), factories.topic(key="border.closure")
    counts = []
    for count in (1, 30):
        drafts = [factories.draft() for _number in range(count)]
        with django_assert_max_num_queries(80) as made:
            tagged(client, *drafts, add_topics=[topic.pk])
        counts.append(len(made))
    assert counts[0] == counts[1]


def test_bulk_tagging_with_nothing_chosen_asks_again() -> None:
    client, draft = signed_in(factories.analyst()), factories.draft()
    page = client.post(LIST, {"action": "tag_selected", "_selected_action": [draft.pk], "_tag": "1"})
    assert "Choose what to add, remove or set." in page.content.decode()


def test_entries_are_not_deleted_in_bulk_and_moves_follow_the_right() -> None:
    actions = {
        group: [
            name
            for name, _label in signed_in(factories.user(group=group))
            .get(LIST)
            .context["action_form"]
            .fields["action"]
            .choices
        ]
        for group in ("analyst", "editor")
    }
    on_tags = ("confirm_selected", "confirm_codes_selected", "tag_selected")
    on_files = [f"export_selected_as_{ending}" for ending in FORMATS]
    of_editors = ["draft", "submit", "withdraw", "publish", "send_back", "retire"]
    assert actions == {
        "analyst": ["", *on_tags, *on_files, "draft", "submit", "withdraw"],
        "editor": ["", *on_tags, "publish_later", "merge_selected", *on_files, *of_editors],
    }


def test_publication_of_several_is_scheduled_and_the_rest_stays_selected() -> None:
    ready, lacking = factories.draft(), factories.draft(sources=())
    client = signed_in(factories.editor())
    page = client.post(LIST, {"action": "publish_later", "_selected_action": [ready.pk, lacking.pk]})
    assert [each.pk for each in page.context["measures"]] == [ready.pk]
    asked = admin_forms.held(page, "")
    past = client.post(LIST, asked | {"publish_at": "2001-01-01T08:00"})
    assert past.context["form"].errors == {"publish_at": ["Choose a time that is still to come."]}
    done = client.post(LIST, asked | {"publish_at": f"{today() + timedelta(days=3)}T08:00"}, follow=True)
    assert list(ScheduledPublication.objects.values_list("measure", flat=True)) == [ready.pk]
    assert admin_forms.held(done, "changelist-form")["_selected_action"] == str(lacking.pk)
    ready.refresh_from_db()
    assert ready.workflow == Workflow.IN_REVIEW


def test_what_cannot_be_published_is_named_first_and_stays_selected() -> None:
    ready, lacking = factories.draft(), factories.draft(sources=(), topics=())
    client = signed_in(factories.editor())
    page = client.post(LIST, {"action": "publish", "_selected_action": [ready.pk, lacking.pk]})
    assert [each.pk for each in page.context["measures"]] == [ready.pk]
    assert [reason.words for reason in page.context["plan"].reasons] == ["without a source", "without a primary topic"]
    assert not Measure.objects.published().exists()
    done = client.post(LIST, admin_forms.held(page, ""), follow=True)
    assert list(Measure.objects.published()) == [ready]
    assert [str(message) for message in done.context["messages"]] == [
        "Publish: 1 entry.",
        f"1 entry stays as it is, and selected: without a source ({lacking.public_id}).",
        f"1 entry stays as it is, and selected: without a primary topic ({lacking.public_id}).",
    ]
    assert admin_forms.held(done, "changelist-form")["_selected_action"] == str(lacking.pk)
    alone = client.post(LIST, {"action": "publish", "_selected_action": [lacking.pk]})
    assert (list(alone.context["measures"]), len(alone.context["plan"].reasons)) == ([], 2)


def _published_twice(client: Client, where: str, measures: list[Measure], **more: str) -> list[str]:
    """The messages after the second of two clicks; the first response is lost."""
    seen = json.dumps({str(measure.pk): measure.record_version for measure in measures})
    data = {"action": "publish", "_selected_action": [measure.pk for measure in measures], "seen": seen, **more}
    client.post(where, data)
    client.cookies.pop("messages", None)
    return [str(message) for message in client.post(where, data, follow=True).context["messages"]]


@pytest.mark.parametrize("query", ["", "?workflow=draft"])
@pytest.mark.parametrize("more", [{}, {"asked": "1"}])
def test_second_click_says_what_the_first_one_did(query: str, more: dict[str, str]) -> None:
    editor, first, second = factories.editor(), factories.draft(), factories.draft()
    said = _published_twice(signed_in(editor), LIST + query, [first, second], **more)
    assert said[-1] == "Publish: 2 entries. The form was sent twice, but the change was made only once."
    assert Measure.objects.published().count() == 2


def test_second_click_of_somebody_else_or_on_more_is_no_second_click() -> None:
    first, second = factories.draft(), factories.draft()
    seen = json.dumps({str(measure.pk): measure.record_version for measure in (first, second)})
    signed_in(factories.editor()).post(LIST, {"action": "publish", "_selected_action": [first.pk], "seen": seen})
    both = {"action": "publish", "_selected_action": [first.pk, second.pk], "seen": seen}
    for client in (signed_in(factories.user(group="editor")), signed_in(User.objects.create_superuser("other"))):
        said = [str(message) for message in client.post(LIST, both, follow=True).context["messages"]]
        assert said[0].startswith("Nothing was changed: 1 record changed after you opened the list.")
        said = [
            str(message)
            for message in client.post(
                f"{LIST}?workflow=draft", both | {"_selected_action": [first.pk]}, follow=True
            ).context["messages"]
        ]
        assert said == ["Nothing was changed: the entries that you selected are no longer in this list."]


def test_sources_offered_are_in_order_of_title() -> None:
    for title in ("Gazette C", "Gazette A", "Gazette B"):
        factories.source(title=title)
    query = {"app_label": "measures", "model_name": "citation", "field_name": "source", "term": "gazette"}
    answer = signed_in(factories.analyst()).get("/admin/autocomplete/", query)
    assert [row["text"] for row in answer.json()["results"]] == ["Gazette A", "Gazette B", "Gazette C"]


def test_bodies_offered_are_those_of_the_country_and_international_ones() -> None:
    factories.measure()
    for iso3 in ("PER", "VEN"):
        factories.issuing_body(key=f"ministry-{iso3.lower()}", country=factories.country(iso3=iso3))
    factories.issuing_body(key="ministry-int")
    client = signed_in(factories.analyst())

    def offered(term: str) -> set[str]:
        query = {"app_label": "measures", "model_name": "measure", "field_name": "issuing_body"}
        answer = client.get("/admin/autocomplete/", query | {"term": term, "for_country": "PER"})
        return {row["text"] for row in answer.json()["results"]}

    assert offered("ministry") == {"Body ministry-per", "Body ministry-int"}
    assert offered("VEN: min") == {"Body ministry-ven"}
