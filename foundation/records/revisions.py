"""The course of a proposed change: proposed, sent back, approved, declined or withdrawn, and who may do what.

A revision is written by its form (`revision_admin.py`), which tried it out under the rules of an edit; approving it
saves that form. Here is only what becomes of it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

import pghistory
from django.conf import settings
from django.contrib.auth import get_permission_codename
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, Model, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.characters import readable
from foundation.records.models import OPEN, Revision, RevisionQuerySet, RevisionState
from foundation.records.publication_time import check_time
from foundation.records.second_reader import has_public, is_public, may_change_public
from foundation.records.teams import is_shared_vocabulary, may_discuss, may_work_on, may_write, of_own_countries

PROPOSE = "foundation.add_revision"
TO_DECIDE = (RevisionState.WAITING, RevisionState.SCHEDULED)
"""The states in which a reviewer decides on a revision."""
ORIGINS = {
    RevisionState.APPROVED: TO_DECIDE,
    RevisionState.SENT_BACK: TO_DECIDE,
    RevisionState.SCHEDULED: TO_DECIDE,
    RevisionState.WAITING: (RevisionState.SCHEDULED,),
    RevisionState.DECLINED: OPEN,
    RevisionState.WITHDRAWN: OPEN,
}
"""The states from which a revision comes into each other one."""

NOT_SCHEDULED = {"publish_at": None, "failed_at": None, "problem": ""}
DECIDED = ("state", "reviewed_by", "reviewed_at", "review_note", *NOT_SCHEDULED)
"""The fields that a decision writes."""


def may_propose(user: Any, record: Model) -> bool:
    """Whether `user` may propose a change to `record`; what they may change, and is not public, needs none."""
    is_closed = is_public(record) or not (_may(user, "change", type(record)) and may_write(user, type(record)))
    return bool(user.has_perm(PROPOSE)) and is_closed and may_discuss(user, record)


def may_propose_new(user: Any, model: type[Model]) -> bool:
    """Whether `user` may propose a new record of `model`: of what all countries share, and they may not add."""
    may_add = _may(user, "add", model) and may_write(user, model)
    return bool(user.has_perm(PROPOSE)) and not may_add and has_public(model) and is_shared_vocabulary(model)


def may_review(user: Any, revision: Revision) -> bool:
    """Whether `user` may decide on `revision`: a second person, unless the installation allows one's own."""
    is_second = settings.REVIEW_OWN or revision.proposed_by_id != user.pk
    return is_second and _may_decide(user, revision.content_type, revision.is_new) and may_work_on(user, revision)


def may_approve(user: Any, revision: Revision) -> bool:
    """Whether `user` may approve `revision`, or send it back, as it stands."""
    return revision.state in TO_DECIDE and may_review(user, revision)


def to_review_by(user: Any) -> RevisionQuerySet:
    """The revisions that wait for `user` as a reviewer."""
    waiting = of_own_countries(user, Revision.objects.waiting())
    adds = ExpressionWrapper(Q(object_id=""), BooleanField())
    kinds = waiting.order_by().values_list("content_type", adds).distinct()
    own = (kind for kind in kinds if _may_decide(user, ContentType.objects.get_for_id(kind[0]), kind[1]))
    waiting = waiting.alias(adds=adds).filter(
        reduce(or_, (Q(content_type=kind, adds=new) for kind, new in own), Q(pk=None))
    )
    return waiting if settings.REVIEW_OWN else waiting.exclude(proposed_by=user)


def _may_decide(user: Any, kind: ContentType, is_new: bool) -> bool:
    model = kind.model_class()
    if model is None or (is_new and not _may(user, "add", model)):
        return False
    return may_change_public(user, model) and may_write(user, model)


def _may(user: Any, act: str, model: type[Model]) -> bool:
    return bool(user.has_perm(f"{model._meta.app_label}.{get_permission_codename(act, model._meta)}"))


def open_of(user: Any, record: Model) -> Revision | None:
    """The open revision of `record` that `user` has proposed: there is at most one."""
    return Revision.objects.open().of(record).filter(proposed_by=user).first()


@transaction.atomic
def propose(
    record: Model,
    *,
    by: Any,
    data: Mapping[str, list[str]],
    base: Any,
    version: int,
    reason: str,
    note: str = "",
    instead: Revision | None = None,
) -> Revision:
    """Store a proposed state of `record`, in the place of the open one of the same person; raise PermissionDenied.

    `version` is that of the record which `base` shows. Raise ValidationError if `instead`, the proposal that was
    edited, was decided meanwhile.
    """
    if not may_propose(by, record):
        raise PermissionDenied
    _refuse_decided(instead)
    stored = _stored(str(record), data, base, reason, note) | {"base_version": version}
    kind = ContentType.objects.get_for_model(record)
    revision, _is_new = Revision.objects.open().update_or_create(
        stored, content_type=kind, object_id=str(record.pk), proposed_by=by
    )
    return revision


@transaction.atomic
def propose_new(
    model: type[Model],
    *,
    by: Any,
    name: str,
    data: Mapping[str, list[str]],
    base: Any,
    reason: str,
    note: str = "",
    instead: Revision | None = None,
) -> Revision:
    """Store a proposed new record of `model`, in the place of one's open proposal `instead`.

    A form that is sent twice is one proposal. Raise PermissionDenied, or ValidationError if `instead` was decided
    meanwhile.
    """
    if not may_propose_new(by, model):
        raise PermissionDenied
    _refuse_decided(instead)
    own = Revision.objects.open().of_new(model).filter(proposed_by=by)
    found = own.filter(pk=instead.pk) if instead else own.filter(data=dict(data))
    stored = _stored(name, data, base, reason, note) | {"base_version": 0}
    kind = ContentType.objects.get_for_model(model)
    found.update(**stored)
    return found.first() or Revision.objects.create(content_type=kind, object_id="", proposed_by=by, **stored)


