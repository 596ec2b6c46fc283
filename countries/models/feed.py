"""Where the values of an indicator come from, and each time that they were fetched."""

import datetime
import hashlib
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext_lazy as _

from countries.history import kept
from countries.models.figure import Indicator
from countries.models.place import Country
from countries.public_changes import shown


@deconstructible
class KeptBodies(FileSystemStorage):
    """Where files wait that a person has to look at: beside the media, which a web server may show, not among them."""

    def __init__(self) -> None:
        super().__init__(file_permissions_mode=0o600)

    @property
    def base_location(self) -> str:
        """Read from the settings each time, so that tests have a folder of their own."""
        return str(settings.FEEDS_DIR)

    @property
    def location(self) -> str:
        return self.base_location


class FeedFormat(models.TextChoices):
    """How a file is laid out."""

    CSV_LONG = "csv_long", _("CSV, one value a row")
    CSV_WIDE = "csv_wide", _("CSV, one column a day or year")
    JSON = "json", _("JSON, a list of records")
    WORLD_BANK = "world_bank", _("World Bank API")


class CountryCode(models.TextChoices):
    """How a file names a country."""

    ISO3 = "iso3", _("three letters, such as PER (ISO 3166-1 alpha-3)")
    ISO2 = "iso2", _("two letters, such as PE (ISO 3166-1 alpha-2)")
    M49 = "m49", _("a number, such as 604 (UN M49)")
    NAME = "name", _("its name in English, Spanish or Portuguese")


class DayOrder(models.TextChoices):
    """How a file writes a day."""

    ISO = "iso", _("year first: 2020-05-29, 2020-05, 2020, 20200529")
    DAY_FIRST = "day_first", _("day first: 29/05/2020")
    MONTH_FIRST = "month_first", _("month first: 5/29/2020 or 5/29/20")


class DecimalMark(models.TextChoices):
    """What stands before decimals."""

    POINT = "point", _("a point: 26.7")
    COMMA = "comma", _("a comma: 26,7")


class Encoding(models.TextChoices):
    """How letters are written as bytes."""

    UTF_8 = "utf-8", "UTF-8"
    WINDOWS = "cp1252", _("Windows, Western Europe")
    UTF_16 = "utf-16", "UTF-16"


class Every(models.TextChoices):
    """How often a feed is run."""

    DAY = "day", _("every day")
    WEEK = "week", _("every week")
    MONTH = "month", _("every month")

    @property
    def time(self) -> datetime.timedelta:
        """From one run to the next."""
        return datetime.timedelta(days={Every.DAY: 1, Every.WEEK: 7, Every.MONTH: 30}[self])


MAPPING = (
    *("indicator_id", "url", "format", "encoding", "skip_rows", "records_path", "pages_path"),
    *("country_column", "country_code", "aliases", "leaves_out_unknown"),
    *("day_column", "day_order", "value_column", "decimal_mark", "multiplier", "filter_column", "filter_value"),
)
"""The fields on which it depends how a file is understood."""


