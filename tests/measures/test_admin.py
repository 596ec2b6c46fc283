"""The analysts' main room, asked as their browser asks it."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from countries.periods import PartialDate
from measures.choices import Workflow
from measures.models import Measure, Source
from tests import admin_forms, factories

pytestmark = pytest.mark.django_db

ADD = "/admin/measures/measure/add/"
LIST = "/admin/measures/measure/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def change(measure: Measure) -> str:
    return reverse("admin:measures_measure_change", args=[measure.pk])


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


def test_pasted_address_of_a_known_source_cites_that_one() -> None:
    client, known = signed_in(factories.analyst()), factories.source()
    draft = factories.draft(sources=())
    url = change(draft)
    response = client.post(url, admin_forms.shown(client, url) | {"citations-0-new_url": known.url})
    assert admin_forms.errors(response) == []
    assert [citation.source for citation in draft.citations.all()] == [known]
    assert Source.objects.count() == 1


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
        "valid_from": ["“2020-5-32” is not in the calendar."],
        "status_events": ["The status history does not hold together. See the rows marked below."],
        "status_events-1-status": [
            "“In force” is no status of this kind of entry. Choose from: Introduced, In committee, Reported, On the floor"
            " agenda, Passed one chamber or first vote, Passed by the legislature, Sent to the executive, Enacted or"
            " signed, Observed or vetoed, Merged into another bill, Withdrawn, Rejected, Archived, Lapsed, Unknown."
        ],
        "citations-1-source": ["Name the source: search for it, or paste its address."],
    }
    assert 'value="2020-5-32"' in page.content.decode()
    assert "Words without a source" in page.content.decode()
