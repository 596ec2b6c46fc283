"""Which acts are drawn: by a keyed hash of their identifier, so that nobody can foresee or steer it.

The key is the secret of the installation. The same identifier and share always give the same answer, so that a draw can
be repeated and checked by whoever has the secret.
"""

from collections.abc import Collection
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, prefetch_related_objects
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac

from countries.models import Site
from foundation.records.changes import event_models
from foundation.records.models import Comment
from measures.choices import Workflow
from measures.double_coding.fields import PARTS, values_of
from measures.models import Coding, CodingRole, CodingState, DoubleCoding, Measure, MeasureQuerySet
from measures.models.measure import BLIND_STATES

SALT = "measures.double_coding"
SUBMITTED = (Workflow.IN_REVIEW, Workflow.PUBLISHED, Workflow.RETIRED)
"""The states that an act has only once somebody has submitted it."""


def is_drawn(public_id: str, share: int) -> bool:
    """Whether the act with this identifier is among the `share` per cent that are coded a second time."""
    number = int.from_bytes(salted_hmac(SALT, public_id, algorithm="sha256").digest()[:8], "big")
    return number * 100 < share * 2**64


def share_of_site() -> int:
    """The rule of the site, in per cent, as it is stored: what pages know of the site may be a moment old."""
    return Site.objects.values_list("double_coding_share", flat=True).first() or 0


def to_draw(measures: MeasureQuerySet) -> list[Measure]:
    """Those of `measures` that are drawn when they are submitted now: never submitted before, and in the share.

    Two queries, or one while the share is 0.
    """
    share = share_of_site()
    if not share:
        return []
    history = next(model for model, owner in event_models(Measure) if owner is None)
    submitted = history._default_manager.filter(pgh_obj=OuterRef("pk"), workflow__in=SUBMITTED)
    fresh = measures.filter(~Exists(submitted), double_coding=None)
    return [measure for measure in fresh if is_drawn(measure.public_id, share)]


def draw(measures: list[Measure], *, by: Any) -> None:
    """Have acts coded a second time: keep their first coding, and note who knows it. In the transaction of the move.

    The number of queries does not depend on that of the acts.
    """
    if not measures:
        return
    share, knowing = share_of_site(), people_who_know(measures)
    prefetch_related_objects(measures, *PARTS)
    drawn = DoubleCoding.objects.bulk_create(DoubleCoding(measure=measure, share=share) for measure in measures)
    known = DoubleCoding.known_to.through
    known.objects.bulk_create(
        known(doublecoding=each, user_id=user) for each in drawn for user in {*knowing[each.measure_id], by.pk}
    )
    Coding.objects.bulk_create(
        Coding(
            double_coding=each,
            role=CodingRole.FIRST,
            coder_id=each.measure.created_by_id,
            values=values_of(each.measure),
        )
        for each in drawn
    )


def people_who_know(measures: Collection[Measure]) -> dict[int, set[int]]:
    """By act, the accounts in its history and that of its parts, and those that said something about it.

    A query for each kind of history.
    """
    found: dict[int, set[Any]] = {measure.pk: {measure.created_by_id, measure.updated_by_id} for measure in measures}
    for model, owner in event_models(Measure):
        column = owner or "id"
        events = model._default_manager.filter(**{f"{column}__in": list(found)}).order_by()
        for key, user in events.values_list(column, "pgh_context__metadata__user").distinct():
            found[key].add(user)
    remarks = Comment.objects.filter(content_type__app_label="measures", content_type__model="measure")
    for text, user in remarks.filter(object_id__in=[str(key) for key in found]).values_list("object_id", "written_by"):
        found[int(text)].add(user)
    accounts = get_user_model()._default_manager.filter(pk__in=set().union(*found.values()) - {None})
    are_there = set(accounts.values_list("pk", flat=True))
    return {key: users & are_there for key, users in found.items()}


def leave_out_retired(measures: MeasureQuerySet, *, by: Any, note: str) -> None:
    """An act that is retired is not coded any more, for the reason why it is retired."""
    waiting = DoubleCoding.objects.filter(measure__in=measures, state__in=BLIND_STATES)
    waiting.update(state=CodingState.LEFT_OUT, closed_at=Now(), closed_by=by, note=note)
