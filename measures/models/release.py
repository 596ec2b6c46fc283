"""Releases: states of the public data that were frozen under a name."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.publication import bumps_public_version

NAME = r"^[0-9]{4}\.[0-9]{1,6}$"


@bumps_public_version(when=["insert"])
class Release(models.Model):
    """A frozen state. Its files lie in `RELEASES_DIR`; no row is ever changed or removed."""

    name = models.CharField(_("name"), max_length=20, unique=True)
    moment = models.DateTimeField(_("last change"))
    """When the last of what it has was recorded: the date that its files bear."""
    made_at = models.DateTimeField(_("made"), default=timezone.now)
    public_version = models.TextField(_("version of the public data"))
    files = models.JSONField(_("files"))
    """By name of the file: `sha256`, `size` in bytes, and for data the number of `rows`."""
    changes = models.JSONField(_("changes"), default=dict)
    """By name of the file, since the release before: rows `added` and `removed`, and `changed` cells."""

    class Meta:
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        default_permissions = ("view",)
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(name__regex=NAME),
                name="measures_release_name_form",
                violation_error_message=_("Write the year and a number, such as 2026.1."),
            )
        ]
        triggers = [pgtrigger.Protect(name="stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("release", args=[self.name])

    @property
    def before(self) -> "Release | None":
        """The release before this one."""
        return Release.objects.filter(pk__lt=self.pk).first()
