"""The table of topics by country as a picture that stands alone, with its title, key, source and date."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from measures.comparing.tallies import Tally, TopicRow

WIDTH, LABELS = 1200, 290
"""Pixels of the picture, and of the column of topics."""
HEAD, ROW = 84, 40
_CHARACTERS = 38
"""Characters of a line of a topic."""
SHADES = {
    "less-strong": "#a9cddd",
    "less-weak": "#d9e8ef",
    "balance": "#f1efe9",
    "more-weak": "#f0e2d0",
    "more-strong": "#dfc09a",
}
"""As in compare.css, on paper."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with the place of its left edge; without measures it has no shade."""

    x: float
    fill: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Row:
    """A topic with the place of its upper edge."""

    y: int
    label: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class TopicPicture:
    """The table; `names` are the countries with their places."""

    title: str
    lead: str
    names: tuple[tuple[float, str], ...]
    cell_width: float
    rows: tuple[Row, ...]
    foot: str
    height: int


def topic_picture(names: Sequence[str], rows: Sequence[TopicRow], credit: str) -> TopicPicture:
    """The picture of the rows of a comparison of the countries of these names."""
    width = (WIDTH - LABELS) / len(names)
    places = [LABELS + n * width for n in range(len(names))]
    drawn = tuple(
        Row(
            HEAD + n * ROW,
            tuple(textwrap.wrap(row.label or _("All topics"), _CHARACTERS)[:2]),
            tuple(
                Cell(x, SHADES[tally.shade] if tally.measures.number else "", tally)
                for x, tally in zip(places, row.tallies, strict=True)
            ),
        )
        for n, row in enumerate(rows)
    )
    return TopicPicture(
        _("Measures by topic and country"),
        _("Shade of a cell: measures that restrict minus measures that ease"),
        tuple(zip(places, names, strict=True)),
        width,
        drawn,
        credit,
        HEAD + len(rows) * ROW + 30,
    )
