"""What there is for one person: sent back to them, said about their records, waiting for their review."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from django.contrib.admin.utils import quote
from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.keys import key_of
from foundation.records import revisions
from foundation.records.models import Comment, Revision
from foundation.records.teams import of_own_countries
from foundation.texts import LANGUAGES
from measures.admin.before_publication import submissions_of
from measures.admin.queues import sent_back_to
from measures.choices import Workflow
from measures.corrections.reports import to_answer_by
from measures.models import Measure, ScheduledPublication
from measures.models.scheduled import ScheduledPublicationQuerySet
from measures.workflow import PUBLISH, lacks_of

COMMENT_AGE = timedelta(days=30)
"""Comments are listed for so long."""
SHOWN = ("public_id", *(f"title_{language}" for language in LANGUAGES), "workflow_note")
"""The fields of an entry that an item has."""
READS_COMMENTS = "foundation.view_comment"


@dataclass(frozen=True, slots=True)
class Item:
    """Something about a record: its name and address in the admin, who did it when, and what they wrote."""

    name: str
    address: str
    who: str
    at: datetime
    text: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Items of one kind, the newest first."""

    title: str
    items: list[Item]


def inbox_of(user: Any, *, since: datetime | None = None, until: datetime | None = None) -> list[Section]:
    """The sections of a person that have items: all that is open, or what came after one moment and up to another."""
    comments_since = since or timezone.now() - COMMENT_AGE
    found = (
        (_("Sent back to me"), [*_sent_back_proposals(user), *_sent_back_drafts(user)]),
        (_("Not published when due"), [*_failed(user), *_failed_proposals(user)]),
        (_("Comments on my records"), comments_for(user, since=comments_since)),
        (_("Reports of errors to answer"), _reports_to_answer(user)),
        (_("Waiting for my review"), [*_proposals_to_review(user), *_entries_to_review(user)]),
    )
    sections = []
    for title, items in found:
        new = (each for each in items if (not since or each.at > since) and (not until or each.at <= until))
        sections.append(Section(title, sorted(new, key=attrgetter("at"), reverse=True)))
    return [section for section in sections if section.items]


def _reports_to_answer(user: Any) -> Iterator[Item]:
    for report in to_answer_by(user):
        address = reverse("admin:measures_errorreport_change", args=[report.pk])
        yield Item(str(report), address, report.on_behalf_of or _("a reader"), report.received_at, report.text)


def comments_for(user: Any, *, since: datetime) -> list[Item]:
    """What others have said since a moment: about the records and proposals of a person, or in reply to them."""
    if not user.has_perm(READS_COMMENTS):
        return []
    measures = ContentType.objects.get_for_model(Measure)
    own = Measure.objects.annotate(text=Cast("pk", CharField())).filter(created_by=user, text=OuterRef("object_id"))
    about_own = Q(revision__proposed_by=user) | Q(reply_to__written_by=user) | Q(Exists(own), content_type=measures)
    comments = Comment.objects.filter(about_own, written_at__gt=since).exclude(written_by=user)
    found = list(comments.select_related("written_by", "revision__content_type", "content_type"))
    names = _names_of(user, found)
    return [_of_comment(each, name) for each in found if (name := names.get((each.content_type_id, each.object_id)))]


def failed_publications(user: Any) -> ScheduledPublicationQuerySet:
    """What was scheduled and not published and is for this person to mend, of the countries they work on by now."""
    own = of_own_countries(user, Measure.objects.all())
    return ScheduledPublication.objects.failed_for(user, may_publish=user.has_perm(PUBLISH)).filter(measure__in=own)


def _sent_back_proposals(user: Any) -> Iterator[Item]:
    for revision in of_own_countries(user, Revision.objects.sent_back_to(user)).select_related(
        "reviewed_by", "content_type"
    ):
        if revision.reviewed_at:
            yield _of_revision(revision, str(revision.reviewed_by), revision.reviewed_at, revision.review_note)


