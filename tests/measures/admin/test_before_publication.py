"""Before it is published, an entry says what it lacks, who submitted it, and when it will be public."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localtime

from foundation.records.models import Revision
from measures import workflow
from measures.models import Citation, Measure, ScheduledPublication
from tests import admin_forms, factories
from tests.clients import signed_in

pytestmark = pytest.mark.django_db


def address(measure: Measure, page: str = "change", *more: Any) -> str:
    return reverse(f"admin:measures_measure_{page}", args=[measure.pk, *more])


def missing(page: Any) -> list[tuple[str, str]]:
    """The place and the name of all that publication would refuse, where the page links to the place."""
    found = [(each["id"], each["label"]) for each in page.context["missing"]]
    address = page.context.get("edit_address", "")
    assert all(f'href="{address}#{place}"' in page.text for place, _label in found)
    return found


def test_entry_in_review_lists_all_that_it_lacks_and_who_submitted_it() -> None:
    eva, ana = signed_in(factories.editor()), factories.analyst(username="ana")
    measure = factories.draft(topics=(), sources=())
    assert "missing" not in eva.get(address(measure)).context
    workflow.submit(measure, by=ana)
    Measure.objects.filter(pk=measure.pk).mark_changed(by=ana, title_en="Changed in review")

    page = eva.get(address(measure))
    assert missing(page) == [("citations-group", "A source"), ("id_primary_topic", "A primary topic")]
    assert all(f'id="{place}"' in page.text for place, _label in missing(page))

    Citation.objects.create(measure=measure, source=factories.source())
    assert missing(eva.get(address(measure))) == [("id_primary_topic", "A primary topic")]


def test_entry_says_who_submitted_it_and_not_who_changed_it_later() -> None:
    ana, eva = signed_in(factories.analyst(username="ana")), signed_in(factories.editor(username="eva"))
    measure = factories.draft()
    for person, move in ((ana, "submit"), (eva, "send_back"), (ana, "submit")):
        form = {"_move": move, "move_note": "See above"}
        assert person.post(address(measure), admin_forms.shown(person, address(measure)) | form).status_code == 302
    form = admin_forms.shown(eva, address(measure))
    assert eva.post(address(measure), form | {"title_en": "By Eva"}).status_code == 302
    page = eva.get(address(measure))
    assert page.context["submission"].who == "ana"
    assert "Submitted for review by ana, " in page.text
    assert missing(page) == []


def test_desk_of_a_proposal_lists_all_that_saving_it_would_refuse_or_leave_without() -> None:
    ana, eva = factories.analyst(), signed_in(factories.editor())
    measure = factories.measure(events=(("enacted", "2020-04-14"),))
    client = signed_in(ana)
    url = address(measure) + "?propose=1"
    form = admin_forms.shown(client, url) | {"proposal_reason": "correction", "_propose": "1"}
    removed = {"citations-0-DELETE": "on", "topics": [], "primary_topic": ""}
    assert client.post(url, form | removed).status_code == 302
    revision = Revision.objects.get()
    desk = address(measure, "revision", revision.pk)
    assert missing(eva.get(desk)) == [("citations-group", "A source"), ("id_primary_topic", "A primary topic")]

    # Since then a rule has become stricter than what is proposed: here, what is stored of it
    revision.data |= {"status_events-0-date": ["2999-01-01"], "citations-0-DELETE": []}
    revision.save()
    page = eva.get(desk)
    assert ("id_status_events-0-date", "Event 1: Date") in missing(page)
    assert ("citations-group", "A source") not in missing(page)
    measure.refresh_from_db()
    assert (measure.primary_topic is None, measure.citations.count()) == (False, 1)  # looking has saved nothing


def test_publication_is_scheduled_shown_and_cancelled_in_the_form() -> None:
    eva, ana = signed_in(factories.editor(username="eva")), signed_in(factories.analyst())
    measure = factories.draft(sources=())

    def press(client: Client, move: str, **typed: str) -> Any:
        form = admin_forms.shown(client, address(measure)) | {"_move": move} | typed
        return client.post(address(measure), form, follow=True)

    assert 'name="publish_at"' not in ana.get(address(measure)).text
    soon = localtime().year + 1
    for wrong in ("2020-01-01T08:00", "soon", f"{soon}-02-30T08:00", "2999-01-02T08:30"):
        assert "Not scheduled: " in press(eva, "publish", publish_at=wrong).text
    page = press(eva, "publish", publish_at=f"{soon}-01-02T08:30")
    assert f"{measure.public_id} will be published on 2 January {soon}" in page.text
    assert f"{measure.public_id} cannot be published yet. Missing: a source." in page.text
    assert f"Scheduled for publication on 2 January {soon}" in ana.get(address(measure)).text
    scheduled = ScheduledPublication.objects.get()
    assert localtime(scheduled.publish_at).isoformat()[:16] == f"{soon}-01-02T08:30"
    queue = eva.get(reverse("admin:measures_measure_changelist"), {"queue": "scheduled"})
    assert [each.pk for each in queue.context["cl"].result_list] == [measure.pk]

    ScheduledPublication.objects.update(failed_at=scheduled.scheduled_at, problem="incomplete")
    assert "It lacked something that publication requires." in eva.get(address(measure)).text
    index = eva.get(reverse("admin:index"))
    assert ("Not published when due", 1) in [(each["label"], each["count"]) for each in index.context["queues"]]
    assert press(ana, "cancel_schedule").status_code == 403
    assert ScheduledPublication.objects.exists()
    assert "no longer scheduled" in press(eva, "cancel_schedule").text
    measure.refresh_from_db()
    assert (measure.workflow, ScheduledPublication.objects.exists()) == ("in_review", False)
