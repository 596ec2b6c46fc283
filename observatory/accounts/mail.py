"""Letters with links to set a password, and about changes. They are written and sent by the worker.

So the answer to a forgotten password takes the same time for known and unknown addresses, and the link is never stored.
"""

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
from observatory.accounts.links import link_for


def origin_of(request: HttpRequest) -> str:
    """The public address of the site, so that a forged host leads nobody elsewhere."""
    return settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"


def queue_letters(request: HttpRequest, email: str) -> None:
    """Have the worker write to the accounts of this address, if there are any."""
    _defer("observatory.tasks.send_reset_letters", request, email=email)


def queue_invitation(request: HttpRequest, user: User) -> None:
    """Have the worker write to a person who was invited."""
    _defer("observatory.tasks.send_invitation", request, user=user.pk)


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
    """Write to each active account with a password and this address; at most once in the time of a cooling-off."""
    accounts = [user for user in User.objects.filter(email__iexact=email, is_active=True) if user.has_usable_password()]
    return sum(_send_link(user, origin, language) for user in accounts if not _was_written_to(user))


def send_invitation(user: int, origin: str, language: str) -> int:
    """Write to a person who was invited, unless the invitation has been accepted."""
    invited = User.objects.filter(pk=user, is_active=True).first()
    return _send_link(invited, origin, language) if invited and not invited.has_usable_password() else 0


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


def _was_written_to(user: User) -> bool:
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    return AuditEntry.objects.filter(act=Act.LINK_MADE, about=str(user), by=None, at__gt=since).exists()


def _send_link(user: User, origin: str, language: str) -> int:
    """Send the letter, and return the number of letters sent."""
    if not settings.SENDS_MAIL:
        return 0
    with translation.override(language):
        invited = not user.has_usable_password()
        site = current_site()
        context = {"user": user, "link": link_for(user, origin), "site": site, "origin": origin}
        subject = _("Invitation to %(site)s") if invited else _("New password for %(site)s")
        body = render_to_string(f"admin/account/{'invitation' if invited else 'reset'}_letter.txt", context)
        if not invited:
            record(Act.LINK_MADE, user)
        return send_mail(subject % {"site": site.name}, body, None, [user.email])
