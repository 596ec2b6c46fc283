"""A statement or a lock that takes too long ends the request, not the site; commands and long work have no limit."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connection, connections, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from pytest_django import Settings

from foundation.files.importing.pipeline import compared
from foundation.files.resources import resources
from foundation.sql import second_connection, take_time
from measures.models import Topic
from observatory.middleware.limits import limit_time
from observatory.urls import urlpatterns as site
from tests import factories as make
from tests.admin_forms import held


def _sleep(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("select pg_sleep(60)")
    return HttpResponse("awake")


def _work(request: HttpRequest) -> HttpResponse:
    with transaction.atomic(), connection.cursor() as cursor:
        take_time()
        cursor.execute("select pg_sleep(0.6)")
    return HttpResponse("done")


urlpatterns = [path("sleep/", _sleep), path("sleep.csv", _sleep), path("work/", _work), *site]

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def web(settings: Settings, transactional_db: None) -> Iterator[None]:
    """Connections like those of the web server, with very short limits."""
    settings.STATEMENT_SECONDS, settings.LOCK_SECONDS = 0.3, 0.2
    database = connections.settings["default"]
    given = dict(database["OPTIONS"])
    connection.close()
    limit_time()
    yield
    database["OPTIONS"].clear()
    database["OPTIONS"].update(given)
    connection.close()


@pytest.mark.usefixtures("web")
@override_settings(ROOT_URLCONF=__name__)
def test_statement_that_takes_too_long_is_an_answer(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    page, file = client.get("/sleep/"), client.get("/sleep.csv")
    for response in (page, file):
        assert (response.status_code, response.headers["Retry-After"]) == (503, "10")
        assert response.headers["Cache-Control"] == "no-store"
    assert "<h1>The site is busy</h1>" in page.text
    assert file.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert client.get("/about/").status_code == 200
    assert [record.exc_info for record in caplog.records if record.name == "observatory.refusals"] == [
        None,
        None,
    ]


@pytest.mark.usefixtures("web")
@override_settings(ROOT_URLCONF=__name__)
def test_long_work_is_not_broken_off_and_the_limit_is_back_afterwards(client: Client) -> None:
    assert client.get("/work/").text == "done"
    assert client.get("/sleep/").status_code == 503


@pytest.fixture
def locked() -> Iterator[Any]:
    """Another session that holds the lock a test waits for."""
    with second_connection() as other:
        other.execute("begin")
        yield other
        other.execute("rollback")


@pytest.mark.usefixtures("web")
def test_page_behind_a_locked_table_is_busy_and_well_again(client: Client, locked: Any) -> None:
    make.measure()
    locked.execute("lock table countries_country in access exclusive mode")
    response = client.get("/countries/peru/")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "10")
    locked.execute("rollback")
    assert client.get("/countries/peru/").status_code == 200


@pytest.mark.owner  # only the owner may lock it
@pytest.mark.usefixtures("web")
def test_version_behind_a_locked_table_is_busy(client: Client, locked: Any) -> None:
    locked.execute("lock table foundation_publicchange in access exclusive mode")
    assert client.get("/about/").status_code == 503
    locked.execute("rollback")
    assert client.get("/about/").status_code == 200


@pytest.mark.usefixtures("web")
def test_form_that_waits_for_a_lock_says_that_nothing_was_saved(client: Client, locked: Any) -> None:
    topic = make.topic(key="health")
    client.force_login(make.user(is_superuser=True, group="editor"))
    page = f"/admin/measures/topic/{topic.pk}/change/"
    form = held(client.get(page), "topic_form") | {"label_en": "Well-being"}
    locked.execute("select from measures_topic where id = %s for update", [topic.pk])
    response = client.post(page, form)
    assert response.status_code == 503
    assert "nothing was saved" in response.text
    assert "Go back to the form" in response.text
    locked.execute("rollback")
    assert Topic.objects.get(pk=topic.pk).label_en != "Well-being"
    assert client.post(page, form).status_code == 302
    assert Topic.objects.get(pk=topic.pk).label_en == "Well-being"


@pytest.mark.usefixtures("web")
def test_transaction_that_stands_still_is_ended_by_the_server(settings: Settings) -> None:
    with connection.cursor() as cursor:
        cursor.execute("show idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("1min",)


def _limits(program: str, environment: dict[str, str]) -> str:
    """The limits that a process of ours reports."""
    asked = (
        "from django.db import connection as c; k = c.cursor();"
        "k.execute(\"select current_setting('statement_timeout'), current_setting('lock_timeout')\");"
        "print(k.fetchone())"
    )
    return subprocess.run(
        [sys.executable, *program.split(), f"{'import observatory.wsgi; ' if program == '-c' else ''}{asked}"],
        cwd=configured.BASE_DIR,
        env=environment,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.strip()


def test_web_server_has_limits_and_commands_have_none(environment: dict[str, str]) -> None:
    given = environment | {"STATEMENT_SECONDS": "7", "LOCK_SECONDS": "3"}
    assert _limits("-c", given) == "('7s', '3s')"
    assert _limits("manage.py shell --no-imports -c", given) == "('0', '0')"


def test_options_of_the_address_of_the_database_win(environment: dict[str, str]) -> None:
    address = f"{environment['DATABASE_URL']}?options=-c%20statement_timeout%3D9s"
    assert _limits("-c", environment | {"DATABASE_URL": address}) == "('9s', '10s')"


@pytest.mark.usefixtures("web")
def test_import_waits_for_another_beyond_the_limit(tmp_path: Path) -> None:
    holds = threading.Event()

    def hold() -> None:
        with second_connection() as other:
            other.execute("set statement_timeout = 0")
            other.execute("begin")
            other.execute("select pg_advisory_xact_lock(hashtextextended('import of files', 0))")
            holds.set()
            other.execute("select pg_sleep(0.8)")
            other.execute("rollback")
        connection.close()

    file = tmp_path / "topics.csv"
    file.write_text("key,parent,label_en,label_es,label_pt,position\nhealth,,Health,Salud,Saúde,1\n")
    holder = threading.Thread(target=hold)
    holder.start()
    assert holds.wait(30)
    with compared(file, resources()["topics"], by=make.editor()) as found:
        assert found.report.new == 1
    holder.join()
