"""Undoing an import may take entries and sources from the public: their addresses then say so."""

from countries.models import Named, note_public, note_withdrawn
from measures.models import Measure, Source

_NAMES = ((Named.MEASURE, Measure, "public_id"), (Named.SOURCE, Source, "key"))


class Withdrawing:
    """Mixin of a resource whose records may be public, or make a source so."""

    @classmethod
    def before_undoing(cls) -> None:
        for kind, model, column in _NAMES:
            note_public(kind, model, column)

    @classmethod
    def after_undoing(cls) -> None:
        for kind, model, column in _NAMES:
            note_withdrawn(kind, model, column)