def _refuse_decided(revision: Revision | None) -> None:
    """Hold a proposal that is edited, so that nobody decides on it; raise ValidationError if somebody has."""
    if revision is None:
        return
    locked = Revision.objects.select_for_update().get(pk=revision.pk)
    if not locked.is_open:
        raise ValidationError(decided_meanwhile(locked), code="decided")


def _stored(name: str, data: Mapping[str, list[str]], base: Any, reason: str, note: str) -> dict[str, Any]:
    """What is stored of a proposal; a decision on an earlier form of it no longer holds."""
    return NOT_SCHEDULED | {
        "name": name[:300],
        "data": dict(data),
        "base": base,
        "reason": reason,
        "note": readable(note).strip(),
        "state": RevisionState.WAITING,
        "proposed_at": timezone.now(),
    }


def withdraw(revision: Revision, *, by: Any) -> None:
    """Take one's own proposal back."""
    _decide(revision, RevisionState.WITHDRAWN, by=by)


def send_back(revision: Revision, *, by: Any, note: str) -> None:
    """Ask the proposer to go on, with the reason."""
    _decide(revision, RevisionState.SENT_BACK, by=by, note=note)


def decline(revision: Revision, *, by: Any, note: str) -> None:
    """Close a proposal that is not to become public, with the reason."""
    _decide(revision, RevisionState.DECLINED, by=by, note=note)


def approve(revision: Revision, record: Model, *, by: Any, note: str = "") -> None:
    """Mark a revision as approved, in the transaction that saves its form as `record` within `approving`."""
    _decide(revision, RevisionState.APPROVED, by=by, note=note, object_id=str(record.pk))


def schedule(revision: Revision, *, by: Any, publish_at: datetime, at: datetime) -> None:
    """Approve a revision for a moment that is still to come at the moment `at`, instead of an earlier such decision."""
    check_time(publish_at, at=at)
    _decide(revision, RevisionState.SCHEDULED, by=by, publish_at=publish_at)


def unschedule(revision: Revision, *, by: Any) -> None:
    """Take the approval for later back: the revision waits for a reviewer again."""
    _decide(revision, RevisionState.WAITING, by=by)


def come_back(revision: Revision, problem: str, *, at: datetime) -> None:
    """Let a revision that could not be published at its time wait for a reviewer again, with the problem."""
    revision.state, revision.failed_at, revision.problem = RevisionState.WAITING, at, problem
    revision.save(update_fields=["state", "failed_at", "problem"])


def close_open(record: Model, *, by: Any, note: str) -> list[dict[str, Any]]:
    """Decline all open revisions of a record that is no longer there to be changed; return what they were."""
    revisions = Revision.objects.open().of(record).select_for_update()
    were = list(revisions.order_by("pk").values("pk", *DECIDED))
    declined = {"state": RevisionState.DECLINED, "reviewed_by": by, "reviewed_at": timezone.now(), "review_note": note}
    Revision.objects.filter(pk__in=[each["pk"] for each in were]).update(**declined)
    return were


def reopen(were: Iterable[Mapping[str, Any]]) -> None:
    """Open again what `close_open` has closed, unless its proposer has an open revision of the record by now."""
    for each in were:
        revision = Revision.objects.get(pk=each["pk"])
        newer = Revision.objects.open().filter(
            content_type=revision.content_type_id, object_id=revision.object_id, proposed_by=revision.proposed_by_id
        )
        if not newer.exists():
            Revision.objects.filter(pk=revision.pk).update(**{name: each[name] for name in DECIDED})


def approving(revision: Revision) -> Any:
    """The context of the history in which the form of `revision` is saved."""
    told = {"proposer": revision.proposed_by_id, "reason": revision.reason, "public_note": revision.note}
    return pghistory.context(revision=revision.pk, **told)


def decided_meanwhile(revision: Revision) -> str:
    """Why nothing is decided on a revision that does not wait."""
    return _("This change was decided meanwhile: %(state)s.") % {"state": revision.get_state_display()}


@transaction.atomic
def _decide(revision: Revision, state: RevisionState, *, by: Any, note: str = "", **decided: Any) -> None:
    """Move an open revision; raise PermissionDenied, or ValidationError if it is decided or a note is missing.

    `decided` has further fields that follow from the decision. No earlier time of publication holds.
    """
    is_own = state == RevisionState.WITHDRAWN
    if not (revision.proposed_by_id == by.pk if is_own else may_review(by, revision)):
        raise PermissionDenied
    locked = Revision.objects.select_for_update().get(pk=revision.pk)
    if locked.state not in ORIGINS[state] or locked.proposed_at != revision.proposed_at:
        raise ValidationError(decided_meanwhile(locked), code="decided")
    note = readable(note).strip()
    if state in (RevisionState.SENT_BACK, RevisionState.DECLINED) and not note:
        raise ValidationError(_("Give a reason, for the person who proposed the change."), code="note_missing")
    locked.state = state
    for name, value in (NOT_SCHEDULED | decided).items():
        setattr(locked, name, value)
    if not is_own:
        locked.reviewed_by, locked.reviewed_at, locked.review_note = by, timezone.now(), note
    locked.save()
    revision.refresh_from_db()
