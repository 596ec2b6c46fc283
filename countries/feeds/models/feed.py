"""Where the values of an indicator come from, and how a file becomes observations."""

import datetime
import hashlib
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from countries.models.figure import Indicator
from foundation.publication import bumps_public_version
from foundation.records.history import track_history
from foundation.records.teams import Team


class FeedFormat(models.TextChoices):
    """How a file is laid out."""

    CSV_LONG = "csv_long", _("CSV, one value per row")
    CSV_WIDE = "csv_wide", _("CSV, one column per day or year")
    JSON = "json", _("JSON, a list of records")
    WORLD_BANK = "world_bank", _("World Bank API")


class CountryCode(models.TextChoices):
    """How a file names a country."""

    ISO3 = "iso3", _("three letters, such as PER (ISO 3166-1 alpha-3)")
    ISO2 = "iso2", _("two letters, such as PE (ISO 3166-1 alpha-2)")
    M49 = "m49", _("a number, such as 604 (UN M49)")
    NAME = "name", _("its name in English, Spanish or Portuguese")


class DayOrder(models.TextChoices):
    """The order of day, month and year in a file."""

    ISO = "iso", _("year first: 2020-05-29, 2020-05, 2020, 20200529")
    DAY_FIRST = "day_first", _("day first: 29/05/2020")
    MONTH_FIRST = "month_first", _("month first: 5/29/2020 or 5/29/20")


class DecimalMark(models.TextChoices):
    """The decimal separator."""

    POINT = "point", _("a point: 26.7")
    COMMA = "comma", _("a comma: 26,7")


class Encoding(models.TextChoices):
    """The character encoding."""

    UTF_8 = "utf-8", "UTF-8"
    WINDOWS = "cp1252", _("Windows, Western Europe")
    UTF_16 = "utf-16", "UTF-16"


class Every(models.TextChoices):
    """How often a feed runs."""

    DAY = "day", _("every day")
    WEEK = "week", _("every week")
    MONTH = "month", _("every month")

    @property
    def time(self) -> datetime.timedelta:
        """The interval between runs."""
        return datetime.timedelta(days={Every.DAY: 1, Every.WEEK: 7, Every.MONTH: 30}[self])


MAPPING = (
    *("indicator_id", "url", "format", "encoding", "skip_rows", "records_path", "pages_path"),
    *("country_column", "country_code", "aliases", "leaves_out_unknown"),
    *("day_column", "day_order", "value_column", "decimal_mark", "multiplier", "filter_column", "filter_value"),
)
"""The fields that decide how a file is parsed."""


class IndicatorFeedQuerySet(models.QuerySet["IndicatorFeed"]):
    """Feeds, by their effect on the public figures."""

    def of_team(self, team: Team) -> "IndicatorFeedQuerySet":
        """None: a feed writes figures of all countries, so it belongs to those who work on all."""
        return self.none()

    def public(self) -> "IndicatorFeedQuerySet":
        """Feeds that are on: they publish without a person."""
        return self.filter(is_on=True)


