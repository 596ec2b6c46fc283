"""The smallest Django application: one view without middleware, one page of fixed size, one static file.

The peer of the product's pages, served by the same server with the same options.
"""

import os
from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="of nothing", MIDDLEWARE=[])


def bare(request: HttpRequest) -> HttpResponse:
    """Two letters."""
    return HttpResponse("ok")


def file(request: HttpRequest) -> FileResponse:
    """The file that BENCH_FILE names."""
    return FileResponse(Path(os.environ["BENCH_FILE"]).open("rb"), content_type="text/html")


urlpatterns = [path("bare", bare), path("file", file)]
application = get_wsgi_application()
