"""`python -m tests.public_snapshot FOLDER`: write everything that the public sees of the fixtures, for comparison.

Take one of each version and run `diff -r BEFORE AFTER`. Timestamps are normalized, so that two snapshots of the same
version are identical.
"""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import django

LANGUAGES = ("", "/es", "/pt")
PAGES = (
    "/",
    "/?day=2020-06-30",
    "/countries/",
    "/countries/peru/",
    "/countries/peru/?topic=asylum&sort=oldest",
    "/countries/peru/profile/",
    "/about/",
    "/accessibility/",
    "/measures/",
    "/measures/?q=visa&sort=relevance",
    "/measures/?status=in_force&country=PER",
    "/measures/?on=2020-06-30",
    "/measures/?topc=1&country=XXX",
    "/compare/?countries=ECU,PER",
    "/who/?country=PER&group=asylum_seekers&on=2020-06-15",
    "/archive/",
    "/archive/?q=decreto",
    "/archive/links/broken/",
    "/no/such/page/",
)
FILES = (
    "/measures.csv",
    "/measures.csv?topic=asylum",
    "/archive.csv",
    "/map.csv",
    "/countries/peru/series.csv",
    "/robots.txt",
    "/sitemap.xml",
    "/security-policy.txt",
    "/measures/?on=2021-13-01",
    "/countries/peru/series.svg",
)
EVENED_OUT = (
    (re.compile(r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|\+00:?00)?"), "MOMENT"),
    (re.compile(r"csrfmiddlewaretoken\" value=\"\w+\""), 'csrfmiddlewaretoken" value="TOKEN"'),
    (re.compile(r"nonce-[\w+/=-]+|nonce=\"[^\"]+\""), "NONCE"),
)


def main(folder: Path) -> None:
    """Load the fixtures into a separate database and write every page and file to the folder."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "observatory.settings")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.test.utils import override_settings, setup_test_environment, teardown_test_environment

    from tests.own_database import own_database

    storages = settings.STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    settings.DOWNLOADS_PER_MINUTE = settings.SEARCHES_PER_MINUTE = settings.PAGES_PER_MINUTE = 0
    settings.API_PER_MINUTE = 0
    setup_test_environment(debug=False)
    try:
        with override_settings(STORAGES=storages), own_database("public_snapshot"):
            call_command("load_fixtures", verbosity=0)
            folder.mkdir(parents=True, exist_ok=True)
            for path, content in _all():
                (folder / quote(path, safe="")).write_bytes(content)
    finally:
        teardown_test_environment()


def _all() -> Iterator[tuple[str, bytes]]:
    from django.test import Client

    from measures.models import Measure, Source
    from tests.attacks.surface import addresses

    yield "addresses", "\n".join(sorted(address.route for address in addresses())).encode()
    entries = [
        f"/measures/{number}/" for number in Measure.objects.order_by("public_id").values_list("public_id", flat=True)
    ]
    sources = [f"/archive/{key}/" for key in Source.objects.order_by("key").values_list("key", flat=True)]
    visitor = Client()
    for language in LANGUAGES:
        for page in (*PAGES, *entries, *sources):
            yield _answer(visitor, language + page)
    for file in FILES:
        yield _answer(visitor, file)


def _answer(visitor: "django.test.Client", path: str) -> tuple[str, bytes]:
    answer = visitor.get(path)
    content = answer.getvalue()
    text = f"{answer.status_code} {answer['Content-Type']}\n{content.decode()}"
    for pattern, plain in EVENED_OUT:
        text = pattern.sub(plain, text)
    return path, text.encode()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
