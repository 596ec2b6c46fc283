"""The letters to those who follow a filter by e-mail: written down, then sent.

A letter and the moment up to which its subscription has been told are committed together, before anything is sent. One
worker at a time sends: it marks the letter as handed over, gives it to the mail server, and marks it as sent. A worker
that dies in between leaves a letter of which nobody knows whether the server has taken it. It is sent again, with the
same `Message-ID`, by which mail programs tell that it is the same: SMTP allows no more.
"""

import logging
import re
import secrets
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from enum import Enum
from itertools import chain
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.text import Truncator
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from countries.models.site import current_site
from foundation.sql import session_lock
from measures.models import Letter, LetterKind, LetterState, Measure, Pause, Subscription
from measures.subscriptions.course import digest_of, new_letter, token_of
from measures.subscriptions.news import News, Window, news_of, settled, title_of, window
from observatory.outgoing_mail import can_send

log = logging.getLogger(__name__)

LOCK = 1_819_571_314
"""Of PostgreSQL, held by the worker that sends."""
LONGEST_SUBJECT = 200
"""Characters, as a filter may name many things."""
BATCH = 200
"""Subscriptions or letters that are read at once."""
MOST_REFUSALS = 3
"""Days in a row on which the server of an address refuses it for good, before the subscription is paused."""
MOST_ATTEMPTS = 20
"""Attempts of one letter before its subscription is paused, some two weeks."""
MOST_FAILURES = 3
"""Letters in a row that fail for another reason, before the others are left to the next run."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=10), timedelta(days=1)
"""How long a letter waits after an error that may pass: three times as long after each."""
_BLANK_LINES = re.compile(r"\n{3,}")


# Writing


def write_letters(*, at: datetime, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Write down the letters that are due, from the hour of daily e-mails on; return how many."""
    if not can_send() or localtime(at).hour < settings.DIGEST_HOUR:
        return 0
    until, memory, written = settled(at=at), _Memory(), 0
    due = Subscription.objects.due(on=localdate(at)).filter(told_until__lt=until)
    while batch := list(due.order_by("told_until", "query", "language", "pk")[:BATCH]):
        for subscription in batch:
            if is_stopping():
                return written
            try:
                written += _write(subscription, until, localdate(at), memory)
            except Exception as failure:  # whatever it is, the others get their letters, and this one tomorrow
                log.exception("No letter could be written for subscription %s", subscription.pk)
                own = Subscription.objects.filter(pk=subscription.pk)
                own.update(looked_on=localdate(at), error=type(failure).__name__)
    return written


class _Memory:
    """The last period, news and letter, which the next subscription shares if it follows the same filter."""

    def __init__(self) -> None:
        self._period: Window | None = None
        self._key: Any = None
        self._news = News()
        self._parts: dict[Any, tuple[str, str, str]] = {}
        self.token = secrets.token_urlsafe(32)
        """What stands in the links of the letter that they share."""

    def parts(self, letter: Letter, news: News) -> tuple[str, str, str]:
        """Subject, text and HTML of a letter with this token, in the active language."""
        key = (letter.kind, letter.subscription.query, translation.get_language(), letter.since, letter.until)
        if key not in self._parts:
            self._parts = {key: _parts(letter, news, self.token)}
        return self._parts[key]

    def news(self, subscription: Subscription, since: datetime, until: datetime) -> News:
        """What is new to a subscription, in the active language."""
        if self._period is None or (self._period.since, self._period.until) != (since, until):
            self._period = window(since, until)
        key = (since, until, subscription.query, translation.get_language())
        if key != self._key:
            self._key, self._news = key, news_of(subscription.query, self._period)
        return self._news


def _write(subscription: Subscription, until: datetime, day: Any, memory: _Memory) -> int:
    """Write one letter, unless there is nothing new or another worker has written it."""
    since = subscription.told_until
    assert since
    letter = new_letter(subscription, LetterKind.NEWS)
    letter.since, letter.until = since, until
    news = _compose(letter, memory)
    with transaction.atomic():
        same = Subscription.objects.filter(pk=subscription.pk, told_until=since)
        changes = {"told_until": until, "looked_on": day}
        if news.problems:
            changes["pause"] = Pause.FILTER
        if not same.update(**changes) or not news:
            return 0
        letter.save()
    return 1


