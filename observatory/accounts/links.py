"""Links by which a person sets a password: the forgotten one, and the first one of whoever is invited.

Each works once, since it follows from the password that it replaces, and for a limited time.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

SALT = "observatory.accounts.invitations"


class InvitationTokens:
    """Tokens of invitations, with the methods of Django's token generator, which has one duration for all."""

    def make_token(self, user: Any) -> str:
        return signing.dumps(_mark(user), salt=SALT)

    def check_token(self, user: Any, token: str | None) -> bool:
        """Whether the token is the account's, is not too old, and no password has been set since."""
        try:
            mark = signing.loads(token or "", salt=SALT, max_age=settings.INVITATION_TIMEOUT)
        except signing.BadSignature:
            return False
        return not user.has_usable_password() and constant_time_compare(mark, _mark(user))


invitation_tokens = InvitationTokens()


def _mark(user: Any) -> str:
    """Follows from the account's unusable password, which is random."""
    return salted_hmac(SALT, f"{user.pk} {user.password}", algorithm="sha256").hexdigest()


def link_for(user: User, origin: str) -> str:
    """A link for a first password, for who has none, or else for a new one; in the active language."""
    invited = not user.has_usable_password()
    name, tokens = ("invitation", invitation_tokens) if invited else ("password_reset_confirm", default_token_generator)
    number = urlsafe_base64_encode(force_bytes(user.pk))
    return origin + reverse(f"admin:{name}", args=[number, tokens.make_token(user)])


def void_invitations(user: User) -> None:
    """Make the links of earlier invitations worthless, by another random unusable password."""
    user.set_unusable_password()
    user.save(update_fields=["password"])
