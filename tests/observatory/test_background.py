"""The admin of background jobs: what ran, failed and waits, and whether a worker is running."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django import app

from countries.feeds.tasks import queue_run
from countries.models import IndicatorFeed
from observatory.models import BackgroundJob
from tests import factories
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

URL = "/admin/observatory/backgroundjob/"


def job(state: str, **fields: Any) -> BackgroundJob:
    """A job of a feed in a state, with the event of being queued."""
    feed = factories.feed()
    assert queue_run(feed)
    made = BackgroundJob.objects.latest("pk")
    with connection.cursor() as cursor:
        if state == "doing":  # by a live worker
            cursor.execute("insert into procrastinate_workers (last_heartbeat) values (now()) returning id")
        worker = cursor.fetchone()[0] if state == "doing" else None
        cursor.execute(
            "update procrastinate_jobs set status = %s, worker_id = %s where id = %s", [state, worker, made.pk]
        )
    return made


def rows(page: str) -> list[str]:
    return [row for row in page.split("<tr>")[2:] if "field-what" in row]


@pytest.fixture
def client() -> Client:
    return signed_in(factories.editor())


def test_page_tells_what_each_job_does_and_links_to_what_it_is_about(client: Client) -> None:
    job("todo")
    page = client.get(URL).content.decode()
    assert "No worker is running, so no queued job will run." in page
    (row,) = rows(page)
    assert "Run a feed" in row
    feed = IndicatorFeed.objects.get()
    assert f'<a href="{reverse("admin:countries_indicatorfeed_change", args=[feed.pk])}">{feed.key}</a>' in row
    assert "Queued" in row
    assert "1 background job\n" in page
    assert "By completed routine jobs" in page


def test_days_are_written_as_on_the_public_pages(client: Client) -> None:
    waiting = job("todo")
    with connection.cursor() as cursor:
        at = "2026-11-26 09:05+00"
        cursor.execute("update procrastinate_events set at = %s where job_id = %s", [at, waiting.pk])
    (row,) = rows(client.get(URL).content.decode())
    assert "26 November 2026, 09:05" in row
    (row,) = rows(client.get(f"/es{URL}").content.decode())
    assert "26 de noviembre de 2026 a las 09:05" in row


def test_feed_that_is_gone_is_told_by_its_number(client: Client) -> None:
    number = job("todo").args["feed"]
    IndicatorFeed.objects.all().delete()
    (row,) = rows(client.get(URL).content.decode())
    assert f'<td class="field-about">feed {number}</td>' in row


def test_worker_that_is_alive_is_shown(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("insert into procrastinate_workers (last_heartbeat) values (now())")
        cursor.execute("insert into procrastinate_workers (last_heartbeat) values (now() - interval '1 hour')")
    page = client.get(URL).content.decode()
    assert "No worker is running" not in page
    assert (page.count("last heartbeat"), page.count("(stopped)")) == (2, 1)


def test_housekeeping_that_is_done_is_shown_only_when_asked_for(client: Client) -> None:
    app.configure_task("countries.feeds.tasks.update_due_feeds").defer(timestamp=0)
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set status = 'succeeded'")
    assert rows(client.get(URL).content.decode()) == []
    (row,) = rows(client.get(f"{URL}?routine=with").content.decode())
    assert "Find feeds that are due" in row


def act(client: Client, action: str, *chosen: BackgroundJob) -> list[str]:
    data = {"action": action, "_selected_action": [job.pk for job in chosen]}
    return [str(message) for message in client.post(URL, data, follow=True).context["messages"]]


def test_what_waits_is_cancelled_and_what_failed_is_done_once_more(client: Client) -> None:
    waiting, failed, doing = job("todo"), job("failed"), job("doing")
    assert act(client, "cancel", waiting, doing) == [
        "1 job was cancelled.",
        "The state of 1 other job does not allow this.",
    ]
    assert act(client, "retry", failed) == ["1 job is queued again."]
    states = dict(BackgroundJob.objects.values_list("pk", "status"))
    assert states == {waiting.pk: "cancelled", failed.pk: "todo", doing.pk: "doing"}


def test_work_whose_worker_is_gone_is_shown_as_interrupted(client: Client) -> None:
    job("doing")
    assert "In progress" in rows(client.get(URL).content.decode())[0]
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_workers set last_heartbeat = now() - interval '1 minute'")
    assert "Interrupted" in rows(client.get(URL).content.decode())[0]


def test_analyst_sees_and_does_nothing() -> None:
    waiting = job("todo")
    client = signed_in(factories.analyst())
    assert len(rows(client.get(URL).content.decode())) == 1
    act(client, "cancel", waiting)
    assert BackgroundJob.objects.get().status == "todo"


@pytest.mark.parametrize("number", [1, 30])
def test_page_asks_as_often_however_long(client: Client, number: int, django_assert_num_queries: Any) -> None:
    for _place in range(number):
        job("todo")
    with django_assert_num_queries(9):
        assert len(rows(client.get(URL).content.decode())) == number
