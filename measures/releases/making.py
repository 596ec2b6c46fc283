"""Make a release: everything public, frozen under a name.

The same public data give the same bytes: nothing in the files tells the time at which they were made. They are written
in one snapshot of the database, file after file, in memory that does not grow with the number of records.
"""

import csv
import datetime
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone, translation

from foundation.files import parquet
from foundation.files.deltas import ADD, DEL, MOD, Change, Counted, tables_of
from foundation.files.exporting import in_blocks, one_state
from foundation.files.package.describing import DESCRIPTION, columns_of, description_of
from foundation.files.package.public import public_kinds, public_lines
from foundation.files.resources import FileResource
from foundation.publication import public_ids, public_version
from foundation.records.changes import event_models
from foundation.sql import value
from measures.models import Release
from measures.models.release import NAME
from measures.releases import papers
from measures.releases.differences import CHANGES, between, written
from measures.releases.store import folder_of, keep, new_folder

SUMS = "SHA256SUMS"
COUNTED = {ADD: "added", MOD: "changed", DEL: "removed"}


class ReleaseProblem(Exception):
    """A release that cannot be made; the message says why."""


def make_release(name: str) -> tuple[Release, bool]:
    """The release of this name, and whether it was made now; raise ReleaseProblem if it cannot be.

    A release that is known gets its files back if they are lost or not what they were.
    """
    if not re.fullmatch(NAME, name, re.ASCII):
        raise ReleaseProblem(f"“{name}” is no name of a release. Write the year and a number, such as 2026.1.")
    with new_folder() as folder:
        known, newest = Release.objects.filter(name=name).first(), Release.objects.first()
        if known is None and newest and _order(name) <= _order(newest.name):
            raise ReleaseProblem(f"{name} is not after {newest}, the newest release. The next one is {_next(newest)}.")
        release = _written(folder, name, known.before if known else newest, known)
        if known is None:
            _check_left_behind(folder, name)
            with transaction.atomic():
                release.save()
                keep(folder, name)
            return release, True
        if differing := sorted({each for each in known.files | release.files if _differs(each, known, release)}):
            raise ReleaseProblem(
                f"The release {name} exists with another content, and a release never changes. It differs in"
                f" {', '.join(differing[:5])}. Make the next one, such as {_next(newest)}."
            )
        if _sums_in(folder_of(name)) != {file: found["sha256"] for file, found in known.files.items()}:
            keep(folder, name)
    return known, False


def _sums_in(folder: Path) -> dict[str, str]:
    """The checksums of the files in a folder, by name; of none if there is no such folder."""
    return {path.name: _sum_of(path) for path in folder.iterdir()} if folder.is_dir() else {}


def _sum_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_left_behind(folder: Path, name: str) -> None:
    """Refuse to replace a complete release that the database does not know, as after a restore of an older backup."""
    left = folder_of(name) / SUMS
    if left.exists() and left.read_bytes() != (folder / SUMS).read_bytes():
        raise ReleaseProblem(
            f"The folder {left.parent} has a complete release that the database does not know, with another content."
            " Take the next name; or remove the folder, if nobody has seen that release."
        )


def _order(name: str) -> tuple[int, ...]:
    return tuple(map(int, name.split(".")))


def _next(newest: Release | None) -> str:
    year, number = _order(newest.name) if newest else (timezone.now().year, 0)
    return f"{year}.{number + 1}"


def _differs(file: str, known: Release, release: Release) -> bool:
    return bool(known.files.get(file) != release.files.get(file))


# Writing


