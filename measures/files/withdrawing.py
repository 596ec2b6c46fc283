"""Undoing an import may take entries and sources from the public: their addresses then say so."""

from collections.abc import Sequence

from countries.models import Named, PublicNames
from measures.models import Measure, Source

NAMES = (PublicNames(Named.MEASURE, Measure, "public_id"), PublicNames(Named.SOURCE, Source, "key"))


class Withdrawing:
    """Mixin of a resource whose records may be public, or make a source so."""

    @classmethod
    def withdraws(cls) -> Sequence[PublicNames]:
        return NAMES
