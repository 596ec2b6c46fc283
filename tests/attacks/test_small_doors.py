"""Smaller security details: reporting, redirects after sign-in, cookies, and what stays accessible afterwards."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver
from pytest_django import Settings

from tests import factories
from tests.observatory.test_settings import PRODUCTION, manage, setting

pytestmark = pytest.mark.django_db

PLACES = ("/.well-known/security.txt", "/security-policy.txt")


# Reporting


def test_no_contact_is_claimed_without_one(client: Client) -> None:
    assert [client.get(place).status_code for place in PLACES] == [404, 404]


def test_security_txt_says_what_the_settings_promise(client: Client, settings: Settings) -> None:
    settings.SECURITY_CONTACT, settings.SECURITY_CONTACT_UNTIL = "mailto:security@example.org", "2027-06-30"
    settings.PUBLIC_URL, settings.IS_HTTPS = "https://observatory.example.org", True
    answer = client.get(PLACES[0])
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert answer.text.splitlines() == [
        "Contact: mailto:security@example.org",
        "Expires: 2027-06-30T23:59:59Z",
        "Preferred-Languages: en, es, pt",
        "Canonical: https://observatory.example.org/.well-known/security.txt",
        "Policy: https://observatory.example.org/security-policy.txt",
    ]
    policy = client.get(PLACES[1])
    assert policy.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "How to report" in policy.text


def test_deployment_check_asks_for_a_contact_and_its_day() -> None:
    without = manage("check", "--deploy", "--fail-level", "WARNING", **(PRODUCTION | {"SECURITY_CONTACT": ""}))
    assert without.returncode == 1
    assert "SECURITY_CONTACT" in without.stderr
    over = PRODUCTION | {"SECURITY_CONTACT_UNTIL": "2020-01-01"}
    past = manage("check", "--deploy", "--fail-level", "WARNING", **over)
    assert past.returncode == 1
    assert "SECURITY_CONTACT_UNTIL=2020-01-01 is over" in past.stderr


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"SECURITY_CONTACT": "who knows"}, "SECURITY_CONTACT='who knows' is neither"),
        ({"SECURITY_CONTACT": "a@b.org\nExpires: never"}, "is neither"),
        ({"SECURITY_CONTACT_UNTIL": ""}, "SECURITY_CONTACT_UNTIL='' is no day"),
        ({"SECURITY_CONTACT_UNTIL": "soon"}, "SECURITY_CONTACT_UNTIL='soon' is no day"),
        ({"SECURITY_CONTACT_UNTIL": "2999-01-01"}, "more than a year ahead"),
    ],
)
def test_contact_that_cannot_be_meant_stops_the_start(changed: dict[str, str], message: str) -> None:
    result = manage("check", **(PRODUCTION | changed))
    assert result.returncode == 1
    assert message in result.stderr


# Sessions


def person(name: str = "ana") -> User:
    """A member of staff without any permissions."""
    account = factories.user(username=name)
    account.is_staff = True
    account.save()
    return account


def signed_in_by_form(name: str = "ana") -> Client:
    client = Client()
    assert client.post("/admin/login/", {"username": name, "password": factories.PASSWORD}).status_code == 302
    return client


def test_sign_in_gives_another_session_than_the_one_brought_along() -> None:
    person()
    client = Client()
    client.cookies["sessionid"] = "a" * 32
    client.post("/admin/login/", {"username": "ana", "password": factories.PASSWORD})
    assert client.cookies["sessionid"].value != "a" * 32
    first = client.cookies["sessionid"].value
    client.post("/admin/logout/")
    client.cookies["sessionid"] = first
    assert client.get("/admin/").status_code == 302


def test_session_ends_within_a_working_day_and_the_script_cannot_read_it() -> None:
    person()
    cookie = signed_in_by_form().cookies["sessionid"]
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (12 * 3600, True, "Lax")


def test_cookies_in_production_are_of_this_host_alone() -> None:
    wanted = "settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.SESSION_COOKIE_DOMAIN"
    assert setting(wanted, **PRODUCTION) == "__Host-sessionid __Host-csrftoken None"


def test_changed_password_signs_out_everywhere_else() -> None:
    person()
    here, elsewhere = signed_in_by_form(), signed_in_by_form()
    new = "el quipu de la abuela"
    form = {"old_password": factories.PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post("/admin/password_change/", form).status_code == 302
    assert here.get("/admin/").status_code == 200
    assert elsewhere.get("/admin/").status_code == 302


def test_account_that_is_closed_is_signed_out() -> None:
    ana = person()
    client = signed_in_by_form()
    User.objects.filter(pk=ana.pk).update(is_active=False)
    assert client.get("/admin/").status_code == 302


# Redirects after sign-in, and URLs that need none


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "https:evil.example"],
)
def test_sign_in_leads_to_no_other_site(target: str) -> None:
    person()
    client = Client()
    form = {"username": "ana", "password": factories.PASSWORD, "next": target}
    assert client.post("/admin/login/", form).headers["Location"] == "/admin/"
    assert client.get("/admin/login/", {"next": target}).headers["Location"] == "/admin/"


def _admin_routes(patterns: Any, prefix: str = "") -> list[str]:
    routes = []
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            routes += _admin_routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            routes.append(route)
    return routes


def test_admin_shows_nothing_without_sign_in() -> None:
    routes = _admin_routes(admin.site.urls[0])
    assert len(routes) > 50
    opened = []
    for route in routes:
        path = "/admin/" + re.sub(r"<[^>]+>", "1", route.replace("(?P<url>.*)$", "anything")).lstrip("^")
        answer = Client().get(path)
        if not (answer.status_code == 302 and "/login/" in answer.headers["Location"]):
            opened.append(route)
    for_who_has_no_password = [
        *("password-reset/", "password-reset/done/", "password-reset/complete/"),
        *("password-reset/<uidb64>/<token>/", "invitation/<uidb64>/<token>/"),
    ]
    assert opened == [*for_who_has_no_password, "login/", "logout/"]


def test_site_cannot_be_framed_nor_addressed_by_another_name(client: Client) -> None:
    answer = client.get("/admin/login/")
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"].split("; ")
    assert client.get("/admin/login/", headers={"host": "evil.example"}).status_code == 400
    assert client.get("/admin/login/", headers={"x-forwarded-host": "evil.example"}).status_code == 200


def test_form_without_its_token_is_refused_with_a_page_of_ours() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/admin/login/", {"username": "<script>", "password": "x"}, headers={"referer": "<script>"})
    assert answer.status_code == 403
    assert "<script>" not in answer.text
