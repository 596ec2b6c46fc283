"""Somebody else's file in the browser: its columns and words are said by clicking, and its rows come in."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from measures.models import DataSet, Measure
from tests import factories
from tests.browser.conftest import SignIn
from tests.foreign_files import foreign_csv

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def test_foreign_file_is_mapped_and_imported_by_clicking(
    page: Page, live_server: LiveServer, sign_in: SignIn, tmp_path: Path, settings: Settings
) -> None:
    settings.IMPORTS_DIR = tmp_path / "imports"
    factories.country()
    factories.topic(label_en="Access to care")
    factories.topic(key="border.closure", label_en="Border closure")
    factories.target_group(key="visitors", label_en="Visitors")
    DataSet.objects.create(key="elsewhere", name="Elsewhere")
    analyst = factories.user(group="analyst")
    sign_in(page, analyst, "/admin/foundation/fileimport/add/")
    page.get_by_text("Measures (measures.csv)").last.click()
    expect(page.get_by_role("cell", name="each status with its date after @")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    page.get_by_label("Kind of records").select_option("measures")
    page.set_input_files("#id_file", {"name": "t.csv", "mimeType": "text/csv", "buffer": foreign_csv().encode()})
    page.get_by_role("button", name="Show what would change").click()

    expect(page.get_by_text("Filled in by guess")).to_be_visible()
    page.get_by_label("Record No becomes", exact=True).select_option("Key in Elsewhere")
    page.get_by_label("Declared becomes", exact=True).select_option("Date of: Announced")
    page.get_by_label("Begins becomes also").select_option("Date of: In operation")
    page.get_by_role("button", name="Show what changes on this page").click()
    page.get_by_label("Frontier shut").select_option("Border closure")
    page.get_by_label("Doctors for all").select_option("Access to care")
    page.get_by_label("Everybody").select_option("is left out")
    page.get_by_label("Tourists").select_option("Visitors")
    page.get_by_label("Unclear").select_option("is left out")
    page.get_by_label("Name, for the next file").fill("Theirs")
    page.set_viewport_size({"width": 390, "height": 900})
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="Show what would change").click()

    expect(page.get_by_role("link", name="3 New")).to_be_visible()
    page.get_by_role("button", name="Import all of this").click()
    expect(page.get_by_text("Records of this import")).to_be_visible()
    first = Measure.objects.get(external_ids__key="X-1")
    assert (first.title_en, first.country_id) == ("The land border is closed", "PER")
    assert [group.key for group in first.target_groups.all()] == ["visitors"]
    assert [topic.key for topic in first.topics.all()] == ["border.closure"]
