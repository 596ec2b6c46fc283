"""What differs between two releases, or between a release and the public data as they are."""

import datetime
from collections.abc import Iterator, Mapping

from django.utils import timezone

from foundation.files.deltas import HEADER, Change, Table, changes, line, tables_of
from foundation.files.exporting import one_state
from foundation.files.package.describing import packaged
from foundation.files.package.public import public_kinds, public_table
from foundation.files.package.reasons import with_reasons
from measures.models import Release
from measures.releases.store import folder_of

CHANGES = "changes.csv"


def delta(since: Release, until: Release | None) -> Iterator[bytes]:
    """The lines of the delta from a release to another, or to the public data as they are."""
    if until is None:
        with one_state():
            new = {name: public_table(kind) for name, kind in public_kinds().items()}
            yield from written(between(tables_of(folder_of(since.name)), new, since.made_at, timezone.now()))
    elif until.before == since:  # it has the file
        with (folder_of(until.name) / CHANGES).open("rb") as file:
            yield from file
    else:
        old, new = (tables_of(folder_of(release.name)) for release in (since, until))
        yield from written(between(old, new, since.made_at, until.made_at))


def between(
    old: Mapping[str, Table], new: Mapping[str, Table], since: datetime.datetime, until: datetime.datetime
) -> Iterator[Change]:
    """The changes of all files, in loading order, with their reasons between two moments."""
    for name in {**new, **old}:
        found = changes(old.get(name), new.get(name))
        kind = packaged().get(name)
        yield from with_reasons(found, kind, since, until) if kind else found


def written(found: Iterator[Change]) -> Iterator[bytes]:
    """The lines of a delta as a file."""
    yield line(HEADER)
    for change in found:
        yield line(change)
