"""The course of a report: received, set aside as spam, answered; and what is forgotten of its sender.

Nothing that arrives is thrown away because it looks like spam: a person may look through what was set aside for 90
days. Nothing of it is public until somebody answers it, and then only what they write.
"""

import datetime
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.records.teams import may_work_on, of_own_countries
from foundation.sql import lock_until_commit
from measures.corrections.guard import HOUR, MOST_OF_NETWORK, TooMany, is_hasty, origin_of
from measures.corrections.subjects import Subject
from measures.models import ErrorReport, ErrorReportQuerySet, ReportState
from measures.models.error_report import without_sender

ANSWER = "measures.change_errorreport"
SPAM_KEPT = datetime.timedelta(days=90)
SENDER_KEPT = datetime.timedelta(days=90)
"""How long a report says who sent it, after it is answered."""
NETWORK_KEPT = datetime.timedelta(days=1)
MOST = 500
"""Reports an hour from everywhere: more than a team reads, and little for the disk."""
MOST_LINKS = 3
"""More addresses than that in the text are advertising."""
_LINK = re.compile(r"https?://|www\.|\[url|<a\s", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Received:
    """What a sender has written, as far as the form has checked it."""

    text: str
    evidence: str = ""
    sender: str = ""
    email: str = ""
    on_behalf_of: str = ""
    is_trapped: bool = False
    """Whether a field was filled in that people do not see."""
    form: str = ""
    """The signed time at which the form was made, see `guard.new_form`."""


@transaction.atomic
def receive(subject: Subject, field: str, sent: Received, *, network: str, language: str) -> ErrorReport:
    """Store a report; raise TooMany. The same text on the same statement within an hour is one report."""
    lock_until_commit("measures_errorreport")  # counting and adding are one step
    since = timezone.now() - HOUR
    recent = ErrorReport.objects.filter(received_at__gt=since)
    origin = origin_of(network)
    statement = subject.statement(field)
    label = statement.label[:100] if statement else ""
    same = recent.filter(network=origin, page=subject.page, field=label, text=sent.text).first()
    if same:
        return same
    if recent.filter(network=origin).count() >= MOST_OF_NETWORK or recent.count() >= MOST:
        raise TooMany
    return ErrorReport.objects.create(
        key=secrets.token_urlsafe(18),
        page=subject.page,
        name=subject.name,
        measure=subject.measure,
        source=subject.source,
        country=subject.country,
        field=label,
        value=statement.value if statement else "",
        text=sent.text,
        evidence=sent.evidence,
        sender=sent.sender,
        email=sent.email,
        on_behalf_of=sent.on_behalf_of,
        language=language,
        network=origin,
        state=ReportState.SPAM if looks_like_spam(sent) else ReportState.WAITING,
    )


def looks_like_spam(sent: Received) -> bool:
    """Whether a program seems to have sent it: a trap filled in, a form sent at once, or a list of addresses."""
    written = f"{sent.text} {sent.evidence}"
    return sent.is_trapped or is_hasty(sent.form) or len(_LINK.findall(written)) > MOST_LINKS


# What becomes of it


def may_answer(user: Any, report: ErrorReport) -> bool:
    """Whether `user` may decide on a report: somebody who may publish, for a country of theirs."""
    return bool(user.has_perm(ANSWER)) and may_work_on(user, report)


def to_answer_by(user: Any) -> ErrorReportQuerySet:
    """The reports that wait for `user` to answer them."""
    waiting = ErrorReport.objects.waiting()
    return of_own_countries(user, waiting) if user.has_perm(ANSWER) else waiting.none()


@transaction.atomic
def answer(report: ErrorReport, values: Mapping[str, str], *, by: Any) -> None:
    """Make question and answer public, or change them; raise PermissionDenied, or ValidationError.

    `values` are those of `ANSWERED`. `report` is as the answering person saw it: what somebody else has decided in
    the meantime is not overwritten.
    """
    _locked(report, by)
    if missing := [name for name in ("outcome", "question", "answer") if not values[name]]:
        raise ValidationError({name: _("Readers see this: fill it in.") for name in missing})
    if bool(values["reply"]) != bool(values["reply_by"]):
        raise ValidationError({"reply_by": _("A reply has a text and the body that gives it.")})
    for name in ANSWERED:
        setattr(report, name, values[name])
    report.state, report.answered_by, report.answered_at = ReportState.ANSWERED, by, timezone.now()
    report.save()


ANSWERED = ("outcome", "question", "answer", "answer_language", "reply", "reply_by")
"""The fields that readers see."""


@transaction.atomic
def set_aside(report: ErrorReport, *, by: Any) -> None:
    """Mark a report as spam; one that was answered stays."""
    _move(report, ReportState.WAITING, ReportState.SPAM, by)


@transaction.atomic
def take_back(report: ErrorReport, *, by: Any) -> None:
    """Put a report that was set aside back among those to answer."""
    _move(report, ReportState.SPAM, ReportState.WAITING, by)


def _move(report: ErrorReport, before: ReportState, after: ReportState, by: Any) -> None:
    _locked(report, by)
    if report.state != before:
        raise ValidationError(_("This report is no longer in the state in which you saw it."), code="decided")
    report.state = after
    report.save(update_fields=["state"])


def _locked(report: ErrorReport, by: Any) -> None:
    """Lock a report; raise PermissionDenied, or ValidationError if it was decided since it was read."""
    if not may_answer(by, report):
        raise PermissionDenied
    stored = ErrorReport.objects.select_for_update().get(pk=report.pk)
    if (stored.state, stored.answered_at) != (report.state, report.answered_at):
        raise ValidationError(
            _("Somebody has decided on this report in the meantime. Reload the page to see it."), code="decided"
        )


def forget(*, at: datetime.datetime) -> None:
    """Delete old spam, and forget who sent what was answered long ago, and from which network anything came."""
    reports = ErrorReport.objects
    reports.filter(state=ReportState.SPAM, received_at__lt=at - SPAM_KEPT).delete()
    reports.filter(answered_at__lt=at - SENDER_KEPT).exclude(**without_sender()).update(**without_sender())
    reports.filter(received_at__lt=at - NETWORK_KEPT).exclude(network="").update(network="")
