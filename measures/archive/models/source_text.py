"""The search vectors of sources, one per source."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from measures.models.source import Source


class SourceText(models.Model):
    """The words of a source: of its title (A), publisher (B) and address (C), and of its kept documents (D).

    Only triggers write here, at the end of each statement that changes a source or a capture; the migration
    `source_text` has them.
    """

    source = models.OneToOneField(
        Source, models.DO_NOTHING, primary_key=True, related_name="search_text", db_constraint=False
    )
    """The constraint is created in SQL, with a cascade that deletes the vector with the source."""
    vector = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["vector"], name="measures_sourcetext_vector")]

    def __str__(self) -> str:
        return str(self.source_id)
