"""Store a document in the archive: first the files, each complete under its own name, then the row.

Until the row exists nothing is stored, and a file without a row does no harm: `verify_archive` finds and removes it.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation import confined
from foundation.web.fetching import Fetched
from foundation.workers import IsStopping, never
from measures.archive import pictures, reading, store
from measures.archive.charsets import is_known
from measures.archive.choices import CaptureMethod
from measures.archive.media_types import HTML, UNKNOWN
from measures.archive.warc import write_warc
from measures.models import Capture, DocumentText, Source

logger = logging.getLogger(__name__)

LARGEST_UPLOAD = 100_000_000
"""Maximum size of an uploaded file in bytes."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was fetched and read, before it is decided whether to store it."""

    fetched: Fetched
    media_type: str
    reading: reading.Reading


def document(fetched: Fetched, body: BinaryIO) -> Document:
    """Detect the type of a fetched body from its content, and extract its text."""
    media_type = reading.media_type_of(body)
    return Document(fetched, media_type, reading.read(body, media_type, fetched.charset))


def keep_fetched(source: Source, found: Document, body: BinaryIO, transfer: BinaryIO, *, at: datetime) -> Capture:
    """Store the response of a source's URL; return the existing capture if the content is the same."""
    kept = store.put(body)
    with TemporaryFile() as warc:
        write_warc(found.fetched, transfer, warc)
        record = store.put(warc, ".warc.gz")
    picture = _picture(body, found.media_type, found.fetched.charset)
    with transaction.atomic():
        capture, is_new = Capture.objects.get_or_create(
            source=source,
            sha256=kept.sha256,
            defaults={
                "captured_at": at,
                "method": CaptureMethod.FETCH,
                "url": found.fetched.asked,
                "final_url": found.fetched.url,
                "http_status": found.fetched.status,
                "media_type": found.media_type,
                "charset": _named(found.fetched.charset),
                "size": kept.size,
                "file": kept.name,
                "warc": record.name,
            },
        )
        if is_new:
            _note_reading(capture, found.reading, picture)
    return capture


def check_upload(source: Source | None, file: BinaryIO) -> str:
    """Detect the type of an upload; raise ValidationError if it is not a document or is already stored.

    The file name is ignored.
    """
    size, sha256 = store.digest_of(file)
    if not size or size > LARGEST_UPLOAD:
        megabytes = LARGEST_UPLOAD // 1_000_000
        raise ValidationError(_("Choose a file that is not empty, of at most %(mb)d MB.") % {"mb": megabytes})
    try:
        media_type = reading.media_type_of(file)
    except confined.Unavailable as error:
        raise ValidationError(_("The document cannot be examined at the moment. Try again in a minute.")) from error
    if media_type == UNKNOWN:
        raise ValidationError(
            _("This kind of document cannot be archived. Choose a PDF, image, web page, text or office document.")
        )
    if source and Capture.objects.filter(source=source, sha256=sha256).exists():
        raise ValidationError(_("The archive already has this document for this source."))
    return media_type


def keep_upload(source: Source, file: BinaryIO, *, by: Any, at: datetime) -> Capture:
    """Store an upload, whose text a worker extracts; raise ValidationError like `check_upload`."""
    media_type = check_upload(source, file)
    kept = store.put(file)
    return Capture.objects.create(
        source=source,
        captured_at=at,
        method=CaptureMethod.UPLOAD,
        captured_by=by,
        media_type=media_type,
        size=kept.size,
        sha256=kept.sha256,
        file=kept.name,
    )


def read_waiting(*, is_stopping: IsStopping = never) -> int:
    """Extract the text of uploads that have none yet; return how many. `verify_archive` reports missing files.

    Each is processed separately: an unexpected error in one does not stop the others.
    """
    waiting = Capture.objects.filter(document_text=None).select_related("source")
    there = [capture for capture in waiting if store.is_kept(capture.file)]
    for number, capture in enumerate(there):
        if is_stopping():
            return number
        try:
            with transaction.atomic():
                _read(capture)
        except Exception:
            logger.exception("The capture %s of %s was not read.", capture.sha256, capture.source.key)
    return len(there)


def _read(capture: Capture) -> None:
    with store.opened(capture.file) as file:
        found = reading.read(file, capture.media_type, capture.charset)
        picture = _picture(file, capture.media_type, capture.charset)
    _note_reading(capture, found, picture)


def _picture(body: BinaryIO, media_type: str, charset: str) -> str:
    """The name of a screenshot of a web page, '' if there is none."""
    drawn = pictures.draw(body, charset) if media_type == HTML else None
    return store.put(BytesIO(drawn), ".pdf").name if drawn else ""


def _note_reading(capture: Capture, found: reading.Reading, picture: str) -> None:
    DocumentText.objects.update_or_create(
        capture=capture,
        defaults={
            "state": found.state,
            "read_at": timezone.now(),
            "text": found.text,
            "pages": found.pages,
            "language": found.language or capture.source.language,
            "page_starts": list(found.page_starts),
            "picture": picture,
        },
    )


def _named(charset: str) -> str:
    return charset[:40] if is_known(charset) else ""
