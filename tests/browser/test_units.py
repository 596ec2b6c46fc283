"""An editor adds a unit and an indicator that uses it, in a real browser; the profile writes the value as it says."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from countries.models import Indicator, Unit
from tests import factories
from tests.browser.axe import violations
from tests.browser.conftest import SignIn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def test_editor_adds_a_unit_and_an_indicator_of_it(page: Page, live_server: LiveServer, sign_in: SignIn) -> None:
    peru = factories.country()
    for key in ("persons", "percent", "usd_2020"):
        factories.unit(key=key)
    sign_in(page, factories.editor(), "/admin/countries/unit/")
    expect(page.locator("#result_list")).to_contain_text("US$\xa01,234,567.89 (2020 prices)")
    assert violations(page) == []

    page.get_by_role("link", name="Add unit").first.click()
    page.get_by_label("Key").fill("per_100000")
    page.locator("#id_name_en").fill("rate per 100,000")
    page.locator("#id_decimals").fill("1")
    page.locator("#id_base").fill("100000")
    page.locator("#id_currency").fill("USX")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".field-currency .errorlist")).to_contain_text("not a currency of ISO 4217")
    assert violations(page) == []
    page.locator("#id_currency").fill("")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("was added successfully")
    assert Unit.objects.get(pk="per_100000").base == 100_000

    page.goto(f"{live_server.url}/admin/countries/indicator/add/")
    page.get_by_label("Key").fill("accidents")
    page.locator("#id_name_en").fill("Accidents")
    page.locator("#id_unit").select_option(label="rate per 100,000")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("was added successfully")
    factories.observation(country=peru, indicator=Indicator.objects.get(key="accidents"), value="12.3", period="2020")
    page.goto(f"{live_server.url}/countries/peru/")
    expect(page.locator("main")).to_contain_text("12.3 per 100,000")


@pytest.mark.parametrize("width", [1280, 390])
def test_form_of_a_unit_fits_and_is_accessible(
    page: Page, live_server: LiveServer, sign_in: SignIn, width: int
) -> None:
    factories.unit(key="usd_2020")
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, factories.editor(), "/admin/countries/unit/")
    page.goto(f"{live_server.url}/admin/countries/unit/usd_2020/change/")
    expect(page.locator(".field-example")).to_contain_text("US$\xa01,234,567.89 (2020 prices)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []
