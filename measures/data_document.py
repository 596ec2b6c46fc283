"""What `docs/data.md` says of columns and keys: the text of the codebook, which stands in that one place.

Its tables have a header, whose last cell is what a row means, and in each row the names in backticks in its first or
second cell.
"""

import re
from functools import cache

from django.conf import settings
from markdown_it import MarkdownIt
from markdown_it.token import Token

from foundation.markdown import to_text

_NAME = re.compile(r"`([^`]+)`")


@cache
def meanings() -> dict[str, dict[str, tuple[str, ...]]]:
    """For each heading, the cells after the names of a row, by each of these names; as plain text."""
    text = (settings.BASE_DIR / "docs" / "data.md").read_text()
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    heading, tokens = "", MarkdownIt("commonmark").enable("table").parse(text)
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            heading = tokens[place + 1].content
        elif token.type == "tr_open" and (row := _row(tokens, place)):
            names, cells = row
            for name in names:
                found.setdefault(heading, {}).setdefault(name, cells)
    return found


def meaning_of(heading: str, name: str) -> str:
    """What a row says that a name means; '' if the table has no such row."""
    cells = meanings().get(heading, {}).get(name)
    return cells[-1] if cells else ""


def _row(tokens: list[Token], place: int) -> tuple[list[str], tuple[str, ...]] | None:
    """The names of a row of a table and its cells after them; None for a header and other tables."""
    cells: list[str] = []
    for token in tokens[place:]:
        if token.type == "tr_close":
            break
        if token.type == "th_open":
            return None
        if token.type == "inline":
            cells.append(token.content)
    for number, cell in enumerate(cells[:2]):
        if names := _NAME.findall(cell):
            return names, tuple(map(to_text, cells[number + 1 :]))
    return None
