"""Runs of feeds: what was fetched, what became of it, and what a person decided."""

from typing import Any

import pgtrigger
from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _

from countries.feeds.models.feed import IndicatorFeed
from countries.models.place import Country
from foundation.publication import bumps_public_version
from foundation.records.history import refuses_changes
from foundation.records.teams import Team


def feed_storage() -> Storage:
    """The storage of files that wait for review."""
    return storages["feeds"]


class RunState(models.TextChoices):
    """The result of a run."""

    RUNNING = "running", _("In progress")
    PUBLISHED = "published", _("Published")
    UNCHANGED = "unchanged", _("Nothing new")
    HELD = "held", _("Held for review")
    PARTLY_HELD = "partly_held", _("Some values held")
    FAILED = "failed", _("Failed")
    DISCARDED = "discarded", _("Discarded")
    SUPERSEDED = "superseded", _("Superseded by a later run")
    ROLLED_BACK = "rolled_back", _("Rolled back")


GOOD = (RunState.PUBLISHED, RunState.UNCHANGED, RunState.PARTLY_HELD)
"""After these, what is public matches the source, apart from single held values."""
WAITING = (RunState.HELD, RunState.PARTLY_HELD)
"""Waiting for an editor; a feed has at most one such run, the last that read a file."""
PUBLIC = (RunState.PUBLISHED, RunState.PARTLY_HELD)
"""These have made values public, and can be rolled back."""
DECIDED = (RunState.DISCARDED, RunState.ROLLED_BACK)


class FeedRunQuerySet(models.QuerySet["FeedRun"]):
    def of_team(self, team: Team) -> "FeedRunQuerySet":
        """None, as of feeds: a run holds values of all countries."""
        return self.none()

    def read(self) -> "FeedRunQuerySet":
        """Runs that read a file and published it: the next file is compared with these."""
        return self.filter(state__in=GOOD, understood__gt=0)

    def accepted(self) -> "FeedRun | None":
        """The last one that a person has published: what it lacked is known to them."""
        decided = self.filter(state=RunState.PUBLISHED, decided_at__isnull=False)
        return decided.order_by("-decided_at", "-pk").first()


FACTS = (
    "feed_id", "started_at", "started_by_id", "ended_at", "mapping", "status_code", "final_url", "bytes", "sha256",
    "etag", "last_modified", "rows_read",
)  # fmt: skip
"""The findings of a run, immutable once it has ended."""


