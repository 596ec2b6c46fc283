"""What the web server calls; ``manage.py serve`` starts it."""

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, parse_cookie
from django.utils import translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from foundation.languages import language_of_path
from observatory.accounts.devices import device_in
from observatory.made_whole import is_made_whole
from observatory.serving.boundary import Boundary
from observatory.serving.lines import Crowded, Line, Turn
from observatory.serving.refusal import Refusal
from observatory.visitors import neighbourhood_of
from observatory.wsgi import application as handler

SIGN_IN = "/admin/login/"
"""The end of the address of sign-in, after the language."""
KNOWN, STRANGERS = Line(), Line()
"""The lines for sign-in: a process checks one password at a time from each. Strangers cannot fill the first."""
CROWDED_SECONDS = 5
"""Retry-After for those who find no place."""


def may_upload(scope: dict[str, Any]) -> bool:
    """Whether the request comes from a signed-in member of staff. Costs up to two queries."""
    cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    request = HttpRequest()
    sessions = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
    request.session = sessions(parse_cookie(cookies.decode("latin-1")).get(settings.SESSION_COOKIE_NAME))
    user: Any = get_user(request)
    return bool(user.is_active and user.is_staff)


@asynccontextmanager
async def sign_in_turn(environ: Mapping[str, Any]) -> AsyncIterator[Turn]:
    """Wait, if the request is a sign-in, until it is its turn; raise Refusal if others go first for too long.

    A network of strangers goes by its own failures, and an account in its known browsers by those of the account.
    """
    path = environ["PATH_INFO"]
    if environ["REQUEST_METHOD"] != "POST" or not path.endswith(SIGN_IN):
        yield Turn()
        return
    device = device_in(parse_cookie(environ.get("HTTP_COOKIE", "")))
    line, client = (KNOWN, str(device.user)) if device else (STRANGERS, neighbourhood_of(environ))
    try:
        async with line.turn(client) as turn:
            yield turn
    except Crowded as error:
        with translation.override(language_of_path(path)):
            raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, f"{_crowded()}\n", CROWDED_SECONDS) from error


def _crowded() -> str:
    return _(
        "Too many people are signing in. Your password was not checked. Wait a few seconds, then reload this page to "
        "send it again."
    )


# Seconds after which a CPU-bound thread, such as one writing a sheet, yields to one that serves a page
sys.setswitchinterval(0.001)
settings.TEMPORARY_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
application = Boundary(
    handler,
    threads=settings.WEB_THREADS,
    may_upload=may_upload,
    turn=sign_in_turn,
    is_made_whole=is_made_whole,
)
