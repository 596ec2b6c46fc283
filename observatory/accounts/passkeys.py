"""Passkeys by WebAuthn, checked by Yubico's library: to add one, and to sign in with one.

Each asks the browser for a signature of a random challenge, which is kept here and used once. It holds for the host of
this site and the address that the visitor sees alone, so that another site can ask for nothing of use.
"""

import json
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from observatory.accounts.mail import origin_of
from observatory.accounts.models import Passkey

MOST = 10
"""Passkeys of an account."""


class NotAccepted(Exception):
    """The browser's answer is not the signature that was asked for."""


def ask_for_new(request: HttpRequest, user: Any, site: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the browser is given to make a passkey, and the challenge to keep."""
    name = user.get_username()
    entity = PublicKeyCredentialUserEntity(
        id=str(user.pk).encode(), name=name, display_name=user.get_full_name() or name
    )
    options, state = _server(request, site).register_begin(
        entity,
        _credentials(user),
        resident_key_requirement=ResidentKeyRequirement.DISCOURAGED,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return dict(options), state


def add(request: HttpRequest, user: Any, state: Any, answer: str, name: str) -> Passkey:
    """Keep the passkey of the browser's answer; raise NotAccepted."""
    try:
        found = _server(request, "").register_complete(state, json.loads(answer))
    except Exception as error:  # the library raises errors of many kinds for what a stranger may send
        raise NotAccepted from error
    if found.credential_data is None or Passkey.objects.filter(user=user).count() >= MOST:
        raise NotAccepted
    number = found.credential_data.credential_id
    if Passkey.objects.filter(credential_id=number).exists():
        raise NotAccepted
    passkey = Passkey(user=user, name=name, credential_id=number, sign_count=found.counter)
    passkey.credential = bytes(found.credential_data)
    passkey.save()
    return passkey


def ask_for_known(request: HttpRequest, user: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the browser is given to use one of the account's passkeys, and the challenge to keep."""
    options, state = _server(request, "").authenticate_begin(
        _credentials(user), user_verification=UserVerificationRequirement.PREFERRED
    )
    return dict(options), state


@transaction.atomic
def is_right_answer(request: HttpRequest, user: Any, state: Any, answer: str) -> bool:
    """Whether the browser's answer is a signature by one of the account's passkeys, newer than its last one."""
    try:
        response = AuthenticationResponse.from_dict(json.loads(answer))
        used = _server(request, "").authenticate_complete(state, _credentials(user), response)
    except Exception:  # as in `add`
        return False
    passkey = Passkey.objects.select_for_update().get(user=user, credential_id=used.credential_id)
    count = response.response.authenticator_data.counter
    if (count or passkey.sign_count) and count <= passkey.sign_count:  # a copy of the key has been used
        return False
    passkey.sign_count, passkey.last_used_at = count, timezone.now()
    passkey.save()
    return True


def _credentials(user: Any) -> list[AttestedCredentialData]:
    return [AttestedCredentialData(bytes(key.credential)) for key in Passkey.objects.filter(user=user)]


def _server(request: HttpRequest, site: str) -> Fido2Server:
    """The library, for this site as the visitor sees it."""
    origin = origin_of(request)
    entity = PublicKeyCredentialRpEntity(name=site, id=urlsplit(origin).hostname)
    return Fido2Server(entity, verify_origin=lambda given: given == origin)
