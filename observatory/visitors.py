"""The origin of a request, for limits and sign-in."""

from collections.abc import Mapping
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_interface, ip_network
from typing import Any

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The client's address for sign-in: behind a trusted proxy, the last address in X-Forwarded-For."""
    return _address_in(request.META)


def client_network(request: HttpRequest) -> str:
    """The client's network for limits, see network_of()."""
    return network_of(request.META)


def network_of(environ: Mapping[str, Any]) -> str:
    """A client's network, from a WSGI environment: its address; for IPv6 its /64, as one household or server gets."""
    text = _address_in(environ)
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return text
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or IPv6Network((address, 64), strict=False))
    return str(address)


def neighbourhood_of(environ: Mapping[str, Any]) -> str:
    """The network around a client's, as a provider gives it to one customer: a /24, for IPv6 a /48."""
    text = network_of(environ)
    try:
        address = ip_interface(text).ip
    except ValueError:
        return text
    return str(ip_network((address, 48 if isinstance(address, IPv6Address) else 24), strict=False))


def _address_in(environ: Mapping[str, Any]) -> str:
    address: str = environ.get("REMOTE_ADDR", "")
    if settings.TRUST_PROXY:
        forwarded: str = environ.get("HTTP_X_FORWARDED_FOR", "")
        return forwarded.rpartition(",")[2].strip() or address
    return address
