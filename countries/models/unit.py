"""Units: what the values of an indicator count, and which values they allow."""

from decimal import Decimal

import pgtrigger
from babel.numbers import is_currency
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Floor
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from foundation.numbers import plain
from foundation.publication import bumps_public_version
from foundation.records.history import track_history
from foundation.texts import translated

PERCENT = 100
"""The base of a percentage."""
IS_SHARE = f"(u.base is not distinct from {PERCENT} and not u.may_be_negative)"
"""SQL: the unit `u` is a share of a whole; see `Unit.is_share`."""
NEEDS_BASE = "raise exception 'a share needs a base' using errcode = 'check_violation', constraint = '{name}';"
DOES_NOT_FIT = (
    "raise exception 'a value does not fit the unit of its indicator' using errcode = 'check_violation',"
    " constraint = '{name}';"
)


def misfit(value: str) -> str:
    """SQL: the number `value` is one that the unit `u` does not allow; see `Unit.allows`."""
    return (
        f"(u.is_whole and mod({value}, 1) <> 0 or not u.may_be_negative and {value} < 0"
        f" or {IS_SHARE} and {value} > {PERCENT})"
    )


_CHANGED = f"""
    if exists (
        select from new_units u join old_units was using (key)
        where (u.is_whole, u.may_be_negative, u.base) is distinct from (was.is_whole, was.may_be_negative, was.base)
        and exists (
            select from countries_indicator i join countries_observation o on o.indicator_id = i.id
            where i.unit_id = u.key and {misfit("o.value")}
        )
    ) then
        {DOES_NOT_FIT.format(name="countries_unit_fits_its_values")}
    end if;
    if exists (
        select from new_units u join countries_indicator i on i.unit_id = u.key where {IS_SHARE} and i.base_id is null
    ) then
        {NEEDS_BASE.format(name="countries_unit_of_shares_with_base")}
    end if;
    return null;
"""
"""A change of a unit may not make stored values wrong."""


def is_known_currency(code: str) -> None:
    """Raise ValidationError unless ISO 4217 has this currency."""
    if not is_currency(code):
        raise ValidationError(
            gettext("“%(code)s” is not a currency of ISO 4217. Write three capital letters, such as USD or PEN.")
            % {"code": code}
        )


class UnitQuerySet(models.QuerySet["Unit"]):
    """Units, by who may see them."""

    def public(self) -> "UnitQuerySet":
        """Those of indicators that have values."""
        indicators = apps.get_model("countries", "Indicator")._default_manager.public()
        return self.filter(Exists(indicators.filter(unit=OuterRef("pk"))))


