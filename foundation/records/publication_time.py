"""The moment at which something is to become public later, as people type it."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

FURTHEST = timedelta(days=2 * 366)
"""A later time is rather a slip of the keyboard."""
PUBLISH_AT = "publish_at"
"""The name of the box."""


def check_time(publish_at: datetime, *, at: datetime) -> None:
    """Raise ValidationError for a moment that has passed at the moment `at`, or is too far ahead."""
    if publish_at <= at:
        raise ValidationError(_("Choose a time that is still to come."), code="past")
    if publish_at > at + FURTHEST:
        raise ValidationError(_("Choose a time within the next two years."), code="far")


class PublicationTimeForm(forms.Form):
    """When something is to be published, in the time zone of the site."""

    publish_at = forms.DateTimeField(
        label=gettext_lazy("Day and time"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[PUBLISH_AT].help_text = _("In the time zone of the site, %(zone)s.") % {"zone": settings.TIME_ZONE}

    def clean_publish_at(self) -> datetime:
        """A time that can be scheduled."""
        publish_at: datetime = self.cleaned_data[PUBLISH_AT]
        check_time(publish_at, at=timezone.now())
        return publish_at
