"""The coded act: one row in the CSV, one mark on the timeline."""

from collections.abc import Iterable
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from countries.models import OF_NO_COUNTRY, Country, CountryArea, Named, leads_on
from foundation.partial_dates import DATE_HELP, PartialDateField, canonical, range_of
from foundation.publication import bumps_public_version
from foundation.records.history import track_history
from foundation.records.teams import Team
from foundation.texts import Text, translated
from measures.choices import (
    KINDS,
    STATE_FAMILIES,
    SYMMETRIC_RELATIONS,
    VALIDITY_FAMILIES,
    Direction,
    DurationBasis,
    EndKind,
    Evidence,
    Family,
    Kind,
    Level,
    RelationType,
    Status,
    Workflow,
)
from measures.durations import DURATION_PATTERN
from measures.models.identifiers import SERIES_FOLLOWS, PublicIdSequence
from measures.models.place_rules import PLACE_OF_MEASURE
from measures.models.source import LANGUAGE_TAG
from measures.models.vocabulary import IssuingBody, TargetGroup, Topic
from measures.references import key_of, numbers_in, words_before

SHORT_TITLE_LENGTH = 24
"""Characters that fit on a mark of the timeline without overlapping its neighbour."""

STATE_KINDS = [kind.value for family in STATE_FAMILIES for kind in KINDS[family]]
VALIDITY_KINDS = [kind.value for family in VALIDITY_FAMILIES for kind in KINDS[family]]


OF_INTERNATIONAL_BODIES = (Kind.TREATY, Kind.SOFT_LAW)
"""The kinds that are supranational where they have no country, unless somebody says otherwise."""
LOCAL = Level.SUBNATIONAL
_INTERNATIONAL_KINDS = ", ".join(f"'{kind.value}'" for kind in OF_INTERNATIONAL_BODIES)
LEVEL_BY_DEFAULT = (
    f"case when {{country}} is null and {{kind}} in ({_INTERNATIONAL_KINDS}) then '{Level.SUPRANATIONAL.value}'"
    f" when {{kind}} = '{Kind.SUBNATIONAL_NORM.value}' then '{LOCAL.value}' else '{Level.NATIONAL.value}' end"
)
"""SQL of the level of an act of which nobody states it, from SQL of its country (null for none) and its kind."""


def _family() -> Case:
    """The family of `kind`, as the database computes it."""
    return Case(
        *(When(kind__in=[kind.value for kind in kinds], then=Value(family.value)) for family, kinds in KINDS.items()),
        default=Value(""),
        output_field=models.CharField(),
    )


_PLAIN = _("A short sentence for somebody who cannot read law: who may do what, from when until when.")
_NAMING_RELATIONS = [relation.value for relation in RelationType if relation not in SYMMETRIC_RELATIONS]
DURATION_REGEX = rf"^({DURATION_PATTERN[0]}(?=[0-9]){DURATION_PATTERN[1:]})?$"
_DURATION_FORM = _("Write a duration as P30D for 30 days, P6M for six months, P1Y for a year or P1M15D.")


CLOSED = (Workflow.PUBLISHED, Workflow.RETIRED)
"""States in which only editors can change a record."""
_IS_CLOSED = "old.workflow in ('published', 'retired')"


class MeasureQuerySet(models.QuerySet["Measure"]):
    def published(self) -> "MeasureQuerySet":
        """What the public may read; every list, count and file starts from here."""
        return self.filter(workflow=Workflow.PUBLISHED)

    def named(self) -> "MeasureQuerySet":
        """Stubs that a published entry names in a relation of its own: public as a name alone, outside every list."""
        return self.filter(_is_named())

    def with_page(self) -> "MeasureQuerySet":
        """Published entries, and the stubs that they name."""
        return self.filter(Q(workflow=Workflow.PUBLISHED) | _is_named())

    def public(self) -> "MeasureQuerySet":
        """What has or had a public page: an entry that was published before it was retired keeps its URL."""
        return self.filter(Q(workflow=Workflow.PUBLISHED) | _WITHDRAWN | _is_named())

    def withdrawn(self) -> "MeasureQuerySet":
        """Retired entries that were public once; of others not even the identifier is public."""
        return self.filter(_WITHDRAWN)

    def of_countries(self, codes: Iterable[str]) -> "MeasureQuerySet":
        """The acts of countries; see the function of the same name."""
        return self.filter(of_countries(codes))

    def of_team(self, team: Team) -> "MeasureQuerySet":
        """Those of the countries of a team; those of no country are of the teams of the countries that they bind."""
        bound = Measure.binds.through.objects.filter(measure=OuterRef("pk"), country__in=team.countries)
        return self.filter(Q(country__in=team.countries) | Q(Exists(bound), country=None))

    def in_order_of_date(self) -> "MeasureQuerySet":
        """Oldest first; undated entries last, then by age of the record so that pages are stable."""
        return self.order_by(F("date_range").asc(nulls_last=True), "pk")

    def newest_first(self) -> "MeasureQuerySet":
        """Newest first; undated entries last."""
        return self.order_by(F("date_range").desc(nulls_last=True), "-pk")

    def mark_changed(self, *, by: Any, **changes: Any) -> int:
        """Write `changes` with who and when, and raise the version so that open forms become stale."""
        return self.update(updated_at=Now(), updated_by=by, record_version=F("record_version") + 1, **changes)


