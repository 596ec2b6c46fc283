"""What is true of each act on each day, derived from the record."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from foundation.publication import bumps_public_version
from measures.models.measure import Measure
from measures.models.published import PUBLISHED


class DateMultiRangeField(models.Field):
    """A set of days as PostgreSQL's `datemultirange`; in Python a psycopg `Multirange`."""

    def db_type(self, connection: Any) -> str:
        """The type of the column."""
        return "datemultirange"


@bumps_public_version(PUBLISHED, when=["update"])  # a row comes and goes with its measure, which is a change itself
class Validity(models.Model):
    """The days on which a norm or action is in force, and its state, or that of a bill, on every day.

    Only triggers and `measures.validity.store` write here; `measures/sql/validity.sql` says when. `states` has one more
    than `days`: the first state is that before the first of the days, and each other begins on the day in its place.
    `facts` has the fact on which each state hangs, as `measures.validity.standing` reads it. A stale row is no
    longer true: it has changed, or what it depends on, and is derived anew by whoever reads it.
    """

    measure = models.OneToOneField(
        Measure, models.DO_NOTHING, primary_key=True, related_name="validity", db_constraint=False
    )
    """The constraint is created in SQL, with a cascade that deletes the row with the measure."""
    is_stale = models.BooleanField(default=True)
    certain = DateMultiRangeField()
    possible = DateMultiRangeField()
    presumed = DateMultiRangeField()
    days = ArrayField(models.DateField())
    states = ArrayField(models.TextField())
    facts = ArrayField(models.TextField())

    class Meta:
        indexes = [
            models.Index(fields=["measure"], condition=Q(is_stale=True), name="measures_validity_stale"),
        ]

    def __str__(self) -> str:
        return str(self.measure_id)
