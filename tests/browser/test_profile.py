"""Profiles and figures over time as a browser shows them: the four countries."""

import datetime

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect

from countries.models import Country
from tests import factories
from tests.browser.axe import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

COUNTRIES = ("peru", "ecuador", "argentina", "chile")
EDITION = "/countries/ecuador/profile/?as_of=2020-08"


def _days_of_peru(numbers: int = 200) -> None:
    """A daily figure, whose last month is provisional."""
    cases = factories.indicator(key="cases", name_en="New cases", unit="cases", is_daily=True)
    for number in range(numbers):
        day = datetime.date(2020, 3, 1) + datetime.timedelta(days=number)
        status = "P" if number > numbers - 30 else "A"
        factories.observation(
            country=Country.objects.get(pk="PER"), indicator=cases, period=day.isoformat(), value=number, status=status
        )


@pytest.fixture(scope="module")
def address(read_site: str) -> str:
    """The URL of a site with its shipped record, and daily values of Peru."""
    call_command("load_fixtures", verbosity=0)
    _days_of_peru()
    return read_site


def test_four_countries_are_accessible_and_fit_in_every_look(page: Page, address: str) -> None:
    paths = [*(f"/countries/{slug}/" for slug in COUNTRIES), EDITION]
    found: dict[str, list[str]] = {}
    for width, scheme in ((1280, "light"), (390, "dark"), (320, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of two words
        for path in paths:
            page.goto(address + path)
            page.evaluate("document.fonts.ready")
            wide = page.evaluate("document.documentElement.scrollWidth")
            found[f"{path} {width}"] = violations(page, of_colours=scheme == "dark") + (
                [f"{wide} wide"] if wide > width else []
            )
    assert {path: faults for path, faults in found.items() if faults} == {}


@pytest.mark.parametrize("language", ["", "/es", "/pt"])
def test_figure_is_chosen_without_script_and_keeps_the_filter(browser: Browser, address: str, language: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}{language}/countries/peru/?topic=border")
    page.locator("#filter-series").select_option("cases")
    page.locator("#series .button").click()
    assert "topic=border" in page.url
    assert "series=cases" in page.url
    assert page.url.endswith("#series")
    expect(page.locator("#series .exact-line")).to_have_count(1)
    page.locator("#series summary").click()
    expect(page.locator("#series tbody tr").first).to_be_visible()
    context.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_months_of_the_figure_stand_below_those_of_the_entries(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/countries/peru/")
    above = page.locator("#chart .axis text").evaluate_all("texts => texts.map(t => t.getAttribute('x'))")
    below = page.locator("#series .axis text").evaluate_all("texts => texts.map(t => t.getAttribute('x'))")
    assert above == below
    lefts_and_widths = [
        page.locator(place).evaluate("e => { const b = e.getBoundingClientRect(); return [b.left, b.width] }")
        for place in ("#chart .axis", "#series .axis", "#series .curve")
    ]
    assert lefts_and_widths[0] == lefts_and_widths[1] == lefts_and_widths[2]


def test_earlier_edition_is_reached_from_the_newest(page: Page, address: str) -> None:
    page.goto(f"{address}/countries/ecuador/")
    card = page.locator("#role-sending")
    card.get_by_text("Earlier editions").click()
    card.get_by_role("link", name="The whole profile as of August 2020").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ecuador: profile as of August 2020")
    expect(page.locator("#role-sending")).to_contain_text("As of August 2020.")
