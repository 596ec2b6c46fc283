"""What changed between two texts, as people read it: the lines that came and went, and in a line the words that did.

Lines are compared without the blanks around them; blank lines do not count.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import zip_longest

from rapidfuzz.distance import Indel, LCSseq

MOST_LINES = 5_000
"""Lines of each text that are compared: two texts of so many lines take a tenth of a second at worst."""
MOST_WORDS = 2_000
"""Words of a line that are compared; a longer line is shown as a whole."""
ALIKE = 0.4
"""Share of words from which on two lines are two wordings of one."""
BESIDE = 60
"""Characters of what stayed that stand on each side of what changed."""

_WORDS = re.compile(r"\s+|[^\W_]+|.", re.DOTALL)


class Side(Enum):
    """Where a line stands: in the older text, in the newer."""

    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line; `is_changed` where the other wording differs."""

    text: str
    is_changed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line that came or went; one of two wordings has its changed words marked."""

    side: Side
    pieces: tuple[Piece, ...]

    @property
    def is_added(self) -> bool:
        """Whether it stands in the newer text alone."""
        return self.side is Side.ADDED

    @property
    def length(self) -> int:
        """In characters."""
        return sum(len(piece.text) for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class TextDiff:
    """The lines that came and went, in their order, as many as fit; how many there are; whether all was compared."""

    lines: tuple[Line, ...]
    added: int
    removed: int
    is_whole: bool

    @property
    def skipped(self) -> int:
        """Lines that are counted and not shown."""
        return self.added + self.removed - len(self.lines)


def changes_between(before: str, after: str, *, characters: int) -> TextDiff:
    """What changed from `before` to `after`; lines of up to `characters` in all are shown."""
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
    """The stretches in which the texts differ: the lines of the one, and those of the other in their place."""
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
    """One line, or two wordings of one with the words that differ."""
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
    steps = list(LCSseq.opcodes(old, new))
    removed = [Piece("".join(old[s.src_start : s.src_end]), s.tag != "equal") for s in steps if s.tag != "insert"]
    added = [Piece("".join(new[s.dest_start : s.dest_end]), s.tag != "equal") for s in steps if s.tag != "delete"]
    yield Line(Side.REMOVED, tuple(_shortened(_joined(removed))))
    yield Line(Side.ADDED, tuple(_shortened(_joined(added))))


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Changed words with nothing but a blank between them are one change."""
    joined: list[Piece] = []
    for piece in pieces:
        if piece.is_changed and len(joined) > 1 and joined[-1].text.isspace() and joined[-2].is_changed:
            blank, before = joined.pop(), joined.pop()
            piece = Piece(before.text + blank.text + piece.text, is_changed=True)
        joined.append(piece)
    return joined


def _shortened(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """The pieces, with a gap in each long one that stayed."""
    for number, piece in enumerate(pieces):
        if piece.is_changed or len(piece.text) <= 2 * BESIDE:
            yield piece
        else:
            before = "" if number == 0 else piece.text[:BESIDE].rpartition(" ")[0]
            after = "" if number == len(pieces) - 1 else piece.text[-BESIDE:].partition(" ")[2]
            yield Piece(f"{before} … {after}")


def _fitting(lines: Iterator[Line], characters: int) -> Iterator[Line]:
    """The first lines, `characters` in all; the last of them is cut where it does not fit."""
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
