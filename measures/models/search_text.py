"""What the search reads: one vector an entry, beside the entry."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from measures.models.measure import Measure


class SearchText(models.Model):
    """The words of an entry and of what it names, as PostgreSQL keeps them; only triggers write here.

    A table of its own: its rows are narrow, so that the hits of a common word are read in milliseconds, and no change
    of an entry that leaves its words alone touches the index. The view `measures_searchvector` says what a vector
    holds; the migration `search_text` has it, with the triggers, and says when a vector is brought up to date.
    """

    measure = models.OneToOneField(
        Measure, models.DO_NOTHING, primary_key=True, related_name="search_text", db_constraint=False
    )
    """The constraint is PostgreSQL's own, so that it deletes the vector with the entry."""
    vector = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["vector"], name="measures_searchtext_vector")]

    def __str__(self) -> str:
        return str(self.measure_id)
