"""Sessions, second factors, and sign-ins between password and second factor."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, TimestampMixin

from countries.models import Country
from observatory.accounts.secrets import digest

STEP_AGE = timedelta(minutes=10)
"""Time for the second factor after the password."""
BROWSER_LENGTH = 300
"""Characters of the user agent that a session keeps."""

# What a user agent names, the special before the general: Edge says that it is Chrome, and Chrome that it is Safari
BROWSERS = (("Firefox", "Firefox"), ("Edg", "Edge"), ("OPR", "Opera"), ("Chrom", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac", "macOS"),
           ("Linux", "Linux"))  # fmt: skip


class Membership(models.Model):
    """A country of an account; see `foundation/records/teams.py`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    country = models.ForeignKey(Country, models.PROTECT, related_name="+", verbose_name=_("country"))

    class Meta:
        verbose_name = _("country of an account")
        verbose_name_plural = _("countries of an account")
        ordering = ["country__sort_name_en"]
        default_permissions = ()
        permissions = [
            ("all_countries", "Can work on the records of all countries"),
            ("give_teams", "Can invite people and give them countries"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "country"],
                name="observatory_membership_unique",
                violation_error_message=_("The account has this country already."),
            )
        ]

    def __str__(self) -> str:
        return str(self.country)


class AccountSessionQuerySet(models.QuerySet):
    def open(self, *, at: datetime) -> "AccountSessionQuerySet":
        """Those that have neither ended nor been idle for too long."""
        return self.filter(expire_date__gt=at, seen_at__gt=at - settings.SESSION_IDLE)


class AccountSession(AbstractBaseSession):
    """A session that says whose it is, so that its owner and administrators can see and end it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="sessions")
    began_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    browser = models.CharField(max_length=BROWSER_LENGTH, blank=True)
    network = models.CharField(max_length=50, blank=True)

    objects: Any = AccountSessionQuerySet.as_manager()  # type: ignore[misc, assignment]  # in place of Django's manager

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        default_permissions = ()

    @property
    def number(self) -> str:
        """What pages name it by: whoever knows the key has the session."""
        return digest(self.session_key)

    @property
    def browser_in_words(self) -> str:
        """Such as “Firefox, Android”: what is known of the user agent, or all of it."""
        found = [next((name for mark, name in marks if mark in self.browser), "") for marks in (BROWSERS, SYSTEMS)]
        return ", ".join(filter(None, found)) or self.browser

    @staticmethod
    def owner_in(data: dict[str, Any]) -> int | None:
        """The key of the account that the data of a session belong to."""
        return int(data[SESSION_KEY]) if SESSION_KEY in data else None


class AuthenticatorApp(TimestampMixin, Device):
    """An app that shows six digits for half a minute (TOTP, RFC 6238)."""

    secret = models.TextField()
    """Encrypted with a key that is not in the database."""
    last_step = models.BigIntegerField(default=-1)
    """The half-minute of the last code that was accepted: neither it nor an earlier one is accepted again."""

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint("user", name="one_authenticator_app")]


class Passkey(TimestampMixin, Device):
    """A key in a phone, a computer or a security key (WebAuthn)."""

    credential_id = models.BinaryField(unique=True)
    credential = models.BinaryField()
    """Its number and public key, as WebAuthn's attested credential data."""
    sign_count = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()
        ordering = ["created_at", "pk"]


class RecoveryCode(models.Model):
    """A code that replaces the second factor once. Only its hash is kept; it is deleted when it is used."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="recovery_codes")
    salt = models.CharField(max_length=32)
    digest = models.CharField(max_length=64)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"recovery code of {self.user}"


class SignInStepQuerySet(models.QuerySet):
    def open(self, *, at: datetime) -> "SignInStepQuerySet":
        return self.filter(began_at__gt=at - STEP_AGE)

    def counted(self, *, at: datetime, is_counted: bool = True) -> "SignInStepQuerySet":
        """Those whose failures still count, or those whose failures do not."""
        since = at - settings.AXES_COOLOFF_TIME - STEP_AGE
        return self.filter(began_at__gt=since) if is_counted else self.exclude(began_at__gt=since)


class SignInStep(models.Model):
    """A sign-in whose password was right, and whose second factor is missing. Its browser has the key in a cookie."""

    digest = models.CharField(max_length=64, unique=True)
    """Of the key, so that whoever reads the database cannot take over a sign-in."""
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    password = models.CharField(max_length=256)
    """The hash of the password at that time: a changed password ends the step."""
    began_at = models.DateTimeField(default=timezone.now)
    failures = models.PositiveIntegerField(default=0)
    next_url = models.TextField(blank=True)
    challenge = models.JSONField(null=True)
    """What a passkey has to sign; used once."""
    secret = models.TextField(blank=True)
    """That of an app about to be set up, encrypted."""

    objects = SignInStepQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"sign-in of {self.user}"
