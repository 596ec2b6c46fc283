"""An analyst keeps the profile of a country: figures, editions, and another person at the same time."""

import pytest
from playwright.sync_api import Page, expect

from countries.models import MobilityRole, Observation
from tests import factories
from tests.browser.axe import violations
from tests.browser.conftest import SignIn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def _choose(page: Page, box: str, term: str, option: str) -> None:
    """Choose by autocomplete, with the keyboard, as an analyst does."""
    page.locator(f"#{box} + .select2-container").click()
    page.locator(".select2-search__field").last.fill(term)
    page.locator(".select2-results__option--highlighted", has_text=option).wait_for()
    page.keyboard.press("Enter")


def test_editor_adds_a_figure_and_a_new_edition_on_one_page(page: Page, sign_in: SignIn) -> None:
    factories.country(iso3="VEN")
    factories.mobility_role(narrative_en="People leave.")
    factories.observation(indicator=factories.indicator(key="immigrant_stock", name_en="Immigrants"))
    sign_in(page, factories.editor(), "/admin/countries/country/PER/change/")

    _choose(page, "id_observations-1-indicator", "immig", "Immigrants")
    _choose(page, "id_observations-1-counterpart", "ven", "Venezuela")
    page.locator("#id_observations-1-period").fill("2020-05")
    expect(page.locator("#observations-1 .field-period .echo")).to_have_text("May 2020")
    page.locator("#id_observations-1-value").fill("37 600")
    expect(page.locator("#observations-1 .field-value .echo")).to_have_text("37,600")
    page.locator("#id_observations-1-qualifier").select_option(label="about")
    page.locator("#observations-1 .rest summary").click()
    page.locator("#id_observations-1-source_name").fill("A yearbook")

    page.get_by_role("button", name="Sending country").click()
    expect(page.locator(".edition-notice")).to_contain_text("Not saved yet")
    expect(page.locator(".edition-notice")).to_be_focused()
    expect(page.locator(".errornote, .errorlist, .form-faults")).to_have_count(0)
    expect(page.locator("#id_roles-1-narrative_en")).to_have_value("People leave.")
    expect(page.locator("#id_observations-1-value")).to_have_value("37 600")
    page.locator("#id_roles-1-as_of").fill("2021-01")
    page.locator("#id_roles-1-narrative_en").fill("Fewer leave.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_contain_text("Peru")
    assert [(str(role.as_of), role.narrative_en) for role in MobilityRole.objects.all()] == [
        ("2021-01", "Fewer leave."),
        ("2020", "People leave."),
    ]
    added = Observation.objects.get(counterpart="VEN")
    assert [str(part) for part in (added.value, added.qualifier, added.period)] == ["37600.000000", "approx", "2020-05"]


def test_two_editors_on_one_profile_choose_between_their_versions(page: Page, sign_in: SignIn) -> None:
    page.set_viewport_size({"width": 1280, "height": 1600})  # so that no box lies half under the bar that saves
    role = factories.mobility_role(narrative_en="Old.")
    sign_in(page, factories.editor(), "/admin/countries/country/PER/change/")
    page.locator("#roles-0 summary").click()
    page.locator("#id_roles-0-narrative_en").fill("Mine.")
    MobilityRole.objects.filter(pk=role.pk).update(narrative_en="Theirs.", narrative_es="Suyo.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#differences")).to_contain_text("Theirs.")
    assert violations(page) == []
    page.get_by_label("Use theirs").check()
    expect(page.locator("#id_roles-0-narrative_en")).to_have_value("Theirs.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    role.refresh_from_db()
    assert (role.narrative_en, role.narrative_es) == ("Theirs.", "Suyo.")


@pytest.mark.parametrize("width", [1280, 390])
def test_page_of_a_profile_is_accessible_and_fits(page: Page, sign_in: SignIn, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    factories.mobility_role()
    factories.observation(counterpart=factories.country(iso3="VEN"))
    sign_in(page, factories.editor(), "/admin/countries/country/PER/change/")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
