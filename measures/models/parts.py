"""Parts of a measure: its status history, its relations to other acts, and the other numbers that it has."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from foundation.days import today
from foundation.partial_dates import DATE_HELP, PartialDateField, canonical, range_of
from foundation.publication import bumps_public_version
from foundation.records.history import track_history
from measures.choices import (
    ACYCLIC_RELATIONS,
    INVERSE_LABELS,
    KINDS,
    STATUSES,
    SYMMETRIC_RELATIONS,
    AliasKind,
    RelationScope,
    RelationType,
    Status,
)
from measures.models.measure import Measure
from measures.models.place_rules import BESIDE_THE_FIRST
from measures.models.published import PUBLISHED, PartQuerySet
from measures.models.source import Source
from measures.models.vocabulary import IssuingBody
from measures.references import key_of, numbers_in

_KINDS_AND_STATUSES = " or ".join(
    "(m.kind in ({}) and e.status in ({}))".format(
        ", ".join(f"'{kind.value}'" for kind in kinds), ", ".join(f"'{s.value}'" for s in STATUSES[family])
    )
    for family, kinds in KINDS.items()
)
_STATUS_OF_FAMILY = f"""
    if exists (
        select from new_values e join measures_measure m on m.id = e.measure_id where not ({_KINDS_AND_STATUSES})
    ) then
        raise exception 'a status does not belong to the family of its measure'
            using errcode = 'check_violation', constraint = 'measures_statusevent_status_of_family';
    end if;
    return null;
"""
_NO_CIRCLE = f"""
    if exists (
        select from new_values r
        where r.type in ({", ".join(f"'{relation.value}'" for relation in ACYCLIC_RELATIONS)})
        and relation_leads_to(r.type, r.object_id, r.subject_id)
    ) then
        raise exception 'relations close a circle'
            using errcode = 'check_violation', constraint = 'measures_relation_no_circle';
    end if;
    return null;
