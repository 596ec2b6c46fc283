"""What an import would do, kept for the pages of a preview."""

from collections.abc import Iterator
from pathlib import Path

from foundation.files.columns import quoted
from foundation.files.importing.failures import Refusal, failed_rows
from foundation.files.importing.pipeline import Import
from foundation.files.importing.reading import open_table
from foundation.files.models import FileImport, FileImportRow, RowState
from foundation.files.resources import resources
from foundation.sql import execute, rows

MOST_CATEGORIES = 100
"""Kinds of refusals that are told apart, the most frequent ones."""


def keep(found: Import, file_import: FileImport) -> None:
    """Write the counts and the rows of the preview, in the transaction of the comparison."""
    report = found.report
    file_import.categories = _categories()
    file_import.rows.all().delete()
    _keep_rows(found, file_import.pk)
    # Last: whoever tells how far the work is writes this row too
    file_import.new, file_import.changed, file_import.unchanged = report.new, report.changed, report.unchanged
    file_import.refused, file_import.notices = report.refused, report.notices
    file_import.save(update_fields=["new", "changed", "unchanged", "refused", "notices", "categories"])


def failed_rows_of(file_import: FileImport) -> Iterator[list[str]]:
    """The refused rows of a preview as a file."""
    return failed_rows(
        open_table(Path(file_import.file.path), resources()[file_import.file_type]), _refusals(file_import)
    )


def _refusals(file_import: FileImport) -> Iterator[Refusal]:
    for row in file_import.rows.filter(state=RowState.REFUSED).order_by("line").iterator():
        columns, _values, problems, remedies = zip(*row.details, strict=True)
        yield row.line, "; ".join(columns), " ".join(problems), " ".join(remedies)


_KIND = "regexp_replace(regexp_replace(problem, '“[^”]*”', '“…”', 'g'), '[0-9]+(, [0-9]+)*', '…', 'g')"
"""SQL of a problem without the value that it names, so that like ones are counted together."""


def _categories() -> list[list[str | int]]:
    """Column, problem and number of rows of each kind of refusal; `category` numbers them, while the import lasts."""
    execute(
        "create temp table category on commit drop as"
        f' select (row_number() over (order by count(distinct line) desc, "column", {_KIND}) - 1)::integer as number,'
        f' "column", {_KIND} as kind, min(problem) as example, count(distinct problem) as variants,'
        " count(distinct line) as lines from problem group by 2, 3"
        f" order by 1 limit {MOST_CATEGORIES}"
    )
    found = 'select "column", case when variants = 1 then example else kind end, lines from category order by number'
    return [list(row) for row in rows(found)]


def _keep_rows(found: Import, file_import_id: int) -> None:
    resource, table = found.resource, FileImportRow._meta.db_table
    into = f"insert into {table} (file_import_id, line, state, label, details, categories)"
    label = _label(found)
    differences = " || ".join(
        f"case when '{column.name}' = any (s.changed)"
        f" then jsonb_build_array(jsonb_build_array('{column.name}', {column.written()}, {column.cell}))"
        " else '[]'::jsonb end"
        for column in found.table.present
    )
    records, pk = resource.table(), resource.pk()
    execute(
        f"{into} select %s, s.line, 'new', {label}, '[]', '{{}}' from valid_rows s where s.is_new", [file_import_id]
    )
    execute(
        f"{into} select %s, s.line, 'changed', {label}, {differences}, '{{}}'"
        f" from valid_rows s join {records} r on r.{pk} = s.id where not s.is_new",
        [file_import_id],
    )
    execute(
        f"{into} select %s, p.line, 'refused', min({label}),"
        ' jsonb_agg(jsonb_build_array(p."column", p.value, p.problem, p.remedy) order by p."column"),'
        " coalesce(array_agg(distinct c.number) filter (where c.number is not null), '{}')"
        ' from problem p left join staged s using (line) left join category c on c."column" = p."column"'
        f" and c.kind = {_KIND.replace('(problem', '(p.problem')} group by p.line",
        [file_import_id],
    )


def _label(found: Import) -> str:
    """SQL of what people know a row by: its key, and the first of its names."""
    keys = ", ".join(f"nullif(s.{quoted(name)}, '')" for name in found.resource.keys[0])
    names = ", ".join(f"nullif(s.{quoted(name)}, '')" for name in found.resource.names)
    return f"concat_ws(' · ', {keys}{f', coalesce({names})' if names else ''})"
