"""The timeline and the list as a browser shows them: pointer, keyboard, phone, without script, on paper."""

import re

import pytest
from django.db import transaction
from playwright.sync_api import Browser, Page, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from measures.models import Measure
from tests import factories as make
from tests.browser.axe import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

PHONE = ViewportSize(width=390, height=844)


@pytest.fixture
def peru(live_server: LiveServer) -> str:
    """The address of a country with bars, points, spans of a month and entries in the margin."""
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
    return f"{live_server.url}/countries/peru/"


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
    page.set_viewport_size(PHONE)
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


def test_long_month_is_shortened_on_a_phone_and_opens_for_a_mark(page: Page, peru: str) -> None:
    for number in range(12):
        make.measure(title_en=f"June act {number:02d}", events=(("in_force", "2020-06-10"),), topics=("border",))
    page.set_viewport_size(PHONE)
    page.goto(peru)
    expect(page.get_by_role("link", name="June act 04", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="June act 05", exact=True)).to_be_hidden()
    page.get_by_role("link", name="June act 11. ").click()
    expect(page.locator(":target")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Show the other 7 entries")).to_have_count(0)


def test_labels_of_a_phone_stay_within_the_page(page: Page, peru: str) -> None:
    for day in range(1, 29):
        make.measure(
            title_en=f"A title of the full length {day}",
            short_title_en="Twenty-four characters!!",
            kind="bill",
            events=(("introduced", f"2020-{day % 12 + 1:02d}-{day:02d}"),),
            topics=("border",),
        )
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(peru)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    boxes = page.evaluate(
        "[...document.querySelectorAll('.timeline-mark text')].map(text => text.getBoundingClientRect())"
        ".map(({left, right, top, height}) => ({left, right, top, height}))"
    )
    assert all(box["left"] >= 0 and box["right"] <= 322 for box in boxes)
    assert _overlapping(boxes) == []


def test_labels_of_a_wide_page_do_not_meet(page: Page, peru: str) -> None:
    for width in (1104, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(peru)
        boxes = page.evaluate(
            "[...document.querySelectorAll('.timeline-mark text')].map(text => text.getBoundingClientRect())"
            ".map(({left, right, top, height}) => ({left, right, top, height}))"
        )
        assert _overlapping(boxes) == []


def _overlapping(boxes: list[dict[str, float]]) -> list[tuple[dict[str, float], dict[str, float]]]:
    def meet(a: dict[str, float], b: dict[str, float]) -> bool:
        same_row = abs(a["top"] - b["top"]) < min(a["height"], b["height"]) / 2
        return same_row and a["left"] < b["right"] and b["left"] < a["right"]

    return [(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :] if meet(a, b)]


@pytest.fixture
def crowded(peru: str) -> str:
    """A country with too many entries for a timeline."""
    pattern = make.measure(title_en="One of many", events=(("in_force", "2020-05-02"),), topics=("health",))
    fields = {
        name: getattr(pattern, name) for name in ("country", "kind", "date", "status", "workflow", "primary_topic")
    }
    who = {name: getattr(pattern, name) for name in ("created_by", "updated_by", "published_by", "published_at")}
    many = [Measure(public_id=f"PER-{n:05d}", title_en=f"One of many {n}", **fields, **who) for n in range(100, 250)]
    tag = Measure.topics.through
    with transaction.atomic():  # the constraint on the primary topic is deferred
        tag.objects.bulk_create(
            tag(measure=measure, topic=pattern.primary_topic) for measure in Measure.objects.bulk_create(many)
        )
    return peru


def test_numbers_lead_to_their_entries(page: Page, crowded: str) -> None:
    page.goto(crowded)
    page.get_by_role("table", name="Number of entries by topic and date").get_by_role(
        "link", name="151 entries, Health, May 2020"
    ).click()
    expect(page.get_by_role("status")).to_contain_text("151 of 156 entries")
    expect(page).to_have_url(f"{crowded}?topic=health&from=2020-05&to=2020-05&precision=day&precision=month#result")


ADDRESSES = (
    "/countries/peru/?topic=border&on=2020-05-15",
    "/countries/peru/?topc=red&from=soon",
    "/countries/peru/?q=zeppelin",
    "/measures/?q=border",
    "/measures/?from=soon",
    "/measures/PER-00001/",
    "/measures/PER-00004/",
    "/reference/5349-2020-CR/",
    "/reference/none/",
)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_no_page_breaks_a_rule_of_accessibility(page: Page, crowded: str, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    found = {}
    for path in ("/countries/peru/", *ADDRESSES):
        page.goto(crowded.removesuffix("/countries/peru/") + path)
        for details in page.locator("details").all():
            details.evaluate("element => element.open = true")
        found[path] = violations(page)
    assert {path: rules for path, rules in found.items() if rules} == {}


def test_no_page_scrolls_sideways_on_a_small_phone(page: Page, crowded: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    widths = {}
    for path in ("/countries/peru/", *ADDRESSES):
        page.goto(crowded.removesuffix("/countries/peru/") + path)
        for details in page.locator("details").all():
            details.evaluate("element => element.open = true")
        widths[path] = page.evaluate("document.documentElement.scrollWidth")
    assert {path: width for path, width in widths.items() if width > 320} == {}


def test_paper_shows_every_entry_and_no_form(page: Page, peru: str) -> None:
    page.goto(peru)
    page.emulate_media(media="print")
    expect(page.locator("form.filters")).to_be_hidden()
    expect(page.locator(".entry")).to_have_count(5)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") in (
        "rgba(0, 0, 0, 0)",
        "rgb(255, 255, 255)",
    )
