"""The measure form in a real browser."""

import time
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.files.base import ContentFile
from django.db import connection
from playwright.sync_api import Dialog, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from foundation.files.importing import jobs
from foundation.files.models import FileImport
from measures import workflow
from measures.models import Measure
from tests import factories
from tests.browser.conftest import SignIn
from tests.csv_files import MEASURE, csv_text

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def choose(page: Page, label_of: str, term: str, option: str) -> None:
    """Choose by autocomplete, with the keyboard, as an analyst does."""
    page.locator(f"#{label_of} + .select2-container").click()
    page.locator(".select2-search__field").last.fill(term)
    page.locator(".select2-results__option", has_text=option).first.wait_for()
    page.keyboard.press("Enter")


def test_decree_with_two_topics_two_events_and_a_source_is_entered_on_one_page(
    page: Page, sign_in: SignIn, complaints: list[str]
) -> None:
    peru = factories.country()
    factories.issuing_body(country=peru, key="pcm", name_en="Presidency of the Council of Ministers")
    for key in ("internal.movement", "internal.return", "health.access"):
        factories.topic(key=key)
    factories.target_group(key="internal_returnees")
    sign_in(page, factories.analyst())

    began = time.monotonic()
    page.get_by_role("link", name="Enter a measure").click()
    expect(page.locator("[aria-describedby=select2-id_country-container]")).to_be_focused()
    page.keyboard.type("per")
    expect(page.locator(".select2-results__option--highlighted")).to_have_text("Peru")
    page.keyboard.press("Enter")
    page.get_by_label("Kind:", exact=True).select_option(label="Executive decree or order")
    page.locator("[aria-describedby=select2-id_issuing_body-container]").focus()
    page.keyboard.type("Ministry of Dry Ports")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Name a missing body").click()
    missing = page.get_by_label("Name of the missing body")
    expect(missing).to_be_focused()
    expect(missing).to_have_value("Ministry of Dry Ports")
    missing.fill("")
    choose(page, "id_issuing_body", "council", "Presidency")
    page.get_by_label("Reference").fill("N° 068-2020-PCM")
    first, second = page.locator("#status_events-0"), page.locator("#status_events-1")
    first.locator("select[name$=status]").select_option("enacted")
    first.locator("input[name$=date]").fill("2020-04-14?")
    second.locator("select[name$=status]").select_option("in_force")
    second.locator("input[name$=date]").fill("2020-04")
    expect(second.locator(".echo")).to_have_text("April 2020, day not recorded")
    finding = page.get_by_placeholder("Type to narrow the list")
    finding.first.fill("movem")
    page.keyboard.press("Enter")
    page.get_by_label("Show all 5").check()  # the three, and their two lanes
    page.get_by_label("Return", exact=True).check()
    finding.last.fill("intern")
    page.keyboard.press("Enter")
    page.get_by_label("Less restrictive").check()
    page.get_by_label("Title (English)", exact=False).first.fill("Transport between provinces by exception")
    page.get_by_label("Or paste an address").first.fill("https://gazette.example/068-2020-PCM")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".messagelist")).to_contain_text("was added successfully")
    assert time.monotonic() - began < 120

    made = Measure.objects.get()
    assert (made.public_id, made.reference_key, str(made.date), made.status) == (
        "PER-00001",
        "68-2020-PCM",
        "2020-04-14?",
        "in_force",
    )
    assert {topic.key for topic in made.topics.all()} == {"internal.movement", "internal.return"}
    assert made.primary_topic.key == "internal.movement"  # type: ignore[union-attr]  # the form demands one
    assert (made.direction, made.issuing_body.key) == ("less_restrictive", "pcm")  # type: ignore[union-attr]  # else it fails
    assert [source.source.url for source in made.citations.all()] == ["https://gazette.example/068-2020-PCM"]
    assert complaints == []


def test_kind_narrows_the_statuses_and_rows_can_be_moved(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: list[str]
) -> None:
    bill = factories.draft(kind="bill", events=(("in_committee", "2020-04"), ("introduced", "2020-03")))
    sign_in(page, factories.analyst())
    page.goto(f"{live_server.url}/admin/measures/measure/{bill.pk}/change/")
    offered = page.locator("#id_status_events-2-status option:not([hidden])").all_inner_texts()
    assert "In committee" in offered
    assert "In force" not in offered
    page.locator("#status_events-1").get_by_role("button", name="Move up").click()
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    assert [event.status for event in bill.status_events.all()] == ["introduced", "in_committee"]
    assert complaints == []


