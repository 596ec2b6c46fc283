"""Errors of a full disk, which the operator has to mend, and nobody else."""

import errno

from django.db import OperationalError
from django.utils.translation import gettext as _
from psycopg.errors import DiskFull

FULL = (errno.ENOSPC, errno.EDQUOT)


def is_full(error: BaseException) -> bool:
    """Whether a disk or a quota is used up: ours, or that of the database."""
    if isinstance(error, OperationalError):
        return isinstance(error.__cause__, DiskFull)
    return isinstance(error, OSError) and error.errno in FULL


def full_disk_behind(error: BaseException) -> BaseException | None:
    """The error of a full disk that a library has turned into `error`, or that it is itself."""
    seen: BaseException | None = error
    while seen is not None and not is_full(seen):
        seen = seen.__cause__ or seen.__context__
    return seen


def full_in_words() -> tuple[str, str]:
    """The problem and the remedy that are told about work that a full disk has ended."""
    return (
        _("The disk of the server is full. Nothing was written."),
        _("Tell the operator of this site, who must make room on it; then start again."),
    )
