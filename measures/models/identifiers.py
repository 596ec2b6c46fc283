"""The series of identifiers of each country, protected from being exhausted by an import."""

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.sql import value

LAST_GIVEN = 999_999
"""The highest number that a record may bring with it, which leaves millions of numbers."""
LAST_NUMBER = 9_999_999

_FOLLOW = """
    if exists (
        select from {rows} n left join measures_publicidsequence s on s.prefix = left(n.public_id, 3)
        where substr(n.public_id, 5)::bigint > greatest(s.last, {last})
    ) then
        raise exception 'an identifier is beyond every series'
            using errcode = 'check_violation', constraint = 'measures_measure_public_id_in_series';
    end if;
    insert into measures_publicidsequence as s (prefix, last)
    select n.prefix, max(n.number) from (
        select left(public_id, 3) as prefix, substr(public_id, 5)::integer as number from {rows} r
    ) n left join measures_publicidsequence f using (prefix)
    where n.number > coalesce(f.last, 0) group by n.prefix order by n.prefix
    on conflict (prefix) do update set last = greatest(s.last, excluded.last);
    return null;
"""
_MOVED = "(select n.* from new_values n join old_values o using (id) where n.public_id <> o.public_id)"

SERIES_FOLLOWS = [
    pgtrigger.Trigger(
        name="series_follows_insert",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="new_values"),
        func=_FOLLOW.format(rows="new_values", last=LAST_GIVEN),
    ),
    pgtrigger.Trigger(
        name="series_follows_update",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        referencing=pgtrigger.Referencing(old="old_values", new="new_values"),
        func=_FOLLOW.format(rows=_MOVED, last=LAST_GIVEN),
    ),
]
"""However an identifier is written, its number is not assigned again, and the series does not run out of numbers."""


_NEXT = """
    insert into measures_publicidsequence as s (prefix, last) values (%s, 1)
    on conflict (prefix) do update set last = s.last + 1 returning last
"""


class PublicIdSequence(models.Model):
    """The last number assigned in a country; no number is ever reused, whatever becomes of the record."""

    prefix = models.CharField(max_length=3, primary_key=True)
    last = models.PositiveIntegerField(default=0)

    INTERNATIONAL = "INT"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last__lte=LAST_NUMBER),
                name="measures_publicidsequence_in_bounds",
                violation_error_message=_("A series of identifiers ends at 9999999."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.prefix}-{self.last:05d}"

    @classmethod
    def take(cls, country_id: str | None) -> str:
        """The next identifier of a country (or of `INT`), such as `PER-00007`; waits for others who take one."""
        prefix = country_id or cls.INTERNATIONAL
        return str(cls(prefix, value(_NEXT, [prefix])))
