"""The archive as a reader uses it: search, narrow, open, compare; on a phone, without script, in three languages."""

from pathlib import Path

import pytest
from django.test import override_settings
from django.utils import translation
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings

from measures.models import Citation, QuoteCheck, Source
from tests import factories
from tests.browser.axe import violations
from tests.browser.test_pages import LOOKS

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

TEXT = "Artículo 1\nSe ordena la cuarentena hasta el {} de mayo.\nArtículo 2"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of all tests here."""
    return tmp_path_factory.mktemp("archive")


@pytest.fixture(autouse=True)
def archive_dir(kept: Path, settings: Settings) -> Path:
    settings.ARCHIVE_DIR = kept
    return kept


@pytest.fixture(scope="module")
def address(read_site: str, kept: Path) -> str:
    """The address of a site with documents in every state."""
    with override_settings(ARCHIVE_DIR=kept):
        _documents()
    return read_site


def _documents() -> None:
    peru = factories.country()
    for state in ("unknown", "alive", "changed", "moved", "gone"):
        source = _document(state)
        measure = factories.measure(country=peru, sources=(), title_en=f"Measure on {state}")
        citation = Citation.objects.create(
            measure=measure, source=source, locator="art. 1", quote="Se ordena la cuarentena"
        )
        QuoteCheck.objects.create(
            citation=citation, quote=citation.quote, state="found", checked_at="2024-01-01T00:00Z"
        )


def _document(state: str) -> Source:
    source = factories.source(
        key=f"source-{state}", title=f"Gaceta {state}", publisher="Editora Perú", published="2020-05", rights="show"
    )
    factories.link(source=source, state=state, moved_to="https://b.example/" if state == "moved" else "")
    for day in (15, 30):
        text = TEXT.format(day)
        capture = factories.capture(source=source, body=text.encode(), captured_at=day)
        factories.document_text(capture=capture, text=text)
    return source


PATHS = (
    "/archive/",
    "/archive/?q=cuarentena&link=gone",
    "/archive/?kind=nothing",
    "/archive/source-moved/",
    "/archive/links/broken/",
    "/measures/PER-00001/",
)


@pytest.mark.parametrize("look", LOOKS)
def test_no_page_breaks_a_rule_of_accessibility(look: str, page: Page, address: str) -> None:
    width, scheme = LOOKS[look]
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    found = {}
    for path in PATHS:
        page.goto(address + path)
        page.evaluate("for (const folded of document.querySelectorAll('main details')) folded.open = true")
        found[path] = violations(page, of_colours=scheme == "dark")
    assert found == {path: [] for path in PATHS}
    assert [text for text in complaints if "400" not in text] == []


def test_no_page_scrolls_sideways_on_a_small_phone(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    paths = [language + path for language in ("", "/es", "/pt") for path in PATHS]
    widths = {}
    for path in paths:
        page.goto(address + path)
        page.evaluate("for (const folded of document.querySelectorAll('main details')) folded.open = true")
        widths[path] = page.evaluate("document.documentElement.scrollWidth")
    assert widths == dict.fromkeys(paths, 320)


@pytest.mark.parametrize(("language", "prefix"), [("en", ""), ("es", "/es"), ("pt", "/pt")])
def test_reader_without_script_searches_narrows_and_opens(
    browser: Browser, address: str, language: str, prefix: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}{prefix}/")
    page.get_by_role("navigation").get_by_role("link", name=gettext_in(language, "Archive"), exact=True).click()
    page.get_by_label(gettext_in(language, "Words in the documents, their titles or addresses")).fill("cuarentenas")
    page.get_by_role("button", name=gettext_in(language, "Search"), exact=True).click()
    expect(page.locator(".document")).to_have_count(5)
    expect(page.locator(".excerpt mark").first).to_have_text("cuarentena")
    page.get_by_label(gettext_in(language, "Broken")).check()
    page.get_by_role("button", name=gettext_in(language, "Apply filters")).click()
    expect(page.locator(".document")).to_have_count(1)
    page.get_by_role("link", name="Gaceta gone").click()
    expect(page).to_have_url(f"{address}{prefix}/archive/source-gone/")
    expect(page.locator(".link-health").first).to_contain_text(gettext_in(language, "Broken"))
    page.locator(".changes summary").click()
    expect(page.locator(".changes ins b")).to_have_text("30")
    expect(page.locator(".changes del b")).to_have_text("15")
    page.get_by_role("link", name="Measure on gone").click()
    expect(page.locator(".sources blockquote")).to_be_visible()
    context.close()


def test_kept_copy_is_saved_and_never_opened(page: Page, address: str) -> None:
    page.goto(f"{address}/archive/source-alive/")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download this copy").first.click()
    assert saved.value.suggested_filename.startswith("source-alive-2021-01-31-")
    assert saved.value.path().read_text() == TEXT.format(30)
    expect(page).to_have_url(f"{address}/archive/source-alive/")


def test_phone_folds_the_filters_and_shows_the_documents(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{address}/archive/")
    assert not page.get_by_role("button", name="Apply filters").is_visible()
    page.locator(".filters summary").first.click()
    assert page.get_by_role("button", name="Apply filters").is_visible()


def gettext_in(language: str, text: str) -> str:
    """The translation of `text` in `language`."""
    with translation.override(language):
        return translation.gettext(text)
