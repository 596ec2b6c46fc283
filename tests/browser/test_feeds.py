"""A newcomer adds a feed for an unknown file, tries it and turns it on; an editor publishes held values."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from countries.feeds import runs
from countries.models import FeedRun, IndicatorFeed, Observation
from tests import factories
from tests.browser.conftest import SignIn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

expect.set_options(timeout=20_000)  # ms; saving takes time on a busy machine

HIDDEN_CELLS = """() => [...document.querySelectorAll("#content .preview :is(td, tbody th)")]
    .filter((cell) => cell.getBoundingClientRect().right > innerWidth).map((cell) => cell.textContent.trim())"""
"""The cells that are only visible after scrolling a table sideways."""

BODY = "Entity;Code;Day;Reported\n" + "".join(
    f"{name};{code};2020-03-{day:02d};{day * 10}\n"
    for name, code in (("Peru", "PER"), ("Ecuador", "ECU"), ("World", "OWID_WRL"))
    for day in range(1, 9)
)


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.FEEDS_DIR, settings.FEED_FILES_DIR = tmp_path / "feeds", tmp_path
    (tmp_path / "unseen.csv").write_text(BODY, encoding="utf-8")
    for iso3 in ("PER", "ECU"):
        factories.country(iso3=iso3)
    factories.indicator(key="covid_cases_new", unit="cases", name_en="New cases")
    return tmp_path


def accessible(page: Page) -> None:
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert found.response["violations"] == []


@pytest.mark.usefixtures("folder")
def test_newcomer_adds_a_feed_tries_it_and_turns_it_on(page: Page, live_server: LiveServer, sign_in: SignIn) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    sign_in(page, factories.editor())
    page.goto(f"{live_server.url}/admin/countries/indicatorfeed/add/")
    page.get_by_label("Key").fill("new-cases")
    page.locator("#id_indicator + .select2-container").click()
    page.locator(".select2-search__field").last.fill("cases")
    page.locator(".select2-results__option", has_text="New cases").first.click()
    page.locator("#id_url").fill("file:unseen.csv")
    page.locator("#id_source_name").fill("A ministry")
    page.get_by_role("button", name="Try it: preview 20 rows").click()
    expect(page.get_by_text("The feed does not name its columns yet.")).to_be_visible()
    columns = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Day"))
    expect(columns).to_contain_text("dates, year first")
    assert complaints == []
    accessible(page)

    complaints.clear()  # axe injects a style, which the page's policy refuses
    page.locator("#id_country_column").fill("Code")
    page.locator("#id_day_column").fill("Day")
    page.locator("#id_value_column").fill("Reported")
    page.get_by_role("button", name="Try it: preview 20 rows").click()
    expect(page.get_by_text("The country is unknown.").first).to_be_visible()
    expect(page.locator(".trial tbody tr").filter(has_text="2020-03-08")).to_have_count(2)
    assert complaints == []
    accessible(page)

    complaints.clear()
    page.locator("#id_leaves_out_unknown").check()
    page.locator("#id_is_on").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("was added successfully")
    assert (FeedRun.objects.count(), Observation.objects.count()) == (0, 0)
    run = runs.run(IndicatorFeed.objects.get(is_on=True))
    assert (run.state, run.new, run.skipped) == ("published", 16, 8)
    assert complaints == []


def test_editor_publishes_what_is_held_and_rolls_it_back(
    page: Page, live_server: LiveServer, sign_in: SignIn, folder: Path
) -> None:
    feed = factories.feed(
        url="file:unseen.csv",
        country_column="Code",
        day_column="Day",
        value_column="Reported",
        leaves_out_unknown=True,
        highest=100,
    )
    runs.run(feed)
    (folder / "unseen.csv").write_text(BODY.replace(";80\n", ";800\n"), encoding="utf-8")
    held = runs.run(feed)
    sign_in(page, factories.editor())
    page.goto(f"{live_server.url}{held.get_absolute_url()}")
    expect(page.get_by_text("2 values are outside the range of the feed")).to_be_visible()
    accessible(page)
    page.set_viewport_size({"width": 390, "height": 844})
    for url in (held.get_absolute_url(), feed.get_absolute_url()):
        page.goto(f"{live_server.url}{url}")
        assert page.locator("#content .preview tbody td").count() >= 6
        assert page.evaluate(HIDDEN_CELLS) == []
    page.goto(f"{live_server.url}{held.get_absolute_url()}")
    page.get_by_role("button", name="Publish these values").click()
    expect(page.locator(".messagelist")).to_contain_text("The values have been published")
    page.get_by_role("button", name="Roll back").click()
    expect(page.locator(".messagelist")).to_contain_text("The run has been rolled back")
    assert {int(o.value or 0) for o in Observation.objects.filter(period="2020-03-08")} == {80}


@pytest.mark.usefixtures("folder")
def test_background_work_is_readable(page: Page, live_server: LiveServer, sign_in: SignIn) -> None:
    sign_in(page, factories.editor())
    page.get_by_role("link", name="Background jobs").first.click()
    expect(page.get_by_text("No worker is running, so no queued job will run.")).to_be_visible()
    accessible(page)
