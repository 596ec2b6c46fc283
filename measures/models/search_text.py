"""The search vectors of entries, one per entry."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from measures.models.measure import Measure


class SearchText(models.Model):
    """The search vector of an entry and of what it refers to; only triggers write here.

    It is a separate table: its rows are narrow, so that the matches of a common word are read in milliseconds, and a
    change of an entry that leaves its words alone does not touch the index. The view `measures_searchvector` defines
    the content of a vector; the migration `search_text` creates it, with the triggers that decide when a vector is
    updated.
    """

    measure = models.OneToOneField(
        Measure, models.DO_NOTHING, primary_key=True, related_name="search_text", db_constraint=False
    )
    """The constraint is created in SQL, with a cascade that deletes the vector with the entry."""
    vector = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["vector"], name="measures_searchtext_vector")]

    def __str__(self) -> str:
        return str(self.measure_id)