def _sent_back_drafts(user: Any) -> Iterator[Item]:
    for measure in of_own_countries(user, Measure.objects.filter(sent_back_to(user))).select_related("reviewed_by"):
        if measure.reviewed_at:
            yield _of_measure(measure, str(measure.reviewed_by), measure.reviewed_at, measure.workflow_note)


def _failed(user: Any) -> Iterator[Item]:
    """The entries that were not published when due, with who scheduled them and the problem."""
    for scheduled in failed_publications(user).select_related("measure", "scheduled_by"):
        if scheduled.failed_at:
            text = scheduled.get_problem_display()
            if missing := ", ".join(lack.words for lack in lacks_of(scheduled.measure)):
                text = _("%(problem)s Missing: %(missing)s.") % {"problem": text, "missing": missing}
            yield _of_measure(scheduled.measure, str(scheduled.scheduled_by), scheduled.failed_at, text)


def _failed_proposals(user: Any) -> Iterator[Item]:
    """The approved changes that were not published when due, with who approved them and the problem."""
    failed = revisions.to_review_by(user).exclude(failed_at=None)
    for revision in failed.select_related("reviewed_by", "content_type"):
        if revision.failed_at:
            yield _of_revision(revision, str(revision.reviewed_by), revision.failed_at, revision.get_problem_display())


def _proposals_to_review(user: Any) -> Iterator[Item]:
    waiting = revisions.to_review_by(user).filter(failed_at=None)
    for revision in waiting.select_related("proposed_by", "content_type"):
        yield _of_revision(revision, str(revision.proposed_by), revision.proposed_at, revision.note)


def _entries_to_review(user: Any) -> Iterator[Item]:
    """The entries in review that others have submitted, but those whose publication is decided and still to come."""
    undecided = Q(scheduled=None) | Q(scheduled__failed_at__isnull=False)
    in_review = Measure.objects.filter(undecided, workflow=Workflow.IN_REVIEW).only(*SHOWN)
    measures = of_own_countries(user, in_review) if user.has_perm(PUBLISH) else in_review.none()
    submissions = submissions_of(measures.values_list("pk", flat=True))
    for measure in measures:
        submission = submissions.get(measure.pk)
        if submission and submission.who != user.get_username():
            yield _of_measure(measure, submission.who, submission.at, measure.workflow_note)


def _of_comment(comment: Comment, name: str) -> Item:
    text = f"{comment.label}: {comment.text}" if comment.label else comment.text
    return Item(name, _address_of_comment(comment), str(comment.written_by), comment.written_at, text)


def _names_of(user: Any, comments: Iterable[Comment]) -> dict[tuple[int, str], str]:
    """The names of the records that are still there and that `user` may work on, in one query for each kind."""
    names = {}
    for kind in {comment.content_type for comment in comments}:
        model: Any = kind.model_class()
        own = {comment.object_id for comment in comments if comment.content_type_id == kind.pk}
        keys = {key: text for text in own if (key := key_of(model, text)) is not None}
        for record in of_own_countries(user, model._base_manager.filter(pk__in=keys)):
            names[kind.pk, keys[record.pk]] = str(record)
    return names


def _address_of_comment(comment: Comment) -> str:
    if comment.revision:
        return _of_revision(comment.revision, "", comment.written_at, "").address
    return reverse(_page_of(comment.content_type, "comments"), args=[quote(comment.object_id)])


def _of_revision(revision: Revision, who: str, at: datetime, text: str) -> Item:
    page, args = ("new_revision", []) if revision.is_new else ("revision", [quote(revision.object_id)])
    address = reverse(_page_of(revision.content_type, page), args=[*args, revision.pk])
    return Item(revision.name, address, who, at, text)


def _of_measure(measure: Measure, who: str, at: datetime, text: str) -> Item:
    return Item(str(measure), reverse("admin:measures_measure_change", args=[measure.pk]), who, at, text)


def _page_of(kind: ContentType, page: str) -> str:
    return f"admin:{kind.app_label}_{kind.model}_{page}"
