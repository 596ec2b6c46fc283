"""The vocabulary of the public record, for spelling suggestions."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class SearchWords(models.Model):
    """The distinct words of the published entries, in one row that is replaced as a whole; see `spelling`."""

    collected_at = models.DateTimeField(primary_key=True)
    words = ArrayField(models.TextField())
    entries = ArrayField(models.PositiveIntegerField())
    """Number of entries with each word, in the order of `words`."""

    class Meta:
        get_latest_by = "collected_at"

    def __str__(self) -> str:
        return f"{self.collected_at:%Y-%m-%d %H:%M}"
