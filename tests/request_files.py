"""`python -m tests.request_files`: list our files that a list request and a CSV upload execute.

This shows how many modules one must read to follow a request. A file counts once one of its functions is called.
"""

import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import django

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("observatory", "measures", "countries", "foundation")
SERVER = "observatory/embedded/"
"""The database server of the demo: to an installation with a DATABASE_URL it is no part of a request."""


@contextmanager
def entered() -> Iterator[set[str]]:
    """Our files whose functions are called inside the block, in any thread."""
    files: set[str] = set()

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and frame.f_code.co_name not in ("<module>", "<lambda>"):
            files.add(frame.f_code.co_filename)

    sys.setprofile(note)
    threading.setprofile(note)
    found: set[str] = set()
    try:
        yield found
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
        for file in files:
            if file.startswith(str(ROOT)) and (name := str(Path(file).relative_to(ROOT))).startswith(PACKAGES):
                found.add(name)
        found -= {name for name in found if name.startswith(SERVER)}


def main() -> None:
    """Print the files of each request."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "observatory.settings")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    from tests.own_database import own_database

    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.PAGE_CACHE_MB = 0
    setup_test_environment(debug=False)
    with own_database("request_files"), tempfile.TemporaryDirectory() as folder:
        settings.IMPORTS_DIR = folder
        call_command("load_fixtures", verbosity=0)
        for name, request in _requests().items():
            request()  # once, so that per-process caches are not counted
            with entered() as files:
                status = request()
            print(f"{name} ({status}): {len(files)} files", *sorted(files), sep="\n    ")  # noqa: T201  (the output of the command)


def _requests() -> dict[str, Callable[[], Any]]:
    from django.contrib.auth.models import User
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.test import Client

    from foundation.files.exporting import exported
    from measures.files.resources import MeasureResource

    editor = Client()
    editor.force_login(User.objects.create_superuser("editor"))
    content = b"".join(exported(MeasureResource))

    def upload() -> int:
        file = SimpleUploadedFile("measures.csv", content)
        return editor.post("/admin/foundation/fileimport/add/", {"file_type": "measures", "file": file}).status_code

    return {"list": lambda: Client().get("/measures/?country=PER&topic=asylum").status_code, "upload": upload}


if __name__ == "__main__":
    main()