def of_countries(codes: Iterable[str]) -> Q:
    """Whether an act is of one of these countries: its own, or one that a supranational act binds.

    This is what every page, count, filter and file means by the acts of a country. `INT` stands for acts of no country.
    """
    listed = list(codes)
    bound = Measure.binds.through.objects.filter(measure=OuterRef("pk"), country__in=listed)
    own = Q(country__in=listed) | Q(Exists(bound))
    return own | Q(country=None) if OF_NO_COUNTRY in listed else own


def countries_of(measure: str) -> str:
    """The same in SQL: a query of the codes (`country`) of the countries that the measure with this alias is of."""
    own = f"select coalesce({measure}.country_id, '{OF_NO_COUNTRY}') as country"
    return f"{own} union select o.country_id from measures_measure_binds o where o.measure_id = {measure}.id"  # noqa: S608  (names in our own code)


_WITHDRAWN = Q(workflow=Workflow.RETIRED, published_at__isnull=False)


def _is_named() -> Q:
    """Whether a stub is the object of a relation of a published entry, which only those may write who may publish.

    A mutual relation does not count: it may have been written into the stub by those who may not.
    """
    naming = Measure.objects.filter(
        workflow=Workflow.PUBLISHED, relations__object=OuterRef("pk"), relations__type__in=_NAMING_RELATIONS
    )
    return Q(workflow=Workflow.STUB) & Q(Exists(naming))


