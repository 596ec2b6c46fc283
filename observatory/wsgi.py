"""For ``manage.py runserver`` and servers that buffer requests and answers themselves; ours calls ``asgi.py``."""

import os

from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "observatory.settings")

application = get_wsgi_application()
import_string("observatory.middleware.limits.limit_time")()  # needs models, which are there only now
