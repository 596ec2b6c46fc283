"""The sentence for each state of an act on a day. No sentence says more than is recorded and derived."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.partial_dates import PartialDate
from measures.choices import Kind, RelationType, Status
from measures.models import Measure
from measures.validity.standing import Reason, Standing

_ONE_DAY = timedelta(days=1)
NAME = "\x00"
"""In a sentence: where the other act is named."""

_ENDED_FROM = {
    Status.REPEALED: gettext_lazy("Repealed from %(date)s"),
    Status.ANNULLED: gettext_lazy("Annulled from %(date)s"),
    Status.SUPERSEDED: gettext_lazy("Superseded from %(date)s"),
    Status.ABANDONED: gettext_lazy("Abandoned from %(date)s"),
    Status.EXPIRED: gettext_lazy("Ended %(date)s"),
    Status.FULFILLED: gettext_lazy("Fulfilled %(date)s"),
}
"""Endings of the course, with their dates."""
_ENDED_BY = {
    RelationType.REPEALS: gettext_lazy("Repealed by %(act)s from %(date)s"),
    RelationType.ANNULS: gettext_lazy("Annulled by %(act)s from %(date)s"),
    RelationType.SUPERSEDES: gettext_lazy("Superseded by %(act)s from %(date)s"),
}
_ENDED_UNDATED_BY = {
    RelationType.REPEALS: gettext_lazy("Repealed by %(act)s, date not recorded"),
    RelationType.ANNULS: gettext_lazy("Annulled by %(act)s, date not recorded"),
    RelationType.SUPERSEDES: gettext_lazy("Superseded by %(act)s, date not recorded"),
}
_PERHAPS_ENDED_BY = {
    RelationType.REPEALS: gettext_lazy("Possibly repealed by %(act)s"),
    RelationType.ANNULS: gettext_lazy("Possibly annulled by %(act)s"),
    RelationType.SUPERSEDES: gettext_lazy("Possibly superseded by %(act)s"),
}
_SIGNED = {
    Status.ENACTED: (
        gettext_lazy("Signed %(date)s, start not recorded"),
        gettext_lazy("Signed, date and start not recorded"),
    ),
    Status.PUBLISHED: (
        gettext_lazy("Published %(date)s, start not recorded"),
        gettext_lazy("Published, date and start not recorded"),
    ),
}
_STARTS = (Status.IN_FORCE, Status.IN_OPERATION)


@dataclass(frozen=True, slots=True)
class Asked:
    """An act, and how it stands on a day."""

    measure: Measure
    standing: Standing
    day: date


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence, which names `act` at `NAME`; `until` is the last day of effect, where it is known."""

    text: str
    note: str = ""
    act: Measure | None = None
    until: PartialDate | None = None


def said_of(asked: Asked) -> Said:
    """The sentence for an act; '' if the word for its state says it all."""
    return _SENTENCES.get(asked.standing.state, _nothing)(asked)


def _nothing(asked: Asked) -> Said:
    return Said("")


def _in_words(day: date) -> str:
    return PartialDate.from_date(day).in_words()


def _dated(text: object, known: PartialDate, **parts: str) -> tuple[str, str]:
    """A sentence with a date, and what that date leaves open."""
    return str(text) % {"date": known.in_words(), **parts}, known.missing_in_words()


def _date_of(reason: Reason | None) -> PartialDate | None:
    """The date recorded with an event or a relation."""
    about = (reason.event or reason.relation) if reason else None
    return about.date if about else None


def _ending(reason: Reason | None) -> Status | RelationType | None:
    """The ending that a reason is, if it is one."""
    if reason and reason.event and reason.event.status in _ENDED_FROM:
        return Status(reason.event.status)
    if reason and reason.kind == "relation" and reason.relation and reason.relation.type in _ENDED_BY:
        return RelationType(reason.relation.type)
    return None


# In force


def _in_force(asked: Asked) -> Said:
    text, note = _until(asked) or ("", "")
    standing, checked = asked.standing, asked.standing.checked_on
    until = PartialDate.from_date(standing.until) if text and standing.until and standing.then == "ended" else None
    if checked and checked <= asked.day and (not text or (asked.day - checked).days > settings.CHECK_DAYS):
        last = _("last checked %(date)s") % {"date": _in_words(checked)}
        return Said(text or _("In force"), ", ".join(part for part in (note, last) if part), until=until)
    if not text:
        return Said(_("In force") if checked else _("In force, not checked since it was recorded"))
    return Said(text, note, until=until)


