"""Everything that the page of a measure shows, as plain values."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch, Q
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from foundation.languages import language_name
from foundation.markdown import to_html
from foundation.partial_dates import PartialDate
from foundation.records.changes import acts_on
from foundation.texts import Text
from measures.archive.details import Evidence, Kept, LinkHealth, evidence_of, kept_of, link_of
from measures.choices import DurationBasis, EndKind, RelationScope, RelationType, Status, StatusGroup, Workflow
from measures.durations import Duration
from measures.entries import Span, span_of
from measures.models import Citation, CitedField, Measure, MeasureQuerySet, Relation, Source, StatusEvent, Topic

BOOKKEEPING = (
    *("record_version", "created_at", "created_by", "updated_at", "updated_by", "reviewed_at", "reviewed_by"),
    *("published_at", "published_by", "status_date", "date", "public_id"),
)
"""Fields left out of histories: caches, and who-and-when fields, which each act states anyway."""
UNTOLD = (*BOOKKEEPING, "status", "workflow_note", "checked_by")
"""Fields also hidden from the public: the status follows from the events, notes and people are internal."""


@dataclass(frozen=True, slots=True)
class DateRow:
    """An event or a limit of validity, with its date; `note` says what is missing or inferred."""

    what: str
    date: str
    iso: str
    note: str


@dataclass(frozen=True, slots=True)
class Related:
    """Another public entry."""

    public_id: str
    url: str
    title: Text
    group: str
    group_label: str
    provision: str
    span: Span
    effect: str = ""
    """From when the relation takes effect, and whether on a part only."""


@dataclass(frozen=True, slots=True)
class Relations:
    """Entries with the same relation to this one: `extends`, `extended by`."""

    label: str
    entries: tuple[Related, ...]


@dataclass(frozen=True, slots=True)
class Cited:
    """A source and what it supports; `page`, its archive URL, is '' while the record is not published."""

    title: str
    page: str
    url: str
    kind: str
    publisher: str
    published: str
    accessed_on: PartialDate | None
    language: str
    language_name: str
    locator: str
    quote: str
    evidence: Evidence | None
    supports: str
    link: LinkHealth
    kept: Kept


@dataclass(frozen=True, slots=True)
class Revision:
    """A day on which the published record changed, and the fields that did."""

    date: PartialDate
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Details:
    """What the page of a measure shows in addition to its own fields."""

    span: Span
    group: StatusGroup
    status: str
    summary: Text
    summary_html: SafeString
    language_name: str
    dates: tuple[DateRow, ...]
    relations: tuple[Relations, ...]
    same_act: tuple[Related, ...]
    sources: tuple[Cited, ...]
    revisions: tuple[Revision, ...]
    first_published: PartialDate | None
    last_change: PartialDate


def for_page(queryset: MeasureQuerySet) -> MeasureQuerySet:
    """`queryset` with everything that `details_of` reads, in a fixed number of queries."""
    others = Measure.objects.published()
    relations_to = Relation.objects.filter(subject__in=others).order_by("type", "subject__public_id")
    return queryset.select_related("country", "issuing_body").prefetch_related(
        Prefetch("topics", Topic.objects.select_related("parent")),
        "target_groups",
        "origin_countries",
        "status_events",
        Prefetch("citations", Citation.objects.select_related("source__link", "quote_check")),
        Prefetch("relations", Relation.objects.filter(object__in=others).select_related("object")),
        Prefetch("relations_to", relations_to.select_related("subject")),
    )


def details_of(measure: Measure) -> Details:
    """The details of a published measure that `for_page` loaded."""
    summary = measure.summary
    return Details(
        span=span_of(measure),
        group=StatusGroup(measure.status_group),
        status=str(Status(measure.status).label),
        summary=summary,
        summary_html=to_html(summary.text),
        language_name=language_name(measure.original_language),
        dates=(*_events(measure.status_events.all()), *_validity(measure)),
        relations=_relations(measure),
        same_act=_same_act(measure),
        sources=_sources(measure),
        revisions=_revisions(measure),
        first_published=PartialDate.from_date(measure.published_at.date()) if measure.published_at else None,
        last_change=PartialDate.from_date(measure.updated_at.date()),
    )


def _events(events: Iterable[StatusEvent]) -> Iterable[DateRow]:
    for event in events:
        yield _row(str(Status(event.status).label), event.date, event.note)


def _validity(measure: Measure) -> Iterable[DateRow]:
    if measure.valid_from:
        yield _row(_("Valid from"), measure.valid_from)
    if measure.valid_until:
        yield _row(_("Valid until"), measure.valid_until)
    if measure.end_kind:
        label = EndKind(measure.end_kind).label
        unknown = measure.end_kind == EndKind.UNKNOWN
        yield DateRow(_("Kind of end"), _("Not recorded") if unknown else str(label), "", "")
    if measure.duration:
        yield DateRow(
            _("Duration"), Duration.parse(measure.duration).in_words(measure.duration_basis), "", _basis(measure)
        )
    if measure.checked_on:
        yield _row(_("Last checked"), PartialDate.from_date(measure.checked_on))


def _basis(measure: Measure) -> str:
    """A note on days of which the source does not say how they count."""
    is_open = measure.duration_basis == DurationBasis.UNSTATED and Duration.parse(measure.duration).days
    return _("calendar or working days: not stated") if is_open else ""


def _row(what: str, date: PartialDate | None, note: str = "") -> DateRow:
    if not date:
        return DateRow(what, _("Date not recorded"), "", note)
    notes = ", ".join(part for part in (date.missing_in_words(), note) if part)
    return DateRow(what, date.in_words(), str(date).removesuffix("?"), notes)


# Other entries


def _related(measure: Measure, relation: Relation | None = None) -> Related:
    group = StatusGroup(measure.status_group)
    return Related(
        public_id=measure.public_id,
        url=measure.get_absolute_url(),
        title=measure.title,
        group=group.value,
        group_label=str(group.label),
        provision=measure.provision,
        span=span_of(measure),
        effect=_effect(relation) if relation else "",
    )


def _effect(relation: Relation) -> str:
    """`in part, from 15 April 2020`, or ''."""
    scope = _("in part") if relation.scope == RelationScope.PART else ""
    date = relation.date
    start = _("from %(date)s") % {"date": date.in_words()} if date else ""
    missing = date.missing_in_words() if date else ""
    return ", ".join(part for part in (scope, start, missing) if part)


def _relations(measure: Measure) -> tuple[Relations, ...]:
    """Relations in both directions, with the label for each as seen from this entry."""
    found: dict[str, list[Related]] = {}
    for relation in measure.relations.all():
        found.setdefault(str(RelationType(relation.type).label), []).append(_related(relation.object, relation))
    for relation in measure.relations_to.all():
        found.setdefault(relation.inverse_label, []).append(_related(relation.subject, relation))
    return tuple(Relations(capfirst(label), tuple(entries)) for label, entries in found.items())


def same_act(measure: Measure) -> MeasureQuerySet:
    """The public entries on other provisions of the same act."""
    if not measure.reference:
        return Measure.objects.none()
    act = Q(
        country=measure.country_id,
        kind=measure.kind,
        issuing_body=measure.issuing_body_id,
        reference_key=measure.reference_key,
    )
    return Measure.objects.published().filter(act).exclude(pk=measure.pk).order_by("provision", "public_id")


def _same_act(measure: Measure) -> tuple[Related, ...]:
    return tuple(_related(other) for other in same_act(measure))


# Sources and revisions


def _sources(measure: Measure) -> tuple[Cited, ...]:
    citations = measure.citations.all()
    kept = kept_of([citation.source for citation in citations])
    is_public = measure.workflow == Workflow.PUBLISHED
    return tuple(_cited(citation, kept[citation.source_id], is_public) for citation in citations)


def _cited(citation: Citation, kept: Kept, is_public: bool) -> Cited:
    source: Source = citation.source
    return Cited(
        title=source.title,
        page=source.get_absolute_url() if is_public else "",
        url=source.url,
        kind=source.get_kind_display(),
        publisher=source.publisher,
        published=source.published.in_words() if source.published else "",
        accessed_on=PartialDate.from_date(source.accessed_on) if source.accessed_on else None,
        language=source.language,
        language_name=language_name(source.language),
        locator=citation.locator,
        quote=citation.quote,
        evidence=evidence_of(citation),
        supports=str(CitedField(citation.field).label) if citation.field else "",
        link=link_of(source),
        kept=kept,
    )


def _revisions(measure: Measure) -> tuple[Revision, ...]:
    """Changes by day since the first publication, newest first; authors and earlier values are not public."""
    published = measure.published_at
    days: dict[PartialDate, dict[str, None]] = {}
    for act in acts_on(measure, hidden=UNTOLD, named=False):
        if published and act.at > published:
            fields = days.setdefault(PartialDate.from_date(act.at.date()), {})
            fields.update(dict.fromkeys(change.what for change in act.changes))
    return tuple(Revision(day, tuple(fields)) for day, fields in days.items() if fields)
