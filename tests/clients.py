"""Test clients that are signed in, and what they are answered."""

from typing import Any

from django.contrib.auth.models import User
from django.test import Client


def signed_in(user: User) -> Client:
    """A client with a session of `user`, without the form of the sign-in."""
    client = Client()
    client.force_login(user)
    return client


def content_of(response: Any) -> bytes:
    """The whole content of an answer, also of one that streams, as those with files do."""
    content: bytes = b"".join(response) if response.streaming else response.content
    return content
