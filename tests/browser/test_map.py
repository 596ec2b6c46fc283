"""The map of the home page by mouse, keyboard and touch; without script; in every look and language."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from measures.metadata import MAP
from tests import factories
from tests.browser.axe import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

QUERIES = ("", "?indicator=poverty_rate&area=world", "?indicator=net_direction&on=2020-05-15", "?indicator=nothing")


@pytest.fixture(scope="module")
def address(read_site: str) -> str:
    americas()
    return read_site


def americas() -> None:
    """Three countries with values, one without, and one that is not covered."""
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
    factories.measure(valid_from="2020-05-01", direction="more_restrictive")


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Page]:
    """The home page with figures on a phone."""
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True, locale="en")
    page = context.new_page()
    page.goto(f"{address}/?indicator=poverty_rate")
    yield page
    context.close()


def shape_of(page: Page, iso3: str) -> Locator:
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


def read_out(page: Page) -> list[str]:
    return page.locator("#readout").inner_text().split("\n")


FIGURES = "/?indicator=poverty_rate"


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
            shape_of(page, "ECU").focus()
        found[query] = violations(page, of_colours=scheme == "dark")
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
    page.goto(address + FIGURES)
    assert not page.locator("#readout").is_visible()
    page.mouse.move(*_inside(shape_of(page, "ECU")))
    assert read_out(page) == ["Ecuador", "25\u202f%, 2019"]
    assert page.locator("#map title").count() == 0
    page.mouse.move(*_inside(shape_of(page, "GUF")))
    assert read_out(page) == ["French Guiana", "no value recorded"]
    page.mouse.click(*_inside(shape_of(page, "GUF")))
    expect(page).to_have_url(address + FIGURES)
    page.mouse.click(*_inside(shape_of(page, "ECU")))
    page.wait_for_url("**/countries/ecuador/")


COVERED = """() => {
    const { left, top, right, bottom } = document.getElementById("readout").getBoundingClientRect();
    const points = [0.02, 0.25, 0.5, 0.75, 0.98].flatMap((x) =>
        [0.02, 0.5, 0.98].map((y) => [left + x * (right - left), top + y * (bottom - top)]));
    return points.filter(([x, y]) => document.elementsFromPoint(x, y).some((met) => met.closest(".place"))).length;
}"""


def test_read_out_lies_over_no_country(page: Page, address: str) -> None:
    for query in (FIGURES, "/?area=world", "/es/"):
        for width in (1280, 1100, 700):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(address + query)
            page.mouse.move(*_inside(shape_of(page, "PER")))
            assert page.locator("#readout").is_visible()
            assert page.evaluate(COVERED) == 0


def test_small_country_is_met_from_nearby(page: Page, address: str) -> None:
    page.goto(f"{address}/?indicator=poverty_rate&area=world")
    x, y = _inside(shape_of(page, "BRB"))
    page.mouse.move(x + 14, y)
    assert read_out(page)[0] == "Barbados"
    page.mouse.click(x + 14, y)
    page.wait_for_url("**/countries/barbados/")


def test_dot_of_the_inset_is_the_country_on_the_map(page: Page, address: str) -> None:
    page.goto(address)
    page.mouse.move(*_inside(shape_of(page, "BRB")))
    assert page.locator('.place.chosen[data-place="BRB"]').count() == 2


def test_keyboard_begins_at_a_country_with_entries_and_jumps_by_letter(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("link", name="Skip the map").focus()
    page.keyboard.press("Tab")
    visited = [_focused(page)]
    for key in ("ArrowRight", "ArrowDown", "End", "ArrowRight", "ArrowLeft", "Home", "u", "b", "E", "x"):
        page.keyboard.press(key)
        visited.append(_focused(page))
    assert visited == ["PER", "ECU", "USA", "BRB", "PER", "BRB", "PER", "USA", "BRB", "ECU", "ECU"]
    assert read_out(page) == ["Ecuador", "nothing recorded by this day"]
    page.keyboard.press("Escape")
    assert not page.locator("#readout").is_visible()
    assert _focused(page) == "ECU"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#map, .map-inset')") is None
    page.keyboard.press("Shift+Tab")
    assert _focused(page) == "ECU"
    page.keyboard.press("Enter")
    page.wait_for_url("**/countries/ecuador/")


def test_tap_opens_the_country(phone: Page) -> None:
    phone.touchscreen.tap(*_inside(shape_of(phone, "ECU")))
    phone.wait_for_url("**/countries/ecuador/")


def test_form_leaves_an_empty_day_out(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(f"{address}/?indicator=measures_recorded&area=americas")


def test_map_works_without_script(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto(f"{address}/pt/")
    page.locator("#on").fill("2020-05-15")
    page.locator("#indicator").select_option("measures_in_force")
    page.get_by_role("button", name="Mostrar").click()
    expect(page).to_have_url(f"{address}/pt/?indicator=measures_in_force&area=americas&on=2020-05-15")
    line = page.locator('tr[data-place="PER"]')
    value = "vigentes: 0; além disso, possivelmente vigentes: 1"
    assert line.locator("td").first.inner_text() == f"{value} (nenhuma busca registrada)"
    assert shape_of(page, "PER").locator("title").text_content() == (
        "Peru: vigentes: 0; além disso, possivelmente vigentes: 1, 15 de maio de 2020"
    )
    shape_of(page, "PER").click()
    expect(page).to_have_url(f"{address}/pt/countries/peru/")
    context.close()


def test_forced_colours_and_paper_keep_the_shades(page: Page, address: str) -> None:
    page.goto(address + FIGURES)
    fill = "getComputedStyle(document.querySelector('a.place[data-place=ECU] path')).fill"
    shade = page.evaluate(fill)
    page.emulate_media(forced_colors="active")
    assert page.evaluate(fill) == shade
    page.emulate_media(forced_colors="none", media="print", color_scheme="dark")
    assert page.evaluate(fill) == shade
    assert page.locator("#map").is_visible()
    assert not page.locator("#readout").is_visible()


def test_map_fits_the_frame_that_the_snippet_makes(page: Page, address: str) -> None:
    width, height = MAP
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{address}/embed/map/")
    assert page.evaluate("document.documentElement.scrollHeight") <= height
