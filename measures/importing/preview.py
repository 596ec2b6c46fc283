"""What an import would do, kept for pages of a preview; and its confirmation, which looks at the database anew."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from countries.columns import quoted
from measures.importing import Import, compared
from measures.importing.failures import Refusal, failed_rows
from measures.importing.reading import open_table
from measures.importing.staging import execute
from measures.models import FileImport, FileImportRow, RowState
from measures.resources import RESOURCES

KEPT_FOR = timedelta(days=7)
"""How long an upload that nobody confirms is kept."""


@transaction.atomic
def upload(kept: FileImport) -> None:
    """Save an upload with its preview; raise FileProblem, with nothing kept, where the file cannot be read."""
    _forget_old()
    kept.save()
    resource = RESOURCES[kept.file_type]
    with compared(Path(kept.file.path), resource, by=kept.created_by, publish=kept.publish) as found:
        _keep(found, kept)


@transaction.atomic
def confirm(kept: FileImport, *, by: Any) -> bool:
    """Import what the preview showed; False, with a new preview, where the database has changed so that it differs.

    What was confirmed twice is imported once.
    """
    kept.refresh_from_db(from_queryset=FileImport.objects.select_for_update())
    if kept.applied_at:
        return True
    resource = RESOURCES[kept.file_type]
    shown = (kept.new, kept.changed, kept.unchanged, kept.refused)
    with compared(Path(kept.file.path), resource, by=by, publish=kept.publish) as found:
        report = found.report
        if report.is_refused or shown != (report.new, report.changed, report.unchanged, report.refused):
            _keep(found, kept)
            return False
        found.save()
    kept.applied_at, kept.applied_by = timezone.now(), by
    kept.save()
    kept.rows.all().delete()
    transaction.on_commit(lambda: kept.file.delete(save=False))
    return True


def failed_rows_of(kept: FileImport) -> Iterator[list[str]]:
    """The refused rows of a preview as a file."""
    return failed_rows(open_table(Path(kept.file.path), RESOURCES[kept.file_type]), _refusals(kept))


def _refusals(kept: FileImport) -> Iterator[Refusal]:
    for row in kept.rows.filter(state=RowState.REFUSED).order_by("line").iterator():
        columns, _values, problems, remedies = zip(*row.details, strict=True)
        yield row.line, "; ".join(columns), " ".join(problems), " ".join(remedies)


def _forget_old() -> None:
    """Delete uploads that were never confirmed, with their files."""
    for kept in FileImport.objects.filter(applied_at=None, created_at__lt=timezone.now() - KEPT_FOR):
        kept.file.delete(save=False)
        kept.delete()


def _keep(found: Import, kept: FileImport) -> None:
    report = found.report
    kept.new, kept.changed, kept.unchanged = report.new, report.changed, report.unchanged
    kept.refused, kept.notices = report.refused, report.notices
    kept.save()
    kept.rows.all().delete()
    _keep_rows(found, kept.pk)


def _keep_rows(found: Import, kept_id: int) -> None:
    resource, table = found.resource, FileImportRow._meta.db_table
    into = f"insert into {table} (file_import_id, line, state, label, details)"
    label = _label(found)
    differences = ", ".join(
        f"({place}, '{column.name}', {column.written()}, {column.cell})"
        for place, column in enumerate(found.table.present)
    )
    records, pk = resource.table(), resource.pk()
    execute(f"{into} select %s, s.line, 'new', {label}, '[]' from sound s where s.is_new", [kept_id])
    execute(
        f"{into} select %s, s.line, 'changed', {label}, (select jsonb_agg(jsonb_build_array(d.name, d.old, d.new)"
        f" order by d.place) from (values {differences}) d(place, name, old, new) where d.name = any(s.changed))"
        f" from sound s join {records} r on r.{pk} = s.id where not s.is_new",
        [kept_id],
    )
    execute(
        f"{into} select %s, p.line, 'refused', min({label}),"
        ' jsonb_agg(jsonb_build_array(p."column", p.value, p.problem, p.remedy) order by p."column")'
        " from problem p left join staged s using (line) group by p.line",
        [kept_id],
    )


def _label(found: Import) -> str:
    """SQL of what people know a row by: its key, and the first of its names."""
    keys = ", ".join(f"nullif(s.{quoted(name)}, '')" for name in found.resource.keys[0])
    names = ", ".join(f"nullif(s.{quoted(name)}, '')" for name in found.resource.names)
    return f"concat_ws(' · ', {keys}{f', coalesce({names})' if names else ''})"
