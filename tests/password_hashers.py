"""A fast hasher that counts calls, and one that takes its time."""

import time
from threading import Lock
from typing import ClassVar

from django.contrib.auth.hashers import MD5PasswordHasher


class CountingHasher(MD5PasswordHasher):
    """Set as the only one of PASSWORD_HASHERS by its dotted name; `reset` before a test counts."""

    hashed: ClassVar[int] = 0
    _lock: ClassVar[Lock] = Lock()

    @classmethod
    def reset(cls) -> None:
        cls.hashed = 0

    def encode(self, password: str, salt: str) -> str:
        with self._lock:
            type(self).hashed += 1
        return super().encode(password, salt)


class SlowHasher(MD5PasswordHasher):
    """Takes as long as a real one, without the work; accepts passwords that Django's MD5 has hashed."""

    def encode(self, password: str, salt: str) -> str:
        time.sleep(0.2)
        return super().encode(password, salt)
