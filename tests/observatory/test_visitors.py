"""Where a request comes from."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from observatory.visitors import client_address, client_network, neighbourhood_of


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


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.5", "203.0.113.0/24"),
        ("::ffff:203.0.113.5", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("nonsense", "nonsense"),
    ],
)
def test_neighbourhood_is_what_one_customer_may_have(address: str, network: str) -> None:
    assert neighbourhood_of({"REMOTE_ADDR": address}) == network
