"""The preview of an upload: the counts and rows of a comparison, kept for its pages, and the refused rows as a file."""

from collections.abc import Collection, Iterator
from pathlib import Path

from foundation.files.importing.changes import differences, label, label_of_record
from foundation.files.importing.mapping import Mapping
from foundation.files.importing.pipeline import Import
from foundation.files.importing.reading import Table, open_table, rows_of
from foundation.files.importing.report import Refusal, failed_rows
from foundation.files.models import FileImport, FileImportRow, RowState
from foundation.files.resources import resources
from foundation.sql import execute, rows

COUNTS = ("new", "changed", "unchanged", "older", "refused")
"""The counts of a preview, which hold for the import too."""
MOST_CATEGORIES = 100
"""Maximum number of kinds of refusals that are distinguished, the most frequent first."""


def keep(found: Import, file_import: FileImport) -> None:
    """Write the counts and the rows of the preview, in the transaction of the comparison."""
    report = found.report
    file_import.categories = _categories()
    file_import.rows.all().delete()
    _keep_rows(found, file_import.pk)
    # Last: progress updates write this row too
    for name in COUNTS:
        setattr(file_import, name, getattr(report, name))
    file_import.notices = report.notices
    file_import.save(update_fields=[*COUNTS, "notices", "categories"])


def is_as_shown(found: Import, file_import: FileImport) -> bool:
    """Whether the comparison has the counts of the preview, and changes the same cells from and to the same texts.

    Otherwise the import would replace what nobody was shown.
    """
    if any(getattr(found.report, name) != getattr(file_import, name) for name in COUNTS):
        return False
    table, pk = found.resource.table(), found.resource.pk()
    other = rows(
        f"select 1 from staged s join outcome o using (line) join {table} r on r.{pk} = o.id"
        f" left join {FileImportRow._meta.db_table} k on k.file_import_id = %s and k.line = s.line"
        f" and k.state = '{RowState.CHANGED.value}' and k.record = r.{pk}::text"
        " where not o.is_new and o.changed <> '{}' and not exists (select from problem p where p.line = s.line)"
        f" and k.details is distinct from ({differences(found, 'o.changed')}) limit 1",
        [file_import.pk],
    )
    return not other


def table_of(file_import: FileImport) -> Table:
    """The table of an upload, read as its mapping says; raise FileProblem if that is not possible."""
    return open_table(Path(file_import.file.path), resources()[file_import.file_type], mapping_of(file_import))


def mapping_of(file_import: FileImport) -> Mapping | None:
    """How the columns of an upload become ours; None if they are ours."""
    return None if file_import.mapping is None else Mapping.from_json(file_import.mapping)


def cells_of_rows(file_import: FileImport, lines: Collection[int]) -> dict[int, list[tuple[str, str]]]:
    """The cells of these rows that are not empty, as they were read; the file is read again, up to the last of them."""
    if not lines:
        return {}
    table = table_of(file_import)
    readers = [(index, column.name, column.reader()) for index, column in enumerate(table.columns) if column]
    found: dict[int, list[tuple[str, str]]] = {}
    for row in rows_of(table):
        if row.number in lines:
            mapped = table.cells_of(row)
            cells = ((name, read(mapped[index])) for index, name, read in readers)
            found[row.number] = [(name, cell) for name, cell in cells if cell]
        if row.number >= max(lines):
            break
    return found


def failed_rows_of(file_import: FileImport) -> Iterator[list[str]]:
    """The refused rows of a preview as a file."""
    return failed_rows(table_of(file_import), _refusals(file_import))


def _refusals(file_import: FileImport) -> Iterator[Refusal]:
    for row in file_import.rows.filter(state=RowState.REFUSED).order_by("line").iterator():
        columns, _values, problems, remedies = zip(*row.details, strict=True)
        yield row.line, "; ".join(columns), " ".join(problems), " ".join(remedies)


_KIND = "regexp_replace(regexp_replace(problem, '“[^”]*”', '“…”', 'g'), '[0-9]+(, [0-9]+)*', '…', 'g')"
"""SQL of a problem without its specific values, so that similar ones are counted together."""


def _categories() -> list[list[str | int]]:
    """Column, problem and number of rows of each kind of refusal; creates the temporary table `category`."""
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
    into = f"insert into {table} (file_import_id, line, state, label, record, details, categories)"
    of_row, of_record = label(found), label_of_record(found)
    records, pk = resource.table(), resource.pk()
    execute(
        f"{into} select %s, s.line, 'new', {of_row}, '', '[]', '{{}}' from valid_rows s where s.is_new",
        [file_import_id],
    )
    for state, cells in ((RowState.CHANGED, "changed"), (RowState.OLDER, "older")):
        execute(
            f"{into} select %s, s.line, %s, {of_record}, r.{pk}::text, {differences(found, f'o.{cells}')}, '{{}}'"
            f" from staged s join outcome o using (line) join {records} r on r.{pk} = o.id"
            f" where not o.is_new and o.{cells} <> '{{}}' and not exists (select from problem p where p.line = s.line)",
            [file_import_id, state.value],
        )
    execute(
        f"{into} select %s, p.line, 'refused', min({of_row}), '',"
        ' jsonb_agg(jsonb_build_array(p."column", p.value, p.problem, p.remedy) order by p."column"),'
        " coalesce(array_agg(distinct c.number) filter (where c.number is not null), '{}')"
        ' from problem p left join staged s using (line) left join category c on c."column" = p."column"'
        f" and c.kind = {_KIND.replace('(problem', '(p.problem')} group by p.line",
        [file_import_id],
    )
