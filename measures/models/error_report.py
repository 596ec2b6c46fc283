"""What readers say is wrong on a page, and what they were answered."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from countries.models import Country
from foundation.publication import bumps_public_version
from foundation.records.teams import Team
from foundation.texts import LANGUAGES
from measures.models.measure import Measure
from measures.models.source import Source

LANGUAGE_NAMES = [(code, get_language_info(code)["name_local"]) for code in LANGUAGES]
"""Each language in itself."""


class ReportState(models.TextChoices):
    """Where a report stands. Of the first two readers see nothing but the person who has its address."""

    WAITING = "waiting", _("To answer")
    SPAM = "spam", _("Spam")
    ANSWERED = "answered", _("Answered")


class Outcome(models.TextChoices):
    """What came of a report."""

    CORRECTED = "corrected", _("Corrected")
    STANDS = "stands", _("Right as it stands")
    UNDECIDED = "undecided", _("Cannot be decided from the sources")


class ErrorReportQuerySet(models.QuerySet["ErrorReport"]):
    def about_public(self) -> "ErrorReportQuerySet":
        """Those whose record is public, or that are about no record."""
        measure = Q(measure=None) | Q(measure__in=Measure.objects.published())
        source = Q(source=None) | Q(source__in=Source.objects.public())
        country = Q(country=None) | Q(country__in=Country.objects.covered())
        return self.filter(measure, source, country)

    def answered(self) -> "ErrorReportQuerySet":
        """Those whose answer is public: an answer goes with the record that it is about."""
        return self.about_public().filter(state=ReportState.ANSWERED)

    def waiting(self) -> "ErrorReportQuerySet":
        """Those that nobody has answered."""
        return self.filter(state=ReportState.WAITING)

    def of_team(self, team: Team) -> "ErrorReportQuerySet":
        """Those of the countries of a team, and those that are of no country."""
        return self.filter(Q(country__in=team.countries) | Q(country=None))


_PUBLIC = "select coalesce(measure_id, 0) from changed where state = 'answered'"
"""The entries on whose pages an answer stands; 0, which is none, for the pages without an entry."""


@bumps_public_version(_PUBLIC)
class ErrorReport(models.Model):
    """A report. What its sender wrote and who they are is never public; the question and the answer are ours."""

    key = models.CharField(max_length=32, unique=True)
    """The secret end of the address at which its sender sees what became of it."""
    page = models.CharField(_("page"), max_length=1000)
    """The path of the page that it is about."""
    name = models.CharField(_("about"), max_length=300)
    """What that page was called."""
    measure = models.ForeignKey(Measure, models.SET_NULL, null=True, related_name="reports")
    source = models.ForeignKey(Source, models.SET_NULL, null=True, related_name="reports")
    country = models.ForeignKey(Country, models.SET_NULL, null=True, related_name="+", verbose_name=_("country"))
    field = models.CharField(_("statement"), max_length=100, blank=True)
    """The statement that is said to be wrong, as the form named it; '' for the whole page."""
    value = models.TextField(_("as it was read"), blank=True)
    text = models.TextField(_("what is wrong"), max_length=4000)
    evidence = models.TextField(_("where it can be read"), max_length=2000, blank=True)
    sender = models.CharField(_("name"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    on_behalf_of = models.CharField(_("on behalf of"), max_length=200, blank=True)
    """The body concerned for which the sender claims to write."""
    language = models.CharField(_("language"), max_length=10)
    network = models.CharField(max_length=64, blank=True)
    """A keyed hash of the network that it came from, for the limits; forgotten after a day."""
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    state = models.CharField(_("state"), max_length=20, choices=ReportState, default=ReportState.WAITING)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome, blank=True)
    question = models.TextField(
        _("question"),
        max_length=2000,
        blank=True,
        help_text=_("What was reported, in your words and without names: readers see it."),
    )
    answer = models.TextField(_("answer"), max_length=4000, blank=True, help_text=_("Readers see it."))
    answer_language = models.CharField(
        _("language of question and answer"), max_length=10, choices=LANGUAGE_NAMES, default="en"
    )
    reply = models.TextField(
        _("reply of the body"),
        max_length=4000,
        blank=True,
        help_text=_("A statement of the body concerned, in its own words: it stands beside the entry."),
    )
    reply_by = models.CharField(
        _("body that replies"), max_length=200, blank=True, help_text=_("Check first that the body has written it.")
    )
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("answered by")
    )
    answered_at = models.DateTimeField(_("answered"), null=True)

    objects = ErrorReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report of an error")
        verbose_name_plural = _("reports of errors")
        default_permissions = ("view", "change")
        ordering = ["-received_at", "-pk"]
        indexes = [
            models.Index(fields=["state", "-received_at"], name="measures_report_state"),
            models.Index(fields=["received_at"], name="measures_report_received"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ReportState.values) & (Q(outcome="") | Q(outcome__in=Outcome.values)),
                name="measures_report_codes_known",
                violation_error_message=_("Choose a value from the list."),
            ),
            models.CheckConstraint(
                condition=~Q(state=ReportState.ANSWERED)
                | (~Q(outcome="") & ~Q(question="") & ~Q(answer="") & Q(answered_at__isnull=False)),
                name="measures_report_answer_whole",
                violation_error_message=_("An answer has an outcome, the question and a text."),
            ),
            models.CheckConstraint(
                condition=Q(reply="", reply_by="") | (~Q(reply="") & ~Q(reply_by="")),
                name="measures_report_reply_pair",
                violation_error_message=_("A reply has a text and the body that gives it."),
            ),
            models.CheckConstraint(
                condition=~Q(text=""),
                name="measures_report_has_text",
                violation_error_message=_("Say what is wrong."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.field}" if self.field else self.name


PERSONAL: tuple[str, ...] = ("sender", "email", "on_behalf_of")
"""Fields that are about the sender."""


def without_sender() -> dict[str, Any]:
    """The values that forget the sender of a report."""
    return dict.fromkeys(PERSONAL, "")
