"""The site as `observatory.asgi` serves it, but with limits that a test can work with."""

from django.conf import settings

from observatory.asgi import may_upload
from observatory.serving.boundary import Boundary, Limits
from observatory.wsgi import application as handler

# A checkout has not collected its static files
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"

HOUR = 3600

patient = Boundary(
    handler,
    threads=2,
    may_upload=may_upload,
    limits=Limits(grace=HOUR, stalled=HOUR, wait_for_turn=HOUR),
)
"""Breaks nothing off: who attacks it holds whatever can be held."""

impatient = Boundary(
    handler,
    threads=2,
    may_upload=may_upload,
    limits=Limits(grace=1.5, slowest=64 * 1024, stalled=1.5, wait_for_turn=2, streamed=6),
)
"""Breaks off what another site would break off after a while."""
