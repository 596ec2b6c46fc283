"""An import in the browser: without its refused rows, found again in the list, and undone."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from measures.models import Measure
from tests import factories
from tests.browser.conftest import SignIn
from tests.csv_files import MEASURE, csv_text

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.mark.parametrize("width", [1280, 390])
def test_good_rows_are_imported_found_and_taken_back(
    page: Page, live_server: LiveServer, sign_in: SignIn, tmp_path: Path, settings: Settings, width: int
) -> None:
    settings.IMPORTS_DIR = tmp_path / "imports"
    factories.country()
    factories.topic()
    editor = factories.editor()
    edited = factories.draft(title_en="Edited by hand", reference="3")
    rows = [
        MEASURE | {"public_id": "", "title_en": "A good row", "valid_from": "16 de marzo de 2020", "updated_at": ""},
        MEASURE | {"public_id": "", "title_en": "A bad row", "kind": "decre", "valid_from": "", "updated_at": ""},
        MEASURE | {"public_id": edited.public_id, "title_en": "Older", "valid_from": "", "updated_at": "2020-01-01"},
    ]
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, editor, "/admin/foundation/fileimport/add/")
    page.get_by_label("Kind of records").select_option("measures")
    page.set_input_files("#id_file", {"name": "mine.csv", "mimeType": "text/csv", "buffer": csv_text(rows).encode()})
    page.get_by_role("button", name="Show what would change").click()

    expect(page.get_by_text("1 row is refused, so nothing can be imported.")).to_be_visible()
    page.get_by_role("link", name="1 Older than the record").click()
    expect(page.get_by_role("link", name=f"{edited.public_id} · Edited by hand")).to_be_visible()
    page.get_by_role("link", name="1 New").click()
    expect(page.get_by_role("main")).to_contain_text("valid_from")
    expect(page.get_by_role("main")).to_contain_text("2020-03-16")
    assert Axe().run(page).response["violations"] == []
    page.get_by_label("Leave out the refused rows").check()
    page.get_by_role("button", name="Check again with these choices").click()
    expect(page.get_by_text("1 row is refused and will be left out.")).to_be_visible()
    page.get_by_role("button", name="Import the other rows").click()

    expect(page.get_by_text("Records of this import")).to_be_visible()
    expect(page.get_by_role("link", name="A good row")).to_be_visible()
    expect(page.get_by_role("link", name="Download the refused rows with the reasons")).to_be_visible()
    edited.refresh_from_db()
    assert edited.title_en == "Edited by hand"
    address = page.url
    page.get_by_role("link", name="To the list of measures").click()
    expect(page.get_by_role("main")).to_contain_text("A good row")
    expect(page.get_by_role("main")).not_to_contain_text("Edited by hand")

    page.goto(address)
    page.get_by_role("link", name="Undo this import…").click()
    expect(page.locator("#undo")).to_contain_text("The records that it added (1) are deleted")
    page.wait_for_load_state("load")
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name="Undo this import").click()
    expect(page.get_by_role("main")).to_contain_text("Undone by")
    assert list(Measure.objects.values_list("title_en", flat=True)) == ["Edited by hand"]
