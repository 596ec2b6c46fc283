"""The only writer of status, publication and confirmations.

A record goes `stub → draft → in review → published`, back to draft, and to `retired`. Every move is atomic, under a
row lock, checks the right of the person who makes it, and raises `record_version`, so that a form opened before it is
stale. The status caches of a measure are computed from its events here and nowhere else.
"""

import datetime
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import pghistory
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.characters import readable
from foundation.days import day_of
from foundation.partial_dates import PartialDate
from foundation.records.changes import CONFIRMS
from foundation.records.second_reader import changeable, may_change, may_publish
from foundation.records.teams import may_work_on, of_other_countries
from foundation.sql import take_time
from measures.choices import ENDING_STATUSES, PROLONGING_RELATIONS, STATUSES, Family, Status, Workflow
from measures.definitions.recoding import to_recode
from measures.double_coding import drawing
from measures.entry_rules import LAST_DAY_STATUSES, Events, event_problem, last_possible_day
from measures.models import Citation, DoubleCoding, Measure, MeasureQuerySet, ScheduledPublication
from measures.models.double_coding import OPEN_STATES
from measures.validity.selecting import in_states

CHANGE, PUBLISH = "measures.change_measure", "measures.publish_measure"


@dataclass(frozen=True, slots=True)
class Move:
    """A transition between workflow states, and the permission that it requires."""

    name: str
    label: Any
    origins: tuple[Workflow, ...]
    target: Workflow
    permission: str
    needs_note: bool = False


MOVES = {
    move.name: move
    for move in (
        Move("draft", gettext_lazy("Start a draft"), (Workflow.STUB,), Workflow.DRAFT, CHANGE),
        Move("submit", gettext_lazy("Submit for review"), (Workflow.DRAFT,), Workflow.IN_REVIEW, CHANGE),
        Move("withdraw", gettext_lazy("Take back to draft"), (Workflow.IN_REVIEW,), Workflow.DRAFT, CHANGE),
        Move("publish", gettext_lazy("Publish"), (Workflow.DRAFT, Workflow.IN_REVIEW), Workflow.PUBLISHED, PUBLISH),
        Move(
            "send_back",
            gettext_lazy("Send back"),
            (Workflow.IN_REVIEW, Workflow.PUBLISHED, Workflow.RETIRED),
            Workflow.DRAFT,
            PUBLISH,
            needs_note=True,
        ),
        Move(
            "retire",
            gettext_lazy("Retire"),
            (Workflow.STUB, Workflow.DRAFT, Workflow.IN_REVIEW, Workflow.PUBLISHED),
            Workflow.RETIRED,
            PUBLISH,
            needs_note=True,
        ),
    )
}


def moves_open_to(user: Any, measure: Measure) -> list[Move]:
    """The moves that `user` may make with `measure` in its current state."""
    if not (may_change(user, measure) and may_work_on(user, measure)):
        return []
    return [move for move in MOVES.values() if measure.workflow in move.origins and user.has_perm(move.permission)]


def draft(measure: Measure, *, by: Any, note: str = "") -> None:
    """Turn a stub into a draft."""
    _move(MOVES["draft"], measure, by=by, note=note)


def submit(measure: Measure, *, by: Any, note: str = "") -> None:
    """Submit a draft for review."""
    _move(MOVES["submit"], measure, by=by, note=note)


def withdraw(measure: Measure, *, by: Any, note: str = "") -> None:
    """Withdraw a record from review."""
    _move(MOVES["withdraw"], measure, by=by, note=note)


def publish(measure: Measure, *, by: Any, note: str = "") -> None:
    """Publish a record; raise ValidationError that lists what it lacks."""
    _move(MOVES["publish"], measure, by=by, note=note)


def send_back(measure: Measure, *, by: Any, note: str) -> None:
    """Send a record back to draft, off the public pages, with the reason."""
    _move(MOVES["send_back"], measure, by=by, note=note)


def retire(
    measure: Measure, *, by: Any, note: str, successor: Measure | None = None, reason: str | None = None
) -> None:
    """Retire a record permanently; its identifier is never reused. Readers see the reason, or else the note."""
    move_all(MOVES["retire"], [measure.pk], by=by, note=note, successor=successor, reason=reason)
    measure.refresh_from_db()


