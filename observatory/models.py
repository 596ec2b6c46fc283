"""Models that belong to no single app."""

from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django.models import ProcrastinateJob

from observatory.accounts.models import AccountSession, AuthenticatorApp, Membership, Passkey, RecoveryCode, SignInStep

__all__ = [
    "AccountSession",
    "AuthenticatorApp",
    "BackgroundJob",
    "Membership",
    "Passkey",
    "RecoveryCode",
    "SignInStep",
]


class BackgroundJob(ProcrastinateJob):
    """A background job, as shown in the admin."""

    class Meta:
        proxy = True
        verbose_name = _("background job")
        verbose_name_plural = _("background jobs")
        default_permissions = ("view",)
        permissions = [("manage_backgroundjob", "Can retry and cancel background work")]

    def __str__(self) -> str:
        return f"{self.task_name} ({self.pk})"