@bumps_public_version(
    "select id from changed where workflow = 'published' union select m.id from changed c"
    " join measures_relation r on r.object_id = c.id join measures_measure m on m.id = r.subject_id"
    " where c.workflow = 'stub' and m.workflow = 'published'"
)
@track_history
class Measure(models.Model):
    """One coded act; a resolution whose clauses differ in topic, group or direction is one per `provision`."""

    public_id = models.CharField(
        _("identifier"), max_length=12, unique=True, editable=False, db_collation="C"
    )  # the index has the same order as the file, on every server
    country = models.ForeignKey(
        Country,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="measures",
        verbose_name=_("country"),
        help_text=_("Empty only for supranational acts."),
    )
    kind = models.CharField(_("kind"), max_length=30, choices=Kind)
    issuing_body = models.ForeignKey(
        IssuingBody, models.PROTECT, null=True, blank=True, related_name="measures", verbose_name=_("issuing body")
    )
    level = models.CharField(
        _("level"),
        max_length=13,
        choices=Level,
        blank=True,
        default="",
        db_default="",
        help_text=_("Whose act it is. If you leave it empty, it follows from country and kind."),
    )
    areas = models.ManyToManyField(
        CountryArea,
        blank=True,
        related_name="measures",
        verbose_name=_("areas"),
        help_text=_("Where the act holds, if that is not the whole country."),
    )
    binds = models.ManyToManyField(
        Country,
        blank=True,
        related_name="bound_by",
        verbose_name=_("countries bound"),
        help_text=_("The countries that a supranational act names: it is on the page of each."),
    )
    reference = models.CharField(_("reference"), max_length=200, blank=True, help_text=_("As printed: No. 44/2020."))
    provision = models.CharField(
        _("provision"), max_length=100, blank=True, help_text=_("The clause, if one act is several entries: art. 3.")
    )
    official_title = models.TextField(_("official title"), blank=True)
    original_language = models.CharField(
        _("original language"), max_length=35, blank=True, help_text=_("Language tag, such as es or pt-BR.")
    )
    title_en = models.CharField(_("title (English)"), max_length=600, blank=True)
    title_es = models.CharField(_("title (Spanish)"), max_length=600, blank=True)
    title_pt = models.CharField(_("title (Portuguese)"), max_length=600, blank=True)
    short_title_en = models.CharField(_("short title (English)"), max_length=SHORT_TITLE_LENGTH, blank=True)
    short_title_es = models.CharField(_("short title (Spanish)"), max_length=SHORT_TITLE_LENGTH, blank=True)
    short_title_pt = models.CharField(_("short title (Portuguese)"), max_length=SHORT_TITLE_LENGTH, blank=True)
    summary_en = models.TextField(_("summary (English)"), blank=True)
    summary_es = models.TextField(_("summary (Spanish)"), blank=True)
    summary_pt = models.TextField(_("summary (Portuguese)"), blank=True)
    plain_en = models.TextField(_("in plain words (English)"), blank=True, help_text=_PLAIN)
    plain_es = models.TextField(_("in plain words (Spanish)"), blank=True, help_text=_PLAIN)
    plain_pt = models.TextField(_("in plain words (Portuguese)"), blank=True, help_text=_PLAIN)
    topics = models.ManyToManyField(Topic, blank=True, related_name="measures", verbose_name=_("topics"))
    primary_topic = models.ForeignKey(
        Topic, models.PROTECT, null=True, blank=True, related_name="primary_of", verbose_name=_("primary topic")
    )
    target_groups = models.ManyToManyField(
        TargetGroup, blank=True, related_name="measures", verbose_name=_("target groups")
    )
    origin_countries = models.ManyToManyField(
        Country, blank=True, related_name="named_in", verbose_name=_("nationalities")
    )
    direction = models.CharField(_("direction"), max_length=20, choices=Direction, blank=True)
    valid_from = PartialDateField(_("valid from"), blank=True, help_text=DATE_HELP)
    valid_until = PartialDateField(_("valid until"), blank=True, help_text=_("The last day of validity."))
    end_kind = models.CharField(_("kind of end"), max_length=20, choices=EndKind, blank=True)
    duration = models.CharField(
        _("duration"),
        max_length=16,
        blank=True,
        validators=[RegexValidator(DURATION_REGEX, _DURATION_FORM)],
        help_text=_("P30D for 30 days, P6M for six months, P1Y for a year, P1M15D."),
    )
    duration_basis = models.CharField(_("days counted"), max_length=10, choices=DurationBasis, blank=True)
    checked_on = models.DateField(
        _("last checked on"),
        null=True,
        blank=True,
        help_text=_("The day on which somebody last looked, and what this record says still held."),
    )
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("checked by"),
    )
    evidence = models.CharField(_("evidence"), max_length=20, choices=Evidence, default=Evidence.UNSOURCED)

    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.UNKNOWN, editable=False)
    status_date = PartialDateField(_("date of the status"), blank=True, editable=False)
    date = PartialDateField(_("date"), blank=True, editable=False)
    workflow = models.CharField(_("workflow"), max_length=10, choices=Workflow, default=Workflow.DRAFT, editable=False)
    workflow_note = models.TextField(_("note on the last move"), blank=True, editable=False)
    retired_reason = models.TextField(_("reason for retiring"), blank=True, editable=False)
    """What readers are told at the address of a retired record."""
    replaced_by = models.ForeignKey(
        "self", models.PROTECT, null=True, editable=False, related_name="replaces", verbose_name=_("replaced by")
    )
    """The record that took the place of a retired one."""
    record_version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False, verbose_name=_("created by")
    )
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False, verbose_name=_("updated by")
    )
    reviewed_at = models.DateTimeField(_("reviewed"), null=True, editable=False)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("reviewed by"),
    )
    published_at = models.DateTimeField(_("published"), null=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("published by"),
    )

    reference_key = models.GeneratedField(
        expression=key_of(F("reference")), output_field=models.TextField(), db_persist=True
    )
    reference_numbers = models.GeneratedField(
        expression=numbers_in(F("reference")), output_field=ArrayField(models.TextField()), db_persist=True
    )
    family = models.GeneratedField(
        expression=_family(), output_field=models.CharField(max_length=10, choices=Family), db_persist=True
    )
    date_range = range_of("date")
    valid_from_range = range_of("valid_from")
    valid_until_range = range_of("valid_until")

    objects = MeasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("measure")
        verbose_name_plural = _("measures")
        ordering = ["public_id"]
        permissions = [
            ("publish_measure", "Can publish, send back and retire measures"),
            ("import_measure", "Can import files"),
        ]
        indexes = [
            GistIndex(fields=["date_range"], name="measures_measure_date"),
            GinIndex(fields=["reference_key"], opclasses=["gin_trgm_ops"], name="measures_measure_reference"),
            GinIndex(fields=["reference_numbers"], name="measures_measure_numbers"),
            GinIndex(
                fields=["title_en", "title_es", "title_pt"],
                opclasses=["gin_trgm_ops"] * 3,
                condition=Q(date=""),
                name="measures_measure_undated",
            ),
            models.Index(fields=["country", "workflow"], name="measures_measure_country"),
            models.Index(fields=["-updated_at"], name="measures_measure_updated"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(public_id__regex=r"^[A-Z]{3}-[0-9]{5,}$"),
                name="measures_measure_public_id_form",
                violation_error_message=_("An identifier must have the form PER-00007."),
            ),
            models.CheckConstraint(
                condition=Q(country=None, public_id__startswith="INT-")
                | Q(country__isnull=False, public_id__startswith=F("country_id")),
                name="measures_measure_public_id_of_country",
                violation_error_message=_("An identifier must begin with the code of the country, or with INT."),
            ),
            models.CheckConstraint(
                condition=Q(country__isnull=False)
                | Q(kind__in=OF_INTERNATIONAL_BODIES, level__in=["", Level.SUPRANATIONAL])
                | Q(level=Level.SUPRANATIONAL),
                name="measures_measure_has_country",
                violation_error_message=_("Choose a country. Only supranational acts have none."),
            ),
            models.CheckConstraint(
                condition=Q(level__in=["", *Level.values])
                & (~Q(kind=Kind.SUBNATIONAL_NORM) | Q(level__in=["", LOCAL])),
                name="measures_measure_level_of_kind",
                violation_error_message=_(
                    "A subnational norm is on the subnational level. Change the level, or the kind."
                ),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=Kind.values, status__in=Status.values, evidence__in=Evidence.values),
                name="measures_measure_codes_known",
                violation_error_message=_("Choose kind, status and evidence from the lists."),
            ),
            models.CheckConstraint(
                condition=Q(direction="") | Q(direction__in=Direction.values, kind__in=STATE_KINDS),
                name="measures_measure_direction_of_state",
                violation_error_message=_("Only norms, bills and actions have a direction. Leave it empty."),
            ),
            models.CheckConstraint(
                condition=Q(valid_from="", valid_until="", end_kind="", duration="")
                | Q(kind__in=VALIDITY_KINDS, end_kind__in=["", *EndKind.values]),
                name="measures_measure_validity_of_norms",
                violation_error_message=_("Only norms and actions have validity dates. Leave these fields empty."),
            ),
            models.CheckConstraint(
                condition=~Q(end_kind=EndKind.FIXED_DATE, valid_until=""),
                name="measures_measure_fixed_date_given",
                violation_error_message=_("An end with a fixed date needs that date in “valid until”."),
            ),
            models.CheckConstraint(
                condition=~Q(end_kind__in=[EndKind.FURTHER_NOTICE, EndKind.INDEFINITE]) | Q(valid_until=""),
                name="measures_measure_open_end_has_no_date",
                violation_error_message=_(
                    "An end that is open on purpose has no date. Clear “valid until” or change the kind of end."
                ),
            ),
            models.CheckConstraint(
                condition=Q(valid_from="") | Q(valid_until="") | ~Q(valid_until_range__fully_lt=F("valid_from_range")),
                name="measures_measure_ends_after_start",
                violation_error_message=_("“Valid until” is before “valid from”."),
            ),
            models.CheckConstraint(
                condition=Q(duration__regex=DURATION_REGEX),
                name="measures_measure_duration_form",
                violation_error_message=_DURATION_FORM,
            ),
            models.CheckConstraint(
                condition=Q(duration="", duration_basis="")
                | (~Q(duration="") & Q(duration_basis__in=DurationBasis.values)),
                name="measures_measure_duration_basis_pair",
                violation_error_message=_(
                    "A duration needs what its days are: calendar days, working days, or the source does not say."
                    " Months and years are always calendar. Without a duration leave this empty."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(duration_basis=DurationBasis.WORKING) | Q(duration__endswith="D"),
                name="measures_measure_duration_basis_of_days",
                violation_error_message=_("Years, months and weeks are always calendar time. Choose calendar days."),
            ),
            models.CheckConstraint(
                condition=Q(checked_by=None) | Q(checked_on__isnull=False),
                name="measures_measure_checked_pair",
            ),
            models.CheckConstraint(
                condition=~Q(title_en="", title_es="", title_pt=""),
                name="measures_measure_has_title",
                violation_error_message=_("Write the title in at least one language."),
            ),
            models.CheckConstraint(
                condition=Q(original_language__regex=LANGUAGE_TAG),
                name="measures_measure_language_tag",
                violation_error_message=_("Write a language tag such as es or pt-BR."),
            ),
            models.UniqueConstraint(
                "country",
                "kind",
                "issuing_body",
                key_of(F("reference")),
                words_before(F("reference")),
                "provision",
                condition=~Q(reference="") & ~Q(workflow=Workflow.RETIRED),
                nulls_distinct=False,
                name="measures_measure_reference_unique",
                violation_error_message=_(
                    "This country already has an entry of that kind, body, reference and provision. Open that entry, "
                    "or name the provision that this one is about."
                ),
            ),
            models.CheckConstraint(
                condition=Q(workflow__in=Workflow.values)
                & (~Q(workflow=Workflow.PUBLISHED) | Q(published_at__isnull=False)),
                name="measures_measure_published_by_someone",
                violation_error_message=_("Only the workflow can publish a record."),
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at=None, reviewed_by=None)
                | Q(reviewed_at__isnull=False, reviewed_by__isnull=False),
                name="measures_measure_reviewed_pair",
            ),
            models.CheckConstraint(
                condition=Q(published_at=None, published_by=None)
                | Q(published_at__isnull=False, published_by__isnull=False),
                name="measures_measure_published_pair",
            ),
            canonical("valid_from", "measures_measure"),
            canonical("valid_until", "measures_measure"),
            canonical("status_date", "measures_measure"),
            canonical("date", "measures_measure"),
        ]
        triggers = [
            *SERIES_FOLLOWS,
            leads_on(Named.MEASURE, ["public_id"]),
            leads_on(Named.REFERENCE, ["reference"], name="{row}.reference_key", where=_IS_CLOSED),
            pgtrigger.Trigger(
                name="statuses_of_new_kind",
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                operation=pgtrigger.UpdateOf("kind"),
                condition=pgtrigger.Q(old__kind__df=pgtrigger.F("new__kind")),
                func="update measures_statusevent set status = status where measure_id = new.id; return null;",
            ),
            pgtrigger.Trigger(
                name="level_by_default",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Q(new__level=""),
                func=f"new.level := {LEVEL_BY_DEFAULT.format(country='new.country_id', kind='new.kind')}; return new;",
            ),
            *PLACE_OF_MEASURE,
        ]

    def __str__(self) -> str:
        return f"{self.public_id} {self.title}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.public_id:
            self.public_id = PublicIdSequence.take(self.country_id)
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("measure", kwargs={"public_id": self.public_id})

    @property
    def title(self) -> Text:
        """The title in the active language, else in the first language that has it."""
        return translated(self, "title")

    @property
    def short_title(self) -> Text:
        """The label of the mark; cut from the title if empty."""
        short, title = translated(self, "short_title"), self.title
        if short and (not short.is_fallback or title.is_fallback):
            return short
        if len(title.text) <= SHORT_TITLE_LENGTH:
            return title
        cut = title.text[: SHORT_TITLE_LENGTH - 1].rsplit(" ", 1)[0]
        return Text(f"{cut}…", title.language, title.is_fallback)

    @property
    def summary(self) -> Text:
        """The summary (Markdown) in the active language, else in the first language that has it."""
        return translated(self, "summary")

    @property
    def plain(self) -> Text:
        """What the act means for a person, without the words of law, in the active language or another one."""
        return translated(self, "plain")

    @property
    def issuing_bodies(self) -> list[IssuingBody]:
        """The bodies that issued the act; the first leads."""
        further = [row.body for row in self.further_bodies.all()]
        return [self.issuing_body, *further] if self.issuing_body else further

    @property
    def lane(self) -> Topic | None:
        """The top-level topic whose lane on the timeline has the entry."""
        topic = self.primary_topic
        return topic.parent or topic if topic else None
