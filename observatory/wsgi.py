"""For ``manage.py runserver`` and servers that buffer requests and answers themselves; ours calls ``asgi.py``."""

import os

from django.core.wsgi import get_wsgi_application

from observatory.middleware.time_limits import limit_time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "observatory.settings")

application = get_wsgi_application()
limit_time()
