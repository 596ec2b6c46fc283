"""Write the rows of a file as Parquet, which programs for analysis read in parts and by column.

The cells are those of the CSV file, with types: lists, booleans, numbers and days; an empty cell is null. The footer
says what the file is. The same rows give the same bytes.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from foundation.files.columns import Column, ColumnKind

MEDIA_TYPE = "application/vnd.apache.parquet"
TYPES = {
    ColumnKind.TEXT: pa.string(),
    ColumnKind.LIST: pa.list_(pa.string()),
    ColumnKind.BOOLEAN: pa.bool_(),
    ColumnKind.WHOLE: pa.int64(),
    ColumnKind.NUMBER: pa.float64(),
    ColumnKind.DAY: pa.date32(),
}
ROWS_OF_GROUP = 20_000
"""Rows held in memory at once, some 60 MB of them; readers skip whole groups of rows."""


def write(path: Path, columns: Sequence[Column], rows: Iterator[list[str]], about: Iterable[tuple[str, str]]) -> None:
    """Write `rows`, without their header, to `path`; `about` are pairs of a term and a text."""
    types = [TYPES[column.kind] for column in columns]
    fields = [pa.field(column.name, type_) for column, type_ in zip(columns, types, strict=True)]
    schema = pa.schema(fields, metadata=dict(about))
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while group := list(islice(rows, ROWS_OF_GROUP)):
            cells = zip(*group, strict=True)
            arrays = [_array(texts, type_) for texts, type_ in zip(cells, types, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _array(texts: Sequence[str], type_: pa.DataType) -> Any:
    """A column of cells; an empty one is null."""
    plain = pa.array([text or None for text in texts], pa.string())
    if pa.types.is_list(type_):
        return pc.split_pattern(plain, "|")
    return plain if pa.types.is_string(type_) else pc.cast(plain, type_)