@shown()
@kept
class IndicatorFeed(models.Model):
    """Where the values of an indicator come from, how a file becomes observations, and what a person has to see."""

    key = models.SlugField(_("key"), unique=True, help_text=_("A short name for commands, such as owid-covid-cases."))
    indicator = models.ForeignKey(
        Indicator,
        models.PROTECT,
        related_name="feeds",
        verbose_name=_("indicator"),
        help_text=_("What the values are. Add it first if it is new."),
    )
    url = models.CharField(
        _("address"),
        max_length=1000,
        help_text=_(
            "https://… of the file itself, not of the page about it. For a file on this server write file: and its"
            " place in the folder that the operator has named, such as file:covid/daily.csv. It may be gzipped."
        ),
    )
    format = models.CharField(_("format"), max_length=10, choices=FeedFormat, default=FeedFormat.CSV_LONG)
    encoding = models.CharField(
        _("letters"), max_length=10, choices=Encoding, default=Encoding.UTF_8, help_text=_("UTF-8 unless it fails.")
    )
    skip_rows = models.PositiveSmallIntegerField(
        _("lines before the header"), default=0, help_text=_("Lines to pass over, such as a title. CSV only.")
    )
    records_path = models.CharField(
        _("place of the records"),
        max_length=100,
        blank=True,
        help_text=_("JSON only: the keys that lead to the list, joined by points, such as items; empty if it is all."),
    )
    pages_path = models.CharField(
        _("place of the number of pages"),
        max_length=100,
        blank=True,
        help_text=_("JSON in pages only, such as maxPages; the pages are asked for with &page=2, 3 and so on."),
    )
    country_column = models.CharField(
        _("column of the country"), max_length=100, blank=True, help_text=_("As the header of the file spells it.")
    )
    country_code = models.CharField(
        _("countries are written as"), max_length=4, choices=CountryCode, default=CountryCode.ISO3
    )
    aliases = models.TextField(
        _("other spellings"),
        blank=True,
        help_text=_(
            "One a line: what the file writes = the code PER. Nothing behind = leaves that place out."
            " Example: OWID_KOS = XKX"
        ),
    )
    leaves_out_unknown = models.BooleanField(
        _("leave out what is no country"),
        default=False,
        help_text=_("Pass over rows of continents, income groups and the like; otherwise they count as refused."),
    )
    day_column = models.CharField(
        _("column of the day or year"),
        max_length=100,
        blank=True,
        help_text=_("Empty where days are the columns."),
    )
    day_order = models.CharField(_("days are written"), max_length=12, choices=DayOrder, default=DayOrder.ISO)
    value_column = models.CharField(
        _("column of the value"), max_length=100, blank=True, help_text=_("Empty where days are the columns.")
    )
    decimal_mark = models.CharField(
        _("before decimals stands"), max_length=6, choices=DecimalMark, default=DecimalMark.POINT
    )
    multiplier = models.DecimalField(
        _("one unit of the file is"),
        max_digits=14,
        decimal_places=6,
        default=Decimal(1),
        help_text=_("1000 where the file counts in thousands; 100 where it writes 0.25 for 25 percent; else 1."),
    )
    filter_column = models.CharField(
        _("only rows where the column"),
        max_length=100,
        blank=True,
        help_text=_("For a file that holds several series; empty takes every row."),
    )
    filter_value = models.CharField(_("has the value"), max_length=200, blank=True)
    source_name = models.CharField(
        _("source"), max_length=200, help_text=_("As the public reads it beside each value.")
    )
    source_url = models.URLField(
        _("address of the source"), max_length=500, blank=True, help_text=_("A page that people can read.")
    )
    every = models.CharField(_("how often"), max_length=5, choices=Every, default=Every.DAY)
    lowest = models.DecimalField(
        _("lowest value"),
        max_digits=20,
        decimal_places=6,
        null=True,
        blank=True,
        help_text=_("A new value below this waits for a person. Counts below zero always do."),
    )
    highest = models.DecimalField(
        _("highest value"),
        max_digits=20,
        decimal_places=6,
        null=True,
        blank=True,
        help_text=_("A new value above this waits for a person."),
    )
    jump = models.DecimalField(
        _("largest jump"),
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_(
            "10: a value more than ten times, or less than a tenth, of the one that is public waits for a person."
        ),
    )
    is_on = models.BooleanField(
        _("on"), default=False, help_text=_("Whether it is run by itself. Try it first: nothing is written by that.")
    )
    note = models.TextField(_("note"), blank=True, help_text=_("For those who work here; the public does not see it."))
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("feed")
        verbose_name_plural = _("feeds")
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(url__regex=r"^(https?://[^\s/]|file:[^\s/])"),
                name="countries_indicatorfeed_address",
                violation_error_message=_("Write https://… or file:… with a place below the folder of files."),
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
                violation_error_message=_("To turn it on, name the columns of the country, the day and the value."),
            ),
            models.CheckConstraint(
                condition=Q(filter_column="", filter_value="") | ~Q(filter_column="") & ~Q(filter_value=""),
                name="countries_indicatorfeed_filter_pair",
                violation_error_message=_("Name both the column and the value that its rows are to have, or neither."),
            ),
            models.CheckConstraint(
                condition=~Q(multiplier=0),
                name="countries_indicatorfeed_multiplier",
                violation_error_message=_("One unit of the file is worth something: 1, 1000 or 100."),
            ),
            models.CheckConstraint(
                condition=Q(lowest=None) | Q(highest=None) | Q(lowest__lte=F("highest")),
                name="countries_indicatorfeed_range",
                violation_error_message=_("The lowest value is not above the highest."),
            ),
            models.CheckConstraint(
                condition=Q(jump=None) | Q(jump__gt=1),
                name="countries_indicatorfeed_jump",
                violation_error_message=_("A jump is a factor above 1, such as 10."),
            ),
        ]

    def __str__(self) -> str:
        return self.key

    def get_absolute_url(self) -> str:
        return reverse("admin:countries_indicatorfeed_change", args=[self.pk])

    @property
    def mapping(self) -> str:
        """A digest of all on which it depends how a file is understood."""
        values = [str(getattr(self, name)) for name in MAPPING if name != "multiplier"]
        values.append(f"{Decimal(self.multiplier).normalize():f}")
        return hashlib.sha256("\0".join(values).encode()).hexdigest()


