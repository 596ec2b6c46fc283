"""Letters with links to set a password, and about changes. They are written and sent by the worker.

So the answer to a forgotten password takes the same time for known and unknown addresses, and the link is never stored.
A job that fails is tried again: it then leaves out whom it has written to, by the audit list.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from countries.models.site import current_site
from foundation.records.audit import Act, AuditEntry, record
from foundation.sql import lock_until_commit
from observatory.accounts.links import link_for
from observatory.accounts.teams import duties_of


def origin_of(request: HttpRequest) -> str:
    """The public address of the site, so that a forged host leads nobody elsewhere."""
    return settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"


def queue_letters(request: HttpRequest, email: str) -> None:
    """Have the worker write to the accounts of this address, if there are any."""
    _defer("observatory.tasks.send_reset_letters", request, email=email)


def queue_link(request: HttpRequest, user: User) -> None:
    """Have the worker write to one account, with a link for its first password or for a new one."""
    task = "send_reset_letter" if user.has_usable_password() else "send_invitation"
    asked = {"by": request.user.pk, "asked_at": timezone.now().isoformat()}
    _defer(f"observatory.tasks.{task}", request, user=user.pk, **asked)


def note_change(request: HttpRequest, act: Act, user: Any, *, by: Any = None) -> None:
    """Record that a password or second factor has changed, and have the worker tell its owner."""
    record(act, user, by=by)
    if settings.SENDS_MAIL and user.email:
        _defer("observatory.tasks.send_notice", request, user=user.pk, act=act.value)


def _defer(task: str, request: HttpRequest, **arguments: Any) -> None:
    job = app.configure_task(task)
    origin, language = origin_of(request), translation.get_language()
    transaction.on_commit(lambda: job.defer(origin=origin, language=language, **arguments))


def send_reset_letters(email: str, origin: str, language: str) -> int:
    """Write to each active account with a password and this address; at most once in the time of a cooling-off.

    A letter that cannot be sent does not hold up those to others; the error is raised after them.
    """
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    accounts = User.objects.filter(email__iexact=email, is_active=True).order_by("pk")
    sent, failures = 0, []
    for user in (account for account in accounts if account.has_usable_password()):
        try:
            sent += _send_link(user, None, since, origin, language)
        except OSError as failure:  # of SMTP too
            failures.append(failure)
    if failures:
        raise failures[0]
    return sent


def send_reset_letter(user: int, by: int, asked_at: str, origin: str, language: str) -> int:
    """Write to an account with a password, for an administrator."""
    return _send_asked(user, by, asked_at, origin, language, is_invited=False)


def send_invitation(user: int, by: int, asked_at: str, origin: str, language: str) -> int:
    """Write to a person who was invited, unless the invitation has been accepted."""
    return _send_asked(user, by, asked_at, origin, language, is_invited=True)


def _send_asked(user: int, by: int, asked_at: str, origin: str, language: str, *, is_invited: bool) -> int:
    account = User.objects.filter(pk=user, is_active=True).first()
    if account is None or account.has_usable_password() == is_invited:
        return 0
    asker = User.objects.filter(pk=by).first()
    return _send_link(account, asker, datetime.fromisoformat(asked_at), origin, language)


def send_notice(user: int, act: str, origin: str, language: str) -> int:
    """Tell the owner of an account, if it still exists, what has changed, who may not have been the one."""
    owner = User.objects.filter(pk=user).first()
    if owner is None:
        return 0
    with translation.override(language):
        site = current_site()
        context = {"user": owner, "act": Act(act).label, "site": site, "origin": origin}
        body = render_to_string("admin/account/notice_letter.txt", context)
        return send_mail(_("Your account at %(site)s") % {"site": site.name}, body, None, [owner.email])


def _send_link(user: User, by: User | None, since: datetime, origin: str, language: str) -> int:
    """Send a link, unless one that the same person has asked for was sent since; return the number of letters.

    Only a letter that was sent stays in the audit list.
    """
    if not settings.SENDS_MAIL or not user.email:
        return 0
    with translation.override(language), transaction.atomic():
        lock_until_commit(f"letter to account {user.pk}")
        if AuditEntry.objects.filter(act=Act.LINK_MADE, account=user, by=by, at__gte=since).exists():
            return 0
        record(Act.LINK_MADE, user, by=by)  # taken back if sending fails
        invited = not user.has_usable_password()
        site = current_site()
        context = {"user": user, "link": link_for(user, origin), "site": site, "origin": origin}
        context["duties"] = duties_of(user) if invited else ""
        subject = _("Invitation to %(site)s") if invited else _("New password for %(site)s")
        body = render_to_string(f"admin/account/{'invitation' if invited else 'reset'}_letter.txt", context)
        return send_mail(subject % {"site": site.name}, body, None, [user.email])
