"""What the web server calls: ``granian --interface wsgi observatory.wsgi:application``."""

import os

from django.core.wsgi import get_wsgi_application

from observatory.time_limits import limit_time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "observatory.settings")

application = get_wsgi_application()
limit_time()