def _until(asked: Asked) -> tuple[str, str] | None:
    """The end that lies ahead, as precise as it is recorded; None where none is."""
    standing, reason = asked.standing, asked.standing.then_because
    if standing.until is None or reason is None:
        return None
    until = PartialDate.from_date(standing.until)
    if standing.then == "suspended":
        return _dated(_("In force until %(date)s, then suspended"), until)
    if reason.kind == "until" and asked.measure.valid_until:
        return _dated(_("In force until %(date)s"), asked.measure.valid_until)
    if standing.then == "ended":
        return _dated(_("In force until %(date)s"), until)
    if reason.kind == "duration":
        return _dated(_("In force until %(date)s or later"), until)
    known = _date_of(reason)
    return _dated(_("In force until %(date)s"), known) if known and _ending(reason) else None


# Possibly


def _possibly(asked: Asked) -> Said:
    standing, reason = asked.standing, asked.standing.because
    if reason and reason.kind == "fallen" and reason.by and standing.last_known:
        text = _("Ended by %(act)s, which was annulled; not recorded whether it is in force again")
        return Said(text % {"act": NAME}, act=reason.by)
    if _ending(reason):
        return _possibly_over(asked)
    if reason and reason.kind == "until" and asked.measure.valid_until:
        return Said(*_dated(_("End: %(date)s"), asked.measure.valid_until))
    if standing.last_known:
        return Said(_last_known(asked, standing.last_known))
    return _start_left_open(asked)


def _possibly_over(asked: Asked) -> Said:
    """An ending without an exact day, or by an act that may not hold."""
    last = asked.standing.last_known
    said = _over(asked, None)
    relation = asked.standing.because.relation if asked.standing.because else None
    if relation and asked.standing.then != "ended":
        text = str(_PERHAPS_ENDED_BY[RelationType(relation.type)]) % {"act": NAME}
        said = Said(text, act=relation.subject)
    known = _("last known in force %(date)s") % {"date": _in_words(last)} if last else ""
    return Said(said.text, ", ".join(note for note in (said.note, known) if note), said.act)


def _last_known(asked: Asked, last: date) -> str:
    standing, measure = asked.standing, asked.measure
    kind = standing.because.kind if standing.because else ""
    if kind == "duration" and standing.then == "ended" and standing.since and standing.until:
        days = {"first": _in_words(standing.since - _ONE_DAY), "last": _in_words(standing.until)}
        return _("End between %(first)s and %(last)s") % days
    if measure.valid_until or measure.duration:
        return _("Last known in force %(date)s") % {"date": _in_words(last)}
    return _("No end recorded: last known in force %(date)s") % {"date": _in_words(last)}


def is_only_signed(asked: Asked) -> bool:
    """Whether the record has a signing and no start; a court decision takes effect with its publication."""
    reason = asked.standing.because
    status = asked.measure.status if reason is None else reason.event.status if reason.event else ""
    return asked.standing.state == "possibly" and status in _SIGNED and asked.measure.kind != Kind.COURT_DECISION


def _start_left_open(asked: Asked) -> Said:
    """A state of which the record has a signing, or a start, that is not exact."""
    measure, reason = asked.measure, asked.standing.because
    event = reason.event if reason else None
    status = event.status if event else "" if reason else measure.status
    if is_only_signed(asked):
        dated, undated = _SIGNED[Status(status)]
        return Said(*_dated(dated, event.date)) if event and event.date else Said(str(undated))
    start = measure.valid_from if reason and reason.kind == "start" else event.date if event else None
    is_open = not (measure.valid_until or measure.duration)
    if not start or (event and status not in (*_STARTS, *_SIGNED)):
        return Said(_("Neither start nor end recorded") if is_open else _("Start not recorded"))
    return Said(*_dated(_("From %(date)s, no end recorded") if is_open else _("Start: %(date)s"), start))


# Suspended, not yet, announced


def _suspended(asked: Asked) -> Said:
    standing, reason = asked.standing, asked.standing.because
    since = _date_of(reason) or (PartialDate.from_date(standing.since) if standing.since else None)
    by = reason.by if reason and reason.kind == "relation" else None
    if not since or (reason and reason.event and not reason.event.date):
        return Said(_("Suspended, date not recorded"))
    if by:
        text, note = _dated(_("Suspended by %(act)s since %(date)s"), since, act=NAME)
    else:
        text, note = _dated(_("Suspended since %(date)s"), since)
    if standing.until and standing.then == "in_force":
        until = _("up to %(date)s") % {"date": _in_words(standing.until)}
        note = ", ".join(part for part in (note, until) if part)
    return Said(text, note, by)


