"""Two measures become one: the other record is retired, and its address leads to the one that is kept."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Max, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from countries.models import Named, lead_on
from foundation.days import today
from measures import workflow
from measures.choices import SYMMETRIC_RELATIONS, AliasKind, Kind, Workflow
from measures.merging.moving import Report, differing, fill, references_to, repoint, three
from measures.models import FurtherBody, Measure, ReferenceAlias, Relation, StatusEvent
from measures.references import key_of

TEXTS = [*three("title", "short_title", "summary", "plain"), "official_title", "original_language"]
VALIDITY = ["valid_from", "valid_until", "end_kind", "duration", "duration_basis"]
"""Fields that belong together: they are taken over together, or not at all."""
TAGS = ("topics", "target_groups", "origin_countries")
PLACES = ("areas", "binds")


def merge_measures(kept: Measure, gone: Measure, *, by: Any) -> Report:
    """Give everything of one record to another, retire it, and have its address and numbers lead to the other."""
    if kept.workflow == Workflow.RETIRED:
        raise ValidationError(_("%(id)s is retired. Keep the other record."), params={"id": kept.public_id})
    if gone.workflow == Workflow.PUBLISHED != kept.workflow:
        raise ValidationError(_("%(id)s is not public. Keep the public record."), params={"id": kept.public_id})
    report = Report(by)
    before = gone.reference
    if gone.country_id != kept.country_id:
        report.conflicts.append(_("The entries are of different countries."))
    named = {"gone": gone.public_id, "kept": kept.public_id}
    if gone.workflow != Workflow.RETIRED:
        note = _("%(gone)s was merged into %(kept)s.") % named
        reason = _("It was merged with another record.")  # names none, since the other may be a draft
        workflow.retire(gone, by=by, note=note, successor=kept, reason=reason)
    else:
        Measure.objects.filter(pk=gone.pk).update(replaced_by=kept)
    _move_rows(kept, gone, report)
    _move_relations(kept, gone, report, by)
    _move_events(kept, gone, report)
    _add_tags(kept, gone, report)
    _add_places(kept, gone, report)
    filled = _fill(kept, gone, report)
    Measure.objects.filter(pk=kept.pk).mark_changed(by=by, **{name: getattr(kept, name) for name in filled})
    _add_bodies(kept, gone, report)
    _keep_number(kept, before, report)
    lead_on(Named.MEASURE, [gone.public_id], gone=gone, kept=kept)
    lead_on(Named.REFERENCE, [], gone=gone, kept=kept)
    workflow.refresh_status([kept.pk, gone.pk])
    return report


def _fill(kept: Measure, gone: Measure, report: Report) -> list[str]:
    """Fill what is empty; a kind of another family has another validity."""
    number = [] if kept.reference else ["reference"]  # the other's becomes one more number of the kept record
    filled = fill(kept, gone, [*TEXTS, *number, "issuing_body"], report)
    if Kind(kept.kind).family != Kind(gone.kind).family:
        return filled
    filled += fill(kept, gone, ["direction", "checked_on"], report)
    if any(getattr(kept, name) for name in VALIDITY) and any(getattr(gone, name) for name in VALIDITY):
        both = [name for name in VALIDITY if getattr(kept, name) != getattr(gone, name)]
        report.conflicts += [differing(kept, gone, name) for name in both]
        return filled
    return filled + fill(kept, gone, VALIDITY, report)


def _move_rows(kept: Measure, gone: Measure, report: Report) -> None:
    """Citations, other numbers, and whatever else names the record; what both have stays with each."""
    for key in references_to(Measure):
        if key.model in (Relation, StatusEvent) or key.model in _THROUGH:
            continue
        moved, _left = repoint(key, gone, kept)
        report.tell(key.model._meta.verbose_name_plural, [row for row in moved if row.pk != kept.pk])


_THROUGH = [FurtherBody, *(getattr(Measure, name).through for name in (*TAGS, *PLACES))]


def _move_relations(kept: Measure, gone: Measure, report: Report, by: Any) -> None:
    moved = []
    others = set()
    for relation in Relation.objects.filter(Q(subject=gone) | Q(object=gone)).select_related("subject", "object"):
        subject, object_ = report.identifier(relation.subject), report.identifier(relation.object)
        words = f"{subject} {relation.get_type_display()} {object_}"
        others |= {relation.subject_id, relation.object_id} - {kept.pk, gone.pk}
        if _move_relation(relation, kept, gone):
            moved.append(words)
        else:
            relation.delete()
            report.conflicts.append(_("Relation that is dropped: %(relation)s.") % {"relation": words})
    report.told(Relation._meta.verbose_name_plural, moved)
    Measure.objects.filter(pk__in=others).mark_changed(by=by)


def _move_relation(relation: Relation, kept: Measure, gone: Measure) -> bool:
    """Whether the kept record can have the relation: not to itself, not twice, not in a circle."""
    ends = [kept.pk if pk == gone.pk else pk for pk in (relation.subject_id, relation.object_id)]
    if relation.type in SYMMETRIC_RELATIONS:
        ends.sort()
    try:
        with transaction.atomic():
            Relation.objects.filter(pk=relation.pk).update(subject=ends[0], object=ends[1])
    except IntegrityError:
        return False
    return True


def _move_events(kept: Measure, gone: Measure, report: Report) -> None:
    """Sort the events of both by date; where they contradict each other, the course of the kept record stays."""
    own, others = list(kept.status_events.all()), list(gone.status_events.all())
    known = {(event.status, str(event.date or "")) for event in own}
    new = [event for event in others if (event.status, str(event.date or "")) not in known]
    if not new:
        return
    course = _in_order(own, new)
    words = ", ".join(str(event) for event in new)
    events = [(event.status, event.date) for event in course]
    if workflow.check_history(Kind(kept.kind).family, events, on=today(), start=kept.valid_from):
        report.conflicts.append(_("Events that stay with the retired record: %(events)s.") % {"events": words})
        return
    for position, event in enumerate(course):
        if (event.measure_id, event.position) != (kept.pk, position):
            StatusEvent.objects.filter(pk=event.pk).update(measure=kept, position=position)
    report.tell(StatusEvent._meta.verbose_name_plural, new)


def _in_order(own: list[StatusEvent], new: list[StatusEvent]) -> list[StatusEvent]:
    """The events of both: each new one before the first of the others that is later."""
    course = list(own)
    for event in new:
        later = (n for n, other in enumerate(course) if _day(event) is not None and _is_later(other, _day(event)))
        course.insert(next(later, len(course)), event)
    return course


def _day(event: StatusEvent) -> datetime.date | None:
    return event.date.first if event.date else None


def _is_later(event: StatusEvent, day: datetime.date | None) -> bool:
    own = _day(event)
    return own is not None and day is not None and own > day


def _add(names: Iterable[str], kept: Measure, gone: Measure, report: Report) -> None:
    for name in names:
        tags: models.Manager[Any] = getattr(kept, name)
        new = list(getattr(gone, name).exclude(pk__in=tags.values("pk")))
        tags.add(*new)  # type: ignore[attr-defined]  # of a relation
        field: Any = Measure._meta.get_field(name)
        report.tell(field.verbose_name, new)


def _add_tags(kept: Measure, gone: Measure, report: Report) -> None:
    _add(TAGS, kept, gone, report)
    if kept.primary_topic_id is None and gone.primary_topic_id is not None:
        Measure.objects.filter(pk=kept.pk).update(primary_topic=gone.primary_topic)


def _add_places(kept: Measure, gone: Measure, report: Report) -> None:
    """Areas and countries bound go with level and country: they are taken over where these are the same."""
    if (kept.level, kept.country_id) == (gone.level, gone.country_id):
        _add(PLACES, kept, gone, report)
    elif kept.level != gone.level:
        report.conflicts.append(differing(kept, gone, "level"))


def _add_bodies(kept: Measure, gone: Measure, report: Report) -> None:
    """The further bodies of the other record follow those of the kept one, if the same body leads in both."""
    own = {body.pk for body in kept.issuing_bodies}
    new = [row.body for row in gone.further_bodies.all() if row.body_id not in own]
    if kept.issuing_body_id != gone.issuing_body_id:
        report.conflicts += [_("Further body that is dropped: %(body)s.") % {"body": body} for body in new]
        return
    last = kept.further_bodies.aggregate(next=Coalesce(Max("position") + 1, 0))["next"]
    rows = [FurtherBody(measure=kept, body=body, position=last + place) for place, body in enumerate(new)]
    report.tell(FurtherBody._meta.verbose_name_plural, FurtherBody.objects.bulk_create(rows))


def _keep_number(kept: Measure, reference: str, report: Report) -> None:
    """The number of the record that gave way, if it is another one, is one more number of the act."""
    if not reference:
        return
    numbers = Measure.objects.filter(pk=kept.pk, reference_key=key_of(reference))
    aliases = ReferenceAlias.objects.annotate(key=key_of(models.F("reference"))).filter(measure=kept)
    if numbers.exists() or aliases.filter(key=key_of(reference)).exists():
        return
    alias = ReferenceAlias.objects.create(measure=kept, kind=AliasKind.CITED_AS, reference=reference)
    report.tell(ReferenceAlias._meta.verbose_name_plural, [alias])
