"""Problems of a file with other columns, by the names and cells that it has itself."""

from collections import defaultdict
from collections.abc import Iterator

from foundation.files.importing.mapping import Mapper
from foundation.files.importing.reading import FileProblem, Row, Table, rows_of
from foundation.files.importing.staging import VALUE_LENGTH
from foundation.sql import execute, rows


def name_originals(table: Table, mapper: Mapper) -> None:
    """Let each problem name the columns of the file, and show the cell as the file has it."""
    wanted: dict[int, list[str]] = defaultdict(list)
    for line, column in rows('select distinct line, "column" from problem where "column" <> \'\' and line > 0'):
        wanted[line].append(column)
    found = [
        (row.number, column, *named)
        for row in _until(table, max(wanted, default=0))
        if len(row.cells) >= len(table.header)
        for column in wanted.get(row.number, ())
        if (named := mapper.original(column, row.cells))
    ]
    if not found:
        return
    lines, columns, names, values = zip(*found, strict=True)
    execute(
        f'update problem p set "column" = o.named, value = left(o.value, {VALUE_LENGTH})'
        " from unnest(%s::integer[], %s::text[], %s::text[], %s::text[]) o(line, own, named, value)"
        ' where o.line = p.line and o.own = p."column"',
        [list(lines), list(columns), list(names), list(values)],
    )


def _until(table: Table, last: int) -> Iterator[Row]:
    """The rows up to a line, as far as the file can be read."""
    try:
        for row in rows_of(table):
            if row.number > last:
                return
            yield row
    except FileProblem:
        return
