"""Which acts are drawn: by a keyed hash of their identifier, so that nobody can foresee or steer it.

The key is the secret of the installation. The same identifier and share always give the same answer, so that a draw can
be repeated and checked by whoever has the secret.
"""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac

from countries.models import Site
from foundation.records.changes import event_models
from foundation.records.models import Comment
from measures.choices import Workflow
from measures.double_coding.fields import values_of
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
    """Have acts coded a second time: keep their first coding, and note who knows it. In the transaction of the move."""
    for measure in measures:
        double_coding = DoubleCoding.objects.create(measure=measure, share=share_of_site())
        double_coding.known_to.set({*people_who_know(measure), by.pk})
        first = {"role": CodingRole.FIRST, "coder_id": measure.created_by_id, "values": values_of(measure)}
        Coding.objects.create(double_coding=double_coding, **first)


def people_who_know(measure: Measure) -> set[int]:
    """The accounts in the history of an act and of its parts, and those that said something about it."""
    found: set[Any] = {measure.created_by_id, measure.updated_by_id}
    for model, owner in event_models(Measure):
        events = model._default_manager.filter(**{owner or "id": measure.pk})
        found |= set(events.order_by().values_list("pgh_context__metadata__user", flat=True).distinct())
    remarks = Comment.objects.filter(content_type__app_label="measures", content_type__model="measure")
    found |= set(remarks.filter(object_id=str(measure.pk)).values_list("written_by", flat=True))
    return set(get_user_model()._default_manager.filter(pk__in=found - {None}).values_list("pk", flat=True))


def leave_out_retired(measures: MeasureQuerySet, *, by: Any) -> None:
    """An act that is retired is not coded any more."""
    waiting = DoubleCoding.objects.filter(measure__in=measures, state__in=BLIND_STATES)
    waiting.update(state=CodingState.LEFT_OUT, closed_at=Now(), closed_by=by)
