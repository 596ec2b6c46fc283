"""`observatory.asgi` with limits that suit tests."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings

from observatory.asgi import is_made_whole, may_upload, sign_in_turn
from observatory.serving.boundary import Boundary, Limits
from observatory.wsgi import application as handler

# Tests run without collected static files
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"

settings.PASSWORD_HASHERS = ["tests.password_hashers.SlowHasher"]

HOUR = 3600

patient = Boundary(
    handler,
    threads=2,
    may_upload=may_upload,
    turn=sign_in_turn,
    is_made_whole=is_made_whole,
    limits=Limits(grace=HOUR, stalled=HOUR, wait_for_turn=HOUR),
)
"""With limits so high that attacks can hold every resource."""

impatient = Boundary(
    handler,
    threads=2,
    may_upload=may_upload,
    turn=sign_in_turn,
    is_made_whole=is_made_whole,
    limits=Limits(grace=1.5, slowest=64 * 1024, stalled=1.5, wait_for_turn=2, streamed=6),
)
"""With limits so low that tests need not wait for them."""

MADE_WHOLE = ("/measures.ods", "/es/measures.parquet", "/pt/data/changes")
"""Files that a thread makes before it answers."""
GO = "go"
"""The name of a file in the data folder that ends the making of them."""


def _held_up(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
    while environ["PATH_INFO"] in MADE_WHOLE and not (settings.DATA_DIR / GO).exists():
        time.sleep(0.05)
    return handler(environ, start)


held_up = Boundary(_held_up, threads=2, may_upload=may_upload, turn=sign_in_turn, is_made_whole=is_made_whole)
"""In which some files are never ready."""
