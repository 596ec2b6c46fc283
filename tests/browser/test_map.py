"""The map of the home page by mouse, keyboard and touch; without script; in every look and language."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests import factories
from tests.browser.axe import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

QUERIES = ("", "?area=world", "?indicator=measures_in_force&on=2020-05-15", "?indicator=nothing")


@pytest.fixture
def address(live_server: LiveServer) -> str:
    """A site of the Americas: three countries with values, one without, and one that is not covered."""
    factories.site(area="americas")
    poverty = factories.indicator(
        key="poverty_rate", unit="percent", decimals=1, name_en="Poverty rate", map_breaks="15|25|35|45"
    )
    for iso3, value in (("ECU", 25), ("BRB", 17.2), ("USA", 10.5)):
        factories.observation(
            indicator=poverty,
            country=factories.country(iso3=iso3),
            value=value,
            period="2019",
            source_name="Institute",
            source_url="https://institute.example/",
        )
    factories.country(iso3="GUF", is_covered=False)
    factories.measure(valid_from="2020-05-01")
    return live_server.url


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Page]:
    """The home page on a phone."""
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True, locale="en")
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


def _shape(page: Page, iso3: str) -> Locator:
    return page.locator(f'a.place[data-place="{iso3}"], g.place[data-place="{iso3}"]')


INSIDE = """shape => {
    shape.scrollIntoView({ block: "center", behavior: "instant" });
    const box = shape.getBoundingClientRect();
    const parts = [...Array(19).keys()].map((n) => (n + 1) / 20).sort((a, b) => Math.abs(a - 0.5) - Math.abs(b - 0.5));
    const points = parts.flatMap((y) => parts.map((x) => [box.left + x * box.width, box.top + y * box.height]));
    return points.find(([x, y]) => document.elementFromPoint(x, y)?.closest(".place") === shape);
}"""


def _inside(shape: Locator) -> tuple[float, float]:
    """A point inside the country's shape: the centre of its bounding box may be in the sea."""
    x, y = shape.evaluate(INSIDE)
    return x, y


def _read_out(page: Page) -> list[str]:
    return page.locator("#readout").inner_text().replace("\n\n", "\n").split("\n")