def _not_yet(asked: Asked) -> Said:
    standing, reason = asked.standing, asked.standing.then_because
    known = asked.measure.valid_from if not reason or reason.kind == "start" else None
    if reason and reason.event and reason.event.status in _STARTS:
        known = reason.event.date
    if known:
        return Said(*_dated(_("From %(date)s"), known))
    if not standing.until or asked.measure.kind == "bill":
        return Said("")
    return Said(_("Not before %(date)s") % {"date": _in_words(standing.until + _ONE_DAY)})


def _announced(asked: Asked) -> Said:
    event = asked.standing.because.event if asked.standing.because else None
    if event and event.date and event.status == Status.IN_PREPARATION:
        return Said(*_dated(_("In preparation since %(date)s"), event.date))
    if event and event.date and event.status == Status.ANNOUNCED:
        return Said(*_dated(_("Announced %(date)s"), event.date))
    return Said(_("Announced, date not recorded"))


# Ended


def _ended(asked: Asked) -> Said:
    standing = asked.standing
    last = standing.since - _ONE_DAY if standing.since else None
    is_exact = last is not None and last == standing.last_known
    ended = PartialDate.from_date(last) if last and is_exact else None
    if _ending(standing.because):
        return _over(asked, ended)
    reason = standing.because
    if reason and reason.kind == "until" and asked.measure.valid_until:
        until = asked.measure.valid_until
        return Said(*_dated(_("Ended %(date)s"), until), until=ended or until)
    if not ended:
        late = _("Ended %(date)s or earlier") % {"date": _in_words(last)} if last and reason else _("Ended")
        return Said(late)
    if reason and _is_while(reason, asked.measure):
        text, note = _dated(_("Ended %(date)s together with %(act)s"), ended, act=NAME)
        return Said(text, note, reason.by, ended)
    return Said(*_dated(_("Ended %(date)s"), ended), until=ended)


def _is_while(reason: Reason, measure: Measure) -> bool:
    """Whether the measure ended since another did, while which it lasted."""
    relation = reason.relation
    return relation is not None and relation.type == RelationType.WHILE_IN_FORCE and relation.subject_id == measure.pk


def _over(asked: Asked, ended: PartialDate | None) -> Said:
    """An ending that an event or another act brought, from the recorded date, else from the day after `ended`."""
    reason = asked.standing.because
    assert reason is not None
    known = _date_of(reason)
    if known and not ended and asked.standing.state == "ended":
        ended = known
    if reason.event:
        status = Status(reason.event.status)
        if known:
            return Said(*_dated(_ENDED_FROM[status], known), until=ended)
        return Said(_("%(status)s, date not recorded") % {"status": status.label}, until=ended)
    relation = reason.relation
    assert relation is not None
    if relation.object_id != asked.measure.pk:
        return Said(*_dated(_("Ended %(date)s"), ended), until=ended) if ended else Said(_("Ended"))
    if not known and ended and asked.standing.since:
        known = PartialDate.from_date(asked.standing.since)
    type_ = RelationType(relation.type)
    if not known:
        return Said(str(_ENDED_UNDATED_BY[type_]) % {"act": NAME}, act=relation.subject, until=ended)
    text, note = _dated(_ENDED_BY[type_], known, act=NAME)
    return Said(text, note, relation.subject, ended)


# Bills


def _bill(asked: Asked) -> Said:
    """The last event, which the record has apart from the state that it led to."""
    measure, reason = asked.measure, asked.standing.because
    status, known = measure.status, measure.status_date
    if known and known.last > asked.day:
        status, known = (reason.event.status, reason.event.date) if reason and reason.event else ("", None)
    if not status or status == Status.UNKNOWN:
        return Said("")
    parts = {"status": Status(status).label}
    if not known:
        return Said(_("%(status)s, date not recorded") % parts)
    return Said(*_dated(_("%(status)s %(date)s"), known, status=str(parts["status"])))


_SENTENCES: dict[str, Callable[[Asked], Said]] = {
    "in_force": _in_force,
    "possibly": _possibly,
    "suspended": _suspended,
    "not_yet": _not_yet,
    "announced": _announced,
    "ended": _ended,
    "in_legislature": _bill,
    "enacted": _bill,
    "rejected_or_withdrawn": _bill,
}
