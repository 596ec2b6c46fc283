"""The origin of a request, for rate limits and sign-in."""

from ipaddress import IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The client's address for sign-in: behind a trusted proxy, the last address in X-Forwarded-For."""
    if settings.TRUST_PROXY:
        forwarded: str = request.META.get("HTTP_X_FORWARDED_FOR", "")
        return forwarded.rpartition(",")[2].strip() or request.META["REMOTE_ADDR"]
    address: str = request.META.get("REMOTE_ADDR", "")
    return address


def client_network(request: HttpRequest) -> str:
    """The client's network for rate limits: its address; for IPv6 its /64, as one household or server gets."""
    text = client_address(request)
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return text
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or IPv6Network((address, 64), strict=False))
    return str(address)
