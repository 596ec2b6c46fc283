"""What ten people have sent and been told, and what a reader has seen."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from tests.attacks.heavy.client import Answer

WORD = re.compile(r"\bqz\d{6}x\b")
FIELDS = ("title_en", "summary_en")


@dataclass(slots=True)
class Change:
    """A text with its own word that somebody has sent: where to, and the words that they were shown."""

    what: str
    record: int
    field: str
    seen: set[str]
    is_confirmed: bool = False
    """Whether the site said that it is saved."""


@dataclass
class Ledger:
    """What ten people have done and a reader has seen."""

    changes: dict[str, Change] = field(default_factory=dict)
    may_be_public: set[str] = field(default_factory=set)
    proposals: dict[str, list[str]] = field(default_factory=dict)
    """The words of each proposed change, by the address of its page."""
    imports: dict[int, list[str]] = field(default_factory=dict)
    merges: list[tuple[int, int]] = field(default_factory=list)
    """The kept and the other record of each merge that was confirmed."""
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    leaks: set[str] = field(default_factory=set)
    asked: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def word(self, what: str, record: int, name: str, shown: Answer) -> str:
        """A new word for a change of a field, by somebody who has been shown a page."""
        word = f"qz{next(self.numbers):06}x"
        self.changes[word] = Change(what, record, name, words_in(shown))
        return word


def words_in(answer: Answer) -> set[str]:
    """The words of changes on a page."""
    return set(WORD.findall(answer.content.decode(errors="replace")))