def test_relation_shows_what_it_does_before_it_is_saved(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: list[str]
) -> None:
    """From the form of the act that is extended, by way of the other one's."""
    fixed: dict[str, Any] = {"end_kind": "fixed_date", "events": ()}
    act = factories.measure(valid_from="2020-03-16", valid_until="2020-04-28", **fixed)
    other = factories.draft(title_en="The extension", valid_from="2020-04-29", valid_until="2020-05-13", **fixed)
    sign_in(page, factories.analyst())
    page.goto(f"{live_server.url}/admin/measures/measure/{act.pk}/change/")
    page.get_by_role("link", name="Add an act that extends").click()
    choose(page, "id_by", "extension", "The extension")
    page.get_by_role("button", name="Open its form").click()
    row, effects = page.locator("#relations-0"), page.locator(".relation-effects")
    expect(row.locator("select[name$=object]")).to_have_value(str(act.pk))
    row.locator("select[name$=type]").select_option("extends")
    expect(effects).to_contain_text("would be in force until 13 May 2020 instead of 28 April 2020")
    expect(effects).to_contain_text("once this entry is published")
    page.get_by_label("Valid until").fill("2020-05-31")
    expect(effects).to_contain_text("would be in force until 31 May 2020 instead of 28 April 2020")
    row.locator("select[name$=type]").select_option("cites")
    expect(effects).to_have_text("")
    row.locator("select[name$=type]").select_option("extends")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    assert [(relation.type, relation.object) for relation in other.relations.all()] == [("extends", act)]
    assert complaints == []


def test_duplicate_is_shown_while_typing_and_saved_with_a_tick(
    page: Page, live_server: LiveServer, sign_in: SignIn
) -> None:
    known = factories.measure(reference="068-2020-PCM", title_en="The decree")
    sign_in(page, factories.analyst())
    page.goto(f"{live_server.url}/admin/measures/measure/add/?country=PER&kind=executive_decree")
    page.get_by_label("Reference").fill("68-2020")
    page.locator("#id_provision").click()
    expect(page.locator("#duplicates")).to_contain_text(f"{known.public_id} The decree")
    page.get_by_label("Title (English)", exact=False).first.fill("The law")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".errornote").first).to_be_visible()
    assert page.get_by_label("Title (English)", exact=False).first.input_value() == "The law"
    page.get_by_label("This is another act").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("was added successfully")
    assert Measure.objects.count() == 2


def test_stale_save_shows_both_and_takes_either(page: Page, live_server: LiveServer, sign_in: SignIn) -> None:
    draft = factories.draft(title_en="Old", title_es="Viejo")
    sign_in(page, factories.analyst())
    page.goto(f"{live_server.url}/admin/measures/measure/{draft.pk}/change/")
    Measure.objects.filter(pk=draft.pk).mark_changed(by=factories.editor(username="eva"), title_en="Theirs")
    page.locator("#id_title_en").fill("Mine")
    page.get_by_role("button", name="Save", exact=True).click()
    both = page.get_by_role("region", name="Two versions of this record")
    expect(both.get_by_role("row", name="Title (English)")).to_contain_text("Theirs")
    expect(both.get_by_role("row", name="Title (English)")).to_contain_text("Mine")
    assert page.locator("#id_title_en").input_value() == "Mine"
    both.get_by_label("Use theirs").check()
    assert page.locator("#id_title_en").input_value() == "Theirs"
    both.get_by_label("Use mine").check()
    draft.refresh_from_db()
    assert draft.title_en == "Theirs"
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    draft.refresh_from_db()
    assert (draft.title_en, draft.title_es, draft.record_version) == ("Mine", "Viejo", 3)


def test_double_click_saves_once_and_leaving_asks_only_when_something_was_typed(
    page: Page, live_server: LiveServer, sign_in: SignIn
) -> None:
    factories.country()
    sign_in(page, factories.analyst())
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    add = f"{live_server.url}/admin/measures/measure/add/?country=PER&kind=bill"
    page.goto(add)
    page.get_by_label("Reference").fill("")
    page.goto(add)
    assert asked == []
    page.get_by_label("Reference").fill("1/2020")
    page.goto(add)
    assert asked == ["beforeunload"]
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".form-faults")).to_be_focused()
    page.get_by_label("Title (English)", exact=False).first.fill("Once")
    page.get_by_role("button", name="Save", exact=True).dblclick()
    expect(page.locator(".messagelist")).to_contain_text("was added successfully")
    assert (Measure.objects.count(), asked) == (1, ["beforeunload"])