def _compose(letter: Letter, memory: _Memory) -> News:
    """Give a letter its contents, in the language of its subscription, unless there is no news; return the news."""
    subscription, news = letter.subscription, News()
    with translation.override(_language_of(subscription)):
        if letter.kind == LetterKind.NEWS:
            assert letter.since
            assert letter.until
            news = memory.news(subscription, letter.since, letter.until)
            letter.entries = news.entries
            if not news:
                return news
        parts = memory.parts(letter, news)
    token = token_of(letter)
    letter.subject, letter.text, letter.html = (part.replace(memory.token, token) for part in parts)
    return news


def _parts(letter: Letter, news: News, token: str) -> tuple[str, str, str]:
    """Subject, text and HTML of a letter, in the active language, with `token` in its links."""
    query, site = letter.subscription.query, current_site()
    title = title_of(query)
    subject = _("Please confirm: %(title)s")
    if letter.kind == LetterKind.NEWS:
        subject = _("This filter no longer works: %(title)s") if news.problems else _("New: %(title)s")
    context: dict[str, Any] = {
        "site": site,
        "origin": settings.PUBLIC_URL,
        "title": title,
        "list_url": _address(reverse("measures") + (f"?{query}" if query else "")),
        "page_url": _address(reverse("subscription", args=[token])),
        "end_url": _address(reverse("subscription_end", args=[token])),
        "language": translation.get_language(),
        "news": news,
        "since": letter.since,
    }
    name = f"follow/{letter.kind}_letter"
    text, html = (render_to_string(f"{name}.{ending}", context) for ending in ("txt", "html"))
    words = " ".join(f"{site.citation}: {subject % {'title': title}}".split())
    return Truncator(words).chars(LONGEST_SUBJECT), _BLANK_LINES.sub("\n\n", text).strip(), html


def _language_of(subscription: Subscription) -> str:
    """Its language, or that of the site if the site no longer has it."""
    return subscription.language if subscription.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _address(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}"


# Sending