@bumps_public_version()
@track_history
class Unit(models.Model):
    """What the values of an indicator count. How values are checked, written and drawn follows from this row alone."""

    key = models.CharField(
        _("key"),
        max_length=30,
        primary_key=True,
        help_text=_("Files use it as the name of the unit, such as persons, so it never changes."),
    )
    name_en = models.CharField(_("name (English)"), max_length=80, help_text=_("In the plural: persons, US dollars."))
    name_es = models.CharField(_("name (Spanish)"), max_length=80, blank=True)
    name_pt = models.CharField(_("name (Portuguese)"), max_length=80, blank=True)
    suffix_en = models.CharField(
        _("after the number (English)"),
        max_length=40,
        blank=True,
        help_text=_(
            "What follows the number on pages, such as km. Empty where the name of the indicator says it. The percent "
            "sign, “per 1,000” and the sign of a currency are added by themselves."
        ),
    )
    suffix_es = models.CharField(_("after the number (Spanish)"), max_length=40, blank=True)
    suffix_pt = models.CharField(_("after the number (Portuguese)"), max_length=40, blank=True)
    decimals = models.PositiveSmallIntegerField(
        _("decimals"), default=0, help_text=_("Digits after the decimal mark, where the indicator does not say.")
    )
    is_whole = models.BooleanField(_("whole numbers only"), default=False)
    may_be_negative = models.BooleanField(_("may be negative"), default=False)
    base = models.PositiveIntegerField(
        _("rate per"),
        null=True,
        blank=True,
        help_text=_(
            "For rates: 1000 for a rate per 1,000. 100 is a percentage; if it may not be negative, it is a share of a "
            "whole, from 0 to 100, and its indicators name that whole."
        ),
    )
    currency = models.CharField(
        _("currency"),
        max_length=3,
        blank=True,
        validators=[is_known_currency],
        help_text=_("For money: the code of ISO 4217, such as USD. Empty for “local currency”."),
    )
    price_year = models.PositiveSmallIntegerField(
        _("price year"),
        null=True,
        blank=True,
        help_text=_("For money at constant prices: the year of the prices. Empty for current prices."),
    )

    objects = UnitQuerySet.as_manager()
    is_shared_vocabulary = True

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(key__regex=r"^[a-z][a-z0-9_]*$"),
                name="countries_unit_key_form",
                violation_error_message=_("A key may have lowercase letters, digits and _."),
            ),
            models.CheckConstraint(
                condition=Q(is_whole=False) | Q(decimals=0),
                name="countries_unit_is_whole_without_decimals",
                violation_error_message=_("Whole numbers have no decimals: write 0."),
            ),
            models.CheckConstraint(
                condition=Q(decimals__lte=6),
                name="countries_unit_decimals",
                violation_error_message=_("Values are stored with at most 6 decimals."),
            ),
            models.CheckConstraint(
                condition=Q(base=None) | Q(base__gte=2),
                name="countries_unit_base",
                violation_error_message=_("A rate is per 100, 1000, 100000 or so. Leave this empty for other units."),
            ),
            models.CheckConstraint(
                condition=Q(currency__regex="^([A-Z]{3})?$"),
                name="countries_unit_currency",
                violation_error_message=_("Write three capital letters, such as USD or PEN."),
            ),
            models.CheckConstraint(
                condition=Q(base=None) | Q(currency="", price_year=None),
                name="countries_unit_base_or_currency",
                violation_error_message=_("A unit is a rate or money, not both. Empty one of the two."),
            ),
            models.CheckConstraint(
                condition=Q(price_year=None) | Q(price_year__range=(1800, 2199)),
                name="countries_unit_price_year",
                violation_error_message=_("Write a year, such as 2020."),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="fits_its_values",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                referencing=pgtrigger.Referencing(old="old_units", new="new_units"),
                func=_CHANGED,
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the active language."""
        return translated(self, "name").text

    @property
    def suffix(self) -> str:
        """What follows the number, in the active language."""
        return translated(self, "suffix").text

    @property
    def is_percent(self) -> bool:
        """Whether values have a percent sign."""
        return self.base == PERCENT

    @property
    def is_share(self) -> bool:
        """Whether values are shares of a whole: 0 to 100 percent of the indicator's base."""
        return self.is_percent and not self.may_be_negative

    @property
    def rule(self) -> str:
        """Which values the unit allows, in words; '' if all."""
        if self.is_share:
            if self.is_whole:
                return gettext("A percentage in this unit must be a whole number between 0 and 100.")
            return gettext("A percentage must be between 0 and 100.")
        if self.is_whole and not self.may_be_negative:
            return gettext("A count must be a whole number that is not negative.")
        if self.is_whole:
            return gettext("A value in this unit must be a whole number.")
        return "" if self.may_be_negative else gettext("A value in this unit may not be negative.")

    def allows(self, value: Decimal) -> bool:
        """Whether `value` is valid in this unit; triggers of the database enforce the same rule."""
        is_fraction, is_negative = self.is_whole and value % 1 != 0, not self.may_be_negative and value < 0
        return not (is_fraction or is_negative or (self.is_share and value > PERCENT))

    def problem_with(self, value: Decimal) -> str:
        """Why `value` is not valid in this unit, or ''."""
        return "" if self.allows(value) else self.rule

    def misfits(self) -> Q:
        """The condition of observations whose values are not valid in this unit."""
        found = Q(pk__in=[])
        if self.is_whole:
            found |= Q(value__gt=Floor("value"))
        if not self.may_be_negative:
            found |= Q(value__lt=0)
        return found | Q(value__gt=PERCENT) if self.is_share else found

    def clean(self) -> None:
        """Refuse with words a change that stored values would not fit."""
        if self._state.adding:
            return
        indicators = apps.get_model("countries", "Indicator")._default_manager.filter(unit=self.pk)
        observations = apps.get_model("countries", "Observation")._default_manager.filter(indicator__unit=self.pk)
        if unfit := observations.filter(self.misfits()).select_related("indicator").first():
            raise ValidationError(
                gettext(
                    "The value %(value)s of “%(indicator)s” (%(country)s) would not fit: %(rule)s Correct the value "
                    "first, or add another unit."
                )
                % {
                    "value": plain(unfit.value or Decimal(0)),
                    "indicator": unfit.indicator,
                    "country": unfit.country_id,
                    "rule": self.rule,
                }
            )
        if self.is_share and (other := indicators.filter(base=None).first()):
            raise ValidationError(
                gettext(
                    "“%(indicator)s” does not say what it is a share of. Enter that on its page first, or add another "
                    "unit."
                )
                % {"indicator": other}
            )
