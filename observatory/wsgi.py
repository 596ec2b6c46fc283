"""The WSGI application for ``manage.py runserver`` and for buffering servers; our own server uses ``asgi.py``."""

import os

from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string

from foundation.confined import serve_requests

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "observatory.settings")

application = get_wsgi_application()
import_string("observatory.middleware.limits.limit_time")()  # needs models, which are loaded by now
serve_requests()
