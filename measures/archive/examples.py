"""Documents that come with a folder of files, kept as if somebody had uploaded them: examples, of our own making."""

from pathlib import Path
from typing import Any

from django.utils import timezone

from measures.archive.keeping import keep_upload
from measures.models import Source


def keep_documents(folder: Path, *, by: Any) -> int:
    """Keep each file of `<folder>/<key of a source>/`, in the order of their names; return how many.

    A source that has copies already is left alone. Texts are extracted later, as of any upload.
    """
    sources = Source.objects.filter(key__in=[path.name for path in folder.iterdir()], captures=None)
    kept = 0
    for source in sources:
        for path in sorted((folder / source.key).iterdir()):
            with path.open("rb") as file:
                keep_upload(source, file, by=by, at=timezone.now())
            kept += 1
    return kept