@bumps_public_version()
@track_history
class IndicatorFeed(models.Model):
    """Where an indicator's values come from, how a file becomes observations, and what needs review."""

    key = models.SlugField(_("key"), unique=True, help_text=_("A short name for commands, such as owid-covid-cases."))
    indicator = models.ForeignKey(
        Indicator,
        models.PROTECT,
        related_name="feeds",
        verbose_name=_("indicator"),
        help_text=_("What the values measure. Add it first if it is new."),
    )
    url = models.CharField(
        _("address"),
        max_length=1000,
        help_text=_(
            "The address of the file itself, https://…, not of a page about it. For a file on this server, write "
            "file: and its path in the folder set by the operator, such as file:covid/daily.csv. The file may be "
            "gzipped."
        ),
    )
    format = models.CharField(_("format"), max_length=10, choices=FeedFormat, default=FeedFormat.CSV_LONG)
    encoding = models.CharField(
        _("encoding"),
        max_length=10,
        choices=Encoding,
        default=Encoding.UTF_8,
        help_text=_("Choose another one only if UTF-8 fails."),
    )
    skip_rows = models.PositiveSmallIntegerField(
        _("lines before the header"), default=0, help_text=_("Lines to skip, such as a title. CSV only.")
    )
    records_path = models.CharField(
        _("path of the records"),
        max_length=100,
        blank=True,
        help_text=_(
            "JSON only: the keys that lead to the list, joined by dots, such as items. Empty if the list is the whole "
            "file."
        ),
    )
    pages_path = models.CharField(
        _("path of the number of pages"),
        max_length=100,
        blank=True,
        help_text=_("Paginated JSON only, such as maxPages. Further pages are requested with &page=2, 3 and so on."),
    )
    country_column = models.CharField(
        _("country column"), max_length=100, blank=True, help_text=_("As spelled in the header of the file.")
    )
    country_code = models.CharField(_("country format"), max_length=4, choices=CountryCode, default=CountryCode.ISO3)
    aliases = models.TextField(
        _("other spellings"),
        blank=True,
        help_text=_(
            "One per line: the spelling in the file = the code, such as PER. With nothing after =, that place is "
            "skipped. Example: OWID_KOS = XKX"
        ),
    )
    leaves_out_unknown = models.BooleanField(
        _("skip rows that are not countries"),
        default=False,
        help_text=_("Skips continents, income groups and the like; otherwise, their rows count as refused."),
    )
    day_column = models.CharField(
        _("date column"),
        max_length=100,
        blank=True,
        help_text=_("Empty if the dates are columns."),
    )
    day_order = models.CharField(_("date format"), max_length=12, choices=DayOrder, default=DayOrder.ISO)
    value_column = models.CharField(
        _("value column"), max_length=100, blank=True, help_text=_("Empty if the dates are columns.")
    )
    decimal_mark = models.CharField(
        _("decimal separator"), max_length=6, choices=DecimalMark, default=DecimalMark.POINT
    )
    multiplier = models.DecimalField(
        _("multiply values by"),
        max_digits=14,
        decimal_places=6,
        default=Decimal(1),
        help_text=_("1000 if the file counts in thousands; 100 if it writes 0.25 for 25 percent; otherwise 1."),
    )
    filter_column = models.CharField(
        _("only rows where the column"),
        max_length=100,
        blank=True,
        help_text=_("For a file with several series. Empty takes every row."),
    )
    filter_value = models.CharField(
        _("has the value"), max_length=200, blank=True, help_text=_("Empty takes the rows where that cell is empty.")
    )
    source_name = models.CharField(
        _("source (English)"), max_length=200, help_text=_("As shown to the public beside each value.")
    )
    source_name_es = models.CharField(_("source (Spanish)"), max_length=200, blank=True)
    source_name_pt = models.CharField(_("source (Portuguese)"), max_length=200, blank=True)
    source_url = models.URLField(
        _("address of the source"), max_length=500, blank=True, help_text=_("A page for people to read.")
    )
    every = models.CharField(_("how often"), max_length=5, choices=Every, default=Every.DAY)
    lowest = models.DecimalField(
        _("lowest value"),
        max_digits=20,
        decimal_places=6,
        null=True,
        blank=True,
        help_text=_("A new value below this is held for review. Negative counts are always held."),
    )
    highest = models.DecimalField(
        _("highest value"),
        max_digits=20,
        decimal_places=6,
        null=True,
        blank=True,
        help_text=_("A new value above this is held for review."),
    )
    jump = models.DecimalField(
        _("largest jump"),
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_(
            "With 10, a value is held for review if it is at least ten times the public one, or at most a tenth of it."
        ),
    )
    is_on = models.BooleanField(
        _("on"),
        default=False,
        help_text=_("Whether the feed runs automatically. Try it first: a trial writes nothing."),
    )
    note = models.TextField(_("note"), blank=True, help_text=_("For the team only, never public."))
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = IndicatorFeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("feed")
        verbose_name_plural = _("feeds")
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(url__regex=r"^(https?://[^\s/]|file:[^\s/])"),
                name="countries_indicatorfeed_address",
                violation_error_message=_("Write https://… or file:… with a path in the folder for feed files."),
            ),
            models.CheckConstraint(
                condition=Q(
                    format__in=FeedFormat.values,
                    country_code__in=CountryCode.values,
                    day_order__in=DayOrder.values,
                    decimal_mark__in=DecimalMark.values,
                    encoding__in=Encoding.values,
                    every__in=Every.values,
                ),
                name="countries_indicatorfeed_choices_known",
                violation_error_message=_("Choose from the lists."),
            ),
            models.CheckConstraint(
                condition=Q(is_on=False)
                | Q(format=FeedFormat.WORLD_BANK)
                | Q(format=FeedFormat.CSV_WIDE) & ~Q(country_column="")
                | ~Q(country_column="") & ~Q(day_column="") & ~Q(value_column=""),
                name="countries_indicatorfeed_columns",
                violation_error_message=_("To turn the feed on, name the columns of country, date and value."),
            ),
            models.CheckConstraint(
                condition=Q(filter_value="") | ~Q(filter_column=""),
                name="countries_indicatorfeed_filter_pair",
                violation_error_message=_("Name the column that must have this value."),
            ),
            models.CheckConstraint(
                condition=~Q(multiplier=0),
                name="countries_indicatorfeed_multiplier",
                violation_error_message=_("The factor may not be zero. Write 1, 1000 or 100."),
            ),
            models.CheckConstraint(
                condition=Q(lowest=None) | Q(highest=None) | Q(lowest__lte=F("highest")),
                name="countries_indicatorfeed_range",
                violation_error_message=_("The lowest value may not exceed the highest."),
            ),
            models.CheckConstraint(
                condition=Q(jump=None) | Q(jump__gt=1),
                name="countries_indicatorfeed_jump",
                violation_error_message=_("A jump must be a factor above 1, such as 10."),
            ),
        ]

    def __str__(self) -> str:
        return self.key

    def get_absolute_url(self) -> str:
        return reverse("admin:countries_indicatorfeed_change", args=[self.pk])

    @property
    def has_lines(self) -> bool:
        """Whether the file is line-based text, in which each row is complete by itself."""
        return self.format in (FeedFormat.CSV_LONG, FeedFormat.CSV_WIDE)

    @property
    def mapping(self) -> str:
        """A digest of everything that decides how a file is parsed."""
        values = [str(getattr(self, name)) for name in MAPPING if name != "multiplier"]
        values.append(f"{Decimal(self.multiplier).normalize():f}")
        return hashlib.sha256("\0".join(values).encode()).hexdigest()
