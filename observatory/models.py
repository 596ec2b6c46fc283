"""What belongs to no app alone."""

from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django.models import ProcrastinateJob


class BackgroundJob(ProcrastinateJob):
    """A piece of work in the queue, as people see it who look after it."""

    class Meta:
        proxy = True
        verbose_name = _("background job")
        verbose_name_plural = _("background jobs")
        default_permissions = ("view",)
        permissions = [("manage_backgroundjob", "Can retry and cancel background work")]

    def __str__(self) -> str:
        return f"{self.task_name} ({self.pk})"
