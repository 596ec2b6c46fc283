"""The course of a subscription: asked for, confirmed, changed, paused, ended.

Who asks is never told whether an address is known: every request takes the same steps, and leads to one letter or to
none. Links of letters have a secret of which only the digest is stored; each letter has its own, and they all lead to
the subscription until it is ended.
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from foundation.days import today
from foundation.sql import lock_until_commit
from measures.corrections.guard import HOUR, MOST_OF_NETWORK, TooMany, origin_of
from measures.models import Frequency, Letter, LetterKind, LetterState, Pause, Subscription

MOST = 300
"""Requests an hour from everywhere."""
MOST_OF_MAILBOX = 3
"""Letters a day that ask one mailbox for confirmation, whoever asks for them."""
DAY = timedelta(days=1)
UNCONFIRMED_KEPT = timedelta(days=7)
LETTERS_KEPT = timedelta(days=400)
"""How long the links of a letter lead to its subscription."""
_TAG = re.compile(r"\+.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for: the letters on a filter, a canonical query string, to an address."""

    email: str
    query: str
    frequency: str
    language: str


@transaction.atomic
def ask(asked: Asked, *, network: str) -> Letter:
    """Prepare the letter that asks the owner of the address for confirmation; raise TooMany.

    Of a subscription that is there already nothing changes; its owner gets the same letter, with a link to it. The
    letter is withheld if the mailbox has had several in a day.
    """
    lock_until_commit("measures_subscription")  # counting and adding are one step
    now, origin = timezone.now(), origin_of(network)
    asking = Letter.objects.filter(kind=LetterKind.CONFIRMATION)
    recent = asking.filter(created_at__gt=now - HOUR)
    if recent.filter(network=origin).count() >= MOST_OF_NETWORK or recent.count() >= MOST:
        raise TooMany
    mailbox = mailbox_of(asked.email)
    found = Subscription.objects.filter(email__iexact=asked.email, query=asked.query).first()
    subscription = found or Subscription.objects.create(
        email=asked.email, mailbox=mailbox, query=asked.query, frequency=asked.frequency, language=asked.language
    )
    if found and not found.confirmed_at:  # what was asked for last is confirmed
        found.frequency, found.language, found.asked_at = asked.frequency, asked.language, now
        found.save(update_fields=["frequency", "language", "asked_at"])
    to_mailbox = asking.filter(subscription__mailbox=mailbox, created_at__gt=now - DAY)
    is_withheld = to_mailbox.exclude(state=LetterState.WITHHELD).count() >= MOST_OF_MAILBOX
    letter = new_letter(subscription, LetterKind.CONFIRMATION)
    letter.network, letter.state = origin, LetterState.WITHHELD if is_withheld else LetterState.WAITING
    letter.save()
    return letter


def mailbox_of(email: str) -> str:
    """The address without what leads to the same mailbox: `Ana+news@example.org` is `ana@example.org`."""
    local, _at, host = email.strip().lower().rpartition("@")
    return f"{_TAG.sub('', local) or local}@{host}"


def new_letter(subscription: Subscription, kind: LetterKind) -> Letter:
    """A letter without contents, with its `Message-ID`; it is not stored yet."""
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    message_id = f"<{secrets.token_urlsafe(18)}@{host}>"
    letter = Letter(subscription=subscription, kind=kind, message_id=message_id)
    letter.token_hash = digest_of(token_of(letter))
    return letter


def token_of(letter: Letter) -> str:
    """The secret in the links of a letter, which can be told again as long as `SECRET_KEY` stays."""
    digest = hmac.digest(settings.SECRET_KEY.encode(), f"letter {letter.message_id}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def digest_of(token: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def subscription_of(token: str) -> Subscription | None:
    """The subscription to which the link of a letter leads; None if it was ended or the link is not ours."""
    return Subscription.objects.filter(letters__token_hash=digest_of(token)).first()


# What its owner does


@transaction.atomic
def confirm(subscription: Subscription) -> None:
    """Begin to tell what changes from now on; without effect on one that is confirmed."""
    now = timezone.now()
    begun: dict[str, Any] = {"confirmed_at": now, "told_until": now, "looked_on": None}
    if subscription.frequency == Frequency.WEEKLY:
        begun["looked_on"] = today()
    Subscription.objects.filter(pk=subscription.pk, confirmed_at=None).update(**begun)


def change(subscription: Subscription, *, frequency: str, language: str) -> None:
    """Change how often and in which language letters come; what waits to be sent stays as it is."""
    Subscription.objects.filter(pk=subscription.pk).update(frequency=frequency, language=language)


def resume(subscription: Subscription) -> None:
    """Send letters again after the mail server of the address had refused it."""
    paused = Subscription.objects.filter(pk=subscription.pk, pause=Pause.REFUSED)
    paused.update(pause="", refusals=0, error="")
    Letter.objects.unsent().filter(subscription=subscription).update(try_at=None)


def end(subscription: Subscription) -> None:
    """Delete a subscription with its letters: nothing of it is left."""
    Subscription.objects.filter(pk=subscription.pk).delete()


def forget(*, at: datetime) -> None:
    """Delete what nobody confirmed and the rests of old letters, and forget from which networks requests came."""
    Subscription.objects.filter(confirmed_at=None, asked_at__lt=at - UNCONFIRMED_KEPT).delete()
    letters = Letter.objects.all()
    letters.filter(created_at__lt=at - LETTERS_KEPT).exclude(pk__in=letters.unsent()).delete()
    letters.filter(created_at__lt=at - DAY).exclude(network="").update(network="")
