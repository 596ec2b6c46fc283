"""An authenticator app and a passkey made of software, as a person's phone has them."""

import hashlib
import json
import re
from html import unescape
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.contrib.auth.models import User
from django_otp.oath import TOTP
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode

from observatory.accounts import second_factor
from observatory.accounts.models import AuthenticatorApp
from observatory.accounts.secrets import decrypt

ORIGIN = "http://testserver"
PRESENT, ATTESTED = 1, 64
"""Flags: somebody touched it; a new key follows."""


def with_app(user: User) -> User:
    """Give the account an authenticator app."""
    AuthenticatorApp.objects.create(user=user, secret=second_factor.new_secret())
    return user


def code_of(user: User, *, later: int = 0) -> str:
    """The code that the app shows, or the one some half-minutes later."""
    totp = TOTP(decrypt(AuthenticatorApp.objects.get(user=user).secret), drift=later)
    return f"{totp.token():06d}"


def wrong_code(user: User) -> str:
    """Six digits that the app shows neither now nor soon."""
    near = {code_of(user, later=steps) for steps in range(-2, 4)}
    return next(code for code in ("000000", "111111", "222222", "333333") if code not in near)


class SoftPasskey:
    """A passkey with a key pair and a counter."""

    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.number, self.count = b"a passkey number", 0

    @property
    def credential(self) -> bytes:
        """Its number and public key."""
        public: Any = ES256
        key = cbor.encode(dict(public.from_cryptography_key(self.private.public_key())))
        return bytes(16) + len(self.number).to_bytes(2, "big") + self.number + key

    def created(self, page: str) -> str:
        """The answer to a page that asks for a new key."""
        data = self._client_data("webauthn.create", options_in(page)["challenge"])
        authenticator_data = self._authenticator_data(PRESENT | ATTESTED) + self.credential
        whole = {"fmt": "none", "attStmt": {}, "authData": authenticator_data}
        return self._answer(clientDataJSON=data, attestationObject=cbor.encode(whole))

    def used(self, page: str, origin: str = ORIGIN) -> str:
        """The answer to a page that asks for this key."""
        self.count += 1
        data = self._client_data("webauthn.get", options_in(page)["challenge"], origin)
        authenticator_data = self._authenticator_data(PRESENT)
        signature = self.private.sign(authenticator_data + hashlib.sha256(data).digest(), ec.ECDSA(SHA256()))
        return self._answer(clientDataJSON=data, authenticatorData=authenticator_data, signature=signature)

    def _authenticator_data(self, flags: int) -> bytes:
        return hashlib.sha256(b"testserver").digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    @staticmethod
    def _client_data(kind: str, challenge: str, origin: str = ORIGIN) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin}).encode()

    def _answer(self, **response: bytes) -> str:
        number = websafe_encode(self.number)
        texts = {name: websafe_encode(value) for name, value in response.items()}
        return json.dumps({"id": number, "rawId": number, "type": "public-key", "response": texts})


def options_in(page: str) -> dict[str, Any]:
    """What a page asks the browser for."""
    found = re.search(r'data-options="([^"]+)"', page)
    assert found
    options: dict[str, Any] = json.loads(unescape(found[1]))["publicKey"]
    return options
