"""Feeds by command and in the background."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from countries.feeds import tasks
from countries.models import FeedRun, Observation
from tests import factories


@pytest.fixture(autouse=True)
def files(settings: Settings, tmp_path: Path) -> Path:
    settings.FEEDS_DIR, settings.FEED_FILES_DIR = tmp_path / "feeds", tmp_path
    settings.FETCH_NETWORKS = ["127.0.0.0/8"]
    days = "".join(f"PER,2020-03-{day:02d},5\n" for day in range(1, 16))
    (tmp_path / "daily.csv").write_text(f"iso3,date,value\n{days}XXX,2020-03-01,6\n", encoding="utf-8")
    return tmp_path


def command(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("update_indicators", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


REFUSED = (
    "owid: 1 refused, first in row 17, “XXX”: The country is unknown."
    " Add it to “other spellings” with its three-letter code, or with nothing after = to skip it.\n"
)


@pytest.mark.django_db
def test_command_runs_what_is_on() -> None:
    factories.country()
    factories.feed(key="owid")
    factories.feed(key="asleep", is_on=False)
    out, err = command()
    assert out == "owid: Published. 16 rows read, 15 new, 0 revised, 0 unchanged, 1 refused, 0 to look at\n"
    assert err == REFUSED
    assert FeedRun.objects.count() == 1


@pytest.mark.django_db
def test_dry_run_writes_nothing_also_of_a_feed_that_is_off() -> None:
    factories.country()
    factories.feed(key="owid", is_on=False)
    out, err = command("--feed", "owid", "--dry-run")
    assert out == (
        "owid: nothing was written. The run would give:"
        " 16 rows read, 15 new, 0 revised, 0 unchanged, 1 refused, 0 to look at\n"
    )
    assert err == REFUSED
    assert (FeedRun.objects.count(), Observation.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_command_fails_where_a_feed_does(files: Path) -> None:
    factories.feed(key="owid")
    (files / "daily.csv").write_text("<html>", encoding="utf-8")
    with pytest.raises(CommandError, match=r"Not updated: owid\. Their public values have not changed\."):
        command()
    with pytest.raises(CommandError, match=r"There is no feed who\. There are: owid\."):
        command("--feed", "who")


@pytest.mark.django_db
def test_due_feed_waits_once_however_often_it_is_asked_for() -> None:
    feed = factories.feed()
    tasks.update_due_feeds(timestamp=0)
    assert not tasks.queue_run(feed)
    job = ProcrastinateJob.objects.get()
    assert (job.task_name, job.args, job.status) == (
        "countries.feeds.tasks.update_feed",
        {"feed": feed.pk, "by": None},
        "todo",
    )


@pytest.mark.django_db
def test_failure_that_may_pass_is_tried_again_and_another_is_not(files: Path) -> None:
    factories.country()
    feed = factories.feed()
    (files / "daily.csv").write_text("<html>", encoding="utf-8")
    with pytest.raises(tasks.MayPass, match=r"The server sent a web page instead of data\."):
        tasks.update_feed(feed=feed.pk)
    (files / "daily.csv").write_text("iso_code,date,value\nPER,2020-03-01,5\n", encoding="utf-8")
    tasks.update_feed(feed=feed.pk)
    assert [(run.state, run.is_transient) for run in FeedRun.objects.order_by("pk")] == [
        ("failed", True),
        ("failed", False),
    ]


def test_retries_wait_longer_each_time() -> None:
    waits = [tasks.AGAIN.wait + tasks.AGAIN.exponential_wait ** (attempt + 1) for attempt in range(4)]
    assert waits == [68, 124, 572, 4156]
    assert tasks.AGAIN.max_attempts == 4
