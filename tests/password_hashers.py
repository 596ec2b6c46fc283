"""A fast hasher that counts calls and, for one password, waits for a signal from the test."""

from threading import Event, Lock
from typing import ClassVar

from django.contrib.auth.hashers import MD5PasswordHasher

SLOW = "a password that takes long"


class CountingHasher(MD5PasswordHasher):
    """Set as the only one of PASSWORD_HASHERS by its dotted name; `reset` before a test counts."""

    hashed: ClassVar[int] = 0
    begun: ClassVar[Event] = Event()
    may_end: ClassVar[Event] = Event()
    _lock: ClassVar[Lock] = Lock()

    @classmethod
    def reset(cls) -> None:
        cls.hashed, cls.begun, cls.may_end = 0, Event(), Event()

    def encode(self, password: str, salt: str) -> str:
        with self._lock:
            type(self).hashed += 1
        if password == SLOW:
            self.begun.set()
            assert self.may_end.wait(20)
        return super().encode(password, salt)
