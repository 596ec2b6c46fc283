"""Malicious or broken cells and files."""

from typing import Any

from tests.csv_files import MEASURE, csv_text

NASTY: dict[str, Any] = {
    "nothing": "",
    "NUL": "a\0b",
    "megabyte": "x" * 1_000_000,
    "an incomplete character": b"\xed\xa0\x80",
    "no UTF-8": b"\xff\xfe",
    "too large": "9" * 30,
    "large": "99999999999",
    "endless number": "9" * 5000,
    "negative": "-1",
    "power": "1e999999",
    "not a number": "NaN",
    "digit of no number": "²",
    "digit of another script": "٣",
    "no date": "0000-00-00",
    "zero month": "2020-00-05",
    "way out": "../../../etc/passwd",
    "unknown key": "no-such-key",
    "address": "http://[",
    "JSON": '{"fields": [1], "rows": {"a": [[]]}, "a": "\\u0000\\ud800"}',
    "nested lists": "[" * 100_000,
    "several": ["1", "2", "x", ""],
    "markup": "<script>\"'--%s%(a)s{0}",
    "right to left": "\u202e💣\r\n\t\x0b\x1f",
}

HEADER = csv_text([MEASURE]).splitlines()[0]
ROW = csv_text([MEASURE]).splitlines()[1]

FILES: dict[str, bytes] = {
    "empty": b"",
    "blank": b"\n\n \n",
    "binary": bytes(range(256)) * 40,
    "zip": b"PK\x03\x04" + bytes(200),
    "header alone": HEADER.encode(),
    "wrong columns": b"a,b,c\n1,2,3\n",
    "columns of another file": b"key,label_en\nhealth,Health\n",
    "10,000 columns": ",".join(f"c{n}" for n in range(10_000)).encode() + b"\n" + b"," * 9_999 + b"\n",
    "10,000 cells": f"{HEADER}\n{ROW}{',' * 10_000}x\n".encode(),
    "enormous cell": f"{HEADER}\n{ROW.replace('A decree', 'x' * 2_000_000)}\n".encode(),
    "enormous line": b"x" * 3_000_000,
    "mixed line ends": f"{HEADER}\r\n{ROW}\r{ROW}\n".encode(),
    "UTF-16": csv_text([MEASURE]).encode("utf-16"),
    "UTF-16 without mark": csv_text([MEASURE]).encode("utf-16-le"),
    "UTF-32": csv_text([MEASURE]).encode("utf-32"),
    "Latin-1": f"{HEADER}\n{ROW.replace('decree', 'décret')}\n".encode("latin-1"),
    "mark": b"\xef\xbb\xbf" + csv_text([MEASURE]).encode(),
    "mark twice": b"\xef\xbb\xbf\xef\xbb\xbf" + csv_text([MEASURE]).encode(),
    "unclosed quote": f'{HEADER}\n"{ROW}\n'.encode() * 3,
    "quote in the header": f'"{HEADER}\n{ROW}\n'.encode(),
    "NUL": f"{HEADER}\n{ROW}\n".replace("decree", "dec\0ree").encode(),
    "NUL in the header": f"{HEADER}\n{ROW}\n".replace("kind", "ki\0nd").encode(),
    "an incomplete character": f"{HEADER}\n{ROW}\n".encode().replace(b"decree", b"\xed\xa0\x80"),
    "column twice": f"{HEADER},country\n{ROW},PER\n".encode(),
    "no name of a column": f"{HEADER},\n{ROW},x\n".encode(),
    "quotation marks alone": b'"' * 1001,
    "delimiters alone": b";,\t|" * 1000,
}


def rows(column: str = "evidence", *values: str) -> bytes:
    """A file with a row for each value of a column."""
    return csv_text([MEASURE | {column: value} for value in values or ("",)]).encode()


CELLS: dict[str, bytes] = {
    column: rows(column, *(value for value in NASTY.values() if isinstance(value, str) and len(value) < 10_000))
    for column in ("public_id", "valid_from", "status_history", "relations", "sources", "original_language", "topics")
}
"""A file per column, whose rows have all nasty values."""
