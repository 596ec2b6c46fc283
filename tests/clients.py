"""Test clients that are signed in."""

from django.contrib.auth.models import User
from django.test import Client


def signed_in(user: User) -> Client:
    """A client with a session of `user`, without the form of the sign-in."""
    client = Client()
    client.force_login(user)
    return client
