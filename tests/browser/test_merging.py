"""Two measures become one in a real browser, and a bookmark of the former still opens."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from measures.models import Measure
from tests import factories
from tests.browser.conftest import SignIn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def test_editor_merges_two_records_and_a_bookmark_still_opens(
    page: Page, live_server: LiveServer, sign_in: SignIn
) -> None:
    kept = factories.measure(title_en="Border shut by decree", reference="N° 1-2020-X")
    gone = factories.measure(title_en="Closing of the border", reference="N° 2-2020-X", groups=("asylum_seekers",))
    bookmark = f"{live_server.url}/measures/{gone.public_id}/"
    page.goto(bookmark)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Closing of the border")

    editor = factories.editor()
    sign_in(page, editor, "/admin/measures/measure/")
    for measure in (kept, gone):
        page.locator(f"input[name=_selected_action][value='{measure.pk}']").check()
    page.locator("select[name=action]").select_option("merge_selected")
    page.get_by_role("button", name="Go", exact=True).click()

    expect(page.get_by_role("heading", name="Merge two into one")).to_be_visible()
    page.get_by_label(re.compile("Closing of the border")).check()
    page.get_by_role("button", name="Show what moves").click()
    expect(page.get_by_text(f"will be merged into “{gone.public_id} Closing of the border”")).to_be_visible()
    page.get_by_label(re.compile("Border shut by decree")).check()
    page.get_by_role("button", name="Show what moves").click()
    expect(page.get_by_text("“Border shut by decree” stays, “Closing of the border” is dropped.")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name="Merge", exact=True).click()

    expect(page.get_by_text(f"“{gone}” was merged into “{kept}”.")).to_be_visible()
    assert Measure.objects.get(pk=gone.pk).workflow == "retired"
    page.goto(bookmark)
    expect(page).to_have_url(f"{live_server.url}/measures/{kept.public_id}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Border shut by decree")
    page.goto(f"{live_server.url}/reference/2-2020-X/")
    expect(page.get_by_role("link", name="Border shut by decree")).to_be_visible()
