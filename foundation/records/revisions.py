"""The course of a proposed change: proposed, sent back, approved, declined or withdrawn, and who may do what.

A revision is written by its form (`revision_admin.py`), which tried it out under the rules of an edit; approving it
saves that form. Here is only what becomes of it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pghistory
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.characters import readable
from foundation.records.models import OPEN, Revision, RevisionQuerySet, RevisionState
from foundation.records.second_reader import is_public, may_change_public
from foundation.records.teams import may_discuss, may_work_on, may_write, of_own_countries

PROPOSE = "foundation.add_revision"
ORIGINS = {
    RevisionState.APPROVED: (RevisionState.WAITING,),
    RevisionState.SENT_BACK: (RevisionState.WAITING,),
    RevisionState.DECLINED: OPEN,
    RevisionState.WITHDRAWN: OPEN,
}
"""The states from which a revision comes into each other one."""

DECIDED = ("state", "reviewed_by", "reviewed_at", "review_note")
"""The fields that a decision writes."""


def may_propose(user: Any, record: Model) -> bool:
    """Whether `user` may propose a change to `record`; what is not public, and not shared, is changed without one."""
    is_closed = is_public(record) or not may_write(user, type(record))
    return bool(user.has_perm(PROPOSE)) and is_closed and may_discuss(user, record)


def may_review(user: Any, revision: Revision) -> bool:
    """Whether `user` may decide on `revision`: a second person, unless the installation allows one's own."""
    is_second = settings.REVIEW_OWN or revision.proposed_by_id != user.pk
    return is_second and _may_change(user, revision.content_type) and may_work_on(user, revision)


def may_approve(user: Any, revision: Revision) -> bool:
    """Whether `user` may approve `revision`, or send it back, as it stands."""
    return revision.state == RevisionState.WAITING and may_review(user, revision)


def to_review_by(user: Any) -> RevisionQuerySet:
    """The revisions that wait for `user` as a reviewer."""
    waiting = of_own_countries(user, Revision.objects.waiting())
    kinds = waiting.order_by().values_list("content_type", flat=True).distinct()
    waiting = waiting.filter(
        content_type__in=[kind for kind in kinds if _may_change(user, ContentType.objects.get_for_id(kind))]
    )
    return waiting if settings.REVIEW_OWN else waiting.exclude(proposed_by=user)


def _may_change(user: Any, kind: ContentType) -> bool:
    model = kind.model_class()
    return model is not None and may_change_public(user, model) and may_write(user, model)


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
) -> Revision:
    """Store a proposed state of `record`, in the place of the open one of the same person; raise PermissionDenied.

    `version` is that of the record which `base` shows.
    """
    if not may_propose(by, record):
        raise PermissionDenied
    stored = {
        "name": str(record)[:300],
        "data": dict(data),
        "base": base,
        "base_version": version,
        "reason": reason,
        "note": readable(note).strip(),
        "state": RevisionState.WAITING,
        "proposed_at": timezone.now(),
    }
    kind = ContentType.objects.get_for_model(record)
    revision, _is_new = Revision.objects.open().update_or_create(
        stored, content_type=kind, object_id=str(record.pk), proposed_by=by
    )
    return revision


def withdraw(revision: Revision, *, by: Any) -> None:
    """Take one's own proposal back."""
    _decide(revision, RevisionState.WITHDRAWN, by=by)


def send_back(revision: Revision, *, by: Any, note: str) -> None:
    """Ask the proposer to go on, with the reason."""
    _decide(revision, RevisionState.SENT_BACK, by=by, note=note)


def decline(revision: Revision, *, by: Any, note: str) -> None:
    """Close a proposal that is not to become public, with the reason."""
    _decide(revision, RevisionState.DECLINED, by=by, note=note)


def approve(revision: Revision, *, by: Any, note: str = "") -> None:
    """Mark a revision as approved, in the transaction that saves its form within `approving`."""
    _decide(revision, RevisionState.APPROVED, by=by, note=note)


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
def _decide(revision: Revision, state: RevisionState, *, by: Any, note: str = "") -> None:
    """Move an open revision; raise PermissionDenied, or ValidationError if it is decided or a note is missing."""
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
    if not is_own:
        locked.reviewed_by, locked.reviewed_at, locked.review_note = by, timezone.now(), note
    locked.save()
    revision.refresh_from_db()
