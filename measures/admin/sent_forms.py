"""Prevent duplicate submissions: each form carries a unique name, which the session remembers once it is saved."""

from typing import Any

from django.http import HttpRequest

from foundation.sql import lock_until_commit

NAME = "sent_form"
"""The hidden field, and the session key of the names of saved forms with their records."""
MOST_KEPT = 20


def saved_by(request: HttpRequest) -> int | None:
    """The primary key of the record that this same form saved before; waits for a duplicate being saved right now.

    Call this in a transaction. The session is read again: the duplicate may have written it since this request began.
    """
    name = request.POST.get(NAME)
    if not name:
        return None
    lock_until_commit(name)
    session = type(request.session)(request.session.session_key)
    found: dict[str, int] = dict(session.get(NAME, []))
    return found.get(name)


def remember(request: HttpRequest, pk: Any) -> None:
    """Keep that the form of `request` saved the record `pk`, in the transaction that saves it."""
    name = request.POST.get(NAME)
    if not name:
        return
    request.session[NAME] = [*request.session.get(NAME, []), [name, pk]][-MOST_KEPT:]
    request.session.save()
