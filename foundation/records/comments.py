"""Comments of the team on a record that is not finished, or on a proposed change: at a field, with replies."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from foundation.characters import readable
from foundation.records.models import Comment, Revision

MOST_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Thread:
    """A comment and the replies to it, the oldest first."""

    first: Comment
    replies: tuple[Comment, ...]


def comments_on(record: Model, revision: Revision | None = None) -> QuerySet[Comment]:
    """The comments on a record, or on a proposed change of it."""
    kind = ContentType.objects.get_for_model(record)
    return Comment.objects.filter(content_type=kind, object_id=str(record.pk), revision=revision)


def threads(record: Model, revision: Revision | None = None) -> list[Thread]:
    """The comments with their replies, in one query."""
    replies: dict[int | None, list[Comment]] = defaultdict(list)
    for comment in comments_on(record, revision).select_related("written_by"):
        replies[comment.reply_to_id].append(comment)
    return [Thread(first, tuple(replies[first.pk])) for first in replies[None]]


def write(
    record: Model,
    text: str,
    *,
    by: Any,
    field: str = "",
    label: str = "",
    revision: Revision | None = None,
    reply_to: int | None = None,
) -> Comment:
    """Write a comment, or a reply to one of the same record; raise ValidationError without a text."""
    text = readable(text).strip()[:MOST_CHARACTERS]
    if not text:
        raise ValidationError(_("Write something."), code="empty")
    answered = comments_on(record, revision).filter(pk=reply_to, reply_to=None).first() if reply_to else None
    return Comment.objects.create(
        content_type=ContentType.objects.get_for_model(record),
        object_id=str(record.pk),
        revision=revision,
        field=(answered.field if answered else field)[:200],
        label=(answered.label if answered else readable(label))[:300],
        text=text,
        reply_to=answered,
        written_by=by,
    )


def carry_over(gone: Model, kept: Model) -> list[Comment]:
    """Give the comments on a record to another of its kind, and return them; those on proposals stay with these."""
    carried = list(comments_on(gone))
    Comment.objects.filter(pk__in=[comment.pk for comment in carried]).update(object_id=str(kept.pk))
    return carried


def give_back(keys: Sequence[int], record: Model) -> None:
    """Give a record its comments back, with the replies that were written elsewhere."""
    Comment.objects.filter(Q(pk__in=keys) | Q(reply_to__in=keys)).update(object_id=str(record.pk))