def test_nothing_typed_is_lost_when_the_session_ends(page: Page, live_server: LiveServer, sign_in: SignIn) -> None:
    analyst, draft = factories.analyst(), factories.draft()
    sign_in(page, analyst)
    url = f"{live_server.url}/admin/measures/measure/{draft.pk}/change/"
    page.goto(url)
    page.context.clear_cookies(name="sessionid")
    page.locator("#id_title_es").fill("Una hora de trabajo")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("You are signed out")
    assert page.locator("#id_title_es").input_value() == "Una hora de trabajo"

    with page.context.expect_page() as opened:
        page.get_by_role("alert").get_by_role("link", name="Sign in").click()
    sign_in(opened.value, analyst)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    draft.refresh_from_db()
    assert draft.title_es == "Una hora de trabajo"


def test_analyst_submits_and_editor_publishes(page: Page, live_server: LiveServer, sign_in: SignIn) -> None:
    draft = factories.draft()
    sign_in(page, factories.analyst())
    url = f"{live_server.url}/admin/measures/measure/{draft.pk}/change/"
    page.goto(url)
    page.get_by_text("Change workflow state").click()
    expect(page.get_by_role("button", name="Publish")).to_have_count(0)
    page.get_by_role("button", name="Submit for review").click()
    expect(page.locator(".messagelist")).to_contain_text("is now “In review”")
    page.get_by_role("button", name="Log out").click()

    sign_in(page, factories.editor())
    page.get_by_role("link", name="Waiting for review").click()
    page.get_by_role("link", name=draft.public_id).click()
    page.get_by_text("Change workflow state").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".messagelist")).to_contain_text("is now “Published”")
    page.get_by_role("link", name="View on site").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(draft.title_en)


@pytest.mark.parametrize("width", [1280, 390])
def test_rooms_are_accessible_and_fit(page: Page, live_server: LiveServer, sign_in: SignIn, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    draft = factories.draft(sources=(factories.source(),), groups=("refugees",))
    sign_in(page, factories.analyst())
    measure = f"/admin/measures/measure/{draft.pk}"
    rooms = ("/admin/", "/admin/measures/measure/", "/admin/measures/measure/add/")
    found = set()
    for url in (*rooms, f"{measure}/change/", f"{measure}/history/"):
        page.goto(f"{live_server.url}{url}")
        page.wait_for_load_state("networkidle")
        for violation in Axe().run(page).response["violations"]:
            found |= {(url, violation["id"], node["html"][:120]) for node in violation["nodes"]}
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.add((url, "too wide", ""))
    assert found == set()


HIDDEN_CELLS = """() => [...document.querySelectorAll("#content td, #content tbody th")]
    .filter((cell) => cell.getBoundingClientRect().right > innerWidth).map((cell) => cell.textContent.trim())"""
"""The cells that are only visible after scrolling a table sideways."""


def test_phone_shows_the_page_first_and_the_menu_when_asked(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: list[str]
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, factories.editor())
    page.goto(f"{live_server.url}/admin/foundation/fileimport/")
    box = page.locator("#content").bounding_box()
    assert box
    assert box["y"] < 320
    link = page.get_by_role("navigation", name="Sections").get_by_role("link", name="Sources")
    expect(link).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(link).to_be_visible()
    colors = link.evaluate("(a) => [getComputedStyle(a).color, getComputedStyle(a.closest('nav')).backgroundColor]")
    assert colors[0] != colors[1]  # axe does not check popovers
    assert Axe().run(page).response["violations"] == []
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    link.click()
    expect(page).to_have_url(f"{live_server.url}/admin/measures/source/")
    page.set_viewport_size({"width": 1280, "height": 844})
    expect(link).to_be_visible()
    expect(page.get_by_role("button", name="Menu")).to_be_hidden()


def test_phone_shows_why_rows_are_refused(
    page: Page, live_server: LiveServer, sign_in: SignIn, tmp_path: Path, settings: Settings
) -> None:
    settings.IMPORTS_DIR = tmp_path / "imports"
    page.set_viewport_size({"width": 390, "height": 844})
    factories.country()
    factories.topic()
    editor = factories.editor()
    sign_in(page, editor)
    page.goto(f"{live_server.url}/admin/foundation/fileimport/add/")
    page.get_by_label("Kind of records").select_option("measures")
    rows = csv_text(
        [MEASURE | {"kind": "a_kind_that_nobody_knows", "topics": "none.such"}, MEASURE | {"country": "XXX"}]
    )
    page.set_input_files("#id_file", {"name": "mine.csv", "mimeType": "text/csv", "buffer": rows.encode()})
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_text("2 rows are refused")).to_be_visible()
    page.wait_for_load_state("load")  # style sheets may arrive after the text
    assert page.locator("#content tbody td").count() >= 8
    assert page.evaluate(HIDDEN_CELLS) == []
    assert Axe().run(page).response["violations"] == []


