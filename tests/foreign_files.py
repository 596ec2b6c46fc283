"""A table as somebody else keeps it, with the strangeness of real ones; written for the tests.

Semicolons and a byte order mark, titles above the header, months before days, lists with commas, words of its own for
topics and groups, `NA` in cells, two addresses in one, an unrelated column, rows that are there twice.
"""

import csv
import io

HEADER = [
    *("Record No", "Nation", "Policy type", "Subtype", "What was decided", "Declared", "Begins", "Finishes"),
    *("Affected people", "Web link", "Coder"),
]
_ROWS = [
    [
        *("X-1", "Peru", "Frontier shut", "Land", "The land border is closed. Lorries may pass.", "03/15/2020"),
        *("03/16/2020", "03/30/2020", "Everybody,Tourists", "https://gazette.example/1", "ab"),
    ],
    [
        *("X-2", "Perú", "Frontier shut", "Air", "Flights from Europe are suspended; see the annex.", "03/12/2020"),
        *("03/16/2020", "NA", "Tourists", "NA ; https://gazette.example/2", "ab"),
    ],
    [
        *("X-3", "PE", "Doctors for all", "", "Foreign nationals get free care.\nAlso in clinics.", "04/01/2020"),
        *("04/02/2020", "", "Unclear", "https://gazette.example/3 ; https://news.example/3", "cd"),
    ],
]


def foreign_csv(*more: list[str]) -> str:
    """The file: three acts, the last of them twice, and `more` rows."""
    out = io.StringIO()
    out.write("\ufeffExtract of our collection\n\n")
    csv.writer(out, delimiter=";", lineterminator="\n").writerows([HEADER, *_ROWS, _ROWS[-1], *more])
    return out.getvalue()


def row(**cells: str) -> list[str]:
    """The first row with other cells, by the words of the header with `_` for blanks."""
    return [cells.get(name.replace(" ", "_"), cell) for name, cell in zip(HEADER, _ROWS[0], strict=True)]
