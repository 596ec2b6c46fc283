"""Figures of the quality of the public record, one for each day, country and figure: kept for ever."""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from countries.models import Country
from foundation.publication import bumps_public_version


class QualityFigureQuerySet(models.QuerySet["QualityFigure"]):
    def public(self) -> "QualityFigureQuerySet":
        """Those of the whole record and of countries with a page."""
        return self.filter(Q(country=None) | Q(country__is_covered=True))

    def of(self, country: Any) -> "QualityFigureQuerySet":
        """Those of a country by its code, or of the whole record for ''."""
        return self.filter(country=country or None)

    def last_of_months(self) -> "QualityFigureQuerySet":
        """The last of each month, oldest first."""
        month = models.functions.TruncMonth("day")
        found = self.annotate(month=month).order_by("country_id", "figure", "month", "-day")
        return found.distinct("country_id", "figure", "month")


@bumps_public_version(when=["insert"])
class QualityFigure(models.Model):
    """What was counted on a day of the public record of a country, or of the whole record where there is no country.

    `count` of `total` is a share; a figure without parts, such as a number of days, says in `total` on how many records
    it rests, or nothing. See `measures/quality/figures.py` for what the figures are.
    """

    day = models.DateField(_("day"))
    country = models.ForeignKey(Country, models.PROTECT, null=True, related_name="+", verbose_name=_("country"))
    figure = models.CharField(_("figure"), max_length=20)
    count = models.PositiveIntegerField(_("number"))
    total = models.PositiveIntegerField(_("of"), null=True)

    objects = QualityFigureQuerySet.as_manager()

    class Meta:
        verbose_name = _("figure of quality")
        verbose_name_plural = _("figures of quality")
        default_permissions = ()
        ordering = ["day", "country", "figure"]
        constraints = [
            models.UniqueConstraint(
                fields=["country", "figure", "day"], nulls_distinct=False, name="measures_qualityfigure_unique"
            )
        ]
        triggers = [pgtrigger.Protect(name="stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.day}, {self.country_id or ''}, {self.figure}: {self.count}"
