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
from django.db import models

from foundation.files.columns import BooleanColumn, Column, DayColumn, ListColumn, NumberColumn

MEDIA_TYPE = "application/vnd.apache.parquet"
ROWS_OF_GROUP = 20_000
"""Rows held in memory at once, some 60 MB of them; readers skip whole groups of rows."""


def write(path: Path, columns: Sequence[Column], rows: Iterator[list[str]], about: Iterable[tuple[str, str]]) -> None:
    """Write `rows`, without their header, to `path`; `about` are pairs of a term and a text."""
    types = [_type(column) for column in columns]
    fields = [pa.field(column.name, type_) for column, type_ in zip(columns, types, strict=True)]
    schema = pa.schema(fields, metadata=dict(about))
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while group := list(islice(rows, ROWS_OF_GROUP)):
            cells = zip(*group, strict=True)
            arrays = [_array(texts, type_) for texts, type_ in zip(cells, types, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _type(column: Column) -> pa.DataType:
    if isinstance(column, ListColumn):
        return pa.list_(pa.string())
    if isinstance(column, BooleanColumn):
        return pa.bool_()
    if isinstance(column, NumberColumn):
        return pa.int64() if isinstance(column.field, models.IntegerField) else pa.float64()
    return pa.date32() if isinstance(column, DayColumn) else pa.string()


def _array(texts: Sequence[str], type_: pa.DataType) -> Any:
    """A column of cells; an empty one is null."""
    plain = pa.array([text or None for text in texts], pa.string())
    if pa.types.is_list(type_):
        return pc.split_pattern(plain, "|")
    return plain if pa.types.is_string(type_) else pc.cast(plain, type_)
