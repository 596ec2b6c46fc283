"""An Excel workbook -> a CSV file with the same rows, which then goes the way of every CSV file.

It is read in a confined process: a few kilobytes of it can unpack to more than the memory.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from foundation import confined
from foundation.files.importing.reading import FileProblem
from foundation.files.importing.workbook_reading import MOST_CELLS, MOST_TEXT, MOST_UNPACKED

BOUNDS = confined.Bounds(cpu=60, seconds=90)
READER = "foundation.files.importing.workbook_reading"
SIGNATURE = b"PK\x03\x04"


def is_workbook(file: BinaryIO) -> bool:
    """Whether a file is an archive, as workbooks are; what kind of archive is seen when it is read."""
    file.seek(0)
    start = file.read(len(SIGNATURE))
    file.seek(0)
    return start == SIGNATURE


def as_csv(file: BinaryIO, kind: str) -> bytes:
    """The rows of a workbook as CSV; `kind` is the name of the sheet where several have cells, such as `measures`.

    A row has the number that the spreadsheet shows. Raise FileProblem where it cannot be read.
    """
    try:
        found = confined.call(READER, "read", file, bounds=BOUNDS, name=kind)
    except confined.Unavailable as error:
        raise FileProblem(
            _("Too many files are being read just now."), _("Try again in a minute, or give the file as CSV.")
        ) from error
    except confined.Failed as error:
        raise FileProblem(
            _("This Excel file cannot be read: it is damaged, or takes too long."),
            _("Save it anew in the spreadsheet program, or as “CSV UTF-8”."),
        ) from error
    if "problem" in found:
        raise _problem(found, kind)
    return str(found["text"]).encode("utf-8", "replace")


@contextmanager
def readable(path: Path, kind: str) -> Iterator[Path]:
    """The file itself where it is CSV; that of a workbook's rows, for as long as the block lasts."""
    with path.open("rb") as file:
        if not is_workbook(file):
            yield path
            return
        content = as_csv(file, kind)
    with TemporaryDirectory() as folder:
        copy = Path(folder) / f"{path.name}.csv"
        copy.write_bytes(content)
        yield copy


def _problem(found: dict[str, Any], kind: str) -> FileProblem:
    """Why a workbook is not taken, in words."""
    if found["problem"] == "other":
        return FileProblem(
            _("This is neither a CSV file nor an Excel workbook (XLSX)."),
            _("Save it as XLSX or as “CSV UTF-8” in the spreadsheet program and import that file."),
        )
    if found["problem"] == "sheets":
        return FileProblem(
            _("Several sheets have cells: %(sheets)s.") % {"sheets": ", ".join(found["sheets"][:20])[:500]},
            _("Name the one to import “%(name)s”, or remove the others.") % {"name": kind},
        )
    most = {
        "unpacked": _("This Excel file has more than %(count)d MB when it is unpacked.")
        % {"count": MOST_UNPACKED // 1_000_000},
        "cells": _("This sheet has more than %(count)s cells.")
        % {"count": number_format(MOST_CELLS, force_grouping=True)},
        "text": _("This sheet has more than %(count)s characters.")
        % {"count": number_format(MOST_TEXT, force_grouping=True)},
    }
    return FileProblem(most[found["problem"]], _("Save it as “CSV UTF-8”, or import it in parts."))
