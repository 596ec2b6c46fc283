"""Where the cells of somebody else's table can go: a column of ours, or a part of what it holds.

Columns say which targets they have (`Column.targets`), and which values these allow.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import models
from django.utils import translation

from foundation.texts import LANGUAGES

MOST_OFFERED = 1_000
"""Number of values up to which a page offers them all; a larger table is no vocabulary to choose from."""
_NAMES = ("label", "name")
_OTHER_NAMES = ("native_name", "acronym")


@dataclass(frozen=True, slots=True)
class Offer:
    """A value that a target allows: its key in our files, its label, and every name that a guess may know it by."""

    key: str
    label: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """A column, or a part of its cell."""

    column: str
    label: str
    part: str = ""
    """What of the cell it is, such as a status whose date this is; '' for the whole cell."""
    before: str = ""
    """Text before each item in the cell of our file, such as `in_force@`."""
    continues: bool = False
    """Whether it goes on with the last item, as the date of a status does, instead of beginning one."""
    is_date: bool = False
    is_list: bool = False
    is_prose: bool = False
    hint: str = ""
    """What people should know who choose it."""
    rows_of: str = ""
    """The label of the model of which people may have to add a row before they can choose what they want."""
    longest: int = 0
    """Characters that a text may have; 0 where that is no matter."""
    offers: tuple[Offer, ...] = ()
    """All values that it allows; empty if they are not a list to choose from."""

    @property
    def key(self) -> str:
        """The name of the target in a mapping: `topics`, or `status_history:in_force`."""
        return f"{self.column}:{self.part}" if self.part else self.column


def offers_of_choices(choices: Iterable[tuple[object, object]]) -> tuple[Offer, ...]:
    """The keys of a fixed list, with their labels in all languages."""
    pairs = [(str(value), label) for value, label in choices if value]
    names: dict[str, list[str]] = {value: [] for value, _label in pairs}
    for language in LANGUAGES:
        with translation.override(language):
            for value, label in pairs:
                names[value].append(str(label))
    return tuple(Offer(value, str(label), tuple(names[value])) for value, label in pairs)


def offers_of_rows(model: type[models.Model], key: str) -> tuple[Offer, ...]:
    """The rows of a vocabulary with their names in all languages; none if there are too many to choose from."""
    fields = {field.name for field in model._meta.get_fields()}
    columns = [f"{stem}_{code}" for stem in _NAMES for code in LANGUAGES if f"{stem}_{code}" in fields]
    columns += [name for name in _OTHER_NAMES if name in fields]
    found = list(model._default_manager.order_by(key).values_list(key, *columns)[: MOST_OFFERED + 1])
    if not columns or len(found) > MOST_OFFERED:
        return ()
    place = next((columns.index(name) for name in _in_active_language(columns)), 0)
    return tuple(_offer(row[0], row[1:], place) for row in found)


def _in_active_language(columns: Collection[str]) -> list[str]:
    language = (translation.get_language() or "en")[:2]
    return [name for name in columns if name.endswith(f"_{language}")]


def _offer(key: str, names: tuple[str, ...], place: int) -> Offer:
    known = tuple(name for name in names if name)
    return Offer(str(key), names[place] or next(iter(known), str(key)), known)
