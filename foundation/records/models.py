"""Pending revisions: proposed changes to public records, which nobody but the team sees until they are approved."""

from datetime import datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.records.second_reader import has_public
from foundation.records.teams import Team, is_of_teams


class RevisionState(models.TextChoices):
    """Where a revision stands; the first three are open."""

    WAITING = "waiting", _("To review")
    SENT_BACK = "sent_back", _("Sent back")
    SCHEDULED = "scheduled", _("Approved for later")
    APPROVED = "approved", _("Approved")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")


OPEN = (RevisionState.WAITING, RevisionState.SENT_BACK, RevisionState.SCHEDULED)


class RevisionProblem(models.TextChoices):
    """Why an approved revision was not published at its time."""

    CONFLICT = "conflict", _("Somebody has changed the same fields of the record meanwhile.")
    REFUSED = "refused", _("Its form could no longer be saved: something is missing, or not allowed.")
    DENIED = "denied", _("The account that approved it may no longer publish it.")
    GONE = "gone", _("The record was deleted.")


class Reason(models.TextChoices):
    """Why a public record is changed; readers see it in the history of the record."""

    NEW_FACT = "new_fact", _("New fact")
    CORRECTION = "correction", _("Correction")
    RECODING = "recoding", _("Recoding")
    STATUS_CHANGE = "status_change", _("Change of status")


class RevisionQuerySet(models.QuerySet["Revision"]):
    def open(self) -> "RevisionQuerySet":
        """Those that may still become public."""
        return self.filter(state__in=OPEN)

    def waiting(self) -> "RevisionQuerySet":
        """Those that wait for a reviewer."""
        return self.filter(state=RevisionState.WAITING)

    def due(self, *, at: datetime) -> "RevisionQuerySet":
        """Those that are approved for a moment which has come."""
        return self.filter(state=RevisionState.SCHEDULED, publish_at__lte=at)

    def sent_back_to(self, user: Any) -> "RevisionQuerySet":
        """Those on which their proposer has to go on."""
        return self.filter(state=RevisionState.SENT_BACK, proposed_by=user)

    def of(self, record: models.Model) -> "RevisionQuerySet":
        """Those of one record."""
        return self.filter(content_type=ContentType.objects.get_for_model(record), object_id=str(record.pk))

    def of_new(self, model: type[models.Model]) -> "RevisionQuerySet":
        """Those that propose a new record of a kind, and have not become one."""
        return self.filter(content_type=ContentType.objects.get_for_model(model), object_id="")

    def of_team(self, team: Team) -> "RevisionQuerySet":
        """Those of the records of a team, and of records that all teams share."""
        kinds = [model for model in apps.get_models() if is_of_teams(model) and has_public(model)]
        types = ContentType.objects.get_for_models(*(kind for kind in kinds if not hasattr(kind, "part_of")))
        found = ~Q(content_type__in=types.values())
        for kind, content_type in types.items():
            manager: Any = kind._default_manager
            records = manager.of_team(team).annotate(text_key=Cast("pk", models.TextField()))
            found |= Q(content_type=content_type, object_id__in=records.values("text_key"))
        return self.filter(found)

    def kept_from(self, user: Any) -> "RevisionQuerySet | None":
        """Those of the records that are kept from `user`; None where nothing is."""
        kinds = [model for model in apps.get_models() if model is not Revision and has_public(model)]
        managers: list[Any] = [kind._default_manager for kind in kinds]
        found = Q()
        for records in (manager.kept_from(user) for manager in managers if hasattr(manager, "kept_from")):
            if records is not None:
                keys = records.annotate(text_key=Cast("pk", models.TextField())).values("text_key")
                found |= Q(content_type=ContentType.objects.get_for_model(records.model), object_id__in=keys)
        return self.filter(found) if found else None


