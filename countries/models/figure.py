"""Indicators and their observations."""

import datetime
from decimal import Decimal

import pgtrigger
from django.contrib.postgres.fields import DateRangeField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from countries.models.place import Country, Role
from countries.models.unit import DOES_NOT_FIT, IS_SHARE, NEEDS_BASE, Unit, misfit
from foundation.numbers import plain
from foundation.partial_dates import PeriodField, canonical, range_of
from foundation.publication import bumps_public_version
from foundation.records.history import track_history
from foundation.records.teams import Team
from foundation.texts import translated

_NUMBER = "-?[0-9]+([.][0-9]+)?"


_HAS_BASE = f"""
    if exists (
        select from new_indicators i join countries_unit u on u.key = i.unit_id where {IS_SHARE} and i.base_id is null
    ) then
        {NEEDS_BASE.format(name="countries_indicator_share_has_base")}
    end if;
    return null;
"""
_FITS_ITS_UNIT = f"""
    if exists (
        select from new_indicators i join old_indicators was on was.id = i.id and was.unit_id <> i.unit_id
        join countries_unit u on u.key = i.unit_id
        where exists (select from countries_observation o where o.indicator_id = i.id and {misfit("o.value")})
    ) then
        {DOES_NOT_FIT.format(name="countries_indicator_fits_its_unit")}
    end if;
    return null;
"""
"""No change of unit makes stored values wrong."""


class IndicatorQuerySet(models.QuerySet["Indicator"]):
    """Indicators, by who may see them."""

    def public(self) -> "IndicatorQuerySet":
        """Indicators that have values, and the bases of these."""
        figures = Observation.objects.public()
        own, of_share = (figures.filter(**{name: OuterRef("pk")}) for name in ("indicator", "indicator__base"))
        return self.filter(Exists(own) | Exists(of_share))

    def headlines(self) -> "IndicatorQuerySet":
        """Indicators shown at the top of each profile, in order."""
        return self.exclude(headline_position=None).order_by("headline_position", "key")


