"""Readable differences between two texts: lines added and removed, and changed words within a line.

Lines are compared without surrounding spaces; blank lines are ignored.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import zip_longest

from rapidfuzz.distance import Indel, LCSseq

MOST_LINES = 5_000
"""Maximum number of lines compared of each text: two texts of that length take a tenth of a second at worst."""
MOST_WORDS = 2_000
"""Maximum number of words compared in a line; a longer line is shown as a whole."""
ALIKE = 0.4
"""Share of common words from which two lines count as versions of the same line."""
BESIDE = 60
"""Characters of context shown on each side of a change."""

_WORDS = re.compile(r"\s+|[^\W_]+|.", re.DOTALL)


class Side(Enum):
    """Which text a line belongs to, the older or the newer."""

    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line; `is_changed` if it differs from the other version."""

    text: str
    is_changed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was added or removed; if it was changed, the changed words are marked."""

    side: Side
    pieces: tuple[Piece, ...]

    @property
    def is_added(self) -> bool:
        """Whether the line is only in the newer text."""
        return self.side is Side.ADDED

    @property
    def length(self) -> int:
        """The length in characters."""
        return sum(len(piece.text) for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class TextDiff:
    """The changed lines in order, as many as fit; their total; and whether all of the texts was compared."""

    lines: tuple[Line, ...]
    added: int
    removed: int
    is_whole: bool

    @property
    def skipped(self) -> int:
        """Number of changed lines that are not shown."""
        return self.added + self.removed - len(self.lines)


def changes_between(before: str, after: str, *, characters: int) -> TextDiff:
    """The changes from `before` to `after`, limited to lines of `characters` in total."""
    old, new = _lines(before), _lines(after)
    blocks = list(_blocks(old[:MOST_LINES], new[:MOST_LINES]))
    return TextDiff(
        lines=tuple(_fitting(_shown(blocks), characters)),
        added=sum(len(added) for _removed, added in blocks),
        removed=sum(len(removed) for removed, _added in blocks),
        is_whole=max(len(old), len(new)) <= MOST_LINES,
    )


def _lines(text: str) -> list[str]:
    return [line for line in map(str.strip, text.splitlines()) if line]


def _blocks(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """The blocks in which the texts differ: the lines of one, and the lines of the other that replace them."""
    removed: list[str] = []
    added: list[str] = []
    for step in LCSseq.opcodes(old, new):
        if step.tag != "equal":
            removed += old[step.src_start : step.src_end]
            added += new[step.dest_start : step.dest_end]
        elif removed or added:
            yield removed, added
            removed, added = [], []
    if removed or added:
        yield removed, added


def _shown(blocks: Sequence[tuple[Sequence[str], Sequence[str]]]) -> Iterator[Line]:
    for removed, added in blocks:
        for old, new in zip_longest(removed, added):
            yield from _worded(old, new)


def _worded(old: str | None, new: str | None) -> Iterator[Line]:
    """One added or removed line, or both versions of a changed line with the differing words marked."""
    if old is not None and new is not None:
        words = _WORDS.findall(old), _WORDS.findall(new)
        if max(map(len, words)) <= MOST_WORDS and Indel.normalized_similarity(*words) >= ALIKE:
            yield from _two_wordings(*words)
            return
    if old is not None:
        yield Line(Side.REMOVED, (Piece(old),))
    if new is not None:
        yield Line(Side.ADDED, (Piece(new),))


def _two_wordings(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    removed, added = _marked(old, new)
    yield Line(Side.REMOVED, tuple(_shortened(removed)))
    yield Line(Side.ADDED, tuple(_shortened(added)))


def _marked(old: Sequence[str], new: Sequence[str]) -> tuple[list[Piece], list[Piece]]:
    steps = list(LCSseq.opcodes(old, new))
    removed = [Piece("".join(old[s.src_start : s.src_end]), s.tag != "equal") for s in steps if s.tag != "insert"]
    added = [Piece("".join(new[s.dest_start : s.dest_end]), s.tag != "equal") for s in steps if s.tag != "delete"]
    return list(_joined(removed)), list(_joined(added))


def two_wordings(before: str, after: str) -> tuple[list[Piece], list[Piece]]:
    """Both wordings of a text, whole, with the words that differ; all words if it is long, or if hardly any is left."""
    words = _WORDS.findall(before), _WORDS.findall(after)
    if max(map(len, words)) <= MOST_WORDS and Indel.normalized_similarity(*words) >= ALIKE:
        return _marked(*words)
    return [Piece(before, is_changed=True)], [Piece(after, is_changed=True)]


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Join changed words that are separated only by a space."""
    joined: list[Piece] = []
    for piece in pieces:
        if piece.is_changed and len(joined) > 1 and joined[-1].text.isspace() and joined[-2].is_changed:
            blank, before = joined.pop(), joined.pop()
            piece = Piece(before.text + blank.text + piece.text, is_changed=True)
        joined.append(piece)
    return joined


def _shortened(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Abbreviate long unchanged pieces."""
    for number, piece in enumerate(pieces):
        if piece.is_changed or len(piece.text) <= 2 * BESIDE:
            yield piece
        else:
            before = "" if number == 0 else piece.text[:BESIDE].rpartition(" ")[0]
            after = "" if number == len(pieces) - 1 else piece.text[-BESIDE:].partition(" ")[2]
            yield Piece(f"{before} … {after}")


def _fitting(lines: Iterator[Line], characters: int) -> Iterator[Line]:
    """The first lines, limited to `characters` in total; the last one is cut if necessary."""
    left = characters
    for line in lines:
        if left <= 0:
            return
        yield line if line.length <= left else Line(line.side, tuple(_cut(line.pieces, left)))
        left -= line.length


def _cut(pieces: Sequence[Piece], characters: int) -> Iterator[Piece]:
    left = characters
    for piece in pieces:
        if left <= len(piece.text):
            yield Piece(f"{piece.text[:left]} …", piece.is_changed)
            return
        yield piece
        left -= len(piece.text)
