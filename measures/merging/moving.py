"""What every merge does: the rows that name the record which gives way name the one that is kept."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pghistory.models
from django.db import IntegrityError, models, transaction
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from foundation.records.teams import hidden_name, may_see, names_of
from foundation.texts import LANGUAGES

MOST_NAMED = 5
"""Rows of one kind that a preview names."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Rows that change hands: what they are, how many, and a few of them."""

    what: str
    count: int
    examples: tuple[str, ...] = ()

    @property
    def has_more(self) -> bool:
        """Whether there are more than are named."""
        return self.count > len(self.examples)


@dataclass(slots=True)
class Report:
    """What a merge moves, and what it cannot decide: both records say something else, and the kept one stays."""

    reader: Any
    """Who reads it: records of other countries are not named."""
    moved: list[Moved] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)

    def tell(self, what: Any, rows: list[Any]) -> None:
        """Add rows that changed hands, if there are any."""
        if rows:
            self._add(what, len(rows), names_of(self.reader, rows[:MOST_NAMED]))

    def told(self, what: Any, words: list[str]) -> None:
        """Add rows that changed hands and are words already, without names that the reader may not read."""
        if words:
            self._add(what, len(words), words[:MOST_NAMED])

    def identifier(self, measure: Any) -> str:
        """The identifier of a measure, as far as the reader may read it."""
        return str(measure.public_id) if may_see(self.reader, measure) else hidden_name()

    def _add(self, what: Any, count: int, words: list[str]) -> None:
        self.moved.append(Moved(capfirst(str(what)), count, tuple(dict.fromkeys(words))))


def references_to(model: type[models.Model]) -> Iterator[models.ForeignKey]:
    """The foreign keys to a model that people's records have: those of tags too, but not of history or caches."""
    for relation in model._meta.get_fields(include_hidden=True):
        key: Any = getattr(relation, "field", None)
        is_key = relation.auto_created and isinstance(key, models.ForeignKey) and not key.unique
        if not is_key or key.remote_field.model is not model or not key.db_constraint:
            continue
        if not (key.model._meta.proxy or issubclass(key.model, pghistory.models.Event)):
            yield key


def repoint(key: models.ForeignKey, gone: Any, kept: Any) -> tuple[list[Any], list[Any]]:
    """Have the rows of a table name `kept`; return those that do, and those that a rule of the table leaves alone."""
    owner: Any = key.model
    moved, left = [], []
    for row in owner._base_manager.filter(**{key.name: gone}).order_by("pk"):
        try:
            with transaction.atomic():
                owner._base_manager.filter(pk=row.pk).update(**{key.name: kept})
        except IntegrityError:
            left.append(row)
        else:
            setattr(row, key.attname, kept.pk)
            moved.append(row)
    return moved, left


def fill(kept: Any, gone: Any, names: list[str], report: Report) -> list[str]:
    """Fill empty fields of `kept` from `gone`, name those in which both say something else; return the filled ones."""
    filled = []
    for name in names:
        label = capfirst(str(kept._meta.get_field(name).verbose_name))
        mine, other = getattr(kept, name), getattr(gone, name)
        if not mine and other:
            setattr(kept, name, other)
            filled.append(name)
            report.moved.append(Moved(label, 1, (_shown(gone, name),)))
        elif mine and other and mine != other:
            report.conflicts.append(differing(kept, gone, name))
    return filled


def differing(kept: Any, gone: Any, name: str) -> str:
    """Says which of two values of a field stays."""
    return _("%(field)s: “%(kept)s” stays, “%(gone)s” is dropped.") % {
        "field": capfirst(str(kept._meta.get_field(name).verbose_name)),
        "kept": _shown(kept, name),
        "gone": _shown(gone, name),
    }


def three(*names: str) -> list[str]:
    """The columns of texts in three languages."""
    return [f"{name}_{language}" for name in names for language in LANGUAGES]


def _shown(record: Any, name: str) -> str:
    display = getattr(record, f"get_{name}_display", None)
    text = str(display() if display else getattr(record, name))
    return text if len(text) <= 80 else f"{text[:79]}…"
