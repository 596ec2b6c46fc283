"""Countries side by side as a browser shows them: rules of accessibility, phones, keyboard, without script."""

from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from tests import factories as make
from tests.browser.axe import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.fixture
def address(live_server: LiveServer) -> str:
    """The address of a comparison of two countries with marks, areas, entries in the margin, bills and figures."""
    with transaction.atomic():
        ecuador = make.country(iso3="ECU")
        shut: dict[str, Any] = {"title_en": "Borders shut", "short_title_en": "Border closure", "topics": ("border",)}
        make.measure(
            **shut, direction="more_restrictive", events=(("in_force", "2020-03-16"),), valid_until="2020-06-30"
        )
        make.measure(title_en="Cards stay valid", direction="less_restrictive", events=(("in_force", "2020"),))
        make.measure(title_en="Bill 5349", kind="bill", events=(("introduced", "2020-05-25"),), topics=("border",))
        make.measure(country=ecuador, events=(("in_force", "2020-09-01"),), direction="less_restrictive")
        make.observation(period="2019")
    return f"{live_server.url}/compare/"


def test_comparison_is_usable_by_all(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(address)
    page.get_by_label("Ecuador").check()
    page.get_by_label("Peru").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ecuador and Peru, side by side")
    for summary in page.locator("summary").all():
        summary.click()
    assert violations(page) == []
    mark = page.get_by_role("link", name="Border closure. 16 March 2020 to 30 June 2020.")
    mark.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Borders shut")
    page.go_back()
    page.get_by_role("link", name="Peru, Border: 1 measure, 1 more restrictive").first.click()
    expect(page.locator("#result")).to_contain_text("1 of 4 entries")
    page.go_back()
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert violations(page) == []
    context.close()