class Revision(models.Model):
    """A proposed state of a record: what its form would send, and the version of the record that it began with.

    That of a new record has no key of one until it is approved.
    """

    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+", verbose_name=_("kind of record"))
    object_id = models.CharField(max_length=40, blank=True)
    name = models.CharField(_("record"), max_length=300)
    """What the record was called when the revision was proposed."""
    data = models.JSONField()
    """The whole form with its inlines as a browser sends it: lists of strings by name."""
    base = models.JSONField()
    """The values of the form when it was opened, see `edit_conflicts.Snapshot`."""
    base_version = models.BigIntegerField(_("version that it began with"))
    reason = models.CharField(_("reason"), max_length=20, choices=Reason)
    note = models.TextField(_("note"), blank=True, max_length=1000)
    state = models.CharField(_("state"), max_length=20, choices=RevisionState, default=RevisionState.WAITING)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed"))
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("reviewed by")
    )
    reviewed_at = models.DateTimeField(_("reviewed"), null=True, blank=True)
    review_note = models.TextField(_("note of the reviewer"), blank=True, max_length=1000)
    publish_at = models.DateTimeField(_("publish on"), null=True, blank=True)
    """When it is to be published; of one that waits again with a problem, when it should have been."""
    failed_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=20, choices=RevisionProblem, blank=True)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposed change")
        verbose_name_plural = _("proposed changes")
        ordering = ["proposed_at", "pk"]
        indexes = [models.Index(fields=["content_type", "object_id"], name="foundation_revision_record")]
        constraints = [
            models.UniqueConstraint(
                fields=["content_type", "object_id", "proposed_by"],
                condition=Q(state__in=OPEN) & ~Q(object_id=""),
                name="foundation_revision_one_open",
                violation_error_message=_("You have already proposed a change to this record. Go on with that one."),
            ),
            models.CheckConstraint(
                condition=Q(reason__in=Reason.values) & Q(state__in=RevisionState.values),
                name="foundation_revision_codes_known",
                violation_error_message=_("Choose a reason from the list."),
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True, reviewed_at__isnull=True)
                | Q(reviewed_by__isnull=False, reviewed_at__isnull=False),
                name="foundation_revision_reviewed_pair",
                violation_error_message=_("A review has a person and a time."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=[RevisionState.WAITING, RevisionState.WITHDRAWN]) | Q(reviewed_by__isnull=False),
                name="foundation_revision_decided_by",
                violation_error_message=_("A decision has a reviewer."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[RevisionState.SENT_BACK, RevisionState.DECLINED]) | ~Q(review_note=""),
                name="foundation_revision_refused_with_note",
                violation_error_message=_("Give a reason, for the person who proposed the change."),
            ),
            models.CheckConstraint(
                condition=~Q(state=RevisionState.SCHEDULED) | Q(publish_at__isnull=False, failed_at=None),
                name="foundation_revision_scheduled_time",
                violation_error_message=_("Choose a time that is still to come."),
            ),
            models.CheckConstraint(
                condition=Q(failed_at=None, problem="")
                | Q(failed_at__isnull=False, problem__in=RevisionProblem.values, publish_at__isnull=False),
                name="foundation_revision_failed_pair",
                violation_error_message=_("A publication that failed has a time and a problem."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Whether it may still become public."""
        return self.state in OPEN

    @property
    def is_new(self) -> bool:
        """Whether it proposes a new record, and has not become one."""
        return not self.object_id

    @property
    def record(self) -> models.Model | None:
        """The record as it is stored; None if it was deleted or is only proposed."""
        if self.is_new:
            return None
        model: Any = self.content_type.model_class()
        found: models.Model | None = model._base_manager.filter(pk=self.object_id).first()
        return found


class Comment(models.Model):
    """A remark of the team on a record or on a proposed change of it, at a field or on the whole; never public."""

    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    object_id = models.CharField(max_length=40)
    revision = models.ForeignKey(Revision, models.CASCADE, null=True, related_name="comments")
    field = models.CharField(max_length=200, blank=True)
    """The name of the field of the form, or of the row with its key; '' for the whole."""
    label = models.CharField(max_length=300, blank=True)
    text = models.TextField(_("comment"), max_length=2000)
    reply_to = models.ForeignKey("self", models.CASCADE, null=True, related_name="replies")
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["written_at", "pk"]
        indexes = [models.Index(fields=["content_type", "object_id"], name="foundation_comment_record")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(text=""),
                name="foundation_comment_has_text",
                violation_error_message=_("Write something."),
            )
        ]

    def __str__(self) -> str:
        return self.text[:80]


class Digest(models.Model):
    """The daily letter of an account: whether it wants one, and how far it has been told what there is for it to do."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="digest")
    is_wanted = models.BooleanField(_("daily e-mail"), default=True)
    language = models.CharField(_("language"), max_length=10, default=settings.LANGUAGE_CODE)
    told_until = models.DateTimeField(default=timezone.now)
    """What happened up to then was in a letter that was sent, or was there before the account wanted any."""
    tried_on = models.DateField(null=True)
    """The last day, where the site is, on which a letter was written or there was nothing to write."""

    class Meta:
        verbose_name = _("daily e-mail")
        verbose_name_plural = _("daily e-mails")
        default_permissions = ()

    def __str__(self) -> str:
        return f"daily e-mail of {self.user}"
