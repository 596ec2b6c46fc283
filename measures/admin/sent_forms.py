"""A form that is sent twice saves one record: each carries a name of its own, kept in the session once it is saved."""

from typing import Any

from django.http import HttpRequest

from foundation.sql import lock_until_commit

NAME = "sent_form"
"""The hidden field, and where the session keeps the names of saved forms with their records."""
MOST_KEPT = 20


def saved_by(request: HttpRequest) -> int | None:
    """The key of the record that this very form saved before; waits for a twin that is being saved at this moment.

    To be asked in a transaction. The session is read anew: the twin may have written it since this request began.
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
