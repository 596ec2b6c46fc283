"""What the web server calls; ``manage.py serve`` starts it."""

import sys
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, parse_cookie
from django.utils.module_loading import import_string

from observatory.serving.boundary import Boundary
from observatory.wsgi import application as handler


def may_upload(scope: dict[str, Any]) -> bool:
    """Whether the request comes from a signed-in member of staff. Costs up to two queries."""
    cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    request = HttpRequest()
    sessions = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
    request.session = sessions(parse_cookie(cookies.decode("latin-1")).get(settings.SESSION_COOKIE_NAME))
    user: Any = get_user(request)
    return bool(user.is_active and user.is_staff)


# Seconds after which a CPU-bound thread, such as one writing a sheet, yields to one that serves a page
sys.setswitchinterval(0.001)
settings.TEMPORARY_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
application = Boundary(handler, threads=settings.WEB_THREADS, may_upload=may_upload)
