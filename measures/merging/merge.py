"""One merge, or what it would do: with the rights of the person, under locks, all or nothing."""

from collections.abc import Callable
from typing import Any

import pghistory
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from foundation.files.importing.pipeline import LOCK
from foundation.records import comments, revisions
from foundation.records.audit import Act, record
from foundation.records.models import Comment, Revision
from foundation.records.second_reader import may_change_public
from foundation.records.teams import of_other_countries
from foundation.sql import take_time, try_lock_until_commit
from measures.merging.entries import merge_measures
from measures.merging.moving import Report, references_to
from measures.merging.sources import merge_sources
from measures.merging.vocabulary import merge_bodies, merge_terms
from measures.models import IssuingBody, Measure, Source, TargetGroup, Topic

MERGERS: dict[type[models.Model], Callable[..., Report]] = {
    Measure: merge_measures,
    Source: merge_sources,
    IssuingBody: merge_bodies,
    Topic: merge_terms,
    TargetGroup: merge_terms,
}


def may_merge(user: Any, model: type[models.Model]) -> bool:
    """Whether somebody may merge records of a kind: who may change them and publish, since both may be public."""
    return may_change_public(user, model)


@transaction.atomic
def merge(kept: Any, gone: Any, *, by: Any) -> Report:
    """Give everything of `gone` to `kept`; raise PermissionDenied, or ValidationError if they cannot be one."""
    model = type(kept)
    if not may_merge(by, model):
        raise PermissionDenied
    take_time()
    refuse_beside_import()
    _lock_naming(model, [kept.pk, gone.pk])
    records = model._base_manager.filter(pk__in=[kept.pk, gone.pk]).order_by("pk").select_for_update(of=("self",))
    found = {record.pk: record for record in records}
    if of_other_countries(by, model._base_manager.filter(pk__in=found)).exists():
        raise ValidationError(_("Choose two records of your countries."), code="foreign")
    if len(found) < 2:
        raise ValidationError(_("Choose two records that exist."), code="two")
    words = _("%(gone)s was merged into %(kept)s.") % {"gone": _name(found[gone.pk]), "kept": _name(found[kept.pk])}
    try:
        with transaction.atomic(), pghistory.context(user=by.pk, merge=str(gone.pk), note=words):
            settled = _settle(found[kept.pk], found[gone.pk], by)
            report = MERGERS[model](found[kept.pk], found[gone.pk], by=by)
    except IntegrityError as error:
        message = _("A rule forbids it: %(error)s")
        raise ValidationError(message, params={"error": str(error).splitlines()[0]}) from error
    if not model._base_manager.filter(pk=gone.pk).exists():
        record(Act.DELETED, found[gone.pk], by=by, note=f"{model._meta.label}: {words}")
    report.moved += settled.moved
    report.conflicts += settled.conflicts
    return report


def _name(record: Any) -> str:
    """A name for whoever reads the history or a proposal: the title of a measure may be of another country's draft."""
    return str(record.public_id if isinstance(record, Measure) else record)


def refuse_beside_import() -> None:
    """Raise ValidationError while an import is at work, which may change any record; none begins before the commit."""
    if not try_lock_until_commit(LOCK):
        raise ValidationError(_("An import is at work. Try again later."), code="import")


def _lock_naming(model: type[models.Model], keys: list[Any]) -> None:
    """Lock the entries that name the records before these are locked: in the order of editors, and of undoing."""
    if model is Measure:
        return
    naming = models.Q()
    for key in references_to(model):
        rows = {f"{key.name}__in": keys}
        if key.model is Measure:
            naming |= models.Q(**rows)
        elif any(field.related_model is Measure and field.name == "measure" for field in key.model._meta.fields):
            naming |= models.Q(pk__in=key.model._base_manager.filter(**rows).values("measure"))
    entries = Measure._base_manager.filter(naming).order_by("pk")
    list(entries.select_for_update(of=("self",), no_key=True).values_list("pk"))


def _settle(kept: Any, gone: Any, by: Any) -> Report:
    """Carry comments over and close the open proposals, which were made with the form of the other record.

    Neither is in the history of records, so that its context notes them for `undo_merge`.
    """
    report = Report(by)
    carried = comments.carry_over(gone, kept)
    report.tell(Comment._meta.verbose_name_plural, carried)
    note = _("This record was merged into “%(kept)s”. Propose the change there if it is still needed.") % {
        "kept": _name(kept)
    }
    proposers = Revision.objects.open().of(gone).order_by("pk").values_list("proposed_by__username", flat=True)
    words = _("The change that %(name)s has proposed is declined, with a note.")
    report.conflicts += [words % {"name": name} for name in proposers]
    closed = revisions.close_open(gone, by=by, note=note)
    pghistory.context(comments=[comment.pk for comment in carried], proposals=closed)
    return report


def preview(kept: Any, gone: Any, *, by: Any) -> Report:
    """What `merge` would do: it is done, and taken back."""
    with transaction.atomic():
        report = merge(kept, gone, by=by)
        transaction.set_rollback(True)
    return report
