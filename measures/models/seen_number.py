"""Numbers of acts that somebody saw: in a list, such as the index of a gazette, or while searching.

The numbers of recorded acts are not copied here: the record has them. A number without a row that no record has was
never seen.
"""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from countries.models import Country
from foundation.partial_dates import DATE_HELP, PartialDateField, canonical
from foundation.publication import bumps_public_version
from foundation.records.history import track_history
from foundation.records.teams import Team
from foundation.typed_dates import FIRST_YEAR, LAST_YEAR
from measures.choices import Kind, NumberState
from measures.models.vocabulary import IssuingBody

STATES_OF_ROWS = (NumberState.LISTED, NumberState.IRRELEVANT, NumberState.NEVER_SEEN)
"""What a row may say; that nobody has seen a number is only ever proposed, since the row would go."""


class SeenNumberQuerySet(models.QuerySet["SeenNumber"]):
    """Numbers, by who may see them."""

    def of_team(self, team: Team) -> "SeenNumberQuerySet":
        """Those of the countries of a team."""
        return self.filter(country__in=team.countries)

    def public(self) -> "SeenNumberQuerySet":
        """Those of countries with a page; not what is only proposed."""
        covered = Country.objects.covered().filter(pk=OuterRef("country_id"))
        return self.filter(Exists(covered), is_proposed=False)


@bumps_public_version(of="not is_proposed")
@track_history
class SeenNumber(models.Model):
    """One number of the acts of a body and year, and what is known of it: a list has it, or it is irrelevant."""

    country = models.ForeignKey(Country, models.PROTECT, related_name="seen_numbers", verbose_name=_("country"))
    issuing_body = models.ForeignKey(
        IssuingBody, models.PROTECT, related_name="seen_numbers", verbose_name=_("issuing body")
    )
    kind = models.CharField(_("kind"), max_length=30, choices=Kind)
    year = models.PositiveSmallIntegerField(
        _("year"),
        validators=[MinValueValidator(FIRST_YEAR), MaxValueValidator(LAST_YEAR)],
        help_text=_("The year of the act. A year that the number itself states goes before it."),
    )
    number = models.CharField(_("number"), max_length=200, help_text=_("As printed, or alone: 044-2020-PCM, 44."))
    state = models.CharField(_("what is known of it"), max_length=20, choices=NumberState, default=NumberState.LISTED)
    title = models.CharField(_("title"), max_length=600, blank=True, help_text=_("As the list has it."))
    date = PartialDateField(_("date"), blank=True, help_text=DATE_HELP)
    address = models.URLField(_("address"), max_length=2048, blank=True)
    checked_on = PartialDateField(_("checked on"), blank=True, help_text=DATE_HELP)
    checked_by = models.CharField(
        _("checked by"),
        max_length=200,
        blank=True,
        help_text=_("The person, team or institution that looked. Readers see it."),
    )
    searched = models.CharField(
        _("where it was seen"),
        max_length=500,
        help_text=_("The list or source: “El Peruano, index of 2020”. Readers see it."),
    )
    is_proposed = models.BooleanField(
        _("proposed"), default=False, help_text=_("Whether it waits for somebody who may publish.")
    )

    objects = SeenNumberQuerySet.as_manager()

    class Meta:
        verbose_name = _("seen number")
        verbose_name_plural = _("seen numbers")
        ordering = ["country", "year", "issuing_body", "kind", "number", "is_proposed"]
        constraints = [
            models.UniqueConstraint(
                fields=["country", "issuing_body", "kind", "year", "number", "is_proposed"],
                name="measures_seennumber_unique",
                violation_error_message=_("The ledger has this number of the body and year. Change that row."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=Kind.values),
                name="measures_seennumber_kind_known",
                violation_error_message=_("Choose a kind from the list."),
            ),
            models.CheckConstraint(
                condition=Q(year__gte=FIRST_YEAR, year__lte=LAST_YEAR),
                name="measures_seennumber_year_in_bounds",
                violation_error_message=_("Write a year of four digits, such as 2020."),
            ),
            models.CheckConstraint(
                condition=Q(number__regex="[0-9]"),
                name="measures_seennumber_has_digits",
                violation_error_message=_("A number has digits."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=STATES_OF_ROWS) & (~Q(state=NumberState.NEVER_SEEN) | Q(is_proposed=True)),
                name="measures_seennumber_state_known",
                violation_error_message=_(
                    "A row says that a list has the number, or that it is not relevant. What the record has needs no "
                    "row, and what nobody saw has none: delete it."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(state=NumberState.IRRELEVANT) | ~Q(checked_by="") & ~Q(checked_on=""),
                name="measures_seennumber_says_who_and_when",
                violation_error_message=_("Say who looked, and when."),
            ),
            models.CheckConstraint(
                condition=~Q(searched=""),
                name="measures_seennumber_says_where",
                violation_error_message=_("Say where the number was seen: the list or the source."),
            ),
            canonical("date", "measures_seennumber"),
            canonical("checked_on", "measures_seennumber"),
        ]

    def __str__(self) -> str:
        return f"{self.country_id}, {self.issuing_body}, {self.year}: {self.number}"
