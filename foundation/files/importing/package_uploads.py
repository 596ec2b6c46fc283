"""A data package that somebody uploaded: tried, shown file by file, and imported as one import."""

from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.files.importing.package import PackageProblem, PackageReport, import_package
from foundation.files.importing.report import Problem
from foundation.files.importing.watching import Watch, problem_in_words
from foundation.files.models import PACKAGE, FileImport, FileImportRow, ImportState, RowState

MOST_UNPACKED = 2_000_000_000
"""Bytes of all files of an uploaded archive; a larger one needs the command."""
TOTALS = ("new", "changed", "unchanged", "older")
MOST_REFUSALS = 50
"""Number of refused rows that the page lists."""


def tried(file_import: FileImport, watch: Watch, *, waits: bool) -> PackageReport:
    """What an import would do, with nothing written; raise PackageProblem."""
    return _imported(file_import, watch, by=file_import.created_by, waits=waits, dry_run=True)


def imported(file_import: FileImport, watch: Watch, *, waits: bool) -> PackageReport:
    """Import an upload within the transaction of the caller; raise PackageProblem."""
    return _imported(file_import, watch, by=file_import.confirmed_by, waits=waits, dry_run=False)


def _imported(file_import: FileImport, watch: Watch, **options: Any) -> PackageReport:
    return import_package(
        Path(file_import.file.path),
        name=file_import.name,
        most_unpacked=MOST_UNPACKED,
        tell=lambda file, step: watch.tell(step, file),
        **options,
    )


def counted(report: PackageReport) -> dict[str, Any]:
    """The counts of a package, for the record of its import: of each file, and of all."""
    totals = {name: sum(getattr(file, name) for file in report.files) for name in TOTALS}
    notices = [f"{file.file}.csv: {notice}" for file in report.files for notice in file.notices]
    return {"files": report.outcome(), "notices": notices, **totals}


def record(report: PackageReport, name: str, *, by: Any) -> int | None:
    """Record an import that no page asked for; return its number if it changed anything."""
    counts = counted(report)
    if not (counts["new"] or counts["changed"]):
        return None
    who = {"created_by": by, "confirmed_by": by, "applied_by": by}
    made = FileImport.objects.create(
        file_type=PACKAGE,
        name=name[:200],
        state=ImportState.DONE,
        applied_at=timezone.now(),
        context=report.context,
        **who,
        **counts,
    )
    return made.pk


def keep(file_import: FileImport, report: PackageReport) -> None:
    """Write the counts and the first changed rows, which the page shows."""
    counts = counted(report)
    for name, number in counts.items():
        setattr(file_import, name, number)
    file_import.rows.all().delete()
    FileImportRow.objects.bulk_create(
        FileImportRow(
            file_import=file_import,
            file=file,
            line=change.row,
            state=change.state,
            label=change.label,
            details=change.cells,
        )
        for file, changes in report.changes.items()
        for change in changes
    )
    file_import.save(update_fields=list(counts))


def keep_problem(file_import: FileImport, problem: PackageProblem) -> str:
    """Write the first refused rows, and return why the package cannot be imported."""
    refused = problem.report.problems[:MOST_REFUSALS] if problem.report else []
    file_import.rows.all().delete()
    FileImportRow.objects.bulk_create(_row(file_import, refusal) for refusal in refused)
    words = _("%(file)s is refused, so nothing of the package was imported.") % {"file": problem.file}
    return f"{words} {problem_in_words(problem.problem)}" if problem.problem else words


def _row(file_import: FileImport, refusal: Problem) -> FileImportRow:
    details = [refusal.column, refusal.value, refusal.problem, refusal.remedy]
    return FileImportRow(file_import=file_import, line=refusal.row, state=RowState.REFUSED, details=[details])
