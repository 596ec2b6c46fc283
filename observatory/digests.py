"""One letter a day to each account that wants it: what was sent back, said and submitted since the last one.

A letter is marked for the day before it is sent, so that no account gets two on one day; and only one that was sent
moves the moment up to which the account has been told. If the worker dies between the two, what the letter said is in
that of the next day; if the mail server is away, the next run tries again, and if it refuses the address, the next day.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from countries.models.site import current_site
from foundation.records.models import Digest
from measures.admin.inbox import inbox_of
from observatory.outgoing_mail import can_send

log = logging.getLogger(__name__)

SETTLING = timedelta(minutes=5)
"""What is younger may not be committed yet, so it is left to the next letter."""

FIRST = timedelta(days=2)
"""What the first letter of an account tells of."""


def send_digests(*, at: datetime, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Send the letters of the day that are due; return how many.

    One that cannot be sent does not hold up the others; the error is raised after them.
    """
    if not can_send() or localtime(at).hour < settings.DIGEST_HOUR:
        return 0
    accounts = _accounts()
    new = [Digest(user=user, told_until=at - FIRST) for user in accounts.filter(digest=None)]
    Digest.objects.bulk_create(new, ignore_conflicts=True)
    sent, failures = 0, []
    for digest in _due(at).filter(is_wanted=True, user__in=accounts).select_related("user").order_by("user"):
        if is_stopping():
            break
        try:
            sent += _send(digest, at)
        except OSError as failure:  # of SMTP too
            failures.append(failure)
    if failures:
        raise failures[0]
    return sent


def _accounts() -> QuerySet[User]:
    """Who gets letters: not who has yet to accept an invitation, and so has no password."""
    members = User.objects.filter(is_active=True, is_staff=True).exclude(email="")
    return members.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)


def _due(at: datetime) -> QuerySet[Digest]:
    return Digest.objects.filter(Q(tried_on=None) | Q(tried_on__lt=localdate(at)))


def _send(digest: Digest, at: datetime) -> int:
    """Send one letter, unless another worker does or there is nothing new."""
    mine, until = Digest.objects.filter(pk=digest.pk), at - SETTLING
    if not _due(at).filter(pk=digest.pk).update(tried_on=localdate(at)):
        return 0
    try:
        sent = _write(digest, until)
    except SMTPRecipientsRefused as refusal:  # as it would be again all day
        log.warning("The daily e-mail to account %s was refused: %s", digest.user_id, refusal)
        return 0
    except OSError:
        mine.update(tried_on=digest.tried_on)
        raise
    mine.update(told_until=until)
    return sent


def _write(digest: Digest, until: datetime) -> int:
    """Send the letter, unless there is nothing new or the account may not read what it would tell of."""
    if not digest.user.has_perm("measures.view_measure"):
        return 0
    with translation.override(digest.language):
        sections = inbox_of(digest.user, since=digest.told_until, until=until)
        if not sections:
            return 0
        site = current_site()
        context = {"user": digest.user, "sections": sections, "site": site, "origin": settings.PUBLIC_URL}
        body = render_to_string("admin/digest_letter.txt", context)
        return send_mail(_("New for you at %(site)s") % {"site": site.name}, body, None, [digest.user.email])
