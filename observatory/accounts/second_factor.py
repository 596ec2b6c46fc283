"""The second factor: codes of an app, passkeys, recovery codes, and who needs one.

Secrets of apps are encrypted with a key that is not in the database; of recovery codes only hashes are kept. A code of
an app is accepted once, and none before it; a recovery code is deleted as it is used. Callers count failures.
"""

import base64
import secrets
from collections.abc import Iterable
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django_otp.oath import TOTP

from observatory.accounts.models import AuthenticatorApp, Passkey, RecoveryCode
from observatory.accounts.secrets import decrypt, digest, encrypt

SECRET_BYTES = 20
"""Of an app, as RFC 4226 recommends."""
TOLERANCE = 1
"""Half-minutes by which the clock of a phone may be wrong."""
RECOVERY_CODES = 10
GROUPS = 4
"""Groups of four letters and digits in a recovery code: 80 random bits."""


class Need(StrEnum):
    """Who must have a second factor; a value of `SECOND_FACTOR`."""

    NOBODY = "optional"
    EDITORS = "editors"
    EVERYBODY = "everybody"


def has_second_factor(user: Any) -> bool:
    """Whether a password alone does not sign the account in."""
    return any(model._default_manager.filter(user=user).exists() for model in (AuthenticatorApp, Passkey))


def needs_second_factor(user: Any) -> bool:
    """Whether this installation demands one of the account."""
    if settings.SECOND_FACTOR == Need.EDITORS:
        return bool(user.is_superuser or user.has_perm(settings.PUBLISH_PERMISSION))
    return bool(settings.SECOND_FACTOR == Need.EVERYBODY)


@transaction.atomic
def remove_second_factor(user: Any) -> None:
    """Remove every factor and recovery code of the account."""
    for model in (AuthenticatorApp, Passkey, RecoveryCode):
        model._default_manager.filter(user=user).delete()


# Apps


def new_secret() -> str:
    """An encrypted secret for an app about to be set up."""
    return encrypt(secrets.token_bytes(SECRET_BYTES))


def app_address(secret: str, user: Any, site: str) -> str:
    """What the QR code says: an address of the scheme otpauth."""
    label = quote(f"{site}:{user.get_username()}", safe=":")
    return f"otpauth://totp/{label}?secret={written_secret(secret)}&issuer={quote(site)}"


def written_secret(secret: str) -> str:
    """The secret in base 32, to be typed into an app."""
    return base64.b32encode(decrypt(secret) or b"").decode().rstrip("=")


@transaction.atomic
def set_up_app(user: Any, secret: str, code: str) -> bool:
    """Replace the account's app by one with this secret, if the code is its present one."""
    app = AuthenticatorApp(user=user, secret=secret)
    if not _accepts(app, code):
        return False
    AuthenticatorApp.objects.filter(user=user).delete()
    app.save()
    return True


def _accepts(app: AuthenticatorApp, code: str) -> bool:
    """Whether the code is one of the present half-minutes, later than the last accepted one; notes it as the last."""
    key = decrypt(app.secret)
    if key is None or not (code.isascii() and code.isdigit() and len(code) == 6):
        return False
    totp = TOTP(key)
    if not totp.verify(int(code), tolerance=TOLERANCE, min_t=app.last_step + 1):
        return False
    app.last_step = totp.t()
    app.last_used_at = timezone.now()
    return True


# Codes that are typed


@transaction.atomic
def is_right_code(user: User, typed: str) -> bool:
    """Whether the text is a code of the account's app or a recovery code; it is not accepted again."""
    code = "".join(typed.split()).replace("-", "").lower()
    app = AuthenticatorApp.objects.select_for_update().filter(user=user).first()
    if app and _accepts(app, code):
        app.save()
        return True
    return _use_recovery_code(user, code)


def _use_recovery_code(user: Any, code: str) -> bool:
    """Delete the recovery code, if there is such a one."""
    for known in RecoveryCode.objects.filter(user=user):
        if secrets.compare_digest(known.digest, digest(code, known.salt)):
            return RecoveryCode.objects.filter(pk=known.pk).delete()[0] == 1
    return False


@transaction.atomic
def new_recovery_codes(user: Any) -> list[str]:
    """Replace the account's recovery codes, and return the new ones, which nobody can read again."""
    codes = [_random_code() for _number in range(RECOVERY_CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(_hashed(user, codes))
    return codes


def _random_code() -> str:
    letters = base64.b32encode(secrets.token_bytes(GROUPS * 4 * 5 // 8)).decode().lower()
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def _hashed(user: Any, codes: Iterable[str]) -> Iterable[RecoveryCode]:
    for code in codes:
        salt = secrets.token_hex(16)
        yield RecoveryCode(user=user, salt=salt, digest=digest(code.replace("-", ""), salt))
