"""Acts that are coded a second time by somebody who has not seen the first coding, and their codings.

See `measures/double_coding/` for what is done with them.
"""

from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.records.history import track_history
from foundation.records.teams import Team
from measures.models.measure import BLIND_STATES, Measure


class CodingState(models.TextChoices):
    """How far the double coding of an act is. In the first two states the first coding is kept from second coders."""

    WAITING = "waiting", _("Waits for a second coder")
    TAKEN = "taken", _("Is being coded")
    DIFFERS = "differs", _("The codings differ: to decide")
    AGREED = "agreed", _("Both codings are the same")
    DECIDED = "decided", _("Decided")
    LEFT_OUT = "left_out", _("Left out")


assert {CodingState.WAITING.value, CodingState.TAKEN.value} == set(BLIND_STATES)
OPEN_STATES = (CodingState.WAITING, CodingState.TAKEN, CodingState.DIFFERS)
"""Those in which the act is not published."""
PAIRED_STATES = (CodingState.DIFFERS, CodingState.AGREED, CodingState.DECIDED)
"""Those in which there are two codings."""


class CodingRole(models.TextChoices):
    """Whose coding it is."""

    FIRST = "first", _("First coding")
    SECOND = "second", _("Second coding")
    DECISION = "decision", _("Decision")


class DoubleCodingQuerySet(models.QuerySet["DoubleCoding"]):
    def of_team(self, team: Team) -> "DoubleCodingQuerySet":
        """Those of the acts of a team."""
        return self.filter(measure__in=Measure.objects.of_team(team).values("pk"))

    def paired(self) -> "DoubleCodingQuerySet":
        """Those that two people have coded."""
        return self.filter(state__in=PAIRED_STATES)

    def published(self) -> "DoubleCodingQuerySet":
        """Those whose act is public: public figures count no others."""
        return self.filter(measure__in=Measure.objects.published().values("pk"))


@track_history
class DoubleCoding(models.Model):
    """An act that was drawn to be coded a second time, and how far that is."""

    measure = models.OneToOneField(
        Measure, models.PROTECT, related_name="double_coding", editable=False, verbose_name=_("measure")
    )
    state = models.CharField(
        _("state"), max_length=20, choices=CodingState, default=CodingState.WAITING, editable=False
    )
    share = models.PositiveSmallIntegerField(_("share that was drawn"), editable=False)
    """Per cent, as the rule of the site was then."""
    drawn_at = models.DateTimeField(_("drawn"), default=timezone.now, editable=False)
    known_to = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", editable=False)
    """Who knows the first coding: they wrote it or said so, and are never its second coder."""
    coder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("second coder"),
    )
    coded_at = models.DateTimeField(_("coded a second time"), null=True, editable=False)
    closed_at = models.DateTimeField(_("closed"), null=True, editable=False)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("closed by"),
    )
    note = models.TextField(_("reason"), max_length=1000, blank=True, editable=False)
    """Why it was left out."""

    objects = DoubleCodingQuerySet.as_manager()

    class Meta:
        verbose_name = _("double coding")
        verbose_name_plural = _("double codings")
        default_permissions = ("view", "change")
        ordering = ["-drawn_at", "-pk"]
        indexes = [
            models.Index(fields=["measure"], condition=Q(state__in=BLIND_STATES), name="measures_doublecoding_blind"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CodingState.values), name="measures_doublecoding_state_known"),
            models.CheckConstraint(
                condition=Q(state=CodingState.WAITING, coder=None)
                | Q(state=CodingState.LEFT_OUT)
                | Q(state__in=[*PAIRED_STATES, CodingState.TAKEN], coder__isnull=False),
                name="measures_doublecoding_has_coder",
            ),
            models.CheckConstraint(
                condition=Q(state__in=PAIRED_STATES, coded_at__isnull=False)
                | Q(state__in=[*BLIND_STATES, CodingState.LEFT_OUT]),
                name="measures_doublecoding_coded_at",
            ),
        ]

    def __str__(self) -> str:
        return _("Double coding %(number)s") % {"number": self.pk}

    @property
    def is_open(self) -> bool:
        """Whether its act waits for it."""
        return self.state in OPEN_STATES

    @property
    def is_blind(self) -> bool:
        """Whether the first coding is kept from second coders."""
        return self.state in BLIND_STATES

    @property
    def values(self) -> dict[str, dict[str, Any]]:
        """The codings that there are, by role."""
        return {coding.role: coding.values for coding in self.codings.all()}


class Coding(models.Model):
    """What one person said of the coded fields of an act. It never changes."""

    double_coding = models.ForeignKey(DoubleCoding, models.PROTECT, related_name="codings", editable=False)
    role = models.CharField(_("coding"), max_length=10, choices=CodingRole, editable=False)
    coder = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False, verbose_name=_("coder")
    )
    values = models.JSONField(editable=False)
    """By field, as `measures.double_coding.fields` writes them."""
    coded_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("coding")
        verbose_name_plural = _("codings")
        default_permissions = ()
        ordering = ["double_coding", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["double_coding", "role"], name="measures_coding_unique"),
            models.CheckConstraint(condition=Q(role__in=CodingRole.values), name="measures_coding_role_known"),
        ]
        triggers = [pgtrigger.Protect(name="stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.double_coding}: {self.get_role_display()}"
