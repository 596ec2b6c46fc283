"""The columns of the public index, and how they are read from the database.

Every value is encoded as a small integer: a day as days since 1970, a choice as its position, a country as its letters.
They are read by a binary COPY, so that no Python object is created for each of millions of values.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection
from numpy.typing import NDArray

from measures.choices import Direction, Evidence, Family, Kind, Level, Precision, StatusGroup

Array = NDArray[Any]

INTERNATIONAL = "INT"
"""The country code of acts of international bodies."""

EARLIEST, LATEST = -(1 << 30), 1 << 30
"""Days before and after every date."""
EPOCH = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """Days since 1970, as stored in date columns."""
    return day.toordinal() - EPOCH


def day_of(number: int) -> date:
    """The inverse of `day_number`."""
    return date.fromordinal(int(number) + EPOCH)


@dataclass(frozen=True, slots=True)
class Codes:
    """How the values of a property are encoded as small integers; 0 means no value."""

    sql: str
    type: str
    encode: Callable[[Any], int]
    decode: Callable[[int], Any]


def _chosen(column: str, values: Sequence[str]) -> Codes:
    """A property with a fixed list of values."""
    listed = ", ".join(f"'{value}'" for value in values)
    numbers = {value: number for number, value in enumerate(values, 1)}
    return Codes(
        f"coalesce(array_position(array[{listed}], {column}::text), 0)::int2",
        "u1",
        lambda value: numbers.get(value, 0),
        lambda number: values[number - 1],
    )


def _iso3(column: str) -> str:
    """Encode three letters as one integer."""
    letters = (f"(ascii(substr({column}, {place}, 1)) - 64) * {27 ** (3 - place)}" for place in (1, 2, 3))
    return f"({' + '.join(letters)})::int2"


def _encoded(iso3: str) -> int:
    a, b, c = (ord(letter) - 64 for letter in iso3) if iso3.isascii() and len(iso3) == 3 else (0, 0, 0)
    return a * 729 + b * 27 + c


def _decoded(number: int) -> str:
    return "".join(chr(n + 64) for n in (number // 729, number // 27 % 27, number % 27))


def _country(column: str) -> Codes:
    return Codes(_iso3(f"coalesce({column}, '{INTERNATIONAL}')"), "i2", _encoded, _decoded)


def _row(column: str) -> Codes:
    """A property whose values are rows with an integer primary key."""
    return Codes(f"coalesce({column}, 0)::int4", "i4", int, int)


STATUS = "status"
"""The property that depends on the day."""
FIRST_TOPIC = "first_topic"
"""The first topic, of either level, which decides the lane."""
_KNOWN = "length(replace(m.date, '?', ''))"
PROPERTIES: dict[str, Codes] = {
    STATUS: _chosen("null", StatusGroup.values),
    "family": _chosen("m.family", Family.values),
    "direction": _chosen("m.direction", Direction.values),
    "country": _country("m.country_id"),
    "level": _chosen("m.level", Level.values),
    "kind": _chosen("m.kind", Kind.values),
    "body": _row("m.issuing_body_id"),
    FIRST_TOPIC: _row("m.primary_topic_id"),
    "evidence": _chosen("m.evidence", Evidence.values),
    "precision": _chosen(
        f"case {_KNOWN} when 10 then 'day' when 7 then 'month' when 4 then 'year' else 'none' end", Precision.values
    ),
}
"""Single-valued properties, by parameter name. `STATUS` is not read, but computed for a day from the steps."""

TAGS: dict[str, tuple[str, Codes]] = {
    "topic": ("measures_measure_topics t", _row("t.topic_id")),
    "upper_topic": (
        "measures_measure_topics t join measures_topic p on p.id = t.topic_id",
        _row("coalesce(p.parent_id, p.id)"),
    ),
    "group": ("measures_measure_target_groups t", _row("t.targetgroup_id")),
    "nationality": ("measures_measure_origin_countries t", _country("t.country_id")),
    "area": ("measures_measure_areas t", _row("t.countryarea_id")),
    "binds": ("measures_measure_binds t", _country("t.country_id")),
    "further_body": ("measures_furtherbody t", _row("t.body_id")),
    "source": ("measures_citation t", _row("t.source_id")),
}
"""Multi-valued properties: a table `t` with `measure_id`, and the value."""
FURTHER = {"country": "binds", "body": "further_body"}
"""The properties of which an entry may have further values, and the tags that have these: an act is of its own country
and of those that it binds. Few entries have any, so that a column and a tag take less memory than a tag alone. A tag
never repeats the value in the column; the database sees to it."""
REPEATED = ("upper_topic", "source")
"""The tags whose table may have the same value of an entry twice."""


def _day(sql: str, missing: int) -> str:
    """A day as an integer; an open end lies before or after every date."""
    return f"coalesce({sql} - date '1970-01-01', {missing})::int4"


DATES = {
    "first": _day("lower(m.date_range)", LATEST),
    "last": _day("upper(m.date_range) - 1", EARLIEST),
    "checked": _day("m.checked_on", EARLIEST),
    "updated": _day(f"(m.updated_at at time zone '{settings.TIME_ZONE}')::date", EARLIEST),
}
"""Days, both ends inclusive; an entry without a date is in no range."""

COLUMNS = {
    "id": ("m.id", "i8"),
    **{name: (sql, "i4") for name, sql in DATES.items()},
    **{name: (codes.sql, codes.type) for name, codes in PROPERTIES.items() if name != STATUS},
}
_SENT_AS = {"u1": ">i2", "i2": ">i2", "i4": ">i4", "i8": ">i8"}


def read_columns(condition: str) -> dict[str, Array]:
    """The columns of the measures `m` that match an SQL condition, unordered."""
    wanted = ", ".join(sql for sql, _type in COLUMNS.values())
    types = [type_ for _sql, type_ in COLUMNS.values()]
    return dict(zip(COLUMNS, copied(f"select {wanted} from measures_measure m where {condition}", types), strict=True))


def read_tags(name: str, condition: str) -> tuple[Array, Array]:
    """The ids of the measures that match an SQL condition, and the values of one tag, in parallel."""
    table, codes = TAGS[name]
    joined = f"from {table} join measures_measure m on m.id = t.measure_id where {condition}"
    measures, values = copied(f"select t.measure_id, {codes.sql} {joined}", ["i8", codes.type])
    return measures, values


_SIGNATURE = 19
"""Header length in bytes of PostgreSQL's binary COPY format; the trailer has two bytes."""
_BLOCK = 1 << 22
"""Number of bytes parsed at once."""


def copied(sql: str, types: Sequence[str]) -> list[Array]:
    """The numbers that a query selects, column by column."""
    fields = [field for n, type_ in enumerate(types) for field in ((f"length{n}", ">i4"), (f"{n}", _SENT_AS[type_]))]
    row = np.dtype([("fields", ">i2"), *fields])
    blocks: list[list[Array]] = []
    waiting = bytearray()

    def parse() -> None:
        rows = np.frombuffer(waiting, dtype=row, count=len(waiting) // row.itemsize)
        blocks.append([rows[f"{n}"].astype(type_) for n, type_ in enumerate(types)])

    with connection.cursor() as cursor, cursor.copy(f"copy ({sql}) to stdout (format binary)") as copy:
        to_skip = _SIGNATURE
        for data in copy:
            waiting += data[to_skip:]
            to_skip = max(to_skip - len(data), 0)
            if len(waiting) > _BLOCK:
                parse()
                waiting = waiting[len(waiting) // row.itemsize * row.itemsize :]
        parse()
    return [np.concatenate([block[n] for block in blocks]) for n in range(len(types))]