def _focused(page: Page) -> str | None:
    focused: str | None = page.evaluate("document.activeElement.dataset.place")
    return focused


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_map_breaks_no_rule_of_accessibility(page: Page, address: str, scheme: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    found = {}
    for query in QUERIES:
        page.goto(f"{address}/{query}")
        if query != "?indicator=nothing":
            _shape(page, "ECU").focus()
        found[query] = violations(page)
    assert found == {query: [] for query in QUERIES}


def test_map_never_scrolls_sideways(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    widths = {}
    for path in [f"{language}/{query}" for language in ("", "/es", "/pt") for query in QUERIES]:
        page.goto(address + path)
        page.evaluate("document.fonts.ready")
        widths[path] = page.evaluate("document.documentElement.scrollWidth")
    assert set(widths.values()) == {320}


def test_mouse_reads_a_country_and_opens_it(page: Page, address: str) -> None:
    page.goto(address)
    page.mouse.move(*_inside(_shape(page, "ECU")))
    assert _read_out(page) == [
        "Ecuador",
        "Poverty rate",
        "25\u202f%",
        "Period",
        "2019",
        "Source",
        "Institute",
        "Measures possibly in force",
        "No entries yet",
        "Last check of the source",
        "not recorded",
        "Open Ecuador",
    ]
    assert page.locator("#readout a", has_text="Institute").get_attribute("href") == "https://institute.example/"
    assert page.locator("#map title").count() == 0
    page.mouse.click(*_inside(_shape(page, "ECU")))
    page.wait_for_url("**/countries/ecuador/")


def test_nothing_lies_over_the_map(page: Page, address: str) -> None:
    for query in ("", "?area=world"):
        page.goto(f"{address}/{query}")
        page.mouse.move(*_inside(_shape(page, "ECU")))
        box, read_out = page.locator("#map").bounding_box(), page.locator("#readout").bounding_box()
        assert box is not None
        assert read_out is not None
        beside = read_out["x"] >= box["x"] + box["width"]
        above = read_out["y"] + read_out["height"] <= box["y"]
        assert beside or above


def test_country_that_is_not_covered_is_read_and_not_opened(page: Page, address: str) -> None:
    page.goto(address)
    page.mouse.move(*_inside(_shape(page, "GUF")))
    assert _read_out(page) == ["French Guiana", "No value recorded. The observatory does not follow this country."]
    page.mouse.click(*_inside(_shape(page, "GUF")))
    expect(page).to_have_url(f"{address}/")


def test_small_country_is_met_from_nearby(page: Page, address: str) -> None:
    page.goto(f"{address}/?area=world")
    x, y = _inside(_shape(page, "BRB"))
    page.mouse.move(x + 14, y)
    assert _read_out(page)[0] == "Barbados"
    page.mouse.click(x + 14, y)
    page.wait_for_url("**/countries/barbados/")


def test_dot_of_the_inset_is_the_country_on_the_map(page: Page, address: str) -> None:
    page.goto(address)
    page.mouse.move(*_inside(_shape(page, "BRB")))
    assert page.locator('.place.chosen[data-place="BRB"]').count() == 2


def test_keyboard_finds_one_stop_and_moves_by_name(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("link", name="Skip the map").focus()
    page.keyboard.press("Tab")
    visited = [_focused(page)]
    for key in ("ArrowRight", "ArrowDown", "End", "ArrowRight", "ArrowLeft", "Home"):
        page.keyboard.press(key)
        visited.append(_focused(page))
    assert visited == ["BRB", "ECU", "GUF", "USA", "BRB", "USA", "BRB"]
    page.keyboard.press("ArrowRight")
    assert _read_out(page)[0] == "Ecuador"
    page.keyboard.press("Escape")
    assert _read_out(page)[0].startswith("Point at a country")
    assert _focused(page) == "ECU"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#map, .map-inset')") is None
    page.keyboard.press("Shift+Tab")
    assert _focused(page) == "ECU"
    page.keyboard.press("Enter")
    page.wait_for_url("**/countries/ecuador/")


def test_tap_opens_a_sheet_with_a_link(phone: Page, address: str) -> None:
    assert not phone.locator("#readout").is_visible()
    phone.touchscreen.tap(*_inside(_shape(phone, "ECU")))
    sheet = phone.locator("#readout")
    assert sheet.is_visible()
    assert phone.evaluate("document.activeElement.textContent") == "Ecuador"
    sheet.get_by_role("button", name="Close").tap()
    assert not sheet.is_visible()
    assert _focused(phone) == "ECU"
    phone.touchscreen.tap(*_inside(_shape(phone, "ECU")))
    assert phone.url == f"{address}/"
    sheet.get_by_role("link", name="Open Ecuador").tap()
    phone.wait_for_url("**/countries/ecuador/")


def test_slider_shows_the_day_at_which_it_rests_and_keeps_the_focus(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Colour the map by").select_option("measures_recorded")
    page.get_by_label("World").check()
    slider = page.get_by_role("slider")
    slider.focus()
    page.keyboard.press("Home")
    assert page.locator("#on").input_value() == "2020-04-14"
    assert slider.get_attribute("aria-valuetext") == "14 April 2020"
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"{address}/?indicator=measures_recorded&area=world&on=2020-04-15")
    assert page.locator("h2").first.inner_text().startswith("Measures recorded")
    assert slider.evaluate("slider => slider === document.activeElement")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**on=2020-04-16")
    page.go_back()
    expect(page).to_have_url(f"{address}/?indicator=measures_recorded&area=world&on=2020-04-15")
    page.locator("#on").fill("2020-05-15")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(f"{address}/?indicator=measures_recorded&area=world&on=2020-05-15")


def test_form_leaves_an_empty_day_out(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(f"{address}/?indicator=poverty_rate&area=americas")


def test_map_works_without_script(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto(f"{address}/pt/")
    page.get_by_label("No dia").fill("2020-05-15")
    page.get_by_label("Colorir o mapa por").select_option("measures_in_force")
    page.get_by_role("button", name="Mostrar").click()
    expect(page).to_have_url(f"{address}/pt/?indicator=measures_in_force&area=americas&on=2020-05-15")
    line = page.locator('tr[data-place="PER"]')
    assert line.locator("td").first.inner_text() == "vigentes: 0; além disso, possivelmente vigentes: 1"
    assert _shape(page, "PER").locator("title").text_content() == (
        "Peru: vigentes: 0; além disso, possivelmente vigentes: 1, 15 de maio de 2020"
    )
    _shape(page, "PER").click()
    expect(page).to_have_url(f"{address}/pt/countries/peru/")
    context.close()


def test_forced_colours_and_paper_keep_the_shades(page: Page, address: str) -> None:
    page.goto(address)
    fill = "getComputedStyle(document.querySelector('a.place[data-place=ECU] path')).fill"
    shade = page.evaluate(fill)
    page.emulate_media(forced_colors="active")
    assert page.evaluate(fill) == shade
    page.emulate_media(forced_colors="none", media="print", color_scheme="dark")
    assert page.evaluate(fill) == shade
    assert page.locator("#map").is_visible()
    assert not page.locator("#readout").is_visible()
