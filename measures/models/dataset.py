"""Data sets of others from which entries came, and the keys that entries have there."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from foundation.publication import bumps_public_version
from foundation.records.history import track_history
from measures.models.measure import Measure
from measures.models.published import PUBLISHED


class DataSetQuerySet(models.QuerySet["DataSet"]):
    """Data sets, by who may see them."""

    def public(self) -> "DataSetQuerySet":
        """Those that a published entry came from, since files name them."""
        published = ExternalId.objects.filter(dataset=OuterRef("pk"), measure__in=Measure.objects.published())
        return self.filter(Exists(published))


@bumps_public_version(when=["update", "delete"])  # a new one becomes visible where an entry names it
@track_history
class DataSet(models.Model):
    """A collection of records that others publish."""

    key = models.SlugField(
        _("key"), max_length=40, unique=True, help_text=_("Files write it before the key of a record: coronanet/R_1.")
    )
    name = models.CharField(_("name"), max_length=200)
    licence = models.CharField(_("licence"), max_length=100, blank=True, help_text=_("Such as CC BY 4.0."))
    address = models.URLField(_("address"), max_length=2048, blank=True)
    is_independent = models.BooleanField(
        _("independent search"),
        default=False,
        help_text=_(
            "Its makers searched for acts themselves, and copied neither from this record nor from another data set "
            "here. How many acts are missing is estimated from two such data sets."
        ),
    )

    objects = DataSetQuerySet.as_manager()
    is_shared_vocabulary = True

    class Meta:
        verbose_name = _("data set")
        verbose_name_plural = _("data sets")
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(key__regex=r"^[a-z0-9][a-z0-9_-]*$"),
                name="measures_dataset_key_form",
                violation_error_message=_("A key may have lowercase letters, digits, - and _."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class ExternalIdQuerySet(models.QuerySet["ExternalId"]):
    """Keys of entries in data sets, by who may see them."""

    def public(self) -> "ExternalIdQuerySet":
        """Those of published and retired entries."""
        return self.filter(Exists(Measure.objects.public().filter(pk=OuterRef("measure_id"))))


@bumps_public_version(PUBLISHED)
@track_history
class ExternalId(models.Model):
    """The key of an entry in a data set, by which files find it again; it is no legal number."""

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="external_ids", verbose_name=_("measure"))
    dataset = models.ForeignKey(DataSet, models.PROTECT, related_name="external_ids", verbose_name=_("data set"))
    key = models.CharField(_("key"), max_length=200)

    part_of = "measure"
    objects = ExternalIdQuerySet.as_manager()

    class Meta:
        verbose_name = _("external identifier")
        verbose_name_plural = _("external identifiers")
        ordering = ["dataset", "key"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "key"],
                name="measures_externalid_unique",
                violation_error_message=_("Another entry has this key of the data set."),
            ),
            models.CheckConstraint(
                condition=Q(key__regex=r"^[^\s|]([^|]*[^\s|])?$"),
                name="measures_externalid_key_form",
                violation_error_message=_("The key of a record in a data set has no bar, and no blank at its ends."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dataset.key}/{self.key}"
