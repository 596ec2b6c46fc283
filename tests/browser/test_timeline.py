"""The timeline and the list as a browser shows them: pointer, keyboard, phone, without script, on paper."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from measures.models import Measure
from tests import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.fixture(scope="module")
def peru(read_site: str) -> str:
    """The address of a country with bars, points, spans of a month and entries in the margin."""
    five_acts()
    return f"{read_site}/countries/peru/"


def five_acts() -> None:
    make.measure(title_en="Borders shut", short_title_en="Border closure", valid_from="2020-03-16", topics=("border",))
    make.measure(
        title_en="Cards stay valid to the end of the year",
        valid_from="2020-04",
        valid_until="2020-12-31",
        end_kind="fixed_date",
        topics=("rights.documents",),
    )
    make.measure(
        title_en="Bill to leave the Compact",
        short_title_en="Bill 5349",
        kind="bill",
        reference="5349/2020-CR",
        events=(("introduced", "2020-05-25?"),),
        topics=("border",),
    )
    make.measure(
        title_en="", title_es="Brigadas", kind="announcement", events=(("announced", "2020"),), topics=("border",)
    )
    make.measure(title_en="Ombuds asked", kind="recommendation", events=(("issued", ""),), topics=("rights",))


def focused(page: Page) -> str:
    """The accessible name of the focused element."""
    return str(page.evaluate("document.activeElement.getAttribute('aria-label')"))


def test_pointer_over_a_mark_shows_its_entry_and_the_card_can_be_reached(page: Page, peru: str) -> None:
    page.goto(peru)
    card = page.locator(".entry-card")
    mark = page.get_by_role("link", name=re.compile(r"^Bill 5349\. "))
    expect(mark).to_have_accessible_description("Bill to leave the Compact")
    mark.hover()
    expect(card).to_contain_text("25 May 2020 · date inferred")
    expect(card).to_contain_text("Bill to leave the Compact")
    expect(card).to_contain_text("Bill in the legislature · Bill 5349/2020-CR")
    card.hover()
    page.wait_for_timeout(400)
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)


def test_timeline_is_one_tab_stop_with_arrow_keys(page: Page, peru: str) -> None:
    page.goto(peru)
    page.locator("a.skip-link.in-page").focus()
    page.keyboard.press("Tab")
    assert focused(page).startswith("Border closure.")
    expect(page.locator(".entry-card")).to_contain_text("Borders shut")
    page.keyboard.press("ArrowRight")
    assert focused(page).startswith("Bill 5349.")
    page.keyboard.press("End")
    assert focused(page).startswith("Ombuds asked.")
    page.keyboard.press("ArrowDown")
    assert focused(page).startswith("Border closure.")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#chart')") is None


def test_mark_leads_to_its_entry_which_stands_out(page: Page, peru: str) -> None:
    page.goto(peru)
    page.locator("a.skip-link.in-page").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    measure = Measure.objects.get(title_en="Borders shut")
    expect(page).to_have_url(f"{peru}#entry-{measure.public_id}")
    target = page.locator(":target")
    expect(target).to_contain_text("Borders shut")
    expect(target).to_be_in_viewport()
    assert target.evaluate("element => getComputedStyle(element).boxShadow") != "none"


def test_label_that_is_seen_begins_each_name(page: Page, peru: str) -> None:
    page.goto(peru)
    for mark in page.locator("#chart a").all():
        seen = mark.locator("text, span").first.text_content() or ""
        assert (mark.get_attribute("aria-label") or "").startswith(seen.strip())


def test_filters_work_without_script(browser: Browser, peru: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(peru)
    page.get_by_text("All filters").click()
    page.get_by_role("checkbox", name="Bill in the legislature").check()
    page.get_by_label("From", exact=True).fill("2020-05")
    page.get_by_role("button", name="Apply filters").click()
    expect(page.get_by_role("status")).to_contain_text("1 of 5 entries")
    expect(page.locator("#chart a")).to_have_count(1)
    page.get_by_role("link", name="Remove filter Bill in the legislature").click()
    expect(page.get_by_role("status")).to_contain_text("2 of 5 entries")
    page.get_by_role("link", name="Clear all filters").click()
    expect(page).to_have_url(f"{peru}#result")
    context.close()


def test_filters_are_folded_unless_one_is_wrong_and_forget_what_was_ticked(page: Page, peru: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(peru)
    button = page.get_by_role("button", name="Apply filters")
    expect(button).to_be_hidden()
    page.get_by_text("All filters").click()
    expect(button).to_be_visible()
    page.get_by_role("checkbox", name="Bill in the legislature").check()
    button.click()
    expect(button).to_be_hidden()
    expect(page.locator("#result")).to_be_in_viewport()
    page.go_back()
    expect(page.get_by_role("status")).to_contain_text("5 entries")
    page.locator("form.filters > details").evaluate("details => details.open = true")
    expect(page.get_by_role("checkbox", name="Bill in the legislature")).not_to_be_checked()
    page.goto(f"{peru}?from=soon")
    expect(button).to_be_visible()
    expect(page.get_by_label("From", exact=True)).to_have_attribute("aria-invalid", "true")


def test_labels_of_a_wide_page_do_not_meet(page: Page, peru: str) -> None:
    for width in (1104, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(peru)
        boxes = page.evaluate(
            "[...document.querySelectorAll('.timeline-mark text')].map(text => text.getBoundingClientRect())"
            ".map(({left, right, top, height}) => ({left, right, top, height}))"
        )
        assert overlapping(boxes) == []


def overlapping(boxes: list[dict[str, float]]) -> list[tuple[dict[str, float], dict[str, float]]]:
    def meet(a: dict[str, float], b: dict[str, float]) -> bool:
        same_row = abs(a["top"] - b["top"]) < min(a["height"], b["height"]) / 2
        return same_row and a["left"] < b["right"] and b["left"] < a["right"]

    return [(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :] if meet(a, b)]


def test_paper_shows_every_entry_and_no_form(page: Page, peru: str) -> None:
    page.goto(peru)
    page.emulate_media(media="print")
    expect(page.locator("form.filters")).to_be_hidden()
    expect(page.locator(".entry")).to_have_count(5)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") in (
        "rgba(0, 0, 0, 0)",
        "rgb(255, 255, 255)",
    )
    opening = page.locator(".list-opening")
    assert opening.evaluate("box => getComputedStyle(box).breakInside") == "avoid"
    assert opening.evaluate("box => parseFloat(getComputedStyle(box).paddingBottom)") > 100, "room for an entry"


def test_what_is_far_below_is_laid_out_only_when_it_comes_near(page: Page, peru: str) -> None:
    """It is most of a long page, and would hold up the first screen of a phone."""
    page.set_viewport_size({"width": 390, "height": 400})
    page.goto(peru)
    citation = page.locator("#cite")
    is_laid_out = "box => box.checkVisibility({contentVisibilityAuto: true})"
    assert not citation.evaluate(is_laid_out)
    citation.scroll_into_view_if_needed()
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert citation.evaluate(is_laid_out)