@bumps_public_version()
@track_history
class Indicator(models.Model):
    """A figure that is observed for countries; a share names what it is a share of."""

    key = models.SlugField(_("key"), unique=True)
    name_en = models.CharField(_("name (English)"), max_length=120)
    name_es = models.CharField(_("name (Spanish)"), max_length=120, blank=True)
    name_pt = models.CharField(_("name (Portuguese)"), max_length=120, blank=True)
    definition_en = models.TextField(_("definition (English)"), blank=True)
    definition_es = models.TextField(_("definition (Spanish)"), blank=True)
    definition_pt = models.TextField(_("definition (Portuguese)"), blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="indicators", verbose_name=_("unit"))
    decimals = models.PositiveSmallIntegerField(
        _("decimals"),
        null=True,
        blank=True,
        help_text=_("Digits after the decimal mark on pages. Empty: as many as the unit has."),
    )
    base = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="shares", verbose_name=_("share of")
    )
    is_daily = models.BooleanField(_("daily"), default=False)
    map_breaks = models.CharField(
        _("map breaks"),
        max_length=60,
        blank=True,
        help_text=_("Four numbers that separate five classes: 15|25|35|45."),
    )
    headline_position = models.PositiveSmallIntegerField(
        _("headline position"),
        null=True,
        blank=True,
        help_text=_(
            "A number puts the indicator at the head of each profile, lowest first. The first one is also the default "
            "of the map. Empty: further down."
        ),
    )
    role = models.ForeignKey(
        Role,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="indicators",
        verbose_name=_("role"),
        help_text=_("Shown on the card of this role. Empty: among the other figures."),
    )
    role_position = models.PositiveSmallIntegerField(_("position on the card"), default=0)

    objects = IndicatorQuerySet.as_manager()
    is_shared_vocabulary = True

    class Meta:
        verbose_name = _("indicator")
        verbose_name_plural = _("indicators")
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(base=F("id")),
                name="countries_indicator_not_its_own_base",
                violation_error_message=_("An indicator may not be a share of itself."),
            ),
            models.CheckConstraint(
                condition=Q(map_breaks__regex=rf"^({_NUMBER}([|]{_NUMBER}){{3}})?$"),
                name="countries_indicator_map_breaks",
                violation_error_message=_("Write four numbers, such as 15|25|35|45."),
            ),
            models.CheckConstraint(
                condition=Q(headline_position=None) | Q(role=None),
                name="countries_indicator_one_place",
                violation_error_message=_(
                    "An indicator may be at the head of a profile or on the card of a role, not both."
                ),
            ),
        ]
        triggers = [
            *(
                pgtrigger.Trigger(
                    name=f"has_base_{suffix}",
                    level=pgtrigger.Statement,
                    when=pgtrigger.After,
                    operation=operation,
                    referencing=pgtrigger.Referencing(new="new_indicators"),
                    func=_HAS_BASE,
                )
                for suffix, operation in (("insert", pgtrigger.Insert), ("update", pgtrigger.Update))
            ),
            pgtrigger.Trigger(
                name="fits_its_unit",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                referencing=pgtrigger.Referencing(old="old_indicators", new="new_indicators"),
                func=_FITS_ITS_UNIT,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse with words a unit that the indicator's base or values do not fit."""
        if not self.unit_id:
            return
        if self.unit.is_share and not self.base_id:
            raise ValidationError({"base": gettext("A percentage needs the indicator that it is a share of.")})
        unfit = None if self._state.adding else self.observations.filter(self.unit.misfits()).first()
        if unfit:
            raise ValidationError(
                {
                    "unit": gettext(
                        "The value %(value)s (%(country)s) would not fit this unit: %(rule)s Correct the value first, "
                        "or choose another unit."
                    )
                    % {"value": plain(unfit.value or Decimal(0)), "country": unfit.country_id, "rule": self.unit.rule}
                }
            )

    @property
    def name(self) -> str:
        """The name in the active language."""
        return translated(self, "name").text

    @property
    def places(self) -> int:
        """The number of digits after the decimal mark on pages."""
        return self.unit.decimals if self.decimals is None else self.decimals


class Qualifier(models.TextChoices):
    """How exactly a value is stated."""

    EQ = "eq", _("exactly")
    APPROX = "approx", _("about")
    GT = "gt", _("more than")
    GE = "ge", _("at least")
    LT = "lt", _("less than")
    LE = "le", _("at most")
    MAJORITY = "majority", _("majority of")


class ObservationStatus(models.TextChoices):
    """SDMX code list CL_OBS_STATUS."""

    NORMAL = "A", _("Normal")
    ESTIMATED = "E", _("Estimated")
    PROVISIONAL = "P", _("Provisional")
    BREAK = "B", _("Series break")
    MISSING = "O", _("Missing")


_VALUES_FIT = f"""
    if exists (
        select from new_values o join countries_indicator i on i.id = o.indicator_id
        join countries_unit u on u.key = i.unit_id where {misfit("o.value")}
    ) then
        {DOES_NOT_FIT.format(name="countries_observation_value_fits_unit")}
    end if;
    if exists (select from new_values where counterpart_id is not null) and exists (
        select from countries_observation o join countries_indicator i on i.id = o.indicator_id
        join countries_unit u on u.key = i.unit_id
        where {IS_SHARE} and o.counterpart_id is not null
        and (o.indicator_id, o.country_id, o.period) in (
            select indicator_id, country_id, period from new_values where counterpart_id is not null
        )
        group by o.indicator_id, o.country_id, o.period, i.decimals, u.decimals
        having sum(o.value) > 100 + count(*) * 0.5 * power(10::numeric, -coalesce(i.decimals, u.decimals))
    ) then
        raise exception 'shares of one whole pass 100 percent'
            using errcode = 'check_violation', constraint = 'countries_observation_shares_within_the_whole';
    end if;
    return null;
"""
"""Values are such as their unit allows; shares by counterpart may not add up to more than the whole."""


def by_period() -> models.Func:
    """The sort key of values by time; those without a period sort before all others."""
    template = "coalesce(%(expressions)s, 'empty'::daterange)"
    return models.Func(F("period_range"), template=template, output_field=DateRangeField())


class ObservationQuerySet(models.QuerySet["Observation"]):
    """Values of indicators."""

    def of_team(self, team: Team) -> "ObservationQuerySet":
        """Those of the countries of a team."""
        return self.filter(country__in=team.countries)

    def public(self) -> "ObservationQuerySet":
        """All of them: the map and its file show those of every country, covered or not."""
        return self.all()

    def of_the_whole(self) -> "ObservationQuerySet":
        """Values for a country as a whole, not by counterpart."""
        return self.filter(counterpart__isnull=True)

    def begun_by(self, day: datetime.date) -> "ObservationQuerySet":
        """Values whose period had begun on `day`, or is not stated."""
        # Ranges sort by their beginning: this one precedes all that begin on the next day
        after = DateRange(day + datetime.timedelta(days=1), day + datetime.timedelta(days=2))
        return self.alias(begun=by_period()).filter(begun__lt=after)

    def newest_first(self) -> "ObservationQuerySet":
        """Newest period first; values without a period come last."""
        return self.order_by(by_period().desc())


@bumps_public_version()
@track_history
class Observation(models.Model):
    """The value of an indicator for a country (and a counterpart: of or from where) in a period."""

    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="observations", verbose_name=_("indicator"))
    country = models.ForeignKey(Country, models.PROTECT, related_name="observations", verbose_name=_("country"))
    counterpart = models.ForeignKey(
        Country, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("counterpart")
    )
    period = PeriodField(_("period"), blank=True, help_text=_("2019, 2020-05 or 2016/2019. Empty if not stated."))
    value = models.DecimalField(_("value"), max_digits=20, decimal_places=6, null=True, blank=True)
    qualifier = models.CharField(_("qualifier"), max_length=8, choices=Qualifier, default=Qualifier.EQ)
    status = models.CharField(_("status"), max_length=1, choices=ObservationStatus, default=ObservationStatus.NORMAL)
    note = models.TextField(_("note (English)"), blank=True)
    note_es = models.TextField(_("note (Spanish)"), blank=True)
    note_pt = models.TextField(_("note (Portuguese)"), blank=True)
    source_name = models.CharField(_("source (English)"), max_length=200)
    source_name_es = models.CharField(_("source (Spanish)"), max_length=200, blank=True)
    source_name_pt = models.CharField(_("source (Portuguese)"), max_length=200, blank=True)
    source_url = models.URLField(_("address of the source"), max_length=500, blank=True)
    feed_run = models.ForeignKey(
        "countries.FeedRun",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="observations",
        verbose_name=_("feed run"),
    )
    """The run that wrote the value; null if a person entered or changed it: feeds never overwrite those."""
    period_range = range_of("period")

    objects = ObservationQuerySet.as_manager()

    class Meta:
        verbose_name = _("observation")
        verbose_name_plural = _("observations")
        ordering = ["indicator", "country", "-value"]
        indexes = [
            # Index lookups for the newest value of a country or counterpart, however many days there are
            models.Index(
                F("indicator"),
                F("country"),
                by_period().desc(),
                name="countries_observation_newest",
                condition=Q(counterpart__isnull=True) & ~Q(status="O"),
            ),
            models.Index(
                F("country"),
                F("indicator"),
                F("counterpart"),
                by_period().desc(),
                name="countries_observation_parts",
                condition=Q(counterpart__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "country", "counterpart", "period"],
                nulls_distinct=False,
                name="countries_observation_unique",
                violation_error_message=_(
                    "This indicator already has a value for that country, counterpart and period."
                ),
            ),
            models.CheckConstraint(
                condition=Q(qualifier__in=Qualifier.values, status__in=ObservationStatus.values),
                name="countries_observation_codes_known",
                violation_error_message=_("Choose a qualifier and a status from the lists."),
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=True) & (Q(status="O") | Q(qualifier="majority"))
                | Q(value__isnull=False) & ~Q(status="O") & ~Q(qualifier="majority"),
                name="countries_observation_value_or_reason",
                violation_error_message=_(
                    "The value must be empty if the status is “Missing” or the qualifier is “majority of”, and only "
                    "then."
                ),
            ),
            models.CheckConstraint(
                condition=Q(counterpart__isnull=True) | ~Q(counterpart=F("country")),
                name="countries_observation_counterpart_differs",
                violation_error_message=_("The counterpart must differ from the country."),
            ),
            canonical("period", "countries_observation", period=True),
        ]
        triggers = [
            *(
                pgtrigger.Trigger(
                    name=f"values_fit_{suffix}",
                    level=pgtrigger.Statement,
                    when=pgtrigger.After,
                    operation=operation,
                    referencing=pgtrigger.Referencing(new="new_values"),
                    func=_VALUES_FIT,
                )
                for suffix, operation in (("insert", pgtrigger.Insert), ("update", pgtrigger.Update))
            ),
            pgtrigger.Trigger(
                name="value_by_hand",
                level=pgtrigger.Row,  # the condition calls the function only for those rows
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(
                    old__value__df=pgtrigger.F("new__value"), old__feed_run=pgtrigger.F("new__feed_run")
                ),
                func="new.feed_run_id = null; return new;",
            ),
        ]

    def __str__(self) -> str:
        where = f"{self.country_id} ← {self.counterpart_id}" if self.counterpart_id else self.country_id
        return f"{self.indicator}, {where}, {self.period or _('period not stated')}"

    def clean(self) -> None:
        """Refuse with words a value that the unit of the indicator does not allow."""
        if self.value is None or not self.indicator_id:
            return
        if problem := self.indicator.unit.problem_with(self.value):
            raise ValidationError({"value": problem})

    @property
    def is_share(self) -> bool:
        """Whether the value is a share of a base."""
        return self.indicator.unit.is_share