def test_stale_form_of_a_published_record_is_shown_but_not_saved(
    page: Page, live_server: LiveServer, sign_in: SignIn
) -> None:
    draft = factories.draft()
    sign_in(page, factories.analyst())
    page.goto(f"{live_server.url}/admin/measures/measure/{draft.pk}/change/")
    page.locator("#id_title_es").fill("Escrito antes")
    workflow.publish(draft, by=factories.editor())
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".form-faults")).to_contain_text("now “Published”")
    assert page.locator("#id_title_es").input_value() == "Escrito antes"
    draft.refresh_from_db()
    assert draft.title_es == ""


def test_progress_of_an_import_is_shown_survives_leaving_and_can_be_cancelled(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: list[str], tmp_path: Path, settings: Settings
) -> None:
    """The progress on the page comes from the database, so the work may run anywhere."""
    settings.IMPORTS_DIR = tmp_path / "imports"
    editor = factories.editor()
    kept = FileImport.objects.create(
        file_type="measures", file=ContentFile(b"public_id,title_en\n", "a.csv"), name="a.csv", created_by=editor
    )
    sign_in(page, editor)
    page.goto(f"{live_server.url}{kept.get_absolute_url()}")
    expect(page.get_by_role("status")).to_contain_text("No worker is running")
    expect(page.get_by_role("status")).to_contain_text("python manage.py procrastinate worker")

    with connection.cursor() as worker:  # what a worker does
        worker.execute("insert into procrastinate_workers default values")
        worker.execute("select pg_advisory_lock(%s, %s)", [jobs.LOCK, kept.pk])
    FileImport.objects.update(state="checking", phase="reading", done=25_000_000, total=100_000_000)
    expect(page.locator("#progress-text")).to_have_text("Reading the file: 23.8\xa0MB of 95.4\xa0MB")
    assert page.locator("#progress-bar").evaluate("bar => bar.value / bar.max") == 0.25
    FileImport.objects.update(done=75_000_000)
    expect(page.locator("#progress-text")).to_contain_text("71.5")
    assert Axe().run(page).response["violations"] == []
    complaints.clear()  # about the style that axe itself injects

    page.goto(f"{live_server.url}/admin/")
    FileImport.objects.update(phase="checking", done=3, total=30)
    page.go_back()
    expect(page.locator("#progress-text")).to_have_text("Checking the rows: 3 of 30 rules")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_disabled()
    assert FileImport.objects.get().is_cancel_asked
    FileImport.objects.update(state="cancelled", is_cancel_asked=False)
    with connection.cursor() as worker:
        worker.execute("select pg_advisory_unlock(%s, %s)", [jobs.LOCK, kept.pk])
    expect(page.get_by_role("status")).to_contain_text("This import was cancelled. Nothing was written.")
    page.get_by_role("button", name="Check the file again").click()
    expect(page.get_by_role("main")).to_contain_text("there is nothing to import")
    assert complaints == []


def test_unsaved_form_is_kept_offered_and_forgotten_once_saved(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: list[str]
) -> None:
    body = factories.issuing_body(
        country=factories.country(), key="pcm", name_en="Presidency of the Council of Ministers"
    )
    draft = factories.draft(title_es="Viejo")
    sign_in(page, factories.analyst())
    url = f"{live_server.url}/admin/measures/measure/{draft.pk}/change/"
    kept = page.get_by_role("status").filter(has_text="did not save")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(url)
    page.locator("#id_title_es").fill("Una hora de trabajo")
    page.get_by_text("Official title and language").click()
    page.locator("#id_official_title").fill("Decreto")
    choose(page, "id_issuing_body", "council", "Presidency")
    rows = page.locator("#id_status_events-TOTAL_FORMS")
    row = int(rows.input_value())
    page.locator("#status_events-group .add-row a").click()
    page.locator(f"#id_status_events-{row}-date").fill("2020-05")
    page.goto(f"{live_server.url}/admin/")  # the tab is closed by mistake
    page.goto(url)
    assert page.locator("#id_title_es").input_value() == "Viejo"
    kept.get_by_role("button", name="Bring it back").click()
    expect(page.locator("#id_title_es")).to_have_value("Una hora de trabajo")
    expect(page.locator("#id_official_title")).to_be_visible()  # what comes back is not folded
    expect(page.locator("#id_official_title")).to_have_value("Decreto")
    expect(page.locator("#id_issuing_body")).to_have_value(str(body.pk))
    expect(page.locator(f"#id_status_events-{row}-date")).to_have_value("2020-05")
    page.locator(f"#id_status_events-{row}-date").fill("")
    page.keyboard.press("Control+s")
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    expect(page.locator("#id_title_es")).to_have_value("Una hora de trabajo")
    expect(kept).to_be_hidden()
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('unsaved'))") == []
    assert complaints == []