class RunState(models.TextChoices):
    """What became of a run."""

    RUNNING = "running", _("Under way")
    PUBLISHED = "published", _("Published")
    UNCHANGED = "unchanged", _("Nothing new")
    HELD = "held", _("Held for a person")
    FAILED = "failed", _("Failed")
    DISCARDED = "discarded", _("Discarded")
    SUPERSEDED = "superseded", _("Overtaken by a later run")
    ROLLED_BACK = "rolled_back", _("Rolled back")


GOOD = (RunState.PUBLISHED, RunState.UNCHANGED)
"""After these, what is public is what the source says."""
DECIDED = (RunState.DISCARDED, RunState.ROLLED_BACK)


class FeedRunQuerySet(models.QuerySet["FeedRun"]):
    def good(self) -> "FeedRunQuerySet":
        """After these, what is public is what the source says."""
        return self.filter(state__in=GOOD)

    def read(self) -> "FeedRunQuerySet":
        """Those that read a file and left it public: what the next file is held against."""
        return self.filter(state__in=GOOD, understood__gt=0)


@shown(when=("update", "delete"))
class FeedRun(models.Model):
    """One time that a feed was fetched: what came, what became of it, and why."""

    feed = models.ForeignKey(IndicatorFeed, models.PROTECT, related_name="runs", verbose_name=_("feed"))
    state = models.CharField(_("state"), max_length=11, choices=RunState, default=RunState.RUNNING)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    """Null: by the timetable."""
    mapping = models.CharField(max_length=64)
    status_code = models.PositiveSmallIntegerField(_("status code"), null=True)
    final_url = models.CharField(_("answered by"), max_length=2000, blank=True)
    bytes = models.PositiveBigIntegerField(_("bytes"), null=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    etag = models.CharField(max_length=300, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    body = models.FileField(_("file"), storage=KeptBodies(), max_length=200, blank=True)
    """Kept while the run is held."""
    rows_read = models.PositiveIntegerField(_("rows read"), default=0)
    understood = models.PositiveIntegerField(_("with a value"), default=0)
    countries = models.PositiveIntegerField(_("countries"), default=0)
    without_value = models.PositiveIntegerField(_("without a value"), default=0)
    left_out = models.PositiveIntegerField(_("left out"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    new = models.PositiveIntegerField(_("new"), default=0)
    revised = models.PositiveIntegerField(_("revised"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    held = models.PositiveIntegerField(_("held"), default=0)
    problems = models.JSONField(default=list)
    """What was refused, by kind: problem, remedy, count, and line and cell of the first."""
    reasons = models.JSONField(default=list)
    """Why a person is to look, in words."""
    problem = models.TextField(_("problem"), blank=True)
    remedy = models.TextField(_("what helps"), blank=True)
    may_pass = models.BooleanField(default=False)
    """Whether it failed for a reason that may be gone in a while."""
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )

    objects = FeedRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run of a feed")
        verbose_name_plural = _("runs of feeds")
        ordering = ["-started_at", "-pk"]
        default_permissions = ("view",)
        permissions = [
            ("start_feedrun", "Can run a feed"),
            ("decide_feedrun", "Can publish, discard and roll back a run"),
        ]
        indexes = [models.Index(fields=["feed", "-started_at"], name="countries_feedrun_latest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=RunState.values),
                name="countries_feedrun_state_known",
                violation_error_message=_("Choose one of the states."),
            ),
            models.CheckConstraint(
                condition=Q(state=RunState.RUNNING, ended_at=None)
                | ~Q(state=RunState.RUNNING) & Q(ended_at__isnull=False),
                name="countries_feedrun_ended",
                violation_error_message=_("A run that is not under way has an end."),
            ),
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_by=None) | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="countries_feedrun_decided_pair",
                violation_error_message=_("A decision has its time and its person."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=DECIDED) | Q(decided_at__isnull=False),
                name="countries_feedrun_decided",
                violation_error_message=_("Somebody decided this: say who and when."),
            ),
            models.CheckConstraint(
                condition=~Q(state=RunState.HELD) | ~Q(body=""),
                name="countries_feedrun_held_with_body",
                violation_error_message=_("A run that is held keeps its file."),
            ),
            models.UniqueConstraint(
                fields=["feed"],
                condition=Q(state=RunState.RUNNING),
                name="countries_feedrun_one_at_a_time",
                violation_error_message=_("This feed is being run already."),
            ),
            models.UniqueConstraint(
                fields=["feed"],
                condition=Q(state=RunState.HELD),
                name="countries_feedrun_one_held",
                violation_error_message=_("A run of this feed is held already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.feed}, {timezone.localtime(self.started_at):%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("admin:countries_feedrun_change", args=[self.pk])

    def fail(self, problem: str, remedy: str, *, may_pass: bool = False) -> None:
        """Note why nothing came of it."""
        self.end(RunState.FAILED, problem=problem, remedy=remedy, may_pass=may_pass)

    def end(self, state: RunState, **changes: Any) -> None:
        """Note what became of it; a stranger's server may have sent what no text of the database can hold."""
        for name, value in {"state": state, "ended_at": timezone.now(), **changes}.items():
            setattr(self, name, value)
        for name in ("problem", "final_url", "etag", "last_modified"):
            setattr(self, name, getattr(self, name).replace("\0", "␀"))
        self.save()


class HeldBecause(models.TextChoices):
    """Why a value is shown to a person."""

    UNIT = "unit", _("does not fit the unit of the indicator")
    RANGE = "range", _("outside the range of the feed")
    JUMP = "jump", _("a large jump")


class HeldValue(models.Model):
    """A value that a person is to look at, beside what is public; up to some thousands a run."""

    run = models.ForeignKey(FeedRun, models.CASCADE, related_name="held_values")
    country = models.ForeignKey(Country, models.PROTECT, related_name="+", verbose_name=_("country"))
    period = models.CharField(_("period"), max_length=23)
    former = models.DecimalField(_("public now"), max_digits=20, decimal_places=6, null=True)
    value = models.DecimalField(_("value"), max_digits=20, decimal_places=6)
    because = models.CharField(_("because"), max_length=5, choices=HeldBecause)

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(because__in=HeldBecause.values),
                name="countries_heldvalue_because_known",
                violation_error_message=_("Choose one of the reasons."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country_id} {self.period}: {self.value}"
