"""Reports of errors: a form without script and cookies, spam set aside, answers in public, senders forgotten."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from measures.admin.inbox import inbox_of
from measures.corrections import reports
from measures.corrections.guard import MOST_OF_NETWORK, TooMany, new_form, origin_of
from measures.corrections.reports import Received, forget, receive
from measures.corrections.subjects import subject_of
from measures.models import ErrorReport, Measure
from tests import admin_forms, factories
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

ANSWER = {
    "outcome": "corrected",
    "question": "Is the decree of 14 April?",
    "answer": "Yes, it is; we had 15 April.",
    "answer_language": "en",
    "reply": "",
    "reply_by": "",
}


def form_of(about: str, field: str = "", client: Client | None = None) -> tuple[str, dict[str, str]]:
    """The address of the form and what it would send, after a person has read it for a while."""
    url = f"{reverse('report')}?about={about}&field={field}"
    page = (client or Client()).get(url)
    assert page.status_code == 200
    form = page.context["form"]
    return url, {"field": form.initial["field"], "form": aged(page.context["signed"])}


def aged(signed: str) -> str:
    """The signed time of a form as if it had been made a minute earlier."""
    signer = signing.TimestampSigner(salt="measures.report")
    assert signer.unsign(signed)
    with pytest.MonkeyPatch.context() as patch:
        moment = timezone.now().timestamp() - 60
        patch.setattr("django.core.signing.time.time", lambda: moment)
        return signer.sign("form")


def sent(measure: Measure, text: str = "The date is wrong.", **more: str) -> ErrorReport:
    url, data = form_of(measure.get_absolute_url(), "status")
    response = Client(enforce_csrf_checks=True).post(url, {**data, "text": text, **more})
    assert response.status_code == 302
    return ErrorReport.objects.get(key=response["Location"].strip("/").split("/")[-1])


def test_report_has_what_was_read_and_is_public_nowhere_before_it_is_answered() -> None:
    measure = factories.measure(title_en="Border closure")
    report = sent(measure, "It began on 14 April.", email="reader@example.org", evidence="Gazette of 14 April")
    assert (report.measure, report.country, report.state) == (measure, measure.country, "waiting")
    assert (report.field, report.value[:15]) == ("Status", "No end recorded")
    assert report.page == measure.get_absolute_url()
    for path in (report.page, reverse("corrections"), reverse("measure_corrections", args=[measure.public_id])):
        text = Client().get(path).content.decode()
        assert "It began on 14 April" not in text
        assert "reader@example.org" not in text
    status = Client().get(reverse("report_status", args=[report.key]))
    assert "has arrived" in status.content.decode()
    assert status["X-Robots-Tag"] == "noindex"


def test_answer_is_public_at_once_and_the_sender_never() -> None:
    measure, eva = factories.measure(), factories.editor()
    report = sent(measure, "Ana Torres says it is wrong.", sender="Ana Torres", email="ana@example.org")
    before = Client().get(reverse("corrections"))["ETag"]
    reports.answer(report, {**ANSWER, "reply": "We disagree.", "reply_by": "Ministry of Health"}, by=eva)
    page = Client().get(reverse("corrections"))
    assert page["ETag"] != before
    told = page.content.decode() + Client().get(measure.get_absolute_url()).content.decode()
    told += Client().get(reverse("report_status", args=[report.key])).content.decode()
    assert all(
        text in told for text in ("Is the decree of 14 April?", "we had 15 April", "Reply of Ministry of Health")
    )
    assert not any(text in told for text in ("Ana Torres", "ana@example.org"))


def test_answer_goes_with_its_record() -> None:
    measure, eva = factories.measure(title_en="Taken down"), factories.editor()
    reports.answer(sent(measure), ANSWER, by=eva)
    assert "Taken down" in Client().get(reverse("corrections")).content.decode()
    Measure.objects.filter(pk=measure.pk).update(workflow="draft")
    assert "Taken down" not in Client().get(reverse("corrections")).content.decode()


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "waiting"),
        ({"website": "https://pills.example"}, "spam"),
        ({"form": ""}, "spam"),
        ({"form": "form:1:forged"}, "spam"),
        ({"text": "Buy https://a.example http://b.example www.c.example [url=d]"}, "spam"),
        ({"text": "See https://gazette.example/1 and https://gazette.example/2"}, "waiting"),
    ],
)
def test_what_looks_like_spam_is_set_aside_and_not_lost(changes: dict[str, str], state: str) -> None:
    measure = factories.measure()
    url, data = form_of(measure.get_absolute_url())
    response = Client().post(url, {**data, "text": "It is wrong.", **changes})
    assert ErrorReport.objects.get().state == state
    assert "has arrived" in Client().get(response["Location"]).content.decode()


def test_form_that_is_sent_at_once_is_a_programs() -> None:
    measure = factories.measure()
    page = Client().get(f"{reverse('report')}?about={measure.get_absolute_url()}")
    Client().post(page.wsgi_request.get_full_path(), {"text": "Wrong.", "form": page.context["signed"]})
    assert ErrorReport.objects.get().state == "spam"


def test_a_hundred_reports_half_of_them_spam_are_all_kept_and_the_queue_shows_the_others() -> None:
    measure, eva = factories.measure(), factories.editor()
    subject = subject_of(measure.get_absolute_url())
    assert subject
    form = aged(new_form())
    for number in range(50):
        for trapped in (True, False):
            words = Received(text=f"Number {number}", is_trapped=trapped, form=form)
            receive(subject, "", words, network=f"192.0.2.{number}-{trapped}", language="en")
    assert ErrorReport.objects.count() == 100
    page = signed_in(eva).get(reverse("admin:measures_errorreport_changelist"), follow=True)
    assert page.context["cl"].result_count == 50
    (section,) = (each for each in inbox_of(eva) if each.title == "Reports of errors to answer")
    assert len(section.items) == 50


def test_the_same_report_sent_twice_is_one_whatever_it_is_about() -> None:
    measure = factories.measure()
    for field in ("status", ""):
        url, data = form_of(measure.get_absolute_url(), field)
        for _again in range(2):
            Client().post(url, {**data, "text": "Sent by a double click"})
    assert sorted(ErrorReport.objects.values_list("field", flat=True)) == ["", "Status"]


def test_a_network_sends_so_many_in_an_hour_and_the_same_twice_is_one() -> None:
    measure = factories.measure()
    subject = subject_of(measure.get_absolute_url())
    assert subject
    for number in range(MOST_OF_NETWORK):
        first = receive(subject, "", Received(text=f"Number {number}"), network="192.0.2.1", language="en")
    assert receive(subject, "", Received(text=first.text), network="192.0.2.1", language="en") == first
    with pytest.raises(TooMany):
        receive(subject, "", Received(text="One more"), network="192.0.2.1", language="en")
    assert receive(subject, "", Received(text="One more"), network="192.0.2.2", language="en").pk
    url, data = form_of(measure.get_absolute_url())
    ErrorReport.objects.update(network=origin_of("127.0.0.1"))
    response = Client().post(url, {**data, "text": "Refused"})
    assert (response.status_code, response["Retry-After"]) == (429, "3600")


@pytest.mark.parametrize("text", ["", "   ", "a\u202eb"])
def test_what_cannot_be_read_is_refused_beside_the_box_and_nothing_typed_is_lost(text: str) -> None:
    measure = factories.measure()
    url, data = form_of(measure.get_absolute_url())
    page = Client().post(url, {**data, "text": text, "evidence": "Gazette 7"})
    assert page.status_code == 400
    assert "Gazette 7" in page.content.decode()
    assert not ErrorReport.objects.exists()


@pytest.mark.parametrize(
    "about",
    ["", "https://elsewhere.example/", "//elsewhere.example/", "/nowhere/", "/admin/", "/measures.csv", "/a%00b/"],
)
def test_only_a_page_of_the_site_can_be_reported(about: str) -> None:
    assert Client().get(reverse("report"), {"about": about}).status_code == 404


def test_every_link_beside_a_statement_leads_to_that_statement() -> None:
    country = factories.country()
    factories.mobility_role(country=country)
    measure = factories.measure(country=country, reference="N° 7", groups=("migrants",))
    source = measure.citations.get().source
    for page, least in ((measure, 8), (source, 2), (country, 1)):
        html = Client().get(page.get_absolute_url()).content.decode()
        links = re.findall(r'class="report-field-link" href="[^"]*field=([\w-]+)', html)
        subject = subject_of(page.get_absolute_url())
        assert subject
        assert len(links) >= least
        assert [key for key in links if not subject.statement(key)] == []


def test_pages_of_other_languages_are_known() -> None:
    measure = factories.measure(title_es="Cierre de fronteras")
    with translation.override("es"):
        subject = subject_of(measure.get_absolute_url())
    assert subject
    assert (subject.page[:4], subject.measure) == ("/es/", measure)


def test_only_those_who_publish_answer_and_only_for_their_countries() -> None:
    measure = factories.measure()
    report = sent(measure)
    elsewhere = factories.member(group="editor", countries=("ECU",))
    for person in (factories.analyst(), elsewhere):
        with pytest.raises(PermissionDenied):
            reports.answer(report, ANSWER, by=person)
        with pytest.raises(PermissionDenied):
            reports.set_aside(report, by=person)
    report.refresh_from_db()
    assert report.state == "waiting"


def test_second_answer_does_not_overwrite_the_first() -> None:
    report, eva = sent(factories.measure()), factories.editor()
    as_seen = ErrorReport.objects.get(pk=report.pk)
    reports.answer(report, ANSWER, by=eva)
    with pytest.raises(ValidationError, match="in the meantime"):
        reports.answer(as_seen, {**ANSWER, "answer": "Another"}, by=eva)
    with pytest.raises(ValidationError):
        reports.set_aside(as_seen, by=eva)
    assert ErrorReport.objects.get().answer == ANSWER["answer"]


def test_answer_in_the_admin() -> None:
    report, client = sent(factories.measure()), signed_in(factories.editor())
    url = reverse("admin:measures_errorreport_change", args=[report.pk])
    form = admin_forms.shown(client, url, "errorreport_form")
    page = client.post(url, {**form, "outcome": "stands"})
    assert admin_forms.errors(page)
    page = client.post(url, {**form, **ANSWER})
    assert (page.status_code, admin_forms.errors(page)) == (302, [])
    report.refresh_from_db()
    assert (report.state, bool(report.answered_by)) == ("answered", True)
    page = client.post(url, {**form, **ANSWER, "answer": "By a window that was open before"})
    assert "in the meantime" in page.content.decode()
    assert ErrorReport.objects.get().answer == ANSWER["answer"]
    form = admin_forms.shown(client, url, "errorreport_form")  # who has seen the answer may correct it
    assert client.post(url, {**form, "answer": "Better words"}).status_code == 302
    assert ErrorReport.objects.get().answer == "Better words"


def test_analyst_reads_reports_and_has_no_form() -> None:
    report = sent(factories.measure())
    page = signed_in(factories.analyst()).get(reverse("admin:measures_errorreport_change", args=[report.pk]))
    assert page.status_code == 200
    assert 'name="answer"' not in page.content.decode()


def test_spam_by_the_list_and_back() -> None:
    report, client = sent(factories.measure()), signed_in(factories.editor())
    url = reverse("admin:measures_errorreport_changelist")
    for action, state in (("set_aside", "spam"), ("take_back", "waiting")):
        client.post(url, {"action": action, "_selected_action": [report.pk]})
        report.refresh_from_db()
        assert report.state == state


def test_what_is_forgotten() -> None:
    now, eva = timezone.now(), factories.editor()
    answered, waiting, spam = (factories.error_report(email="a@example.org", network="n") for _each in range(3))
    reports.answer(answered, ANSWER, by=eva)
    reports.set_aside(spam, by=eva)
    ErrorReport.objects.filter(pk=answered.pk).update(answered_at=now - timedelta(days=91))
    ErrorReport.objects.update(received_at=now - timedelta(days=91))
    forget(at=now)
    left: Any = {each.pk: (each.email, each.network) for each in ErrorReport.objects.all()}
    assert left == {answered.pk: ("", ""), waiting.pk: ("a@example.org", "")}