def send_letters(*, at: datetime, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Send the letters that wait, unless another worker does; return how many. Raise OSError if there is no server.

    Those that ask for confirmation are sent first, since somebody waits for them.
    """
    if not can_send():
        return 0
    sent = failed = 0
    server = get_connection()
    with session_lock(LOCK, 0) as is_ours:
        try:
            for pk in chain(*(_due(kind, at) for kind in LetterKind)) if is_ours else ():
                if is_stopping() or failed >= MOST_FAILURES:
                    break
                server.open()
                outcome = _send(pk, server, at)
                sent += outcome is _Outcome.SENT
                failed = failed + 1 if outcome is _Outcome.FAILED else 0
        finally:
            server.close()
    return sent


def _due(kind: LetterKind, at: datetime) -> Iterator[int]:
    """The letters of a kind that may be sent now, the oldest first; read in batches."""
    due, last = Letter.objects.due(at=at).filter(kind=kind).order_by("pk"), 0
    while batch := list(due.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        yield from batch
        last = batch[-1]


class _Outcome(Enum):
    SENT, LEFT, FAILED = range(3)


def _send(pk: int, server: Any, at: datetime) -> _Outcome:
    """Send one letter, if it is still to be sent and its address is not refused."""
    letter = Letter.objects.select_related("subscription").filter(pk=pk).first()
    if letter is None:
        return _Outcome.LEFT
    try:
        if not _is_current(letter):
            return _Outcome.LEFT
        message = message_of(letter)
    except Exception as failure:  # whatever it is, the others are sent
        log.exception("Letter %s could not be made", pk)
        _wait(letter, type(failure).__name__, at, LetterState(letter.state))
        return _Outcome.LEFT
    mine = Letter.objects.filter(pk=pk)
    if not mine.unsent().update(state=LetterState.SENDING, attempts=F("attempts") + 1):
        return _Outcome.LEFT
    letter.attempts += 1
    try:
        server.send_messages([message])
    except SMTPRecipientsRefused as refusal:
        ((code, words),) = refusal.recipients.values()
        _note_refusal(letter, code, _without_address(code, words), at)
        return _Outcome.LEFT
    except (OSError, SMTPException) as failure:
        _note_failure(letter, failure, at)
        server.close()
        return _Outcome.FAILED
    mine.update(state=LetterState.SENT, sent_at=timezone.now(), subject="", text="", html="", entries=[])
    Subscription.objects.filter(pk=letter.subscription_id).update(refusals=0, error="")
    return _Outcome.SENT


def _is_current(letter: Letter) -> bool:
    """Whether a letter is to be sent; its contents are written anew if they are missing or no longer public."""
    public = Measure.objects.published().filter(pk__in=letter.entries).count() if letter.entries else 0
    token_hash = digest_of(token_of(letter))  # another one after a change of `SECRET_KEY`
    if letter.text and public == len(letter.entries) and token_hash == letter.token_hash:
        return True
    letter.token_hash = token_hash
    news = _compose(letter, _Memory())
    is_needed = bool(news) or letter.kind == LetterKind.CONFIRMATION
    contents = {name: getattr(letter, name) for name in ("subject", "text", "html", "entries", "token_hash")}
    if not is_needed:
        contents = {"state": LetterState.WITHHELD, "subject": "", "text": "", "html": "", "entries": []}
    Letter.objects.unsent().filter(pk=letter.pk).update(**contents)
    return is_needed


def message_of(letter: Letter) -> EmailMultiAlternatives:
    """A letter as a mail, with the headers by which programs know a list, and end it with one press (RFC 8058)."""
    site = current_site()
    with translation.override(_language_of(letter.subscription)):
        end_url = _address(reverse("subscription_end", args=[token_of(letter)]))
    host = urlsplit(settings.PUBLIC_URL).hostname
    headers = {
        "Message-ID": letter.message_id,
        "List-Id": f"{' '.join(site.citation.split())} <measures.{host}>",
        "List-Unsubscribe": f"<{end_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
        "Precedence": "bulk",
        "Content-Language": _language_of(letter.subscription),
    }
    message = EmailMultiAlternatives(
        letter.subject, letter.text, settings.DEFAULT_FROM_EMAIL, [letter.subscription.email], headers=headers
    )
    message.attach_alternative(letter.html, "text/html")
    return message


# What goes wrong


def _note_refusal(letter: Letter, code: int, words: str, at: datetime) -> None:
    """The server does not take the address: for good (5xx), or now."""
    if code < 500:
        _wait(letter, words, at, LetterState.WAITING)
        return
    log.warning("Letter %s was refused for good (%s)", letter.pk, code)
    own = Subscription.objects.filter(pk=letter.subscription_id)
    own.update(refusals=F("refusals") + 1, error=words)
    if letter.kind == LetterKind.CONFIRMATION:
        Letter.objects.filter(pk=letter.pk).update(state=LetterState.FAILED, subject="", text="", html="")
        return
    Letter.objects.filter(pk=letter.pk).update(state=LetterState.WAITING, try_at=at + LONGEST_PAUSE)
    own.filter(refusals__gte=MOST_REFUSALS).update(pause=Pause.REFUSED)


def _note_failure(letter: Letter, failure: Exception, at: datetime) -> None:
    """The server refused something else, or has not answered: then nobody knows whether it took the letter."""
    if isinstance(failure, SMTPResponseException):
        words, state = _without_address(failure.smtp_code, failure.smtp_error), LetterState.WAITING
    else:
        words, state = type(failure).__name__, LetterState.SENDING
    log.warning("Letter %s was not sent: %s", letter.pk, words)
    _wait(letter, words, at, state)


def _wait(letter: Letter, words: str, at: datetime, state: LetterState) -> None:
    pause = min(FIRST_PAUSE * 3 ** max(0, min(letter.attempts - 1, 9)), LONGEST_PAUSE)
    Letter.objects.filter(pk=letter.pk).update(state=state, try_at=at + pause)
    own = Subscription.objects.filter(pk=letter.subscription_id)
    own.update(error=words, **({"pause": Pause.REFUSED} if letter.attempts >= MOST_ATTEMPTS else {}))


def _without_address(code: int, words: Any) -> str:
    """What a mail server said, without any address in it."""
    text = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
    return " ".join([str(code), *("…" if "@" in word else word for word in text[:1000].split())])[:300]
