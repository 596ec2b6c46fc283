"""The page on which somebody says what the columns of a table are: what it shows, and what is sent back from it.

A use of a column is named by the place of the column and its own number: `to-3-0` is the first target of the fourth
column, `had-3-0` what it was when the page was made. Where the two differ, nothing else of it was on the page, and
options and words are guessed.
"""

from collections.abc import Mapping as Posted
from dataclasses import dataclass, replace
from hashlib import blake2b

from django.utils.translation import gettext as _

from foundation.files.importing.guessing import Source, known_names, open_items, order_of_dates, use_of, values_of
from foundation.files.importing.mapping import ORDERS, SEPARATORS, Mapping, Use
from foundation.files.spellings import folded
from foundation.files.targets import Target

MOST_USES = 8
"""Targets that one column may have."""
MOST_OPTIONS = 20_000
"""Options of the lists of one column's words, beyond which words are typed."""
LEFT_OUT, UNKNOWN = "-", ""
"""What a list of values sends for an item that is left out, and for one that stays as it is."""


@dataclass(frozen=True, slots=True)
class Word:
    """An item of a column, how often it occurs, and the key chosen for it."""

    field: str
    item: str
    times: int
    chosen: str
    is_alike: bool
    """Whether the word is only like a name of that key, so that people should look at it."""


@dataclass(frozen=True, slots=True)
class ShownUse:
    """A use of a column with its field names' suffix, and the words that need a meaning."""

    place: str
    use: Use
    target: Target
    words: list[Word]

    @property
    def is_short(self) -> bool:
        """Whether a page can hold a list of all values for each word."""
        return len(self.words) * len(self.target.offers) <= MOST_OPTIONS

    @property
    def unknown(self) -> int:
        """Number of words without a meaning."""
        return 0 if self.use.drops_others else sum(word.chosen == UNKNOWN for word in self.words)

    @property
    def alike(self) -> int:
        """Number of words that are only like a name of what they are taken for."""
        return sum(word.is_alike for word in self.words)


@dataclass(frozen=True, slots=True)
class ShownSource:
    """A column of the table with its uses; `next_place` is where another one can be chosen."""

    source: Source
    uses: list[ShownUse]
    next_place: str


def shown(mapping: Mapping, sources: list[Source], targets: dict[str, Target]) -> list[ShownSource]:
    """What the page shows of each column."""
    found = []
    for number, source in enumerate(sources):
        uses = [use for use in mapping.uses if use.source == source.name and use.target in targets][:MOST_USES]
        places = [f"{number}-{n}" for n in range(len(uses) + 1)]
        each = [
            ShownUse(place, use, targets[use.target], _words(place, source, use, targets[use.target]))
            for place, use in zip(places, uses, strict=False)
        ]
        found.append(ShownSource(source, each, places[-1] if len(uses) < MOST_USES else ""))
    return found


def _words(place: str, source: Source, use: Use, target: Target) -> list[Word]:
    names = known_names(target)
    return [
        Word(_field(place, item), item, times, _chosen(use, item), _is_alike(use.values.get(item), item, names))
        for item, times in open_items(source, use, target).items()
    ]


def _is_alike(key: str | None, item: str, names: dict[str, str]) -> bool:
    return bool(key) and names.get(folded(item)) != key


def _chosen(use: Use, item: str) -> str:
    return (use.values[item] or LEFT_OUT) if item in use.values else UNKNOWN


def _field(place: str, item: str) -> str:
    """The name of the field of a word; the same word has the same one, however the list of words changes."""
    return f"value-{place}-{blake2b(item.encode(errors='replace'), digest_size=8).hexdigest()}"


# What is sent back


def sent(data: Posted[str, str], sources: list[Source], targets: dict[str, Target]) -> tuple[Mapping, bool]:
    """The mapping of a page that was sent, and whether it has words whose meaning the page did not ask for."""
    order, uses, is_open = order_of_dates(sources), [], False
    for number, source in enumerate(sources):
        for place in (f"{number}-{n}" for n in range(MOST_USES + 1)):
            if target := targets.get(data.get(f"to-{place}", "")):
                was_shown = data.get(f"had-{place}") == target.key
                use = _sent_use(data, place, source, target) if was_shown else use_of(source, target, order)
                is_open |= any(_field(place, item) not in data for item in open_items(source, use, target))
                uses.append(use)
    return Mapping(tuple(_without_twins(uses)), _constants(data, targets)), is_open


def _sent_use(data: Posted[str, str], place: str, source: Source, target: Target) -> Use:
    dates, split = data.get(f"dates-{place}", ""), data.get(f"split-{place}", "")
    use = Use(
        source.name,
        target.key,
        dates=dates if dates in ORDERS else "",
        split=split if split in SEPARATORS else "",
        first_sentence=bool(target.longest) and f"short-{place}" in data,
        drops_others=bool(target.offers) and f"drop-{place}" in data,
    )
    return replace(use, values=_values(use, data, place, source, target))


def _values(use: Use, data: Posted[str, str], place: str, source: Source, target: Target) -> dict[str, str]:
    """The keys chosen for words, and those guessed for words that the page did not have."""
    keys = {offer.key for offer in target.offers}
    chosen = {item: data.get(_field(place, item)) for item in open_items(source, use, target)}
    found = values_of([item for item, key in chosen.items() if key is None], target)
    for item, key in chosen.items():
        if key == LEFT_OUT:
            found[item] = ""
        elif key in keys:
            found[item] = str(key)
    return found


def with_words_of(kept: Mapping, mapping: Mapping, sources: list[Source], targets: dict[str, Target]) -> Mapping:
    """A mapping with what a kept one knows of words that the page did not ask about."""
    known, named = {(use.source, use.target): use.values for use in kept.uses}, {each.name: each for each in sources}

    def completed(use: Use) -> Use:
        asked = open_items(named[use.source], use, targets[use.target])
        others = {item: key for item, key in known.get((use.source, use.target), {}).items() if item not in asked}
        return replace(use, values=others | use.values)

    return replace(mapping, uses=tuple(map(completed, mapping.uses)))


def _without_twins(uses: list[Use]) -> list[Use]:
    """One use of a column for each target."""
    return list({(use.source, use.target): use for use in reversed(uses)}.values())[::-1]


def _constants(data: Posted[str, str], targets: dict[str, Target]) -> dict[str, str]:
    texts = {key: data.get(f"constant-{key}", "").strip()[:1000] for key in targets}
    return {key: text for key, text in texts.items() if text}


# Choices


def grouped(targets: dict[str, Target]) -> list[tuple[str, list[Target]]]:
    """The targets for a list: those of columns with one, then the parts of each other column under its label."""
    parts: dict[str, list[Target]] = {}
    for target in targets.values():
        parts.setdefault(target.column, []).append(target)
    single = [found[0] for found in parts.values() if len(found) == 1]
    several = [(_group_label(found), found) for found in parts.values() if len(found) > 1]
    return [("", single), *several]


def _group_label(found: list[Target]) -> str:
    return next((target.label for target in found if not target.part), found[0].label)


def orders() -> list[tuple[str, str]]:
    """The orders of dates in words."""
    return [("", _("as it is")), ("dmy", _("day first: 31/12/2020")), ("mdy", _("month first: 12/31/2020"))]


def separators() -> list[tuple[str, str]]:
    """What parts items, in words."""
    return [
        ("", _("nothing: a cell is one item")),
        (";", _("semicolons")),
        (",", _("commas")),
        ("|", _("bars")),
        ("line", _("line breaks")),
    ]
