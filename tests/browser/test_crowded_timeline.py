"""Timelines with more entries than can be drawn one by one, and such as are hard to place."""

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from measures.models import Measure
from tests import factories as make
from tests.browser.axe import violations
from tests.browser.test_timeline import five_acts, overlapping

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.fixture(scope="module")
def crowded(read_site: str) -> str:
    """The address of a country with too many entries for a timeline, on a site with two more that are hard to draw."""
    five_acts()
    _long_month()
    _long_labels()
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
    return f"{read_site}/countries/peru/"


def _long_month() -> None:
    ecuador = make.country(iso3="ECU")
    for number in range(12):
        make.measure(
            country=ecuador, title_en=f"June act {number:02d}", events=(("in_force", "2020-06-10"),), topics=("border",)
        )


def _long_labels() -> None:
    usa = make.country(iso3="USA")
    for day in range(1, 29):
        make.measure(
            country=usa,
            title_en=f"A title of the full length {day}",
            short_title_en="Twenty-four characters!!",
            kind="bill",
            events=(("introduced", f"2020-{day % 12 + 1:02d}-{day:02d}"),),
            topics=("border",),
        )


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
        found[path] = violations(page, of_colours=scheme == "dark")
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


def test_long_month_is_shortened_on_a_phone_and_opens_for_a_mark(page: Page, crowded: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(crowded.replace("peru", "ecuador"))
    expect(page.get_by_role("link", name="June act 04", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="June act 05", exact=True)).to_be_hidden()
    page.get_by_role("link", name="June act 11. ").click()
    expect(page.locator(":target")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Show the other 7 entries")).to_have_count(0)


def test_number_of_three_digits_stays_in_its_cell_on_a_phone(page: Page, crowded: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(crowded)
    number = page.get_by_role("link", name="152 entries, All topics, May 2020")
    assert number.evaluate("link => link.scrollWidth <= link.clientWidth")
    assert number.evaluate("link => link.offsetWidth < 26")


def test_labels_of_a_phone_stay_within_the_page(page: Page, crowded: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(crowded.replace("peru", "united-states"))
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    boxes = page.evaluate(
        "[...document.querySelectorAll('.timeline-mark text')].map(text => text.getBoundingClientRect())"
        ".map(({left, right, top, height}) => ({left, right, top, height}))"
    )
    assert all(box["left"] >= 0 and box["right"] <= 322 for box in boxes)
    assert overlapping(boxes) == []
