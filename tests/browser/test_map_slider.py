"""The slider under the map, which changes its day in place."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests import factories
from tests.browser.test_map import americas, read_out, shape_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def test_slider_changes_the_map_in_place_and_plays(page: Page, live_server: LiveServer) -> None:
    americas()
    factories.measure(direction="less_restrictive", events=(("in_force", "2020-04-24"),))
    page.add_init_script(
        "window.moved = 0; new PerformanceObserver((list) => list.getEntries().forEach((e) => window.moved += e.value))"
        ".observe({ type: 'layout-shift', buffered: true });"
    )
    page.route("**/*.woff2", lambda route: route.abort())  # fonts that come late move text, whatever the slider does
    page.goto(f"{live_server.url}/?indicator=net_direction")
    expect(page.get_by_role("slider")).to_be_visible()
    assert page.evaluate("window.moved") < 0.02  # of a slow first load; a slider that pushes the map down moves 0.1
    page.evaluate("window.same = true")
    assert "shade-even" in (shape_of(page, "PER").get_attribute("class") or "")
    slider = page.get_by_role("slider")
    slider.focus()
    expect(slider).to_have_attribute("max", "18376")  # 24 April 2020, after which nothing changes
    page.keyboard.press("Home")
    assert page.locator("#on").input_value() == "2020-04-14"
    assert slider.get_attribute("aria-valuetext") == "14 April 2020"
    assert "shade-more-1" in (shape_of(page, "PER").get_attribute("class") or "")
    expect(page).to_have_url(f"{live_server.url}/?indicator=net_direction&area=americas&on=2020-04-14")
    expect(page.locator(".map-values caption")).to_contain_text("14 April 2020")
    page.get_by_role("link", name="Skip the map").focus()
    page.keyboard.press("Tab")
    assert read_out(page) == ["Peru", "more restrictive by 1 (0 less, 1 more)"]
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert page.locator("#map-day").inner_text() == "24 April 2020"
    assert "shade-even" in (shape_of(page, "PER").get_attribute("class") or "")
    assert page.evaluate("window.same")
