"""Sources of records, and what each one supports."""

from itertools import count
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from countries.models import Named, leads_on
from foundation.partial_dates import PartialDateField, canonical, range_of
from foundation.publication import bumps_public_version
from foundation.records.history import track_history
from measures.archive.choices import Rights, SourceKind
from measures.choices import Workflow
from measures.models.published import PUBLISHED, PartQuerySet

LANGUAGE_TAG = r"^([a-z]{2,3}(-[A-Za-z0-9]{2,8})*)?$"
"""BCP 47, as far as a regular expression can check."""


def address_key(address: str | models.expressions.Combinable) -> models.Func:
    """The key of an address (a text or an expression), the same for all of its spellings: `sql/addresses.sql`."""
    value = models.Value(address) if isinstance(address, str) else address
    return models.Func(value, function="address_key", output_field=models.TextField())


class SourceQuerySet(models.QuerySet["Source"]):
    """Sources, by who may see them."""

    def public(self) -> Self:
        """Those that a published entry cites."""
        return self.filter(Exists(Citation.objects.filter(source=OuterRef("pk"), measure__workflow=Workflow.PUBLISHED)))


@bumps_public_version(when=["update", "delete"])  # a new source becomes visible where it is cited
@track_history
class Source(models.Model):
    """A document, used by any number of measures."""

    key = models.SlugField(
        _("key"),
        max_length=80,
        unique=True,
        blank=True,
        help_text=_("Files use it as the name of the source. Created automatically if left empty."),
    )
    url = models.URLField(_("address"), max_length=2048, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=SourceKind, default=SourceKind.UNSPECIFIED)
    title = models.CharField(_("title"), max_length=600)
    publisher = models.CharField(_("publisher"), max_length=200, blank=True)
    language = models.CharField(
        _("language"), max_length=35, blank=True, help_text=_("Language tag, such as es or pt-BR.")
    )
    published = PartialDateField(_("published"), blank=True)
    accessed_on = models.DateField(_("accessed on"), null=True, blank=True)
    rights = models.CharField(_("rights"), max_length=10, choices=Rights, default=Rights.UNKNOWN)
    published_range = range_of("published")
    url_key = models.GeneratedField(expression=address_key(F("url")), output_field=models.TextField(), db_persist=True)

    objects = SourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["title", "key"]
        indexes = [models.Index(fields=["url_key"], name="measures_source_address")]
        constraints = [
            models.CheckConstraint(
                condition=Q(key__regex=r"^[a-z0-9][a-z0-9_-]*$"),
                name="measures_source_key_form",
                violation_error_message=_("A key may have lowercase letters, digits, - and _."),
            ),
            models.UniqueConstraint(
                fields=["url"],
                condition=~Q(url=""),
                name="measures_source_url_unique",
                violation_error_message=_("There is already a source with this address."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=SourceKind.values, rights__in=Rights.values),
                name="measures_source_codes_known",
                violation_error_message=_("Choose the kind and the rights from the lists."),
            ),
            models.CheckConstraint(
                condition=Q(language__regex=LANGUAGE_TAG),
                name="measures_source_language_tag",
                violation_error_message=_("Write a language tag such as es or pt-BR."),
            ),
            canonical("published", "measures_source"),
        ]
        triggers = [leads_on(Named.SOURCE, ["key"]), leads_on(Named.ADDRESS, ["url"], name="{row}.url_key")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("source", kwargs={"key": self.key})

    def clean(self) -> None:
        """Generate a key from the title if there is none; raise ValidationError for the address of another source."""
        self.key = self.key or self._free_key()
        if not self.url or Source.objects.filter(pk=self.pk, url=self.url).exists():
            return
        twin = Source.objects.filter(url_key=address_key(self.url)).exclude(Q(pk=self.pk) | Q(url="")).first()
        if twin and twin.url != self.url:
            message = _("“%(source)s” has this address, in another spelling: %(url)s. Cite that source.")
            raise ValidationError({"url": ValidationError(message, "twin", {"source": twin, "url": twin.url})})

    def _free_key(self) -> str:
        stem = slugify(self.title)[:70].strip("-_") or "source"
        taken = set(Source.objects.filter(key__startswith=stem).values_list("key", flat=True))
        return next(key for number in count(1) if (key := stem if number == 1 else f"{stem}-{number}") not in taken)


class CitedField(models.TextChoices):
    """The part of a record that a citation supports."""

    WHOLE = "", _("The whole record")
    TITLE = "title", _("Title")
    SUMMARY = "summary", _("Summary")
    REFERENCE = "reference", _("Reference")
    STATUS_HISTORY = "status_history", _("Status history")
    VALIDITY = "validity", _("Validity")
    TARGET_GROUPS = "target_groups", _("Target groups")
    RELATIONS = "relations", _("Relations")


@bumps_public_version(PUBLISHED)
@track_history
class Citation(models.Model):
    """The citation of a source by a measure: what it supports, the locator, and the quote."""

    measure = models.ForeignKey("Measure", models.CASCADE, related_name="citations", verbose_name=_("measure"))
    source = models.ForeignKey(Source, models.PROTECT, related_name="citations", verbose_name=_("source"))
    locator = models.CharField(_("locator"), max_length=100, blank=True, help_text=_("art. 3 or p. 12"))
    quote = models.CharField(_("quote"), max_length=600, blank=True)
    field = models.CharField(_("supports"), max_length=20, choices=CitedField, blank=True, default="")

    part_of = "measure"
    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = _("citation")
        verbose_name_plural = _("citations")
        ordering = ["source__key", "locator"]
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "source", "locator", "field"],
                name="measures_citation_unique",
                violation_error_message=_("This source is already cited for that part. Name another place in it."),
            ),
            models.CheckConstraint(
                condition=Q(field__in=CitedField.values),
                name="measures_citation_field_known",
                violation_error_message=_("Choose the part of the record from the list."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}, {self.locator}" if self.locator else str(self.source)
