"""The coverage ledger: how far each topic was searched for in a country and a quarter, by whom, when and where.

A quarter without a row was not checked. A row of a topic of the upper level covers the topics below it that have none
of their own. A larger period is as many rows as it has quarters.
"""

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from countries.models import Country
from foundation.partial_dates import DATE_HELP, PartialDateField, PeriodField, canonical, range_of
from foundation.publication import bumps_public_version
from foundation.records.history import track_history
from foundation.records.teams import Team
from measures.choices import WHOLLY_SEARCHED, Searched
from measures.models.vocabulary import Topic

A_QUARTER = r"^([0-9]{4})-(01/\1-03|04/\1-06|07/\1-09|10/\1-12)$"


class CoverageQuerySet(models.QuerySet["Coverage"]):
    """Rows of the ledger, by who may see them."""

    def of_team(self, team: Team) -> "CoverageQuerySet":
        """Those of the countries of a team."""
        return self.filter(country__in=team.countries)

    def public(self) -> "CoverageQuerySet":
        """What the ledger says of countries with a page; not what is only proposed."""
        covered = Country.objects.covered().filter(pk=OuterRef("country_id"))
        return self.filter(Exists(covered), is_proposed=False)


@bumps_public_version(of="not is_proposed")
@track_history
class Coverage(models.Model):
    """How far one topic was searched for in one country and quarter, as somebody says who looked."""

    country = models.ForeignKey(Country, models.PROTECT, related_name="coverage", verbose_name=_("country"))
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="coverage", verbose_name=_("topic"))
    period = PeriodField(_("quarter"), help_text=_("2020-Q1, or its months: 2020-01/2020-03."))
    state = models.CharField(_("how far it was searched"), max_length=20, choices=Searched)
    checked_on = PartialDateField(_("checked on"), blank=True, help_text=DATE_HELP)
    checked_by = models.CharField(
        _("checked by"),
        max_length=200,
        blank=True,
        help_text=_("The person, team or institution that looked. Readers see it."),
    )
    searched = models.TextField(
        _("where it was searched"),
        blank=True,
        max_length=2000,
        help_text=_("The sources, and how: “El Peruano, all issues, by issuing body”. Readers see it."),
    )
    is_proposed = models.BooleanField(
        _("proposed"), default=False, help_text=_("Whether it waits for somebody who may publish.")
    )
    period_range = range_of("period")
    checked_range = range_of("checked_on")

    objects = CoverageQuerySet.as_manager()

    class Meta:
        verbose_name = _("coverage of a quarter")
        verbose_name_plural = _("coverage")
        ordering = ["country", "topic", "period", "is_proposed"]
        constraints = [
            models.UniqueConstraint(
                fields=["country", "topic", "period", "is_proposed"],
                name="measures_coverage_unique",
                violation_error_message=_("The ledger has this topic and quarter of the country. Change that row."),
            ),
            models.CheckConstraint(
                condition=Q(period__regex=A_QUARTER),
                name="measures_coverage_period_is_a_quarter",
                violation_error_message=_("Write one quarter, such as 2020-Q1. A longer period is a row for each."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=Searched.values) & (~Q(state=Searched.NOT_CHECKED) | Q(is_proposed=True)),
                name="measures_coverage_state_known",
                violation_error_message=_("Choose from the list. What was not checked has no row: delete it."),
            ),
            models.CheckConstraint(
                condition=Q(state=Searched.NOT_CHECKED) | ~Q(checked_by="") & ~Q(searched="") & ~Q(checked_on=""),
                name="measures_coverage_says_who_when_and_where",
                violation_error_message=_("Say who looked, when and where."),
            ),
            models.CheckConstraint(
                condition=Q(state=Searched.NOT_CHECKED) | Q(checked_range__endswith__gt=F("period_range__startswith")),
                name="measures_coverage_checked_after_its_beginning",
                violation_error_message=_("Nobody can have searched a quarter before it began."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=WHOLLY_SEARCHED) | Q(checked_range__endswith__gte=F("period_range__endswith")),
                name="measures_coverage_checked_after_its_end",
                violation_error_message=_("The quarter was not over on that day: it can only be partly checked."),
            ),
            canonical("checked_on", "measures_coverage"),
        ]

    def __str__(self) -> str:
        return f"{self.country_id}, {self.topic}, {self.period}: {self.get_state_display()}"