def _written(path: Path, name: str, before: Release | None, known: Release | None) -> Release:
    """The release whose files were written to a folder; it is not saved."""
    folder, kinds = _Folder(path), public_kinds()
    with one_state(), translation.override("en"):
        moment = known.moment if known else moment_of(kinds.values())  # which follows also what is not public
        version = public_version()
        made_at = known.made_at if known else timezone.now()  # after the snapshot: what was approved by then is in it
        if moment is None:
            raise ReleaseProblem("Nothing is public yet.")
        if before:
            moment = max(moment, before.moment)
        facts = papers.Facts(name, timezone.localdate(moment), before.name if before else "")
        for kind in kinds.values():
            _write_data(folder, kind, facts)
        folder.write(DESCRIPTION, [description_of(kinds, facts.package(moment), public=True)])
        folder.write(papers.CSVW, [papers.table_group(kinds, facts)])
        folder.write("codebook.csv", papers.codebook_csv(kinds))
        folder.write("codebook.html", [papers.codebook_html(kinds, facts)])
        folder.write("crosswalks.csv", papers.crosswalks_csv())
        counts = _write_changes(folder, before, made_at)
        for paper, content in papers.papers(facts, folder.files, counts, kinds):
            folder.write(paper, [content])
        folder.write(SUMS, [f"{found['sha256']}  {file}\n".encode() for file, found in sorted(folder.files.items())])
    return Release(
        name=name, moment=moment, made_at=made_at, public_version=version, files=folder.files, changes=counts
    )


class _Folder:
    """A folder of files, with what is known of each."""

    def __init__(self, path: Path) -> None:
        self.path, self.files = path, dict[str, dict[str, Any]]()

    def write(self, name: str, blocks: Iterable[bytes]) -> None:
        digest, size = hashlib.sha256(), 0
        with (self.path / name).open("wb") as file:
            for block in blocks:
                file.write(block)
                digest.update(block)
                size += len(block)
        self.files[name] = {"sha256": digest.hexdigest(), "size": size}

    def note(self, name: str) -> None:
        """Take in a file that others have written."""
        path = self.path / name
        self.files[name] = {"sha256": _sum_of(path), "size": path.stat().st_size}


def _write_data(folder: _Folder, kind: type[FileResource], facts: papers.Facts) -> None:
    """The rows of a kind as CSV, and from these as Parquet."""
    name, lines = f"{kind.file()}.csv", Counted(public_lines(kind))
    folder.write(name, in_blocks(lines))
    folder.files[name]["rows"] = lines.number - 1
    with (folder.path / name).open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        next(rows)
        parquet.write(folder.path / f"{kind.file()}.parquet", columns_of(kind), rows, facts.about)
    folder.note(f"{kind.file()}.parquet")
    folder.files[f"{kind.file()}.parquet"]["rows"] = lines.number - 1


def _write_changes(folder: _Folder, before: Release | None, until: datetime.datetime) -> dict[str, dict[str, int]]:
    """What differs from the release before, cell by cell; return its numbers."""
    counts: dict[str, Counter[str]] = {}
    changes: Iterator[Change] = iter(())
    if before:
        old, new = tables_of(folder_of(before.name)), tables_of(folder.path)
        changes = _counting(between(old, new, before.made_at, until), counts)
    folder.write(CHANGES, in_blocks(written(changes)))
    return {file: dict(numbers) for file, numbers in counts.items()}


def _counting(changes: Iterator[Change], counts: dict[str, Counter[str]]) -> Iterator[Change]:
    """The same changes; `counts` then has the rows that came and went, and the changed cells, of each file."""
    last = None
    for change in changes:
        row = (change.file, change.op, change.key)
        if change.key and (change.op == MOD or row != last):
            counts.setdefault(change.file, Counter())[COUNTED[change.op]] += 1
        last = row
        yield change


def moment_of(kinds: Iterable[type[FileResource]]) -> datetime.datetime | None:
    """When the last of the public records, or of their parts, was recorded; None if there are none."""
    moments = [
        value(f"select max(pgh_created_at) from {events._meta.db_table}{of}")  # noqa: S608  (names in our own code)
        for kind in kinds
        for keys in ["" if kind.is_whole else public_ids(kind.model())]
        for events, owner in event_models(kind.model())
        for of in [f" where {owner or kind.model()._meta.pk.attname} in ({keys})" if keys else ""]
    ]
    return max((moment for moment in moments if moment), default=None)
