"""Former names in public addresses: a slug, an identifier, a key. Whatever is renamed or merged is still found by them.

Triggers write a row when a name changes, whoever changes it: a form, an import or plain SQL. A merge writes one for the
record that gave way.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import pgtrigger
from django.db import models
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from foundation.publication import bumps_public_version
from foundation.records.history import track_history
from foundation.records.second_reader import public_condition
from foundation.sql import execute


class Named(models.TextChoices):
    """What a former name was a name of."""

    COUNTRY = "country", _("country")
    MEASURE = "measure", _("measure")
    REFERENCE = "reference", _("reference")
    SOURCE = "source", _("source")
    ADDRESS = "address", _("address of a source")
    TOPIC = "topic", _("topic")
    TARGET_GROUP = "target_group", _("target group")
    ISSUING_BODY = "issuing_body", _("issuing body")


@bumps_public_version()
@track_history
class FormerAddress(models.Model):
    """A name by which a record was once found, and the key of the record that it leads to now."""

    kind = models.CharField(_("kind"), max_length=20, choices=Named)
    former = models.TextField(_("former name"))
    record = models.CharField(_("record"), max_length=40, blank=True)
    """'' for a name that leads nowhere: the import that made it public was undone."""
    gone = models.CharField(_("merged record"), max_length=40, blank=True, db_default="")
    """The key of a record that was merged into the other, whose history is part of that of the other."""
    since = models.DateTimeField(_("since"), db_default=Now())

    class Meta:
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")
        default_permissions = ()
        ordering = ["kind", "former"]
        indexes = [models.Index(fields=["kind", "record"], name="countries_formeraddress_of")]
        constraints = [
            models.UniqueConstraint(fields=["kind", "former"], name="countries_formeraddress_unique"),
            models.CheckConstraint(condition=models.Q(kind__in=Named.values), name="countries_formeraddress_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.former}"


def leads_on(
    kind: Named, columns: Sequence[str], *, name: str = "{row}.{column}", pk: str = "id", where: str = "true"
) -> pgtrigger.Trigger:
    """A trigger that notes the former name of a record, `name` in SQL, when one of its columns changes.

    `where` is a condition on the rows `old` and `new`.
    """
    former, now = (name.format(row=row, column=columns[0]) for row in ("old", "new"))
    return pgtrigger.Trigger(
        name=f"leads_on_{kind.value}",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf(*columns),
        func=f"""
            if {former} is distinct from {now} and {former} <> '' and {where} then
                insert into countries_formeraddress (kind, former, record) values ('{kind.value}', {former}, new.{pk})
                on conflict (kind, former) do update set record = excluded.record, since = now();
            end if;
            return null;
        """,  # noqa: S608  (names in our own code)
    )


def led_to(kind: Named, former: str | Combinable) -> str | None:
    """The key of the record that a former name (a text, or an SQL expression) leads to, or None."""
    found = FormerAddress.objects.filter(kind=kind, former=former)
    record: str | None = found.values_list("record", flat=True).first()
    return record


def lead_on(kind: Named, formers: Sequence[str], *, gone: models.Model, kept: models.Model) -> None:
    """Have the names of a record that gave way, now and before, lead to the one that was kept."""
    FormerAddress.objects.filter(kind=kind, record=str(gone.pk)).update(record=str(kept.pk))
    FormerAddress.objects.bulk_create(
        [
            FormerAddress(kind=kind, former=former, record=str(kept.pk), gone=str(gone.pk))
            for former in formers
            if former
        ],
        update_conflicts=True,
        unique_fields=["kind", "former"],
        update_fields=["record", "gone"],
    )


def taken_back(kind: Named, former: str) -> datetime.datetime | None:
    """When a public name was taken back, since the import that made it public was undone; None for others."""
    found = FormerAddress.objects.filter(kind=kind, former=former, record="")
    since: datetime.datetime | None = found.values_list("since", flat=True).first()
    return since


@dataclass(frozen=True, slots=True)
class PublicNames:
    """The names of the public records of a model, in a column, of which undoing an import may take some back."""

    kind: Named
    model: type[models.Model]
    column: str

    def note(self) -> None:
        """Note them, for `withdraw` in the same transaction."""
        execute("create temp table if not exists was_public (kind text, name text) on commit drop")
        execute(f"insert into was_public select '{self.kind.value}', name from ({self._query()}) p")  # noqa: S608 - as below

    def withdraw(self) -> None:
        """Let the names that were noted and no public record has now say that they were taken back."""
        execute(
            "insert into countries_formeraddress (kind, former, record)"  # noqa: S608 - names of our own models
            f" select kind, name, '' from was_public where kind = '{self.kind.value}'"
            f" and name not in ({self._query()}) on conflict (kind, former) do nothing"
        )

    def _query(self) -> str:
        return f"select {self.column} as name from {self.model._meta.db_table} where {public_condition(self.model)}"  # noqa: S608 - ours


def merged_into(kind: Named, record: models.Model) -> list[str]:
    """The keys of the records that were merged into one."""
    found = FormerAddress.objects.filter(kind=kind, record=str(record.pk)).exclude(gone="")
    return list(dict.fromkeys(found.order_by("since").values_list("gone", flat=True)))
