"""The audit list: changes of rights, sign-ins, ended sessions, exports and deletions, which nobody can edit."""

from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Act(models.TextChoices):
    """What is recorded."""

    SIGNED_IN = "signed_in", _("signed in")
    INVITED = "invited", _("invited")
    LINK_MADE = "link_made", _("made a link for a new password")
    PASSWORD_SET = "password_set", _("set a password")
    RIGHTS_CHANGED = "rights_changed", _("changed rights")
    FACTOR_ADDED = "factor_added", _("added a second factor")
    FACTOR_REMOVED = "factor_removed", _("removed a second factor")
    SESSIONS_ENDED = "sessions_ended", _("ended sessions")
    EXPORTED = "exported", _("exported")
    DELETED = "deleted", _("deleted")


class AuditEntry(models.Model):
    """One act. The running role may add rows and nothing else; a trigger holds the owner to the same."""

    at = models.DateTimeField(_("time"), default=timezone.now, editable=False)
    act = models.CharField(_("act"), max_length=20, choices=Act)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("account")
    )
    """Null where nobody was signed in, such as whoever follows a link for a new password."""
    about = models.TextField(_("object"))
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    """The account that `about` names, whatever it is called by now; null if that is something else."""
    note = models.TextField(_("details"), blank=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        default_permissions = ("view",)
        ordering = ["-at", "-pk"]
        indexes = [models.Index("at", name="audit_at")]
        triggers = [pgtrigger.Protect(name="stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.get_act_display()}: {self.about}"


def record(act: Act, about: Any, *, by: Any = None, note: str = "") -> None:
    """Add an entry, in the transaction of the act."""
    account: Any = about if isinstance(about, AbstractBaseUser) else None
    AuditEntry.objects.create(act=act, about=str(about), account=account, by=by, note=note)
