"""What the libraries leave open: two headers of policy and the address that sign-in counts by."""

from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

# No page of ours asks for any of these; a page that is made to ask anyway is refused by the browser
PERMISSIONS_POLICY = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
    "microphone=(), midi=(), payment=(), usb=(), browsing-topics=()"
)


def policies(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: every answer carries `Permissions-Policy` and `Content-Security-Policy`.

    Django's own pages for a developer, which have scripts and styles inside, carry the first alone.
    """
    content = "; ".join(f"{directive} {source}" for directive, source in settings.CONTENT_SECURITY_POLICY.items())

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        if not (settings.DEBUG and response.status_code in (404, 500)):
            response.headers.setdefault("Content-Security-Policy", content)
        return response

    return middleware


def client_address(request: HttpRequest) -> str:
    """Whose sign-in this is: behind a trusted proxy the last address in X-Forwarded-For, which the proxy wrote."""
    if settings.TRUST_PROXY:
        forwarded: str = request.META.get("HTTP_X_FORWARDED_FOR", "")
        return forwarded.rpartition(",")[2].strip() or request.META["REMOTE_ADDR"]
    address: str = request.META.get("REMOTE_ADDR", "")
    return address


def client_network(request: HttpRequest) -> str:
    """Whom limits count: the address, of IPv6 its /64, which is what one household or one rented server is given."""
    text = client_address(request)
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return text
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or IPv6Network((address, 64), strict=False))
    return str(address)