"""


def _after_writes(name: str, check: str) -> list[pgtrigger.Trigger]:
    """Rules across tables, checked once a statement: a trigger with transition tables takes one operation each."""
    return [
        pgtrigger.Trigger(
            name=f"{name}_{suffix}",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=operation,
            referencing=pgtrigger.Referencing(new="new_values"),
            func=check,
        )
        for suffix, operation in (("insert", pgtrigger.Insert), ("update", pgtrigger.Update))
    ]


@bumps_public_version(PUBLISHED)
@track_history
class FurtherBody(models.Model):
    """A body that issued an act together with the one that leads, `Measure.issuing_body`; in the order of the act."""

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="further_bodies", verbose_name=_("measure"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    body = models.ForeignKey(
        IssuingBody, models.PROTECT, related_name="further_measures", verbose_name=_("issuing body")
    )

    part_of = "measure"
    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = _("further issuing body")
        verbose_name_plural = _("further issuing bodies")
        ordering = ["measure", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "position"],
                name="measures_furtherbody_position_unique",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(
                fields=["measure", "body"],
                name="measures_furtherbody_unique",
                violation_error_message=_("This entry names that body already."),
            ),
        ]
        triggers = [*BESIDE_THE_FIRST]

    def __str__(self) -> str:
        return str(self.body)


@bumps_public_version(PUBLISHED)
@track_history
class StatusEvent(models.Model):
    """A status that an act reached on a date; the events are authoritative, `Measure.status` is a cache."""

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="status_events", verbose_name=_("measure"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    status = models.CharField(_("status"), max_length=20, choices=Status)
    date = PartialDateField(_("date"), blank=True, help_text=DATE_HELP)
    note = models.CharField(_("note (English)"), max_length=300, blank=True)
    note_es = models.CharField(_("note (Spanish)"), max_length=300, blank=True)
    note_pt = models.CharField(_("note (Portuguese)"), max_length=300, blank=True)
    source = models.ForeignKey(
        Source, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("source")
    )
    recorded_on = models.DateField(_("recorded on"), default=today, editable=False)
    date_range = range_of("date")

    part_of = "measure"
    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("status history")
        ordering = ["measure", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "position"],
                name="measures_statusevent_position_unique",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=Q(status__in=Status.values),
                name="measures_statusevent_status_known",
                violation_error_message=_("Choose a status from the list."),
            ),
            canonical("date", "measures_statusevent"),
        ]
        triggers = _after_writes("status_of_family", _STATUS_OF_FAMILY)

    def __str__(self) -> str:
        return f"{self.status}@{self.date}" if self.date else self.status


class RelationQuerySet(models.QuerySet["Relation"]):
    """Relations, by who may see them."""

    def public(self) -> "RelationQuerySet":
        """Those of entries that have or had a public page; a mutual one belongs to both of its entries."""
        measures = Measure.objects.public()
        is_of_object = Exists(measures.filter(pk=OuterRef("object_id")))
        return self.filter(
            ~Q(type__in=SYMMETRIC_RELATIONS) | is_of_object, Exists(measures.filter(pk=OuterRef("subject_id")))
        )


@bumps_public_version(
    "select id from measures_measure where workflow = 'published'"
    " and id in (select subject_id from changed union select object_id from changed)"
)
@track_history
class Relation(models.Model):
    """A relation between acts, such as extends, amends or answers, from subject to object."""

    subject = models.ForeignKey(Measure, models.CASCADE, related_name="relations", verbose_name=_("this entry"))
    type = models.CharField(_("relation"), max_length=20, choices=RelationType)
    object = models.ForeignKey(Measure, models.PROTECT, related_name="relations_to", verbose_name=_("other entry"))
    date = PartialDateField(
        _("takes effect on"),
        blank=True,
        help_text=_("The first day of effect on the other entry; empty if it is that of the act itself."),
    )
    scope = models.CharField(_("scope"), max_length=5, choices=RelationScope, default=RelationScope.WHOLE)
    provision = models.CharField(
        _("provision"), max_length=100, blank=True, help_text=_("The clause of the other entry: art. 3.")
    )
    recorded_on = models.DateField(_("recorded on"), default=today, editable=False)

    part_of = "subject"
    objects = RelationQuerySet.as_manager()

    class Meta:
        verbose_name = _("relation")
        verbose_name_plural = _("relations")
        ordering = ["type", "object__public_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "type", "object"],
                name="measures_relation_unique",
                violation_error_message=_("This relation is already recorded."),
            ),
            models.CheckConstraint(
                condition=~Q(subject=F("object")),
                name="measures_relation_not_to_itself",
                violation_error_message=_("An entry may not be related to itself."),
            ),
            models.CheckConstraint(
                condition=Q(type__in=RelationType.values),
                name="measures_relation_type_known",
                violation_error_message=_("Choose a relation from the list."),
            ),
            models.CheckConstraint(
                condition=~Q(type__in=[r.value for r in SYMMETRIC_RELATIONS]) | Q(subject__lt=F("object")),
                name="measures_relation_symmetric_once",
                violation_error_message=_("A mutual relation is recorded once, from the older entry."),
            ),
            models.CheckConstraint(
                condition=Q(scope__in=RelationScope.values),
                name="measures_relation_scope_known",
                violation_error_message=_("Choose a scope from the list."),
            ),
            models.CheckConstraint(
                condition=~Q(type__in=[r.value for r in SYMMETRIC_RELATIONS])
                | Q(date="", scope=RelationScope.WHOLE, provision=""),
                name="measures_relation_symmetric_is_bare",
                violation_error_message=_("A mutual relation has no date and concerns whole acts."),
            ),
            canonical("date", "measures_relation"),
        ]
        triggers = _after_writes("no_circle", _NO_CIRCLE)

    def __str__(self) -> str:
        return f"{self.type}:{self.object}"

    def clean(self) -> None:
        """Store a mutual relation from its older side; raise ValidationError for a cycle."""
        if self.type in SYMMETRIC_RELATIONS and self.subject_id and self.object_id and self.subject_id > self.object_id:
            self.subject_id, self.object_id = self.object_id, self.subject_id
        if self.closes_a_circle():
            raise ValidationError(
                _("Relations may not form a cycle: the other entry already leads back to this one."), code="circle"
            )

    def closes_a_circle(self) -> bool:
        """Whether the object already leads to the subject by relations of this type."""
        if self.type not in ACYCLIC_RELATIONS or not (self.subject_id and self.object_id):
            return False
        with connection.cursor() as cursor:
            cursor.execute("select relation_leads_to(%s, %s, %s)", [self.type, self.object_id, self.subject_id])
            return bool(cursor.fetchone()[0])

    @property
    def inverse_label(self) -> str:
        """The label as seen from the object: `extended by`."""
        return str(INVERSE_LABELS[RelationType(self.type)])

    @property
    def scope_in_words(self) -> str:
        """`in part`, or '' if it concerns the whole of the object."""
        return str(_("in part")) if self.scope == RelationScope.PART else ""

    @property
    def effect(self) -> str:
        """`in part, art. 3, from 15 April 2020`: how much of the object, and from when; '' for the ordinary."""
        start = _("from %(date)s") % {"date": self.date.in_words()} if self.date else ""
        missing = self.date.missing_in_words() if self.date else ""
        return ", ".join(str(part) for part in (self.scope_in_words, self.provision, start, missing) if part)


@bumps_public_version(PUBLISHED)
@track_history
class ReferenceAlias(models.Model):
    """Another number of an act, which leads to it: a former one, one of another register, one by which it is cited."""

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="aliases", verbose_name=_("measure"))
    kind = models.CharField(_("kind of number"), max_length=20, choices=AliasKind)
    reference = models.CharField(_("number"), max_length=200, help_text=_("As printed: No. 44/2020."))
    reference_numbers = models.GeneratedField(
        expression=numbers_in(F("reference")), output_field=ArrayField(models.TextField()), db_persist=True
    )

    part_of = "measure"
    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = _("other number")
        verbose_name_plural = _("other numbers")
        ordering = ["kind", "reference"]
        indexes = [GinIndex(fields=["reference_numbers"], name="measures_alias_numbers")]
        constraints = [
            models.UniqueConstraint(
                "measure",
                key_of(F("reference")),
                name="measures_referencealias_unique",
                violation_error_message=_("This entry has that number already."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=AliasKind.values),
                name="measures_referencealias_kind_known",
                violation_error_message=_("Choose the kind of number from the list."),
            ),
            models.CheckConstraint(
                condition=Q(reference__regex=r"\S"),
                name="measures_referencealias_not_empty",
                violation_error_message=_("Write the number, or remove the row."),
            ),
        ]

    def __str__(self) -> str:
        return self.reference