@bumps_public_version(when=("update", "delete"))
@pgtrigger.register(
    refuses_changes(
        "facts_stay", FACTS, of="old.state <> 'running'", message="What run % found stays as it was noted."
    ),
    refuses_changes(
        "outcome_stays",
        ["*"],
        of="old.state not in ('running', 'held', 'partly_held', 'published')",
        message="Run % is over, so that its note stays.",
    ),
)
class FeedRun(models.Model):
    """One run of a feed: what was fetched, what became of it, and why."""

    feed = models.ForeignKey(IndicatorFeed, models.PROTECT, related_name="runs", verbose_name=_("feed"))
    state = models.CharField(_("state"), max_length=11, choices=RunState, default=RunState.RUNNING)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    """Null if the run was scheduled."""
    mapping = models.CharField(max_length=64)
    status_code = models.PositiveSmallIntegerField(_("status code"), null=True)
    final_url = models.CharField(_("answered by"), max_length=2000, blank=True)
    bytes = models.PositiveBigIntegerField(_("bytes"), null=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    etag = models.CharField(max_length=300, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    body = models.FileField(_("file"), storage=feed_storage, max_length=200, blank=True)
    """Kept while the run is held."""
    rows_read = models.PositiveIntegerField(_("rows read"), default=0)
    understood = models.PositiveIntegerField(_("with a value"), default=0)
    countries = models.PositiveIntegerField(_("countries"), default=0)
    without_value = models.PositiveIntegerField(_("without a value"), default=0)
    skipped = models.PositiveIntegerField(_("skipped"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    new = models.PositiveIntegerField(_("new"), default=0)
    revised = models.PositiveIntegerField(_("revised"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    held = models.PositiveIntegerField(_("held"), default=0)
    problems = models.JSONField(default=list)
    """What was refused, by kind: problem, remedy, count, line and cell of the first, and examples with these."""
    doubts = models.JSONField(default=list)
    """Doubts for review: problem, remedy, count, examples, and what is held (file, values or nothing)."""
    missing_countries = models.JSONField(default=list)
    """Codes of the countries with public values of the feed that are not in this file."""
    gaps = models.PositiveIntegerField(default=0)
    """Number of public values that are missing between the first and the last day of the file."""
    ends_in_a_line = models.BooleanField(null=True)
    """Whether the last line of the file ends with a newline; null if unknown."""
    reasons = models.JSONField(default=list)
    """The reasons for review, in words."""
    problem = models.TextField(_("problem"), blank=True)
    remedy = models.TextField(_("remedy"), blank=True)
    is_transient = models.BooleanField(default=False)
    """Whether the run failed for a reason that may be temporary."""
    decided_at = models.DateTimeField(_("decided on"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )

    objects = FeedRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("feed run")
        verbose_name_plural = _("feed runs")
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
                violation_error_message=_("Choose a state from the list."),
            ),
            models.CheckConstraint(
                condition=Q(state=RunState.RUNNING, ended_at=None)
                | ~Q(state=RunState.RUNNING) & Q(ended_at__isnull=False),
                name="countries_feedrun_ended",
                violation_error_message=_("A run that is not in progress needs an end."),
            ),
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_by=None) | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="countries_feedrun_decided_pair",
                violation_error_message=_("A decision needs a time and a person."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=DECIDED) | Q(decided_at__isnull=False),
                name="countries_feedrun_decided",
                violation_error_message=_("A run with this state needs a decision: who and when."),
            ),
            models.CheckConstraint(
                condition=~Q(state=RunState.HELD) | ~Q(body=""),
                name="countries_feedrun_held_with_body",
                violation_error_message=_("A held run needs its file."),
            ),
            models.UniqueConstraint(
                fields=["feed"],
                condition=Q(state=RunState.RUNNING),
                name="countries_feedrun_one_at_a_time",
                violation_error_message=_("This feed is already running."),
            ),
            models.UniqueConstraint(
                fields=["feed"],
                condition=Q(state__in=WAITING),
                name="countries_feedrun_one_held",
                violation_error_message=_("A run of this feed is already held."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.feed}, {self.started_in_words}"

    def get_absolute_url(self) -> str:
        return reverse("admin:countries_feedrun_change", args=[self.pk])

    @property
    def notices(self) -> list[str]:
        """Notices that did not hold anything back."""
        return [doubt["problem"] for doubt in self.doubts if not doubt["holds"]]

    @property
    def started_in_words(self) -> str:
        """The start of the run, formatted for the reader."""
        return formats.date_format(timezone.localtime(self.started_at), "DATETIME_FORMAT")

    def fail(self, problem: str, remedy: str, *, is_transient: bool = False) -> None:
        """End the run as failed, with the reason."""
        self.end(RunState.FAILED, problem=problem, remedy=remedy, is_transient=is_transient)

    def end(self, state: RunState, **changes: Any) -> None:
        """Store the result. Text from the server is cleaned of what PostgreSQL cannot store."""
        for name, value in {"state": state, "ended_at": timezone.now(), **changes}.items():
            setattr(self, name, value)
        for name in ("problem", "final_url", "etag", "last_modified"):
            setattr(self, name, getattr(self, name).replace("\0", "␀"))
        self.save()


class HeldBecause(models.TextChoices):
    """Why a value is held."""

    UNIT = "unit", _("does not fit the unit of the indicator")
    RANGE = "range", _("outside the range of the feed")
    JUMP = "jump", _("a large jump")
    FALL = "fall", _("a drop in a series that never drops")
    HISTORY = "history", _("rewrites most of a country’s history")


class HeldValue(models.Model):
    """A value that waits for review, beside the public one; up to some thousands per run."""

    run = models.ForeignKey(FeedRun, models.CASCADE, related_name="held_values")
    country = models.ForeignKey(Country, models.PROTECT, related_name="+", verbose_name=_("country"))
    period = models.CharField(_("period"), max_length=23)
    former = models.DecimalField(_("public now"), max_digits=20, decimal_places=6, null=True)
    value = models.DecimalField(_("value"), max_digits=20, decimal_places=6)
    because = models.CharField(_("reason"), max_length=10, choices=HeldBecause)
    line = models.PositiveIntegerField(_("row"), null=True)
    is_left_out = models.BooleanField(default=False)
    """A person has rejected it: the same value is not held again."""

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(because__in=HeldBecause.values),
                name="countries_heldvalue_because_known",
                violation_error_message=_("Choose a reason from the list."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country_id} {self.period}: {self.value}"
