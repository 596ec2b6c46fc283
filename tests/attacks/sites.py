"""`observatory.asgi` with limits that suit tests."""

from django.conf import settings

from observatory.asgi import may_upload, sign_in_turn
from observatory.made_whole import is_made_whole
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
