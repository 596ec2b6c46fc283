"""What protects the site as a whole: headers and sign-in."""

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from pytest_django import Settings

from observatory.visitors import client_address, client_network


def test_every_answer_carries_the_security_headers(client: Client) -> None:
    headers = client.get("/healthz").headers
    assert set(headers["Content-Security-Policy"].split("; ")) == {
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in headers["Permissions-Policy"]


def test_unknown_host_is_a_bad_request(client: Client) -> None:
    assert client.get("/", headers={"host": "elsewhere.example.org"}).status_code == 400


def test_client_address_ignores_a_forged_header() -> None:
    request = RequestFactory().get("/", headers={"X-Forwarded-For": "198.51.100.7"}, REMOTE_ADDR="203.0.113.5")
    assert client_address(request) == "203.0.113.5"


def test_client_address_behind_a_proxy_is_what_the_proxy_saw(settings: Settings) -> None:
    settings.TRUST_PROXY = True
    request = RequestFactory().get("/", headers={"X-Forwarded-For": "forged, 198.51.100.7"}, REMOTE_ADDR="127.0.0.1")
    assert client_address(request) == "198.51.100.7"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("fe80::1%eth0", "fe80::/64"),
        ("nonsense", "nonsense"),
    ],
)
def test_client_network_joins_neighbours_of_ipv6(address: str, network: str) -> None:
    assert client_network(RequestFactory().get("/", REMOTE_ADDR=address)) == network


@pytest.mark.django_db
def test_sign_in_closes_after_five_wrong_passwords_for_that_name_and_address(client: Client) -> None:
    for name in ("ana", "eva"):
        User.objects.create_user(name, password="the right one", is_staff=True)
    wrong = {"username": "ana", "password": "guess"}
    assert [client.post("/admin/login/", wrong).status_code for _ in range(5)] == [200, 200, 200, 200, 429]

    closed = client.post("/admin/login/", {"username": "ana", "password": "the right one"})
    assert closed.status_code == 429
    assert "Wait 15 minutes" in closed.text
    elsewhere = Client(REMOTE_ADDR="198.51.100.7")
    assert elsewhere.post("/admin/login/", {"username": "ana", "password": "the right one"}).status_code == 302
    assert client.post("/admin/login/", {"username": "eva", "password": "the right one"}).status_code == 302
