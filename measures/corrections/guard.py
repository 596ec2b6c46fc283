"""What holds programs up that send the forms of readers: a limit for each network, and the time that people take."""

import datetime
import hmac

from django.conf import settings
from django.core import signing

QUICKEST = datetime.timedelta(seconds=4)
"""Nobody reads a form and fills it in in less."""
HOUR = datetime.timedelta(hours=1)
MOST_OF_NETWORK = 10
"""Forms of a kind that one network sends in an hour."""
_SIGNED = signing.TimestampSigner(salt="measures.report")
_FORM = "form"


class TooMany(Exception):
    """More forms of a kind have come in an hour, from this network or from all, than are taken."""


def new_form() -> str:
    """The signed time that a new form carries."""
    return _SIGNED.sign(_FORM)


def is_hasty(form: str) -> bool:
    """Whether a form was sent sooner than a person can, or its signed time is forged."""
    try:
        _SIGNED.unsign(form)
    except signing.BadSignature:
        return True
    try:
        _SIGNED.unsign(form, max_age=QUICKEST)
    except signing.SignatureExpired:
        return False
    return True


def origin_of(network: str) -> str:
    """A keyed hash of a network, by which what it sends is counted without keeping it."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"report {network}".encode(), "sha256").hex()
