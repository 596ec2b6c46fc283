"""Who may do what with an act that is coded a second time, and what then happens.

A second coder enters and prepares acts and may not publish, works on the country of the act, and does not know its
first coding. Where both codings differ, an editor who made neither decides. Each step locks the double coding, so that
two people never take the same one. A step that is not possible raises ValidationError with the reason.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.records.second_reader import may_publish
from foundation.records.teams import of_own_countries
from measures.choices import Workflow
from measures.double_coding.drawing import people_who_know
from measures.double_coding.fields import Values, differing, in_current_terms, values_of
from measures.models import Coding, CodingRole, CodingState, DoubleCoding, DoubleCodingQuerySet, Measure

CHANGE = "measures.change_measure"
DECIDE = "measures.change_doublecoding"
CLOSED = (CodingState.AGREED, CodingState.DECIDED)
"""The states in which coders see both codings."""


def may_code(user: Any) -> bool:
    """Whether `user` can be a second coder at all."""
    return bool(user.has_perm(CHANGE)) and not may_publish(user)


def to_code(user: Any) -> DoubleCodingQuerySet:
    """What `user` may take, and what they took and have not coded."""
    if not may_code(user):
        return DoubleCoding.objects.none()
    free = Q(state=CodingState.WAITING) & ~Exists(_known_to(user))
    mine = Q(state=CodingState.TAKEN, coder=user.pk)
    return of_own_countries(user, DoubleCoding.objects.filter(free | mine))


def _known_to(user: Any) -> Any:
    return DoubleCoding.known_to.through.objects.filter(doublecoding=OuterRef("pk"), user=user.pk)


def to_decide(user: Any) -> DoubleCodingQuerySet:
    """What `user` may decide: they made neither coding."""
    if not user.has_perm(DECIDE):
        return DoubleCoding.objects.none()
    made = Coding.objects.filter(double_coding=OuterRef("pk"), coder=user.pk)
    found = DoubleCoding.objects.filter(~Exists(_known_to(user)), ~Exists(made), state=CodingState.DIFFERS)
    return of_own_countries(user, found.exclude(measure__workflow=Workflow.RETIRED))


def readable_by(user: Any) -> DoubleCodingQuerySet:
    """What `user` may open: editors and auditors all, others what they may code and the ends of their own codings."""
    own = of_own_countries(user, DoubleCoding.objects.all())
    if not user.has_perm(CHANGE) or may_publish(user):
        return own
    made = Coding.objects.filter(double_coding=OuterRef("pk"), coder=user.pk, role__in=_BY_CODERS)
    return own.filter(Q(pk__in=to_code(user).values("pk")) | Q(Exists(made), state__in=CLOSED) | _coded_by(user))


_BY_CODERS = (CodingRole.FIRST, CodingRole.SECOND)


def _coded_by(user: Any) -> Q:
    """What a second coder has handed in and nobody has decided yet: it says so, and no more."""
    return Q(state=CodingState.DIFFERS, coder=user.pk)


def take(double_coding: DoubleCoding, *, by: Any) -> None:
    """Give an act to a second coder, who then gets its form; refuse those who turn out to know the first coding."""
    if by.pk in people_who_know([double_coding.measure])[double_coding.measure_id]:
        double_coding.known_to.add(by.pk)
        raise ValidationError(
            _("You have worked on the record of this act, so that somebody else codes it a second time."), code="known"
        )
    with transaction.atomic():
        locked = _locked(double_coding)
        if not to_code(by).filter(pk=locked.pk).exists():
            raise ValidationError(_("Somebody else has taken this act."), code="taken")
        _move(locked, CodingState.TAKEN, coder_id=by.pk)


@transaction.atomic
def give_back(double_coding: DoubleCoding, *, by: Any, knows: bool) -> None:
    """Give an act back to the queue; whoever knows how it was coded does not get it again."""
    locked = _locked(double_coding)
    refuse_others(locked, by)
    if knows:
        locked.known_to.add(by.pk)
    _move(locked, CodingState.WAITING, coder_id=None)


@transaction.atomic
def release(double_coding: DoubleCoding, *, by: Any) -> None:
    """Put an act that somebody took back into the queue, such as that of a person who left: an editor does."""
    locked = _locked(double_coding)
    if not may_release(by, locked):
        raise ValidationError(_("Only an act that somebody has taken and not coded can be released, by an editor."))
    _move(locked, CodingState.WAITING, coder_id=None)


def may_release(user: Any, double_coding: DoubleCoding) -> bool:
    """Whether `user` may release `double_coding`: who decides on codings may."""
    return double_coding.state == CodingState.TAKEN and _is_decider(user, double_coding)


@transaction.atomic
def hand_in(double_coding: DoubleCoding, values: Values, *, by: Any) -> list[str]:
    """Keep the second coding for good; return the names of the fields to decide.

    It is compared with the first coding and with what the record has now, so that nothing is public that neither coded.
    """
    locked = _locked(double_coding)
    refuse_others(locked, by)
    if not may_code(by):
        raise ValidationError(
            _("Those who may publish read what is in review, so that they are no second coders. Give the act back."),
            code="may_publish",
        )
    now = timezone.now()
    Coding.objects.create(double_coding=locked, role=CodingRole.SECOND, coder_id=by.pk, values=values, coded_at=now)
    has_now = values_of(Measure.objects.get(pk=locked.measure_id))
    compared = in_current_terms([values, locked.values[CodingRole.FIRST], has_now])
    found = [field.name for field in differing(*compared)]
    if found:
        _move(locked, CodingState.DIFFERS, coded_at=now)
    else:
        _move(locked, CodingState.AGREED, coded_at=now, closed_at=now)
    return found


@transaction.atomic
def decide(double_coding: DoubleCoding, *, by: Any) -> None:
    """Close a double coding: the coded fields as the record has them now, after its ordinary form, are the decision."""
    locked = _locked(double_coding)
    if not to_decide(by).filter(pk=locked.pk).exists():
        raise ValidationError(_("This double coding was decided in the meantime, or is not for you to decide."))
    now, measure = timezone.now(), Measure.objects.get(pk=locked.measure_id)
    decision = {"role": CodingRole.DECISION, "coder_id": by.pk, "values": values_of(measure), "coded_at": now}
    Coding.objects.create(double_coding=locked, **decision)
    _move(locked, CodingState.DECIDED, closed_at=now, closed_by_id=by.pk)


@transaction.atomic
def leave_out(double_coding: DoubleCoding, *, by: Any, note: str) -> None:
    """Let an act be published without a second coding, with the reason; figures say how many were left out."""
    locked = _locked(double_coding)
    if not may_leave_out(by, locked):
        raise ValidationError(_("Only what nobody has coded a second time can be left out, by an editor."))
    if not note.strip():
        raise ValidationError(_("Give a reason, for those who read the figures later."), code="note_missing")
    _move(locked, CodingState.LEFT_OUT, closed_at=timezone.now(), closed_by_id=by.pk, note=note.strip())


def may_leave_out(user: Any, double_coding: DoubleCoding) -> bool:
    """Whether `user` may leave out `double_coding`."""
    return double_coding.is_blind and _is_decider(user, double_coding)


def _is_decider(user: Any, double_coding: DoubleCoding) -> bool:
    """Whether `user` has the right to decide, in the country of the act."""
    own = of_own_countries(user, DoubleCoding.objects.filter(pk=double_coding.pk))
    return bool(user.has_perm(DECIDE)) and own.exists()


def _locked(double_coding: DoubleCoding) -> DoubleCoding:
    found: DoubleCoding = DoubleCoding.objects.select_for_update(of=("self",)).get(pk=double_coding.pk)
    return found


def refuse_others(locked: DoubleCoding, by: Any) -> None:
    """Raise ValidationError unless `by` has taken this act and not handed in its coding."""
    if locked.state != CodingState.TAKEN or locked.coder_id != by.pk:
        raise ValidationError(_("This act is not yours to code, or you have handed in its coding."), code="not_yours")


def _move(locked: DoubleCoding, state: CodingState, **changes: Any) -> None:
    DoubleCoding.objects.filter(pk=locked.pk).update(state=state, **changes)
