"""Publications that are to happen at a later time."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from measures.models.measure import Measure


class PublicationProblem(models.TextChoices):
    """Why an entry was not published at its time."""

    INCOMPLETE = "incomplete", _("It lacked something that publication requires.")
    CHANGED = "changed", _("It was changed after it was scheduled, by somebody who may not publish.")
    DENIED = "denied", _("The account that scheduled it may no longer publish.")


class ScheduledPublicationQuerySet(models.QuerySet["ScheduledPublication"]):
    def due(self, *, at: datetime) -> "ScheduledPublicationQuerySet":
        """Those whose time has come, and that were not tried yet."""
        return self.filter(publish_at__lte=at, failed_at=None)

    def failed_for(self, user: Any, *, may_publish: bool) -> "ScheduledPublicationQuerySet":
        """Those that could not be published: what a person scheduled, and what others did who may no longer publish.

        The latter are for those who may publish, since they can do it instead.
        """
        told = Q(scheduled_by=user)
        if may_publish:
            told |= Q(problem=PublicationProblem.DENIED)
        return self.filter(told, failed_at__isnull=False)


class ScheduledPublication(models.Model):
    """When an entry in review is to be published, and who decided it; it is written under the lock of the entry."""

    measure = models.OneToOneField(Measure, models.CASCADE, related_name="scheduled")
    publish_at = models.DateTimeField(_("publish on"))
    note = models.TextField(blank=True)
    version = models.PositiveIntegerField()
    """The version of the entry that was to be published."""
    scheduled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    scheduled_at = models.DateTimeField(default=timezone.now)
    failed_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=20, choices=PublicationProblem, blank=True)

    objects = ScheduledPublicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("scheduled publication")
        verbose_name_plural = _("scheduled publications")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(failed_at=None, problem="")
                | Q(failed_at__isnull=False, problem__in=PublicationProblem.values),
                name="measures_scheduledpublication_failed_pair",
                violation_error_message=_("A publication that failed has a time and a problem."),
            ),
            models.CheckConstraint(
                condition=Q(publish_at__gt=models.F("scheduled_at")),
                name="measures_scheduledpublication_later",
                violation_error_message=_("Choose a time that is still to come."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure}: {self.publish_at}"
