"""The grid of the coverage ledger in a real browser: ranges by mouse and keyboard, and the rules of axe."""

import pytest
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from measures.models import Coverage
from tests import factories
from tests.browser.axe import violations
from tests.browser.conftest import SignIn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def _cell(page: Page, name: str) -> Locator:
    return page.get_by_role("checkbox", name=name, exact=True)


def _ticked(page: Page) -> list[str]:
    found: list[str] = page.locator("[name=cell]:checked").evaluate_all("boxes => boxes.map((box) => box.value)")
    return found


def test_ranges_are_ticked_by_mouse_and_keyboard(
    page: Page, live_server: LiveServer, sign_in: SignIn, complaints: list[str]
) -> None:
    for key in ("health", "work"):
        factories.topic(key=key)
    factories.coverage(topic="health", period="2020-Q2", state="nothing_found")
    factories.measure(topics=("health",), events=(("in_force", "2020-05-03"),))
    sign_in(page, factories.editor(), "/admin/measures/coverage/countries/peru/?from=2020&to=2020")
    assert violations(page) == []
    complaints.clear()  # about the style that axe itself injects

    _cell(page, "Health, Q1 2020").hover()
    page.mouse.down()
    _cell(page, "Work, Q3 2020").hover()
    _cell(page, "Work, Q2 2020").hover()
    page.mouse.up()
    expect(page.get_by_text("cells ticked")).to_be_visible()
    assert _ticked(page) == ["health:2020-Q1", "health:2020-Q2", "work:2020-Q1", "work:2020-Q2"]

    _cell(page, "Work, Q2 2020").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    assert sorted(set(_ticked(page))) == sorted(
        [f"{topic}:2020-Q{number}" for topic in ("health", "work") for number in (1, 2, 3, 4)]
    )

    page.get_by_label("Checked by").fill("Andean team")
    page.get_by_label("Where it was searched").fill("The gazette")
    page.get_by_role("button", name="Completely checked").click()
    expect(page.get_by_text("8 cells changed.")).to_be_visible()
    assert Coverage.objects.filter(state="complete").count() == 8

    assert complaints == []
