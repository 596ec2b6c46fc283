"""Import a data package: all of its files in one transaction, in the order in which they refer to each other."""

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import pghistory
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from foundation.files.cells import nearest_in_words
from foundation.files.importing.archives import DamagedMember, blocks_of, name_of, opened
from foundation.files.importing.changes import RowChange, changes, digest_of_changes
from foundation.files.importing.pipeline import compared
from foundation.files.importing.reading import FileProblem
from foundation.files.importing.report import Report
from foundation.files.importing.staging import Step
from foundation.files.package.describing import packaged
from foundation.files.resources import may_import
from foundation.records.second_reader import may_publish
from foundation.records.teams import works_everywhere

MOST_SHOWN = 200
"""Changed rows of each file that a report has as a whole."""
MOST_UNPACKED = 20_000_000_000
"""Bytes of all files of an archive; more is damaged, or made to fill the disk."""


class PackageProblem(Exception):
    """A file of a package cannot be imported, so that nothing was; `report` has its refused rows, if that is why."""

    def __init__(self, file: str, problem: FileProblem | None = None, report: Report | None = None) -> None:
        super().__init__(file, problem, report)
        self.file, self.problem, self.report = file, problem, report


@dataclass(slots=True)
class PackageReport:
    """What became of the rows of each file."""

    files: list[Report] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    """Of the changed cells of each file, before and after."""
    changes: dict[str, list[RowChange]] = field(default_factory=dict)
    """The first rows of each file that change a record."""
    is_applied: bool = False
    context: UUID | None = None
    """The context of the history that the changes of all files have."""

    def outcome(self) -> list[dict[str, Any]]:
        """Of each file its name, its counts, and a digest of what it changes: two with the same do the same."""
        names = ("file", "new", "changed", "unchanged", "older")
        return [
            {**{name: getattr(file, name) for name in names}, "digest": self.digests[file.file]} for file in self.files
        ]


Tell = Callable[[str, Step], None]
"""Called periodically with the file and the progress of its import."""


def may_import_package(user: Any) -> bool:
    """Whether somebody may import every kind of file, of all countries, and publish."""
    return (
        may_publish(user)
        and works_everywhere(user)
        and all(may_import(user, resource) for resource in packaged().values())
    )


def import_package(
    path: Path,
    *,
    by: Any,
    is_operator: bool = False,
    dry_run: bool = False,
    most_unpacked: int = MOST_UNPACKED,
    waits: bool = True,
    name: str = "",
    tell: Tell = lambda _file, _step: None,
) -> PackageReport:
    """Import a folder or ZIP archive, all or nothing; raise PackageProblem that names the file.

    Raise PermissionDenied if `by` is no operator and may not import and publish everything. New records take the
    workflow state and the identifier that the package says; those that exist keep theirs. With `dry_run` nothing stays.
    Without `waits`, OtherImport is raised if another import is at work. The history has its changes under one context,
    as an import of `name`, or of the file's.
    """
    if not (is_operator or may_import_package(by)):
        raise PermissionDenied
    report = PackageReport()
    options = {"by": by, "is_operator": is_operator, "waits": waits, "name": name or path.name}
    history = pghistory.context(user=by.pk, **{"import": options["name"]})
    with _folder_of(path, most_unpacked) as folder, history as context, transaction.atomic():
        for file in _names_in(folder):
            report.files.append(_import(folder / f"{file}.csv", file, report, tell, **options))
        report.context = context.id
        _refuse_incomplete([file.file for file in report.files], context.id)
        if dry_run:
            transaction.set_rollback(True)
    report.is_applied = not dry_run
    return report


def _refuse_incomplete(names: list[str], context: UUID) -> None:
    """Raise PackageProblem if the files do not go together."""
    for name in names:
        if words := packaged()[name].lacking_in_package(context):
            raise PackageProblem(f"{name}.csv", FileProblem(words, _("Export the package again.")))


def _import(path: Path, file: str, package: PackageReport, tell: Tell, **options: Any) -> Report:
    def progress(step: Step) -> None:
        tell(file, step)

    try:
        with compared(path, packaged()[file], keep_identifiers=True, progress=progress, **options) as found:
            if not found.report.is_refused:
                package.digests[file] = digest_of_changes(found)
                package.changes[file] = list(changes(found, most=MOST_SHOWN, only_changed=True))
                found.save()
    except FileProblem as problem:
        raise PackageProblem(path.name, problem) from problem
    if found.report.is_refused:
        raise PackageProblem(path.name, report=found.report)
    return found.report


def _names_in(folder: Path) -> list[str]:
    """The kinds of files in a folder, in loading order; raise PackageProblem if one is unknown or missing."""
    there = {path.stem for path in folder.glob("[!.]*.csv")}
    _refuse_unknown(there)
    if not there:
        words = _("There are no files of a package here.")
        remedy = _("Name the folder or the ZIP archive that export_package wrote.")
        raise PackageProblem(folder.name, FileProblem(words, remedy))
    for name in sorted(there):
        for needed in packaged()[name].companions:
            if needed not in there:
                words = _("The package has %(name)s without %(needed)s.")
                remedy = _("Export the package again, or import %(name)s by itself.")
                names = {"name": f"{name}.csv", "needed": f"{needed}.csv"}
                raise PackageProblem(f"{needed}.csv", FileProblem(words % names, remedy % names))
    return [name for name in packaged() if name in there]


def _refuse_unknown(names: set[str]) -> None:
    """Raise PackageProblem for a kind of file that no package has."""
    if unknown := sorted(names - set(packaged())):
        words = _("This file is not part of a package.")
        raise PackageProblem(f"{unknown[0]}.csv", FileProblem(words, nearest_in_words(unknown[0], list(packaged()))))


@contextmanager
def _folder_of(path: Path, most: int) -> Iterator[Path]:
    """A folder itself, or a temporary one with the files of an archive."""
    if path.is_dir():
        yield path
        return
    settings.TEMPORARY_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(dir=settings.TEMPORARY_DIR) as name:
        folder = Path(name) / path.stem
        folder.mkdir()
        try:
            with opened(path) as zipped:
                _unpack(zipped, folder, most)
        except FileProblem as problem:
            raise PackageProblem(path.name, problem) from problem
        except DamagedMember as member:
            raise PackageProblem(member.name, member.problem) from member
        yield folder


def _is_table(name: str) -> bool:
    return name.endswith(".csv") and not name.startswith(".")


def _unpack(zipped: zipfile.ZipFile, folder: Path, most: int) -> None:
    """Write the files of an archive into a folder, whatever folder they are in there."""
    left = most
    entries = [entry for entry in zipped.infolist() if _is_table(name_of(entry))]
    _refuse_unknown({Path(name_of(entry)).stem for entry in entries})
    for entry in entries:
        name = name_of(entry)
        if (folder / name).exists():
            words = _("The archive has this file twice.")
            raise PackageProblem(name, FileProblem(words, _("Export the package again.")))
        with (folder / name).open("wb") as file:
            for block in blocks_of(zipped, entry):
                left -= len(block)
                if left < 0:
                    words = _("Unpacked, the archive is larger than %(count)d MB.") % {"count": most // 1_000_000}
                    remedy = _("Import it on the command line, with import_package.")
                    raise PackageProblem(name, FileProblem(words, remedy))
                file.write(block)
