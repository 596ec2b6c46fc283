"""The site's pages as a browser shows them: in every look, by keyboard, without script, on paper."""

from typing import Literal

import pytest
from django.utils import translation
from playwright.sync_api import Browser, Page, expect

from countries.models import Country
from measures.choices import StatusGroup
from measures.models import Measure
from tests import factories
from tests.browser import looks
from tests.browser.axe import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

LOOKS: dict[str, tuple[int, Literal["light", "dark"]]] = {
    "light": (1280, "light"),
    "dark": (1280, "dark"),
    "phone": (390, "light"),
    "phone in the dark": (390, "dark"),
}
PATHS = (
    "/",
    "/search/?q=decree",
    "/countries/",
    "/countries/peru/",
    "/countries/peru/coverage/",
    "/measures/",
    "/measures/PER-00001/",
    "/about/",
    "/accessibility/",
    "/nowhere/",
)


PICTURES = {
    "home": ("/", 1280, "light"),
    "home-phone": ("/", 390, "light"),
    "home-dark": ("/", 1280, "dark"),
    "country": ("/countries/peru/", 1280, "light"),
    "list-phone": ("/measures/", 390, "light"),
    "measure": ("/measures/PER-00001/", 1280, "light"),
    "measure-phone": ("/measures/PER-00001/", 390, "dark"),
    "list": ("/measures/?topic=health", 1280, "light"),
    "countries": ("/countries/", 1280, "light"),
    "compare": ("/compare/?countries=PER,ECU", 1280, "light"),
    "who": ("/who/?country=PER&nationality=VEN&on=2020-06-15", 1280, "light"),
    "search": ("/search/?q=decree", 390, "light"),
}
"""By the name of the kept picture: address, width in pixels, scheme."""
TALLEST = 2000
"""Pixels of a page that its picture shows."""


@pytest.fixture(scope="module")
def address(read_site: str) -> str:
    """The address of a site with something of everything that its pages show."""
    peru, usa = factories.country(), factories.country(iso3="USA")
    venezuela = factories.country(iso3="VEN", name_es="República Bolivariana de Venezuela")
    factories.country(iso3="ECU")
    _measures()
    _profile(peru, usa, venezuela)
    return read_site


def _measures() -> None:
    statuses = {
        StatusGroup.IN_FORCE: ("executive_decree", "in_force"),
        StatusGroup.ANNOUNCED: ("announcement", "announced"),
        StatusGroup.BILL: ("bill", "introduced"),
        StatusGroup.ENDED: ("executive_decree", "expired"),
        StatusGroup.REJECTED: ("bill", "rejected"),
    }
    for day, (kind, status) in enumerate(statuses.values(), start=10):
        factories.measure(kind=kind, events=((status, f"2020-05-{day}"),))
    _acts_upon(Measure.objects.get(public_id="PER-00001"))
    factories.measure(kind="criticism", title_en="", title_es="La Defensoría criticó las condiciones de atención")
    factories.measure(events=())
    for number, state in enumerate(("nothing_found", "partial", "complete"), start=1):
        factories.coverage(topic="health", period=f"2020-Q{number}", state=state)


def _acts_upon(act: Measure) -> None:
    """A suspension of a month, and an act that ends it, so that the time line of the act shows all that one can."""
    suspending = factories.measure(reference="N° 51-2020-MIGRACIONES", events=(("in_force", "2020-06"),))
    repealing = factories.measure(reference="Ley 31000", events=(("in_force", "2021-03-01"),))
    factories.relation(subject=suspending, object=act, type="suspends")
    factories.relation(subject=repealing, object=act, type="repeals")


def _profile(peru: Country, usa: Country, venezuela: Country) -> None:
    for role in ("sending", "destination", "refugee_host", "transit", "deportee_receiving"):
        factories.mobility_role(role=role)
    factories.mobility_role(role="sending", as_of="2018", narrative_en="", narrative_es="La gente sale.")
    factories.indicator(key="poverty_rate", unit="percent")
    factories.observation(
        indicator=factories.indicator(key="emigrant_stock", name_en="Nationals abroad"),
        value=1700000,
        note="Not counted.",
    )
    shares = factories.indicator(key="immigrant_share", unit="percent", decimals=1)
    for counterpart, value in ((usa, 20), (venezuela, 24.6)):
        factories.observation(indicator=shares, counterpart=counterpart, value=value)
    for number, key in enumerate(("asylum_claims", "temporary_permits_granted", "refugees_recognised", "ombuds_cases")):
        factories.observation(indicator=factories.indicator(key=key), counterpart=venezuela, value=10**number)


@pytest.mark.parametrize("look", LOOKS)
def test_no_page_breaks_a_rule_of_accessibility(look: str, page: Page, address: str, complaints: list[str]) -> None:
    width, scheme = LOOKS[look]
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    found = {}
    for path in PATHS:
        page.goto(address + path)
        found[path] = violations(page, of_colours=scheme == "dark")
    assert found == {path: [] for path in PATHS}
    assert [text for text in complaints if "404" not in text] == []


