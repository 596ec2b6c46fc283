"""Secrets at rest: encrypted with a key that is not in the database, or hashed."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

SALT = "observatory.accounts.secrets"


def encrypt(secret: bytes) -> str:
    """The secret, encrypted with a key that follows from `SECRET_KEY`."""
    return _keys().encrypt(secret).decode()


def decrypt(text: str) -> bytes | None:
    """The secret; None if it was encrypted with a `SECRET_KEY` that is neither the present one nor a fallback."""
    try:
        return _keys().decrypt(text)
    except InvalidToken:
        return None


def digest(text: str, salt: str = "") -> str:
    """The hash of a random text; one with at least 80 random bits needs no slow hash."""
    return hashlib.sha256(f"{salt}{text}".encode()).hexdigest()


def _keys() -> MultiFernet:
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    keys = (salted_hmac(SALT, "", secret=secret, algorithm="sha256").digest() for secret in secrets)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
