"""`python -m tests.attacks.heavy.documents [HOW_MANY [FIRST]]`: 2,000 hostile documents, in a separate database.

Prints their cost, and fails if a process crashed or exceeded its limits. Takes a quarter of an hour on two cores.
"""

import os
import sys
from tempfile import TemporaryDirectory

import django

MANY = 2_000


def main(many: int = MANY, first: int = 0) -> int:
    """Print the cost of that many documents; return the number of faults."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "observatory.settings")
    django.setup()
    from django.conf import settings

    from tests.attacks.bearing import bear
    from tests.hostile_server import serving
    from tests.own_database import own_database

    settings.FETCH_NETWORKS = ["127.0.0.0/8"]
    settings.ARCHIVE_BROWSER = "/bin/true"  # pages are sanitized but not rendered
    with own_database("hostile_documents"), TemporaryDirectory() as folder, serving() as server:
        settings.ARCHIVE_DIR = folder
        cost = bear(range(first, first + many), server)
    print(cost.in_words())  # noqa: T201  (the output of the command)
    print("\n".join(cost.faults[:50]))  # noqa: T201  (the output of the command)
    return len(cost.faults)


if __name__ == "__main__":
    sys.exit(min(main(*map(int, sys.argv[1:3])), 1))
