"""The coded act: one row in the CSV, one mark on the timeline."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from countries.models import OF_NO_COUNTRY, Country, CountryArea, Named, leads_on
from foundation.partial_dates import DATE_HELP, PartialDateField, range_of
from foundation.publication import bumps_public_version
from foundation.records.history import track_history
from foundation.records.teams import Team
from foundation.texts import Text, translated
from measures.choices import (
    SYMMETRIC_RELATIONS,
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
from measures.models.identifiers import SERIES_FOLLOWS, PublicIdSequence
from measures.models.measure_rules import (
    DURATION_FORM,
    DURATION_REGEX,
    LEVEL_FOLLOWS,
    MEASURE_CONSTRAINTS,
    STATUSES_OF_NEW_KIND,
    family_of_kind,
)
from measures.models.place_rules import PLACE_OF_MEASURE
from measures.models.vocabulary import IssuingBody, TargetGroup, Topic
from measures.references import key_of, numbers_in

SHORT_TITLE_LENGTH = 24
"""Characters that fit on a mark of the timeline without overlapping its neighbour."""

_PLAIN = _("A short sentence for somebody who cannot read law: who may do what, from when until when.")
_NAMING_RELATIONS = [relation.value for relation in RelationType if relation not in SYMMETRIC_RELATIONS]

CLOSED = (Workflow.PUBLISHED, Workflow.RETIRED)
"""States in which only editors can change a record."""
BLIND_STATES = ("waiting", "taken")
"""The states of the double coding of an act in which it is kept from those who may code it a second time."""
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

    def kept_from(self, user: Any) -> "MeasureQuerySet | None":
        """Those that are being coded a second time and that `user`, who may do that, must not see; None for none.

        Those who may publish are never second coders: they read what is in review.
        """
        if user.has_perm(settings.PUBLISH_PERMISSION) or not user.has_perm("measures.change_measure"):
            return None
        kept = self.filter(double_coding__state__in=BLIND_STATES)
        return kept.exclude(double_coding__known_to=user.pk).order_by()

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
        validators=[RegexValidator(DURATION_REGEX, DURATION_FORM)],
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
        expression=family_of_kind(), output_field=models.CharField(max_length=10, choices=Family), db_persist=True
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
        constraints = MEASURE_CONSTRAINTS
        triggers = [
            *SERIES_FOLLOWS,
            leads_on(Named.MEASURE, ["public_id"]),
            leads_on(Named.REFERENCE, ["reference"], name="{row}.reference_key", where=_IS_CLOSED),
            STATUSES_OF_NEW_KIND,
            LEVEL_FOLLOWS,
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
