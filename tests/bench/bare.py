"""The smallest Django application: one view without middleware, one page of fixed size, one static file.

The peer of the product's pages, served by the same server with the same options.
"""

import os
from pathlib import Path
from tempfile import gettempdir

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import path

from observatory.serving.boundary import Boundary

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="of nothing", MIDDLEWARE=[])
settings.TEMPORARY_DIR, settings.TRUST_PROXY = gettempdir(), False


def bare(request: HttpRequest) -> HttpResponse:
    """A two-letter response."""
    return HttpResponse("ok")


def file(request: HttpRequest) -> FileResponse:
    """The file that BENCH_FILE names."""
    return FileResponse(Path(os.environ["BENCH_FILE"]).open("rb"), content_type="text/html")


urlpatterns = [path("bare", bare), path("file", file)]
application = Boundary(get_wsgi_application(), threads=int(os.environ["WEB_THREADS"]), may_upload=lambda _scope: False)