@pytest.mark.parametrize("has_fonts", [True, False])
def test_no_page_scrolls_sideways_on_a_small_phone(page: Page, address: str, has_fonts: bool) -> None:
    """Also before the web fonts have loaded, in a wider font."""
    if not has_fonts:
        page.route("**/*.woff2", lambda route: route.abort())
    page.set_viewport_size({"width": 320, "height": 640})
    paths = [language + path for language in ("", "/es", "/pt") for path in PATHS]
    widths = {}
    for path in paths:
        page.goto(address + path)
        page.evaluate("document.fonts.ready")
        widths[path] = page.evaluate("document.documentElement.scrollWidth")
    assert widths == dict.fromkeys(paths, 320)


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_scrolls_sideways_in_letters_twice_as_large(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    widths = {}
    for path in PATHS:
        page.goto(address + path)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        widths[path] = page.evaluate("document.documentElement.scrollWidth")
    assert widths == dict.fromkeys(PATHS, width)


def test_pages_look_as_their_kept_pictures(page: Page, address: str) -> None:
    """`tests/browser/looks.py` says how to renew them."""
    found = {}
    for name, (path, width, scheme) in PICTURES.items():
        page.set_viewport_size({"width": width, "height": TALLEST})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # light or dark
        page.goto(address + path)
        found[name] = _difference(page, name)
    assert {name: share for name, share in found.items() if share > looks.MOST} == {}


def _difference(page: Page, name: str) -> float:
    """The difference from the kept picture; a page that is still being laid out is given some seconds."""
    share = 1.0
    for _attempt in range(8):
        page.evaluate("document.fonts.ready")
        share = looks.difference(name, page.screenshot(animations="disabled"))
        if share <= looks.MOST:
            break
        page.wait_for_timeout(500)
    return share


def test_course_of_an_act_is_drawn_without_script_and_said_in_words(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + "/measures/PER-00001/")
    expect(page.get_by_role("img", name="Time line of this act")).to_be_visible()
    periods = page.locator(".course-periods")
    expect(periods).to_contain_text("In force: ")
    expect(periods).to_contain_text("Suspended: ")
    expect(page.locator(".dates")).to_contain_text("Suspended by")
    context.close()


def test_search_leads_to_a_country_without_script(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + "/es/")
    page.locator("#search-words").fill("ecuador")
    page.keyboard.press("Enter")
    expect(page).to_have_url(address + "/es/countries/ecuador/")
    expect(page.locator("h1")).to_have_text("Ecuador")
    context.close()


def test_keyboard_skips_the_header(page: Page, address: str) -> None:
    page.goto(address + "/countries/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to main content")
    box = skip.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_language_of_the_reader_is_kept_from_page_to_page(page: Page, address: str) -> None:
    page.goto(address + "/countries/?go=")
    page.get_by_role("link", name="Português").click()
    expect(page).to_have_url(address + "/pt/countries/")
    page.get_by_role("link", name="Equador").click()
    expect(page).to_have_url(address + "/pt/countries/ecuador/")


def test_paper_is_white_and_shows_what_is_folded(page: Page, address: str) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(address + "/countries/peru/")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert page.get_by_text("Nationals abroad: Not counted.").is_visible()
    assert not page.get_by_role("navigation", name="Language").is_visible()


def test_profile_says_that_the_poverty_rate_is_missing(page: Page, address: str) -> None:
    page.goto(address + "/countries/peru/")
    card = page.locator(".card").first
    expect(card.get_by_role("heading").first).to_have_text("Poverty rate")
    expect(card.locator(".headline-missing")).to_have_text("No value recorded")


def test_bars_of_a_list_are_of_one_length(page: Page, address: str) -> None:
    """However long the numbers beside them are."""
    for path, bars in (("/", ".share-bar"), ("/countries/peru/", ".share-of-record")):
        page.goto(address + path)
        page.locator(f"{bars} + span").first.evaluate("words => words.textContent = '2,998 of 3,000'")
        lengths = page.locator(bars).evaluate_all("bars => bars.map(bar => Math.round(bar.clientWidth))")
        assert len(lengths) > 2
        assert len(set(lengths)) == 1, (path, lengths)


def test_signs_grow_with_the_text(page: Page, address: str) -> None:
    page.goto(address + "/countries/peru/")
    signs = page.locator("svg:is(.status-icon, .entry-icon, .direction-sign)[viewBox]:visible")
    widths = "signs => signs.map(sign => sign.getBoundingClientRect().width)"
    before = signs.evaluate_all(widths)
    page.evaluate("document.documentElement.style.setProperty('font-size', '200%', 'important')")
    assert len(before) > 10
    assert signs.evaluate_all(widths) == [2 * width for width in before]


def gettext_in(language: str, text: str) -> str:
    """The translation of `text` in `language`."""
    with translation.override(language):
        return translation.gettext(text)
