"""Whether letters can be written without a request that says where the site is."""

from django.conf import settings


def can_send() -> bool:
    """Whether letters can be sent that lead to the site: there is a mail server, and the public address is known."""
    return bool(settings.SENDS_MAIL and settings.PUBLIC_URL)
