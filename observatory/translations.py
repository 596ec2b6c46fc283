"""Manage the catalogues in ``locale/``: compile them without gettext, collect new texts, find missing ones."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings

LANGUAGES = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
NOT_SOURCE = shutil.ignore_patterns(".*", "__pycache__", "staticfiles", "tests", "fixtures")
COLLECT = [
    "makemessages",
    "--extension=html,txt,py,jinja",
    "--add-location=file",
    "--no-obsolete",
    "--no-wrap",
    "--ignore=tests",
    "--verbosity=0",
]


def compile_catalogues(root: Path) -> None:
    """Write each ``django.mo`` that is older than its ``django.po``."""
    for source in sorted((root / "locale").glob("*/LC_MESSAGES/django.po")):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            draft = target.with_suffix(".mo.new")
            with draft.open("wb") as file:
                write_mo(file, _read(source))
            draft.replace(target)  # atomic: a process starting now reads either the old or the new file


def collect(root: Path) -> None:
    """Bring the texts of code and templates into the catalogues of ``root``. Needs gettext."""
    for code in LANGUAGES:
        _catalogue(root, code).parent.mkdir(parents=True, exist_ok=True)
    languages = [f"--locale={code}" for code in LANGUAGES]
    subprocess.run([sys.executable, "manage.py", *COLLECT, *languages], cwd=root, check=True)


def problems(root: Path) -> Iterator[str]:
    """Yield what is missing from the translations in each language, one line each. Needs gettext."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(root, copy, ignore=NOT_SOURCE)
        collect(copy)
        for code in LANGUAGES:
            yield from _problems_of(code, kept=_read(_catalogue(root, code)), fresh=_read(_catalogue(copy, code)))


def _problems_of(code: str, *, kept: Catalog, fresh: Catalog) -> Iterator[str]:
    known = {message.id for message in kept if message.id}
    used = {message.id for message in fresh if message.id}
    yield from (f"{code}: not in the catalogue: {text!r}. Run make messages." for text in sorted(used - known, key=str))
    yield from (f"{code}: no longer used: {text!r}. Run make messages." for text in sorted(known - used, key=str))
    for message in kept:
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and message.fuzzy:
            yield f"{code}: fuzzy: {message.id!r}"
        elif message.id and not all(texts):
            yield f"{code}: not translated: {message.id!r}"
        yield from (f"{code}: {message.id!r}: {error}" for error in message.check(kept))


def _catalogue(root: Path, code: str) -> Path:
    return root / "locale" / code / "LC_MESSAGES" / "django.po"


def _read(path: Path) -> Catalog:
    if not path.exists():
        return Catalog()
    with path.open("rb") as file:
        return read_po(file)
