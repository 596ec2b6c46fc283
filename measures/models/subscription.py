"""Who follows a filter by e-mail, and the letters to them."""

from datetime import date, datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from measures.models.error_report import LANGUAGE_NAMES


class Frequency(models.TextChoices):
    """How often there is a letter at most."""

    DAILY = "daily", _("Every day")
    WEEKLY = "weekly", _("Every week")


class Pause(models.TextChoices):
    """Why no letters are sent although nobody has ended the subscription."""

    REFUSED = "refused", _("The mail server of the address refuses it")
    FILTER = "filter", _("The filter no longer works")


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def due(self, *, on: date) -> "SubscriptionQuerySet":
        """Those that have had no letter in the day or the week, from Monday on, to which a day belongs.

        While a letter waits to be sent there is no other.
        """
        monday = on - timedelta(days=on.weekday())
        daily = Q(frequency=Frequency.DAILY) & (Q(looked_on=None) | Q(looked_on__lt=on))
        weekly = Q(frequency=Frequency.WEEKLY) & (Q(looked_on=None) | Q(looked_on__lt=monday))
        waiting = Letter.objects.unsent().filter(subscription=models.OuterRef("pk"), kind=LetterKind.NEWS)
        return self.filter(daily | weekly, ~models.Exists(waiting), confirmed_at__isnull=False, pause="")


class Subscription(models.Model):
    """A filter that somebody follows. Nothing is known of them but the address, which is nowhere public."""

    email = models.EmailField(_("e-mail"), max_length=254)
    mailbox = models.CharField(max_length=254)
    """The address without what leads to the same mailbox: capitals, and what follows a `+`."""
    query = models.TextField(_("filter"), blank=True)
    """The query string of the list of measures in canonical form, without `?`; '' for all entries."""
    language = models.CharField(_("language"), max_length=10, choices=LANGUAGE_NAMES)
    frequency = models.CharField(_("how often"), max_length=10, choices=Frequency, default=Frequency.DAILY)
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)
    told_until = models.DateTimeField(_("told until"), null=True)
    """What became public before was in a letter, or there before the subscription."""
    looked_on = models.DateField(_("last looked"), null=True)
    """The last day, where the site is, on which a letter was written or there was nothing to write."""
    refusals = models.PositiveSmallIntegerField(_("refusals"), default=0)
    """How often in a row the mail server of the address has refused it for good."""
    pause = models.CharField(_("pause"), max_length=10, choices=Pause, blank=True)
    error = models.CharField(_("last error"), max_length=300, blank=True)
    """What went wrong with the last letter, without the address."""

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        default_permissions = ("view",)
        permissions = [("resume_subscription", _("Can resume subscriptions"))]
        ordering = ["-asked_at", "-pk"]
        indexes = [
            models.Index(fields=["mailbox"], name="measures_subscription_mailbox"),
            models.Index(fields=["told_until", "query", "language"], name="measures_subscription_told"),
        ]
        constraints = [
            models.UniqueConstraint(Lower("email"), "query", name="measures_subscription_once"),
            models.CheckConstraint(
                condition=Q(frequency__in=Frequency.values) & (Q(pause="") | Q(pause__in=Pause.values)),
                name="measures_subscription_codes_known",
                violation_error_message=_("Choose a value from the list."),
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at=None, told_until=None)
                | Q(confirmed_at__isnull=False, told_until__isnull=False),
                name="measures_subscription_confirmed_pair",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}: {self.query or '/measures/'}"


class LetterKind(models.TextChoices):
    """What a letter is for."""

    CONFIRMATION = "confirmation", _("Asks for confirmation")
    NEWS = "news", _("What changed")


class LetterState(models.TextChoices):
    """Where a letter stands."""

    WAITING = "waiting", _("Waits to be sent")
    SENDING = "sending", _("Was handed to the mail server, which has not answered")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Refused for good")
    WITHHELD = "withheld", _("Not to be sent")


class LetterQuerySet(models.QuerySet["Letter"]):
    def unsent(self) -> "LetterQuerySet":
        """Those that are still to be sent."""
        return self.filter(state__in=(LetterState.WAITING, LetterState.SENDING))

    def due(self, *, at: datetime) -> "LetterQuerySet":
        """Those that may be sent now."""
        return self.unsent().filter(Q(try_at=None) | Q(try_at__lte=at)).exclude(subscription__pause=Pause.REFUSED)


class Letter(models.Model):
    """One letter as it is sent, written down before that, so that a worker that dies loses none and doubles none."""

    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="letters")
    kind = models.CharField(_("kind"), max_length=20, choices=LetterKind)
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    """The period that it tells of: `since` belongs to it, `until` does not."""
    token_hash = models.CharField(max_length=64, unique=True)
    """SHA-256 of the secret in its links."""
    message_id = models.CharField(max_length=200, unique=True)
    subject = models.TextField(blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    """Its parts; empty once it was sent."""
    entries = ArrayField(models.BigIntegerField(), default=list)
    """The entries whose content it has: it is written anew if one of them is withdrawn before it is sent."""
    network = models.CharField(max_length=64, blank=True)
    """A keyed hash of the network that asked for it, for the limits; forgotten after a day."""
    state = models.CharField(_("state"), max_length=10, choices=LetterState, default=LetterState.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    try_at = models.DateTimeField(null=True)
    """Not to be tried again before."""
    created_at = models.DateTimeField(_("written"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        default_permissions = ()
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["created_at"], name="measures_letter_created"),
            models.Index(fields=["id"], name="measures_letter_unsent", condition=Q(state__in=("waiting", "sending"))),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=LetterKind.values) & Q(state__in=LetterState.values),
                name="measures_letter_codes_known",
            ),
            models.CheckConstraint(
                condition=Q(kind=LetterKind.CONFIRMATION, since=None, until=None)
                | Q(kind=LetterKind.NEWS, since__lt=models.F("until")),
                name="measures_letter_period",
            ),
            models.CheckConstraint(
                condition=Q(state=LetterState.SENT, sent_at__isnull=False)
                | (~Q(state=LetterState.SENT) & Q(sent_at=None)),
                name="measures_letter_sent_pair",
            ),
            models.UniqueConstraint(
                fields=["subscription", "since"], condition=Q(kind=LetterKind.NEWS), name="measures_letter_once"
            ),
        ]

    def __str__(self) -> str:
        return self.message_id
