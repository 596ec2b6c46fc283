"""The measure form, requested as a browser does."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from foundation.partial_dates import PartialDate
from measures import workflow
from measures.choices import Workflow
from measures.models import Citation, DataSet, IssuingBody, Measure, QuoteCheck, Source
from tests import admin_forms, factories
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

ADD = "/admin/measures/measure/add/"
LIST = "/admin/measures/measure/"


def change(measure: Measure) -> str:
    return reverse("admin:measures_measure_change", args=[measure.pk])


def test_missing_body_is_made_in_the_form_of_an_entry_with_its_country_and_a_key_from_its_name() -> None:
    client, peru = signed_in(factories.analyst()), factories.country()
    known = factories.issuing_body(country=peru, key="migraciones", native_name="Superintendencia de Migraciones")
    data = admin_forms.shown(client, ADD) | {"country": "PER", "kind": "executive_decree", "title_en": "First"}
    name = "Consejo de Ministros del Perú"
    for typed, error in (
        ({"new_body": name}, "Choose the kind of the missing body."),
        (
            {"new_body": name, "new_body_kind": "ministry", "issuing_body": str(known.pk)},
            "Choose an issuing body or name a missing one, not both.",
        ),
        ({"new_body": "Migraciones, Superintendencia de", "new_body_kind": "ministry"}, "recorded already"),
    ):
        page = client.post(ADD, data | typed)
        assert any(error in text for text in admin_forms.errors(page)), admin_forms.errors(page)
    assert IssuingBody.objects.get() == known
    assert 'type="checkbox" name="another_body"' in page.text
    second = {"another_body": "on", "title_en": "Second", "sent_form": ""}
    other = admin_forms.held(page) | second
    further = {"further_bodies-TOTAL_FORMS": "1", "further_bodies-0-body": str(known.pk)}
    for sent in (data | {"new_body": name, "new_body_kind": "ministry"} | further, other):
        assert admin_forms.errors(client.post(ADD, sent)) == []
    made = Measure.objects.order_by("pk").values_list("issuing_body__key", "issuing_body__country")
    assert list(made) == [("consejo-de-ministros-del-peru", "PER"), ("migraciones-superintendencia-de", "PER")]
    add = reverse("admin:measures_issuingbody_add")
    form = admin_forms.shown(client, add, "issuingbody_form") | {"native_name": "Consejo de Ministros del Perú"}
    assert client.post(add, form | {"kind": "ministry"}).status_code == 302  # an international one
    assert IssuingBody.objects.get(country=None).key == "consejo-de-ministros-del-peru"


def test_missing_body_is_not_taken_from_who_may_add_none() -> None:
    """Neither from their form nor from one that they forge; a proposal with one is not approved without it."""
    account, peru = User.objects.create_user("ana", is_staff=True), factories.country()
    account.user_permissions.add(
        *Permission.objects.filter(codename__in=("add_measure", "change_measure", "view_measure"))
    )
    client = signed_in(account)
    page = client.get(ADD)
    assert 'name="new_body"' not in page.text
    assert "Name a missing body" not in page.text
    data = admin_forms.held(page) | {"country": peru.pk, "kind": "executive_decree", "title_en": "First"}
    answer = client.post(ADD, data | {"new_body": "Consejo de Ministros", "new_body_kind": "ministry"})
    assert admin_forms.errors_by_field(answer) == {
        "issuing_body": ["Only accounts that may add issuing bodies can name a missing one."]
    }
    assert not IssuingBody.objects.exists()
    assert client.post(ADD, data).status_code == 302


def test_missing_body_of_a_proposed_change_is_shown_on_the_desk_and_made_when_it_is_approved() -> None:
    measure = factories.measure(issuing_body=None)
    ana, eva = signed_in(factories.analyst()), signed_in(factories.editor())
    url = change(measure) + "?propose=1"
    typed = {"new_body": "Defensoría", "new_body_kind": "ombuds", "proposal_reason": "correction", "_propose": "1"}
    desk = ana.post(url, admin_forms.shown(ana, url) | typed)["Location"]
    assert not IssuingBody.objects.exists()
    page = eva.get(desk)
    assert next(each.after for each in page.context["review"].changes) == "Defensoría"
    eva.post(desk, {"_approve": "1", "proposal_opened": page.context["revising"].opened})
    measure.refresh_from_db()
    assert measure.issuing_body == IssuingBody.objects.get(key="defensoria", country=measure.country)


def test_decree_is_entered_on_one_page_with_tags_events_and_a_pasted_source() -> None:
    client = signed_in(factories.analyst())
    body = factories.issuing_body(country=factories.country())
    movement, returning = factories.topic(key="internal.movement"), factories.topic(key="internal.return")
    data = admin_forms.shown(client, ADD) | {
        "country": "PER",
        "kind": "executive_decree",
        "issuing_body": str(body.pk),
        "reference": "N° 068-2020-PCM",
        "title_es": "Transporte interprovincial autorizado",
        "topics": [str(movement.pk), str(returning.pk)],
        "primary_topic": str(movement.pk),
        "status_events-0-status": "enacted",
        "status_events-0-date": "2020-04-14?",
        "status_events-1-status": "in_force",
        "status_events-1-date": "2020-04",
        "citations-0-new_url": "https://gazette.example/068-2020-PCM",
        "citations-0-new_kind": "official_gazette",
        "citations-0-locator": "p. 3",
    }
    response = client.post(ADD, data)
    assert admin_forms.errors(response) == []
    made = Measure.objects.get()
    assert (made.public_id, made.reference_key, made.status, str(made.date)) == (
        "PER-00001",
        "68-2020-PCM",
        "in_force",
        "2020-04-14?",
    )
    assert set(made.topics.all()) == {movement, returning}
    assert [(e.position, e.status) for e in made.status_events.all()] == [(0, "enacted"), (1, "in_force")]
    citation = made.citations.get()
    assert (citation.source.url, citation.source.kind, citation.source.key, citation.locator) == (
        "https://gazette.example/068-2020-PCM",
        "official_gazette",
        "gazetteexample068-2020-pcm",
        "p. 3",
    )
    assert (made.workflow, made.record_version) == (Workflow.DRAFT, 1)


def test_act_of_several_bodies_for_some_areas_is_entered_and_what_does_not_fit_is_refused() -> None:
    client = signed_in(factories.analyst())
    peru, ecuador = factories.country(), factories.country(iso3="ECU")
    first, second, third = (factories.issuing_body(key=key, country=peru) for key in ("a", "b", "c"))
    area, foreign = factories.area(), factories.area(code="EC-G", country=ecuador)
    data = admin_forms.shown(client, ADD) | {
        "country": "PER",
        "kind": "executive_decree",
        "title_en": "Curfew in Loreto",
        "issuing_body": str(first.pk),
        "areas": [str(area.pk)],
        "further_bodies-TOTAL_FORMS": "2",
        "further_bodies-0-position": "2",
        "further_bodies-0-body": str(second.pk),
        "further_bodies-1-position": "1",
        "further_bodies-1-body": str(third.pk),
    }
    refused: dict[str, dict[str, Any]] = {
        "Not of the country of the entry: G (EC-G).": {"areas": [str(area.pk), str(foreign.pk)]},
        "Only a supranational act binds other countries. Change the level, or clear this.": {"binds": ["ECU"]},
        "A supranational act has no areas. Choose the countries that it binds.": {"level": "supranational"},
        "Choose the issuing body that leads, then those that issued the act with it.": {"issuing_body": ""},
        "This body leads already. Choose another one, or remove this row.": {"further_bodies-0-body": str(first.pk)},
        "A subnational norm is on the subnational level. Change the level, or the kind.": {
            "kind": "subnational_norm",
            "level": "national",
        },
        "Choose a country. Only supranational acts have none.": {"country": "", "areas": []},
    }
    for words, changed in refused.items():
        assert words in " ".join(admin_forms.errors(client.post(ADD, data | changed))), words
    assert admin_forms.errors(client.post(ADD, data)) == []
    made = Measure.objects.get()
    assert (made.level, [*made.areas.all()]) == ("national", [area])
    assert [body.key for body in made.issuing_bodies] == ["a", "c", "b"]
    query = "app_label=measures&model_name=measure&field_name=areas&term=&for_country=PER"
    offered = client.get(f"/admin/autocomplete/?{query}").json()["results"]
    assert [found["text"] for found in offered] == [str(area)]


def test_form_sent_twice_makes_one_record() -> None:
    client = signed_in(factories.analyst())
    data = admin_forms.shown(client, ADD) | {"country": factories.country().pk, "kind": "bill", "title_en": "Once"}
    client.post(ADD, data)
    again = client.post(ADD, data | {"title_en": "Once more"})
    made = Measure.objects.get()
    assert (again["Location"], made.title_en) == (change(made), "Once")


def test_pasted_address_of_a_known_source_cites_that_one() -> None:
    client, known = signed_in(factories.analyst()), factories.source()
    draft = factories.draft(sources=())
    url = change(draft)
    response = client.post(url, admin_forms.shown(client, url) | {"citations-0-new_url": known.url})
    assert admin_forms.errors(response) == []
    assert [citation.source for citation in draft.citations.all()] == [known]
    assert Source.objects.count() == 1


@pytest.mark.parametrize(
    ("stored", "pasted", "is_known"),
    [
        ("https://gazette.example/1", " http://www.gazette.example/1/#page=2 ", True),
        ("http://www.gazette.example/1/", "https://gazette.example/1", True),
        ("https://gazette.example/#/act/1", "https://gazette.example/#/act/2", False),
    ],
)
def test_pasted_address_is_known_in_another_spelling(stored: str, pasted: str, is_known: bool) -> None:
    client, draft = signed_in(factories.analyst()), factories.draft(sources=())
    factories.source(url=stored)
    assert (
        admin_forms.errors(
            client.post(change(draft), admin_forms.shown(client, change(draft)) | {"citations-0-new_url": pasted})
        )
        == []
    )
    assert (draft.citations.get().source.url == stored, Source.objects.count()) == (is_known, 1 if is_known else 2)


@pytest.mark.parametrize(
    ("state", "page", "expected"),
    [
        ("found", 3, "Found in the kept copy, page 3"),
        ("not_found", None, "Not found in the kept copy"),
        ("not_checkable", None, "Not checkable: no readable copy"),
    ],
)
def test_form_says_whether_a_quote_stands_in_its_source(state: str, page: int | None, expected: str) -> None:
    draft = factories.draft(sources=())
    citation = Citation.objects.create(measure=draft, source=factories.source(), quote="Así se dispone")
    QuoteCheck.objects.create(
        citation=citation, quote=citation.quote, state=state, page=page, checked_at="2024-01-01T00:00Z"
    )
    response = signed_in(factories.analyst()).get(change(draft))
    assert _evidence_of_quotes(response) == [expected]


def _evidence_of_quotes(response: Any) -> list[str]:
    """The result shown beside each quote, for the rows that have one."""
    said = re.findall(r'<div class="readonly">(.*?)</div>', response.content.decode(), re.S)
    return [text for text in said if text]


def test_quote_with_other_words_than_were_looked_for_is_not_looked_for_yet() -> None:
    draft = factories.draft(sources=())
    citation = Citation.objects.create(measure=draft, source=factories.source(), quote="Así se dispone")
    QuoteCheck.objects.create(citation=citation, quote="Otras", state="found", checked_at="2024-01-01T00:00Z")
    assert _evidence_of_quotes(signed_in(factories.analyst()).get(change(draft))) == ["Not looked for yet"]


@pytest.mark.parametrize(
    ("evidence", "has_sources", "is_warned"),
    [("unsourced", True, True), ("primary", True, False), ("unsourced", False, False)],
)
def test_entry_that_cites_sources_and_is_called_unsourced_is_saved_with_a_warning(
    evidence: str, has_sources: bool, is_warned: bool
) -> None:
    client = signed_in(factories.analyst())
    draft = factories.draft(sources=(factories.source(),) if has_sources else ())
    data = admin_forms.shown(client, change(draft)) | {"evidence": evidence, "title_en": "Another title"}
    said = [str(message) for message in client.post(change(draft), data, follow=True).context["messages"]]
    draft.refresh_from_db()
    assert draft.title_en == "Another title"
    warned = [text for text in said if text.startswith(f"{draft.public_id} cites sources, but its “Evidence” is")]
    assert bool(warned) == is_warned


def test_printed_source_has_a_title_and_no_address() -> None:
    client, draft = signed_in(factories.analyst()), factories.draft(sources=())
    printed = {"citations-0-new_title": "Official gazette No. 7, on paper"}
    assert admin_forms.errors(client.post(change(draft), admin_forms.shown(client, change(draft)) | printed)) == []
    source = draft.citations.get().source
    assert (source.title, source.url) == ("Official gazette No. 7, on paper", "")


def test_analyst_who_submits_is_told_what_publication_will_ask_for() -> None:
    client, draft = signed_in(factories.analyst()), factories.draft(sources=(), topics=())
    page = client.post(LIST, {"action": "submit", "_selected_action": [draft.pk]}, follow=True)
    assert [str(message) for message in page.context["messages"]][1:] == [
        f"{draft.public_id} cannot be published yet. Missing: a source, a primary topic."
    ]


def test_bad_input_names_the_field_and_says_what_would_be_right() -> None:
    client, bill = signed_in(factories.analyst()), factories.draft(kind="bill")
    url = change(bill)
    data = admin_forms.shown(client, url) | {
        "title_en": "",
        "direction": "more_restrictive",
        "valid_from": "2020-5-32",
        "status_events-1-status": "in_force",
        "status_events-1-date": "2020-04-01",
        "citations-1-quote": "Words without a source",
    }
    page = client.post(url, data)
    assert admin_forms.errors_by_field(page) == {
        "title_en": ["Write the title in at least one language."],
        "valid_from": ["“2020-5-32” does not exist in the calendar. The last day of that month is 2020-05-31."],
        "status_events": ["The status history is not consistent. See the rows marked below."],
        "status_events-1-status": [
            "“In force” is not a status of this kind of entry. Choose from: Introduced, In committee, Reported, On the"
            " floor agenda, Passed one chamber or first vote, Passed by the legislature, Sent to the executive, Enacted"
            " or signed, Observed or vetoed, Merged into another bill, Withdrawn, Rejected, Archived, Lapsed, Unknown."
        ],
        "citations-1-source": ["Name the source: search for it, or paste its address."],
    }
    assert 'value="2020-5-32"' in page.content.decode()
    assert "Words without a source" in page.content.decode()


def test_one_topic_becomes_the_primary_one_and_several_ask_which() -> None:
    client, draft = signed_in(factories.analyst()), factories.draft(topics=())
    first, second = factories.topic(key="health.access"), factories.topic(key="border.closure")
    url = change(draft)
    shown = admin_forms.shown(client, url)
    page = client.post(url, shown | {"topics": [str(first.pk), str(second.pk)]})
    assert admin_forms.errors_by_field(page) == {
        "primary_topic": ["Choose which of the ticked topics is the primary one: it decides the lane on the timeline."]
    }
    page = client.post(url, shown | {"topics": [str(first.pk)], "primary_topic": str(second.pk)})
    assert admin_forms.errors_by_field(page) == {
        "primary_topic": ["Tick “Closure” among the topics as well, or choose a ticked topic."]
    }
    assert admin_forms.errors(client.post(url, shown | {"topics": [str(first.pk)]})) == []
    draft.refresh_from_db()
    assert draft.primary_topic == first


def test_same_number_in_the_country_is_shown_and_saved_only_as_another_act() -> None:
    client, known = signed_in(factories.analyst()), factories.measure(reference="068-2020-PCM")
    data = admin_forms.shown(client, ADD) | {
        "country": "PER",
        "kind": "emergency_declaration",  # a supreme decree too
        "reference": "Nº 68 / 2020 - pcm",
        "title_en": "Something else",
    }
    page = client.post(ADD, data)
    assert admin_forms.errors_by_field(page) == {
        "": ["This act may already be recorded. Check the entries listed below, then tick “This is another act”."]
    }
    assert change(known) in page.content.decode()
    assert "this act is already here" in page.content.decode()
    assert Measure.objects.count() == 1
    assert admin_forms.errors(client.post(ADD, data | {"another_act": "on"})) == []
    assert Measure.objects.count() == 2


def test_record_that_cannot_exist_twice_names_the_one_that_exists() -> None:
    client, known = signed_in(factories.analyst()), factories.measure(reference="068-2020-PCM")
    data = admin_forms.shown(client, ADD) | {
        "country": "PER",
        "kind": known.kind,
        "reference": "N° 068-2020-PCM",
        "title_en": "Twice",
        "another_act": "on",
    }
    errors = admin_forms.errors_by_field(client.post(ADD, data))
    assert set(errors) == {"reference"}
    assert f'<a href="{change(known)}" target="_blank">{known}</a> already has this kind' in errors["reference"][0]


def test_duplicates_are_asked_for_while_typing() -> None:
    client, known = signed_in(factories.analyst()), factories.measure(title_en="Closing of all the land borders")
    url = reverse("admin:measures_measure_duplicates")
    typed = {
        "country": "PER",
        "title_en": "Closing all land borders",
        "status_events-TOTAL_FORMS": "1",
        "status_events-0-date": "2020-04",
    }
    assert change(known) in client.post(url, typed).content.decode()
    assert client.post(url, typed | {"status_events-0-date": "2021"}).content.decode().strip() == ""
    assert client.post(url, typed | {"pk": str(known.pk)}).content.decode().strip() == ""


def made_with_everything(**fields: Any) -> Measure:
    """A draft of which everything could be taken over."""
    body = factories.issuing_body(country=factories.country(), key="pcm")
    return factories.draft(
        groups=("refugees",),
        origins=(factories.country(iso3="VEN"),),
        sources=(factories.source(), factories.source()),
        issuing_body=body,
        reference="68-2020",
        summary_en="A summary.",
        **fields,
    )


def carried_boxes(page: Any) -> set[str]:
    """The names of the boxes that are marked as taken over."""
    boxes = re.findall(r"<(?:input|select|textarea)[^>]*data-carried[^>]*>", page.content.decode())
    return {match[1] for box in boxes if (match := re.search(r'name="([^"]+)"', box))}


def test_another_act_takes_over_country_and_tags_and_no_source() -> None:
    client, made = signed_in(factories.analyst()), made_with_everything()
    response: Any = client.post(change(made), admin_forms.shown(client, change(made)) | {"_addanother": "1"})
    page = client.get(response.url)
    kept = admin_forms.held(page)
    topic, group = made.topics.get(), made.target_groups.get()
    assert (kept["country"], kept["topics"], kept["primary_topic"]) == ("PER", str(topic.pk), str(topic.pk))
    assert (kept["target_groups"], kept["origin_countries"]) == (str(group.pk), "VEN")
    assert {kept.get(name, "") for name in ("title_en", "summary_en", "kind", "reference", "issuing_body")} == {""}
    assert "citations-0-source" not in kept
    assert carried_boxes(page) == {"country", "topics", "primary_topic", "target_groups", "origin_countries"}
    assert made.public_id in page.content.decode()


def test_another_provision_takes_over_the_act_with_its_dates_and_sources_marked() -> None:
    client, made = signed_in(factories.analyst()), made_with_everything(events=(("enacted", "2020"), ("in_force", "")))
    response: Any = client.post(change(made), admin_forms.shown(client, change(made)) | {"_provision": "1"})
    page = client.get(response.url)
    kept = admin_forms.held(page)
    first, second = (str(each.source_id) for each in made.citations.order_by("pk"))
    assert (kept["kind"], kept["issuing_body"]) == (made.kind, str(made.issuing_body_id))
    assert (kept["reference"], kept["provision"], kept["title_en"]) == ("68-2020", "", "")
    assert (kept["status_events-0-status"], kept["status_events-0-date"]) == ("enacted", "2020")
    assert kept["status_events-1-status"] == "in_force"
    assert (kept["citations-0-source"], kept["citations-1-source"]) == (first, second)
    assert "topics" not in kept
    assert {"reference", "status_events-0-date", "citations-0-source", "citations-1-source"} <= carried_boxes(page)
    cleared = kept | {"provision": "art. 2", "title_en": "The next one", "citations-1-source": "", "another_act": "on"}
    assert admin_forms.errors(client.post(response.url, cleared)) == []
    other = Measure.objects.get(title_en="The next one")
    assert [str(each.source_id) for each in other.citations.all()] == [first]
    assert [event.status for event in other.status_events.all()] == ["enacted", "in_force"]


def test_mark_goes_with_what_was_taken_over() -> None:
    client, made = signed_in(factories.analyst()), made_with_everything()
    address = f"{ADD}?provision_of={made.pk}"
    page = client.post(address, admin_forms.shown(client, address) | {"reference": "70-2020", "title_en": ""})
    assert "title_en" in admin_forms.errors_by_field(page)
    assert "issuing_body" in carried_boxes(page)
    assert "reference" not in carried_boxes(page)


def test_seldom_used_part_is_open_where_it_holds_something_or_has_an_error() -> None:
    client, plain = signed_in(factories.analyst()), factories.draft()
    full = factories.draft(official_title="Decreto", plain_en="You pay nothing.")
    factories.relation(subject=full, object=plain)

    def open_parts(page: Any) -> set[str]:
        return {each.heading for each in page.context["sections"] if each.is_folded and each.is_open}

    assert open_parts(client.get(change(plain))) == set()
    assert open_parts(client.get(change(full))) == {"Official title and language", "In plain words", "Relations"}
    wrong = admin_forms.shown(client, change(plain)) | {"original_language": "not a language", "relations-0-date": "x"}
    assert open_parts(client.post(change(plain), wrong)) == {"Official title and language", "Relations"}


def test_analyst_reads_but_does_not_change_what_is_public() -> None:
    client, public = signed_in(factories.analyst()), factories.measure()
    page = client.get(change(public))
    assert "This record is public or retired" in page.content.decode()
    assert "title_en" not in admin_forms.held(page)
    assert client.post(change(public), {"title_en": "Changed", "record_version": "1"}).status_code == 403
    public.refresh_from_db()
    assert public.title_en != "Changed"


def test_editor_changes_what_is_public() -> None:
    client, public = signed_in(factories.editor()), factories.measure()
    url = change(public)
    assert admin_forms.errors(client.post(url, admin_forms.shown(client, url) | {"title_en": "Changed"})) == []
    public.refresh_from_db()
    assert (public.title_en, public.record_version, public.workflow) == ("Changed", 2, Workflow.PUBLISHED)


def test_saving_without_a_change_makes_no_version() -> None:
    client, draft = signed_in(factories.analyst()), factories.draft(sources=(factories.source(),))
    versions = Measure.pgh_event_model.objects  # type: ignore[attr-defined]  # made at run time
    before = (draft.record_version, draft.updated_at, versions.filter(pgh_obj=draft).count())
    assert admin_forms.errors(client.post(change(draft), admin_forms.shown(client, change(draft)))) == []
    draft.refresh_from_db()
    assert (draft.record_version, draft.updated_at, versions.filter(pgh_obj=draft).count()) == before


def test_button_saves_then_moves() -> None:
    client, draft = signed_in(factories.analyst()), factories.draft()
    url = change(draft)
    client.post(url, admin_forms.shown(client, url) | {"title_en": "Ready", "_move": "submit"})
    draft.refresh_from_db()
    assert (draft.title_en, draft.workflow, draft.record_version) == ("Ready", Workflow.IN_REVIEW, 3)


def test_analyst_cannot_publish_by_button_nor_by_action() -> None:
    analyst, draft = factories.analyst(), factories.draft()
    client, url = signed_in(analyst), change(draft)
    shown = admin_forms.shown(client, url)
    assert 'value="publish"' not in client.get(url).content.decode()
    assert client.post(url, shown | {"_move": "publish"}).status_code == 403
    client.post(LIST, {"action": "publish", "_selected_action": [draft.pk]})
    draft.refresh_from_db()
    assert draft.workflow == Workflow.DRAFT


def test_refused_publication_leaves_the_record_saved_and_says_what_it_lacks() -> None:
    client, draft = signed_in(factories.editor()), factories.draft(sources=())
    url = change(draft)
    response = client.post(
        url, admin_forms.shown(client, url) | {"title_en": "Nearly", "_move": "publish"}, follow=True
    )
    assert [str(message) for message in response.context["messages"]] == [
        f"“{draft.public_id} Nearly” has been saved.",
        f"{draft.public_id} cannot be published yet. Missing: a source.",
    ]


def test_editor_sends_back_from_the_list_with_a_note() -> None:
    client, first, second = signed_in(factories.editor()), factories.measure(), factories.measure()
    chosen = {"action": "send_back", "_selected_action": [first.pk, second.pk]}
    page = client.post(LIST, chosen)
    assert "Reason" in page.content.decode()
    client.post(LIST, chosen | {"move_note": "Wrong gazette."})
    assert set(Measure.objects.values_list("workflow", "workflow_note")) == {("draft", "Wrong gazette.")}


def test_position_of_rows_is_their_number_and_gaps_close() -> None:
    client = signed_in(factories.analyst())
    bill = factories.draft(kind="bill", events=(("introduced", "2020-03"), ("on_agenda", "2020-05")))
    url = change(bill)
    data = admin_forms.shown(client, url) | {
        "status_events-1-position": "9",
        "status_events-2-position": "5",
        "status_events-2-status": "in_committee",
        "status_events-2-date": "2020-04",
    }
    assert admin_forms.errors(client.post(url, data)) == []
    assert [(e.position, e.status) for e in bill.status_events.all()] == [
        (0, "introduced"),
        (1, "in_committee"),
        (2, "on_agenda"),
    ]


def test_deprecated_term_is_kept_where_it_is_and_offered_nowhere_else() -> None:
    client, old = signed_in(factories.analyst()), factories.topic(key="health.access")
    bearer = factories.draft(topics=("health.access",))
    old.deprecated_on = "2021-01-01"
    old.save()
    assert f'name="topics" value="{old.pk}"' in client.get(change(bearer)).content.decode()
    assert f'name="topics" value="{old.pk}"' not in client.get(ADD).content.decode()


def test_mutual_relation_of_a_new_entry_is_stored_from_the_older_side() -> None:
    client, older = signed_in(factories.analyst()), factories.draft(kind="bill")
    data = admin_forms.shown(client, ADD) | {
        "country": "PER",
        "kind": "bill",
        "title_en": "On the same conduct",
        "relations-0-type": "same_subject_as",
        "relations-0-object": str(older.pk),
    }
    assert admin_forms.errors(client.post(ADD, data)) == []
    made = Measure.objects.get(title_en="On the same conduct")
    assert [(r.subject, r.object) for r in older.relations.all()] == [(older, made)]
    assert "same subject as" in client.get(change(made)).content.decode()
    data = admin_forms.shown(client, change(made)) | {
        "relations-0-type": "same_subject_as",
        "relations-0-object": str(older.pk),
    }
    assert admin_forms.errors_by_field(client.post(change(made), data)) == {
        "relations-0-object": ["This relation is already recorded, on the other entry."]
    }


def test_every_fault_is_listed_at_the_top_with_its_place() -> None:
    client, first, second = signed_in(factories.analyst()), factories.draft(), factories.draft()
    factories.relation(subject=first, type="extends", object=second)
    circle = {"relations-0-type": "extends", "relations-0-object": str(first.pk)}
    page = client.post(change(second), admin_forms.shown(client, change(second)) | circle)
    assert [(fault["id"], fault["text"]) for fault in page.context["faults"]] == [
        ("relations-0", "Relations may not form a cycle: the other entry already leads back to this one.")
    ]
    dates = {"valid_from": "2020-05", "valid_until": "2020-04", "title_en": ""}
    page = client.post(change(second), admin_forms.shown(client, change(second)) | dates)
    assert {fault["id"]: fault["text"] for fault in page.context["faults"]} == {
        "id_title_en": "Write the title in at least one language.",
        "id_valid_until": "“Valid until” is before “valid from”.",
    }


def test_retiring_without_a_note_saves_nothing_and_marks_the_note() -> None:
    client, public = signed_in(factories.editor()), factories.measure()
    data = admin_forms.shown(client, change(public)) | {"title_en": "Changed", "_move": "retire"}
    page = client.post(change(public), data)
    assert [(fault["id"], fault["text"]) for fault in page.context["faults"]] == [
        ("id_move_note", "Give a reason, for those who work on the record later.")
    ]
    assert '<details class="move-menu" open>' in page.content.decode()
    public.refresh_from_db()
    assert (public.title_en == "Changed", public.workflow) == (False, Workflow.PUBLISHED)


def test_what_was_public_is_retired_and_not_deleted() -> None:
    editor = factories.editor()
    client, public, unseen = signed_in(editor), factories.measure(), factories.draft()
    workflow.send_back(public, by=editor, note="Wrong gazette.")
    offered = ["deletelink" in client.get(change(measure)).content.decode() for measure in (public, unseen)]
    assert offered == [False, True]
    assert client.post(reverse("admin:measures_measure_delete", args=[public.pk]), {"post": "yes"}).status_code == 403


def test_circle_of_relations_is_refused_in_words() -> None:
    client, first, second = signed_in(factories.analyst()), factories.draft(), factories.draft()
    factories.relation(subject=first, type="extends", object=second)
    data = admin_forms.shown(client, change(second)) | {
        "relations-0-type": "extends",
        "relations-0-object": str(first.pk),
    }
    assert admin_forms.errors(client.post(change(second), data)) == [
        "Relations may not form a cycle: the other entry already leads back to this one."
    ]


def test_typed_date_is_echoed_by_the_one_parser() -> None:
    client = signed_in(factories.analyst())
    asked = reverse("admin:echo")
    answers = [
        client.get(asked, {"text": text}).json() for text in ("2020-05", "2020-05-29?", "2020?-05-29", "03/04/2020")
    ]
    assert answers == [
        {"echo": "May 2020, day not recorded"},
        {"echo": "29 May 2020, date inferred"},
        {"echo": "29 May 2020, year inferred"},
        {"error": "“03/04/2020” is ambiguous. Write 2020-04-03 or 2020-03-04."},
    ]
    assert client.get(asked, {"text": "2016/2019", "kind": "period"}).json() == {"echo": "2016 to 2019"}
    inferred = client.get(asked, {"text": "2020?-03-16/2020?-05-07", "kind": "period"}).json()
    assert inferred == {"echo": "16 March 2020 to 7 May 2020, year inferred"}
    assert Client().get(asked, {"text": "2020"}).status_code == 302


def test_form_shows_how_its_dates_are_understood() -> None:
    draft = factories.draft(valid_from="2020-05")
    page = signed_in(factories.analyst()).get(change(draft)).content.decode()
    assert '<output class="echo">May 2020, day not recorded</output>' in page


def test_preview_is_neither_public_nor_kept() -> None:
    draft = factories.draft()
    url = reverse("admin:measures_measure_preview", args=[draft.pk])
    assert Client().get(url).status_code == 302
    page = signed_in(factories.analyst()).get(url)
    assert draft.title_en in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2020-04?", PartialDate(2020, 4, inferred=True)),
        ("2020?-04-14", PartialDate(2020, 4, 14, year_inferred=True)),
    ],
)
def test_precision_of_a_stored_date_survives_the_form(text: str, date: PartialDate) -> None:
    client, draft = signed_in(factories.analyst()), factories.draft(events=(("in_force", text),))
    client.post(change(draft), admin_forms.shown(client, change(draft)) | {"title_en": "Other"})
    assert draft.status_events.get().date == date


@pytest.mark.parametrize("reference", ["9" * 5000, "' or 1=1 --", "%s", "N°"])
def test_odd_reference_is_answered_not_crashed_on(reference: str) -> None:
    client, draft = signed_in(factories.analyst()), factories.draft()
    data = admin_forms.shown(client, change(draft)) | {"reference": reference, "status_events-TOTAL_FORMS": "many"}
    assert client.post(change(draft), data).status_code in (200, 302)
    assert client.post(reverse("admin:measures_measure_duplicates"), data).status_code == 200


def test_keys_in_data_sets_are_entered_in_the_form_and_each_names_one_act() -> None:
    client, draft = signed_in(factories.analyst()), factories.draft()
    elsewhere = DataSet.objects.create(key="elsewhere", name="Elsewhere")
    typed = {"external_ids-0-dataset": str(elsewhere.pk), "external_ids-0-key": "R_1"}
    assert admin_forms.errors(client.post(change(draft), admin_forms.shown(client, change(draft)) | typed)) == []
    assert [str(each) for each in draft.external_ids.all()] == ["elsewhere/R_1"]
    other = factories.draft(reference="another")
    page = client.post(change(other), admin_forms.shown(client, change(other)) | typed)
    assert admin_forms.errors(page) == ["Another entry has this key of the data set."]
