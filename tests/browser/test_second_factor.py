"""A passkey in a real browser, with Chromium's virtual authenticator."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from observatory.accounts.models import Passkey
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

expect.set_options(timeout=20_000)  # ms


def sign_in(page: Page, live_server: LiveServer, user: User) -> None:
    page.goto(f"{live_server.url}/admin/login/")
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Log in").click()


def test_passkey_is_added_and_signs_in(page: Page, live_server: LiveServer) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "automaticPresenceSimulation": True}})
    ana = factories.analyst()
    sign_in(page, live_server, ana)
    page.get_by_role("link", name="Your account").click()
    page.get_by_role("link", name="Add a passkey").click()
    expect(page.get_by_role("alert")).to_be_hidden()
    page.get_by_label("Name of this key").fill("office computer")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("listitem").locator("code")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("Passkey “office computer”")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    sign_in(page, live_server, ana)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="To do")).to_be_visible()
    assert [(key.user, key.last_used_at is not None) for key in Passkey.objects.all()] == [(ana, True)]
    assert complaints == []
