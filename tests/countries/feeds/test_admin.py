"""A feed in the admin: dry run, turning on, running, held values, decisions, rollback; and permissions."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from countries.feeds import runs
from countries.models import FeedRun, IndicatorFeed, Observation
from tests import factories
from tests.admin_forms import errors_by_field, held, shown
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

ADD = "/admin/countries/indicatorfeed/add/"
FORM = "indicatorfeed_form"
BODY = "code,when,n\nPER,2020-03-01,100\nECU,2020-03-01,50\nOWID_WRL,2020-03-01,9\n"


@pytest.fixture(autouse=True)
def files(settings: Settings, tmp_path: Path) -> Path:
    settings.FEEDS_DIR, settings.FEED_FILES_DIR = tmp_path / "feeds", tmp_path
    (tmp_path / "daily.csv").write_text(BODY, encoding="utf-8")
    for iso3 in ("PER", "ECU"):
        factories.country(iso3=iso3)
    return tmp_path


def filled(client: Client, **fields: Any) -> dict[str, Any]:
    data = shown(client, ADD, FORM)
    given = {"key": "new-cases", "indicator": factories.indicator().pk, "url": "file:daily.csv", "source_name": "WHO"}
    return data | given | fields


MAPPED = {"country_column": "code", "day_column": "when", "value_column": "n"}


def test_newcomer_sees_the_columns_tries_the_feed_and_an_editor_turns_it_on() -> None:
    client = signed_in(factories.analyst())
    first = client.post(ADD, filled(client) | {"_try": "1"})
    trial = first.context["trial"]
    assert trial.problem == "The feed does not name its columns yet."
    assert [(column.name, column.cells[0], column.guess) for column in trial.columns] == [
        ("code", "PER", "three-letter country codes"),
        ("when", "2020-03-01", "dates, year first"),
        ("n", "100", "numbers"),
    ]
    assert IndicatorFeed.objects.count() == 0

    second = client.post(ADD, held(first, FORM) | MAPPED | {"_try": "1"})
    found = second.context["trial"]
    assert (found.problem, found.counts["new"], found.counts["refused"]) == ("", 2, 1)
    page = second.content.decode()
    assert "The country is unknown." in page
    assert "OWID_WRL" in page

    third = client.post(ADD, held(second, FORM) | {"leaves_out_unknown": "on", "_save": "1"})
    assert third.status_code == 302, errors_by_field(third)
    feed, editor = IndicatorFeed.objects.get(), signed_in(factories.editor())
    url = reverse("admin:countries_indicatorfeed_change", args=[feed.pk])
    fourth = editor.post(url, shown(editor, url, FORM) | {"is_on": "on", "_save": "1"})
    assert fourth.status_code == 302, errors_by_field(fourth)
    feed.refresh_from_db()
    assert (feed.is_on, feed.country_column) == (True, "code")
    assert (FeedRun.objects.count(), Observation.objects.count()) == (0, 0)
    assert runs.run(feed).new == 2


def test_trying_needs_neither_a_key_nor_a_source_and_saving_does() -> None:
    client = signed_in(factories.analyst())
    tried = client.post(ADD, filled(client, key="", source_name="") | MAPPED | {"_try": "1"})
    assert tried.context["trial"].counts["new"] == 2
    saved = client.post(ADD, held(tried, FORM) | {"_save": "1"})
    assert set(errors_by_field(saved)) == {"key", "source_name"}


def test_trying_a_changed_feed_does_not_change_it() -> None:
    feed = factories.feed(**MAPPED, is_on=False)
    client = signed_in(factories.analyst())
    url = reverse("admin:countries_indicatorfeed_change", args=[feed.pk])
    response = client.post(url, shown(client, url, FORM) | {"value_column": "x", "_try": "1"})
    assert response.context["trial"].problem == "The file has no column “x”."
    feed.refresh_from_db()
    assert feed.value_column == "n"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        *(({"is_on": "on"}, "is_on"), ({"url": "ftp://example.org/x.csv"}, "url"), ({"url": "file:"}, "url")),
        *(({"filter_value": "x"}, "filter_value"), ({"multiplier": "0"}, "multiplier"), ({"jump": "1"}, "jump")),
        *(({"lowest": "5", "highest": "4"}, "highest"), ({"aliases": "World"}, "aliases")),
    ],
)
def test_form_says_at_the_field_what_a_rule_refuses(fields: dict[str, str], field: str) -> None:
    client = signed_in(factories.editor())
    response = client.post(ADD, filled(client) | fields | {"_save": "1"})
    assert set(errors_by_field(response)) == {field}
    tried = client.post(ADD, filled(client) | fields | {"_try": "1"})
    assert set(errors_by_field(tried)) == {field}
    assert "trial" not in tried.context


NEGATIVE = BODY.replace("50", "-50").replace("100", "101")


def partly_doubtful(files: Path) -> FeedRun:
    """A run with one held and one public value."""
    feed = factories.feed(**MAPPED, leaves_out_unknown=True, highest=1000)
    assert runs.run(feed).state == "published"
    (files / "daily.csv").write_text(NEGATIVE + "ECU,2020-03-02,5000\n", encoding="utf-8")
    run = runs.run(feed)
    assert run.state == "partly_held"
    return run


def test_values_that_wait_are_looked_at_and_published(files: Path) -> None:
    run = partly_doubtful(files)
    client = signed_in(factories.editor())
    page = " ".join(client.get(run.get_absolute_url()).content.decode().split())
    assert "These values are held for review; the rest of the file is public:" in page
    assert "1 value is negative or does not fit the unit “persons”." in page
    assert "Row 3: ECU 2020-03-01: -50, previously 50" in page
    assert "<b>1</b> Runs held for review" in " ".join(client.get("/admin/").content.decode().split())
    client.post(run.get_absolute_url(), {"publish_values": "1"})
    run.refresh_from_db()
    assert (run.state, run.new, run.revised) == ("published", 1, 1)
    assert Observation.objects.get(country="ECU", period="2020-03-02").value == 5000
    client.post(run.get_absolute_url(), {"roll_back": "1"})
    assert not Observation.objects.filter(period="2020-03-02").exists()


def test_values_that_wait_are_left_out_by_editors_alone(files: Path) -> None:
    run = partly_doubtful(files)
    analyst = signed_in(factories.analyst())
    for act in ("publish_values", "leave_out", "roll_back"):
        assert analyst.post(run.get_absolute_url(), {act: "1"}).status_code == 403
        assert act not in analyst.get(run.get_absolute_url()).text
    signed_in(factories.editor()).post(run.get_absolute_url(), {"leave_out": "1"})
    run.refresh_from_db()
    assert (run.state, run.held_values.filter(is_left_out=True).count()) == ("published", 2)


def doubtful(files: Path) -> FeedRun:
    feed = factories.feed(**MAPPED, leaves_out_unknown=True)
    assert runs.run(feed).state == "published"
    (files / "daily.csv").write_text(NEGATIVE + "PER,yesterday,1\n", encoding="utf-8")
    run = runs.run(feed)
    assert run.state == "held"
    return run


def test_held_run_is_looked_at_and_published(files: Path) -> None:
    run = doubtful(files)
    editor = factories.editor()
    client = signed_in(editor)
    page = client.get(run.get_absolute_url()).content.decode()
    assert "1 value is negative or does not fit the unit “persons”." in page
    assert "Ecuador" in page
    client.post(run.get_absolute_url(), {"publish": "1"})
    run.refresh_from_db()
    assert (run.state, run.decided_by) == ("published", editor)
    values = Observation.objects.order_by("country").values_list("country", "value")
    assert [(iso3, int(value)) for iso3, value in values if value is not None] == [("ECU", 50), ("PER", 101)]
    client.post(run.get_absolute_url(), {"roll_back": "1"})
    run.refresh_from_db()
    assert run.state == "rolled_back"
    assert Observation.objects.get(country="PER").value == 100


def test_held_run_is_discarded_and_then_no_longer_there_to_be_published(files: Path) -> None:
    run = doubtful(files)
    client = signed_in(factories.editor())
    client.post(run.get_absolute_url(), {"discard": "1"})
    answer = client.post(run.get_absolute_url(), {"publish": "1"}, follow=True)
    assert [str(message) for message in answer.context["messages"]] == [
        "The run has been discarded. Public values have not changed.",
        "This run is no longer held. Reload its page to see what happened.",
    ]


def test_analyst_looks_and_does_not_decide(files: Path) -> None:
    run = doubtful(files)
    client = signed_in(factories.analyst())
    assert "publish" not in client.get(run.get_absolute_url()).content.decode().split("<form", 2)[-1]
    assert client.post(run.get_absolute_url(), {"publish": "1"}).status_code == 403
    run.refresh_from_db()
    assert run.state == "held"


def act(client: Client, action: str, *chosen: IndicatorFeed) -> Any:
    data = {"action": action, "_selected_action": [feed.pk for feed in chosen]}
    return client.post(reverse("admin:countries_indicatorfeed_changelist"), data, follow=True)


def test_feeds_are_turned_on_and_run_from_their_list() -> None:
    ready, unready = factories.feed(**MAPPED, is_on=False), factories.feed(country_column="", is_on=False)
    client = signed_in(factories.editor())
    told = [str(message) for message in act(client, "turn_on", ready, unready).context["messages"]]
    assert sorted(told) == sorted(
        [
            f"{ready} is on.",
            f"{unready}: To turn the feed on, name the columns of country, date and value.",
        ]
    )
    told = [str(message) for message in act(client, "run_now", ready).context["messages"]]
    assert told == ["1 feed is queued for a worker.", "No worker is running. The job will start when a worker does."]
    assert ProcrastinateJob.objects.get().args["feed"] == ready.pk
    act(client, "turn_off", ready)
    ready.refresh_from_db()
    assert not ready.is_on


@pytest.mark.parametrize("number", [1, 30])
def test_list_of_feeds_asks_as_often_however_long(number: int, django_assert_num_queries: Any) -> None:
    for _place in range(number):
        runs.run(factories.feed(**MAPPED, leaves_out_unknown=True))
    client = signed_in(factories.editor())
    with django_assert_num_queries(8):
        page = client.get(reverse("admin:countries_indicatorfeed_changelist")).content.decode()
    assert "Published" in page


def test_value_that_a_person_corrects_is_left_alone_by_its_feed(files: Path) -> None:
    feed = factories.feed(**MAPPED, leaves_out_unknown=True)
    runs.run(feed)
    peru = Observation.objects.get(country="PER")
    client = signed_in(factories.editor())
    url = reverse("admin:countries_observation_change", args=[peru.pk])
    client.post(url, shown(client, url, "observation_form") | {"value": "7", "_save": "1"})
    (files / "daily.csv").write_text(BODY.replace("50", "51"), encoding="utf-8")
    run = runs.run(feed)
    assert (run.revised, run.refused) == (1, 1)
    peru.refresh_from_db()
    assert peru.value == 7
    assert peru.feed_run is None


def test_first_page_of_the_admin_tells_what_waits(files: Path) -> None:
    client = signed_in(factories.editor())
    assert "Daily figures" not in client.get("/admin/").content.decode()
    doubtful(files)
    broken = factories.feed(**MAPPED, indicator=factories.indicator(key="other"), url="file:missing.csv")
    runs.run(broken)
    page = " ".join(client.get("/admin/").content.decode().split())
    assert "<b>1</b> Runs held for review" in page
    assert "<b>1</b> Feeds that failed at their last run" in page


def test_days_of_a_run_are_written_as_on_the_public_pages() -> None:
    feed = factories.feed()
    at = datetime.datetime(2026, 11, 26, 9, 5, 7, tzinfo=datetime.UTC)
    run = FeedRun.objects.create(feed=feed, state="failed", started_at=at, ended_at=at, mapping=feed.mapping)
    client = signed_in(factories.editor())
    page = client.get(run.get_absolute_url()).text
    assert f"{feed.key}, 26 November 2026, 09:05" in page
    assert "26 November 2026, 09:05:07" in page
    page = client.get(f"/pt{run.get_absolute_url()}").text
    assert f"{feed.key}, 26 de novembro de 2026 às 09:05" in page
    assert "26 de novembro de 2026, 09:05:07" in page
    assert "View on site" not in client.get(feed.get_absolute_url()).text