def values_of_published(*, by: Any, at: datetime.datetime) -> dict[str, Any]:
    """The workflow fields of a record that is published when it is created, by field name.

    An import inserts new records with them, instead of writing each twice; it checks `COMPLETE` beforehand. Raise
    PermissionDenied without the permission to publish.
    """
    move = MOVES["publish"]
    _refuse_without_right(move, by)
    return {
        "workflow": move.target.value,
        "reviewed_at": at,
        "reviewed_by": by.pk,
        "published_at": at,
        "published_by": by.pk,
    }


def _refuse_without_right(move: Move, by: Any) -> None:
    if not by.has_perm(move.permission):
        raise PermissionDenied(_("Your account does not have permission for this: %(move)s.") % {"move": move.label})


def _move(move: Move, measure: Measure, *, by: Any, note: str) -> None:
    """Move one record; `measure` is refreshed from the database."""
    move_all(move, [measure.pk], by=by, note=note)
    measure.refresh_from_db()


_NOTE_MISSING = gettext_lazy("Give a reason, for those who work on the record later.")


@transaction.atomic
def move_all(
    move: Move,
    measure_ids: Collection[int],
    *,
    by: Any,
    note: str = "",
    successor: Measure | None = None,
    reason: str | None = None,
    draws: bool = True,
) -> None:
    """Move a set of records at once, all or none. `successor` took the place of those that are retired.

    Readers of a retired record are told the `reason`, or else the note. Of those that are submitted for the first time,
    a share is drawn to be coded a second time, unless `draws` is false, as for a file that publishes.

    Raise PermissionDenied without the right, ValidationError that names each record which is elsewhere or lacks
    something.
    """
    _refuse_without_right(move, by)
    note = readable(note)
    if move.needs_note and not note.strip():
        is_public = move.target == Workflow.RETIRED
        message = _("Give a reason. Readers see it at the address of the record.") if is_public else _NOTE_MISSING
        raise ValidationError(message, code="note_missing")
    if successor and successor.pk in measure_ids:
        raise ValidationError(_("%(id)s cannot take its own place."), code="itself", params={"id": successor.public_id})
    take_time()
    measures = Measure.objects.filter(pk__in=measure_ids)
    list(measures.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk"))
    _refuse_foreign(measures, by)
    _refuse_elsewhere(move, measures)
    _refuse_named(measures, by)
    if move.target == Workflow.PUBLISHED and (problems := lacking(measures)):
        raise ValidationError(problems)
    drawn = drawing.to_draw(measures) if draws and move.target in (Workflow.IN_REVIEW, Workflow.PUBLISHED) else []
    if drawn and move.target == Workflow.PUBLISHED:
        raise ValidationError(_undrawn(drawn))
    drawing.draw(drawn, by=by)
    with pghistory.context(move=move.name, note=note):
        _write(move, measures, by=by, note=note, successor=successor, reason=note if reason is None else reason)


def _refuse_elsewhere(move: Move, measures: MeasureQuerySet) -> None:
    problems = [
        ValidationError(
            _("%(id)s is “%(state)s”, which does not allow this: %(move)s."),
            code="elsewhere",
            params={"id": measure.public_id, "state": measure.get_workflow_display(), "move": move.label},
        )
        for measure in measures.exclude(workflow__in=move.origins).only("public_id", "workflow")
    ]
    if problems:
        raise ValidationError(problems)


def _undrawn(measures: list[Measure]) -> list[ValidationError]:
    """Refusals of drafts that are to be coded a second time before they are public."""
    words = _("%(id)s is among the acts that are coded a second time before they are public. Submit it for review.")
    return [ValidationError(words, code="drawn", params={"id": measure.public_id}) for measure in measures]


def _refuse_foreign(measures: MeasureQuerySet, by: Any) -> None:
    """Refuse records of other countries than those of `by`."""
    foreign = of_other_countries(by, measures).order_by("public_id").values_list("public_id", flat=True)
    words = _("%(id)s is not of your countries.")
    if problems := [ValidationError(words, code="foreign", params={"id": public_id}) for public_id in foreign]:
        raise ValidationError(problems)


def _refuse_named(measures: MeasureQuerySet, by: Any) -> None:
    """Refuse those who may not publish a move that takes a named act off the public pages."""
    named = () if may_publish(by) else measures.named().values_list("public_id", flat=True)
    problems = [
        ValidationError(
            _("A public entry names %(id)s, so only editors can move it."), code="named", params={"id": public_id}
        )
        for public_id in named
    ]
    if problems:
        raise ValidationError(problems)


def lacking(measures: MeasureQuerySet) -> list[ValidationError]:
    """For each record that cannot be published yet, an error that says what it lacks."""
    incomplete = measures.exclude(COMPLETE).annotate(**_STATED).order_by("public_id")
    return [
        ValidationError(
            _("%(id)s cannot be published yet. Missing: %(missing)s."),
            code="incomplete",
            params={"id": measure.public_id, "missing": ", ".join(lack.words for lack in _lacks_of(measure))},
        )
        for measure in incomplete.only("public_id", "primary_topic")
    ]


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that publication requires and a record does not have, and its field in the form."""

    words: str
    field: str


def lacks_of(measure: Measure) -> list[Lack]:
    """All that `measure`, as it is stored, lacks for publication."""
    return [lack for each in Measure.objects.filter(pk=measure.pk).annotate(**_STATED) for lack in _lacks_of(each)]


def lacks(*, has_source: bool, has_topic: bool, is_coded: bool = True) -> Iterator[Lack]:
    """All that a record lacks for publication; `COMPLETE` is the same as a condition."""
    if not has_source:
        yield Lack(_("a source"), "citations")
    if not has_topic:
        yield Lack(_("a primary topic"), "primary_topic")
    if not is_coded:
        yield Lack(_("the end of its double coding"), "double_coding")


HAS_SOURCE = Exists(Citation.objects.filter(measure=OuterRef("pk")))
IN_DOUBLE_CODING = Exists(DoubleCoding.objects.filter(measure=OuterRef("pk"), state__in=OPEN_STATES))
COMPLETE = Q(HAS_SOURCE) & Q(primary_topic__isnull=False) & ~Q(IN_DOUBLE_CODING)
"""What every public record must have: a source and a topic (a table constraint requires a title); and a second coding
before it is public, if it was drawn for one."""
_STATED = {"has_source": HAS_SOURCE, "in_double_coding": IN_DOUBLE_CODING}


def _lacks_of(measure: Any) -> Iterator[Lack]:
    return lacks(
        has_source=measure.has_source,
        has_topic=measure.primary_topic_id is not None,
        is_coded=not measure.in_double_coding,
    )


def _write(
    move: Move, measures: MeasureQuerySet, *, by: Any, note: str, successor: Measure | None, reason: str
) -> None:
    changes: dict[str, Any] = {"workflow": move.target, "workflow_note": note}
    is_retired = move.target == Workflow.RETIRED
    changes |= {"retired_reason": reason if is_retired else "", "replaced_by": successor if is_retired else None}
    if move.permission == PUBLISH:
        changes |= {"reviewed_at": Now(), "reviewed_by": by}
    if move.target == Workflow.PUBLISHED:
        changes |= {"published_at": Coalesce("published_at", Now()), "published_by": Coalesce("published_by", by.pk)}
    if is_retired:
        drawing.leave_out_retired(measures, by=by, note=note)
    if move.target != Workflow.IN_REVIEW:
        ScheduledPublication.objects.filter(measure__in=measures).delete()
    measures.mark_changed(by=by, **changes)


def refresh_status(measure_ids: Collection[int]) -> None:
    """Recompute the status, its date and the date of each measure from its events, and write what differs.

    The status is that of the last event. The date is that of the first dated event; or the start of validity, if only
    that is known, or if it is more precise within the year or month of the event.
    """
    with connection.cursor() as cursor:
        cursor.execute(_REFRESH, [list(measure_ids)])


CACHES_OF_STATUS = ("status", "status_date", "date")


def status_query(table: str) -> str:
    """SQL of (id, status, status_date, date) for the rows of `table`, which is that of the measures or one like it.

    An import whose events are written first inserts a new record with its status, instead of writing it twice.
    """
    return f"""
    select m.id, coalesce(last.status, 'unknown') as status, coalesce(last.date, '') as status_date,
        case when period_range(m.valid_from) <@ period_range(first.date) then m.valid_from
            else coalesce(first.date, m.valid_from) end as date
    from {table} m
    left join lateral (
        select status, date from measures_statusevent where measure_id = m.id order by position desc limit 1
    ) last on true
    left join lateral (
        select date from measures_statusevent where measure_id = m.id and date <> '' order by position limit 1
    ) first on true
    """


_REFRESH = f"""
update measures_measure m set status = s.status, status_date = s.status_date, date = s.date
from ({status_query("measures_measure")} where m.id = any(%s)) s
where m.id = s.id and (m.status, m.status_date, m.date) is distinct from (s.status, s.status_date, s.date)
"""


@dataclass(frozen=True, slots=True)
class HistoryProblem:
    """A problem with the event at `index` (from 0) of a status history, and the field that it concerns."""

    index: int
    message: str
    field: str = "status"


def check_history(
    family: Family, events: Events, *, on: datetime.date, start: PartialDate | None = None
) -> list[HistoryProblem]:
    """Check a history for statuses of another family, and for dates after `on`, out of order, or before the `start`.

    Any course is possible; see `entry_rules.unusual_moves`. Dates of different precision are in order if they overlap.
    """
    problems = []
    latest: PartialDate | None = None
    for index, (value, date) in enumerate(events):
        status = Status(value)
        if status not in STATUSES[family]:
            problems.append(HistoryProblem(index, _foreign(family, status)))
            continue
        if date and (message := _date_problem(status, date, latest, start, on)):
            problems.append(HistoryProblem(index, message, field="date"))
        if date and (latest is None or date.first > latest.first):
            latest = date
    return problems


def last_possible_day_of(measure: Measure, events: Events | None = None) -> datetime.date | None:
    """The last day on which `measure` can have been in force, by its own dates; None if they do not say.

    `events` stand in for those that are stored, such as those of a form.
    """
    if events is None:
        events = [(event.status, event.date) for event in measure.status_events.all()]
    is_stored = measure.pk is not None
    return last_possible_day(
        events,
        valid_from=measure.valid_from,
        valid_until=measure.valid_until,
        duration=measure.duration,
        basis=measure.duration_basis,
        country=measure.country_id or "",
        is_prolonged=is_stored and any(r.type in PROLONGING_RELATIONS for r in measure.relations_to.all()),
    )


@transaction.atomic
def confirm_still_so(measure_ids: Collection[int], *, by: Any, on: datetime.date) -> None:
    """Record that somebody looked at a set of records on a day, and what they say still held: all or none.

    Raise PermissionDenied without the right to change them, ValidationError that names each record that had ended.
    """
    measures = _to_confirm(measure_ids, by)
    over = in_states(["ended"], on) | Q(status__in=ENDING_STATUSES)  # the day of its last event may not be recorded
    ended = measures.filter(over).order_by("public_id").values_list("public_id", flat=True)
    words = _("The act has ended, so that there is nothing to confirm.")
    if problems := [ValidationError(f"{public_id}: {words}", code="ended") for public_id in ended]:
        raise ValidationError(problems)
    measures.mark_changed(by=by, checked_on=on, checked_by=by)


@transaction.atomic
def confirm_codes(measure_ids: Collection[int], *, by: Any) -> int:
    """Record that the codes of records are right by the definitions of now; return of how many.

    Those that wait for no decision are left as they are. Raise PermissionDenied without the right to change them all.
    """
    waiting = list(_to_confirm(measure_ids, by).filter(to_recode()).values_list("pk", flat=True))
    words = _("codes, by the definitions of %(day)s") % {"day": day_of(timezone.now()).in_words()}
    with pghistory.context(**{CONFIRMS: words}):
        return Measure.objects.filter(pk__in=waiting).mark_changed(by=by)


def _to_confirm(measure_ids: Collection[int], by: Any) -> MeasureQuerySet:
    """The records, locked; raise PermissionDenied without the right to change them all."""
    if not by.has_perm(CHANGE):
        raise PermissionDenied
    take_time()
    measures = Measure.objects.filter(pk__in=measure_ids)
    list(measures.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk"))
    if changeable(by, measures).count() < measures.count() or of_other_countries(by, measures).exists():
        raise PermissionDenied
    return measures


def _date_problem(
    status: Status, date: PartialDate, latest: PartialDate | None, start: PartialDate | None, on: datetime.date
) -> str:
    if latest and date.last < latest.first:
        return _out_of_order(date, latest)
    if start and status in LAST_DAY_STATUSES and date.last < start.first:
        return _("%(date)s, the last day, is before “valid from”, %(start)s.") % {"date": date, "start": start}
    return event_problem(date, on=on)


def _foreign(family: Family, status: Status) -> str:
    return _("“%(status)s” is not a status of this kind of entry. Choose from: %(statuses)s.") % {
        "status": status.label,
        "statuses": ", ".join(str(choice.label) for choice in STATUSES[family]),
    }


def _out_of_order(date: PartialDate, latest: PartialDate) -> str:
    return _("%(date)s is before %(latest)s, the date of an earlier event. Check the order of the events.") % {
        "date": date,
        "latest": latest,
    }
