"""Everything that the page of a measure shows, as plain values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Prefetch, Q
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from foundation.days import day_of
from foundation.languages import language_name
from foundation.markdown import to_html
from foundation.partial_dates import PartialDate
from foundation.records.changes import acts_on
from foundation.texts import Text, translated
from measures.archive.details import Evidence, Kept, LinkHealth, evidence_of, kept_of, link_of
from measures.choices import DRAWN_DIRECTIONS, DurationBasis, EndKind, RelationType, Status, Workflow
from measures.course import ActUpon, Course, course_of
from measures.durations import Duration
from measures.entries import Span, span_of
from measures.listing.columns import INTERNATIONAL
from measures.models import (
    Citation,
    CitedField,
    FurtherBody,
    IssuingBody,
    Measure,
    MeasureQuerySet,
    Relation,
    Source,
    StatusEvent,
    Topic,
)
from measures.reference_lookup import named_by
from measures.standing_words import ActName, Words, name_of, words_for, words_in
from measures.validity.standing import standings_in
from measures.validity.store import answers_of

BOOKKEEPING = (
    *("record_version", "created_at", "created_by", "updated_at", "updated_by", "reviewed_at", "reviewed_by"),
    *("published_at", "published_by", "status_date", "date", "public_id"),
)
"""Fields left out of histories: caches, and who-and-when fields, which each act states anyway."""
UNTOLD = (*BOOKKEEPING, "status", "workflow_note", "checked_by")
"""Fields also hidden from the public: the status follows from the events, notes and people are internal."""

MOST_OF_THE_NUMBER = 5
"""Maximum number of other acts that are named because their number may be the same."""
MOST_COMPARED = 100
"""Maximum number of acts whose number is compared for that, at 0.1 ms each: every view of the page does it."""


@dataclass(frozen=True, slots=True)
class DateRow:
    """An event, a limit of validity or an act upon it, with its date; `note` says what is missing or inferred.

    `acts` are the other acts on which it hangs, `said` is what the record says of the event besides.
    """

    what: str
    date: str
    iso: str
    note: str
    acts: tuple[ActName, ...] = ()
    said: Text | None = None


@dataclass(frozen=True, slots=True)
class Related:
    """Another public entry; of one that is only named, `words` and `span` are None: nothing of it is recorded."""

    public_id: str
    url: str
    title: Text
    words: Words | None
    provision: str
    span: Span | None
    effect: str = ""
    """From when the relation takes effect, and whether on a part only."""


@dataclass(frozen=True, slots=True)
class Relations:
    """Entries with the same relation to this one: `extends`, `extended by`."""

    label: str
    entries: tuple[Related, ...]


@dataclass(frozen=True, slots=True)
class Alias:
    """Another number of the act."""

    label: str
    reference: str


@dataclass(frozen=True, slots=True)
class Body:
    """An issuing body, and the value by which the filter of lists knows it."""

    label: str
    value: str


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
    """A day on which the published record changed, and the fields that did; of a reviewed change also why."""

    date: PartialDate
    fields: tuple[str, ...]
    is_reviewed: bool = False
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Details:
    """What the page of a measure shows in addition to its own fields."""

    span: Span
    words: Words
    summary: Text
    summary_html: SafeString
    language_name: str
    sign: str
    """The key of its direction, '' unless that is drawn."""
    bodies: tuple[Body, ...]
    """The first leads."""
    course: Course
    dates: tuple[DateRow, ...]
    relations: tuple[Relations, ...]
    same_act: tuple[Related, ...]
    same_number: tuple[Related, ...]
    aliases: tuple[Alias, ...]
    sources: tuple[Cited, ...]
    revisions: tuple[Revision, ...]
    first_published: PartialDate | None
    last_change: PartialDate

    @property
    def has_date_notes(self) -> bool:
        """Whether anything is missing or inferred of a date, or said of an event."""
        return any(row.note or row.said for row in self.dates)


def for_page(queryset: MeasureQuerySet) -> MeasureQuerySet:
    """`queryset` with everything that `details_of` reads, in a fixed number of queries."""
    return (
        with_relations(queryset)
        .select_related("country", "issuing_body")
        .prefetch_related(
            Prefetch("topics", Topic.objects.select_related("parent")),
            "target_groups",
            "origin_countries",
            "areas",
            "binds",
            Prefetch("further_bodies", FurtherBody.objects.select_related("body")),
            "status_events",
            "aliases",
            Prefetch("citations", Citation.objects.select_related("source__link", "quote_check")),
        )
    )


def with_relations(queryset: MeasureQuerySet) -> MeasureQuerySet:
    """`queryset` with the relations in both directions whose other end has a public page."""
    others = Measure.objects.with_page()
    relations_to = Relation.objects.filter(subject__in=others).order_by("type", "subject__public_id")
    return queryset.prefetch_related(
        Prefetch("relations", Relation.objects.filter(object__in=others).select_related("object")),
        Prefetch("relations_to", relations_to.select_related("subject").prefetch_related("subject__status_events")),
    )


def details_of(measure: Measure, day: date) -> Details:
    """The details of a published measure that `for_page` loaded, as it and others stand on a day."""
    summary, same, alike = measure.summary, list(same_act(measure)), _same_number(measure)
    shown = {other.pk: other for other in (measure, *_related_to(measure), *same, *alike)}
    answers = answers_of(shown)
    words = words_in(shown, standings_in(answers, shown.values(), day), day)
    course = course_of(measure, answers)
    return Details(
        span=span_of(measure, words[measure.pk]),
        words=words[measure.pk],
        summary=summary,
        summary_html=to_html(summary.text),
        language_name=language_name(measure.original_language),
        sign=measure.direction if measure.direction in DRAWN_DIRECTIONS else "",
        bodies=tuple(_body(body) for body in measure.issuing_bodies),
        course=course,
        dates=(*_events(measure.status_events.all()), *_validity(measure), *_acts_upon(course.acts)),
        relations=_relations(measure, words),
        same_act=tuple(_related(other, words) for other in same),
        same_number=tuple(_related(other, words) for other in alike),
        aliases=tuple(Alias(alias.get_kind_display(), alias.reference) for alias in measure.aliases.all()),
        sources=_sources(measure),
        revisions=_revisions(measure),
        first_published=day_of(measure.published_at) if measure.published_at else None,
        last_change=day_of(measure.updated_at),
    )


def _body(body: IssuingBody) -> Body:
    return Body(str(body), f"{body.country_id or INTERNATIONAL}:{body.key}")


def _events(events: Iterable[StatusEvent]) -> Iterable[DateRow]:
    for event in events:
        yield replace(_row(str(Status(event.status).label), event.date), said=translated(event, "note") or None)


def _validity(measure: Measure) -> Iterable[DateRow]:
    if measure.valid_from:
        yield _row(_("Valid from"), measure.valid_from)
    if measure.valid_until:
        yield _row(_("Valid until"), measure.valid_until)
    if measure.end_kind:
        label = EndKind(measure.end_kind).label
        unknown = measure.end_kind == EndKind.UNKNOWN
        yield DateRow(_("Kind of end"), _("Not recorded") if unknown else str(label), "", "", _lasts_with(measure))
    if measure.duration:
        yield DateRow(
            _("Duration"), Duration.parse(measure.duration).in_words(measure.duration_basis), "", _basis(measure)
        )
    if measure.checked_on:
        yield _row(_("Last checked"), PartialDate.from_date(measure.checked_on))


def _lasts_with(measure: Measure) -> tuple[ActName, ...]:
    """The measures with a public page while which this one lasts."""
    relations = measure.relations.all()
    return tuple(name_of(r.object) for r in relations if r.type == RelationType.WHILE_IN_FORCE)


def _acts_upon(acts: Iterable[ActUpon]) -> Iterable[DateRow]:
    """What published acts do to its validity, and from when."""
    for act in acts:
        if act.ties and act.date:
            yield replace(_row(act.label, act.date, act.scope), acts=(act.name,))
        elif act.ties:
            yield DateRow(act.label, "", "", act.scope, (act.name,))


def _basis(measure: Measure) -> str:
    """A note on days of which the source does not say how they count."""
    is_open = measure.duration_basis == DurationBasis.UNSTATED and Duration.parse(measure.duration).days
    return _("calendar or working days: not stated") if is_open else ""


def _row(what: str, date: PartialDate | None, note: str = "") -> DateRow:
    if not date:
        return DateRow(what, _("Date not recorded"), "", note)
    notes = ", ".join(part for part in (date.missing_in_words(), note) if part)
    return DateRow(what, date.in_words(), date.iso, notes)


# Other entries


def _related(measure: Measure, words: Mapping[int, Words], relation: Relation | None = None) -> Related:
    is_recorded = measure.workflow == Workflow.PUBLISHED
    return Related(
        public_id=measure.public_id,
        url=measure.get_absolute_url(),
        title=measure.title,
        words=words[measure.pk] if is_recorded else None,
        provision=measure.provision if is_recorded else "",
        span=span_of(measure, words[measure.pk]) if is_recorded else None,
        effect=relation.effect if relation else "",
    )


def _related_to(measure: Measure) -> Iterable[Measure]:
    yield from (relation.object for relation in measure.relations.all())
    yield from (relation.subject for relation in measure.relations_to.all())


def relations_of(measure: Measure, day: date) -> tuple[Relations, ...]:
    """Relations in both directions, with the label for each as seen from this entry; see `with_relations`."""
    return _relations(measure, words_for(_related_to(measure), day))


def _relations(measure: Measure, words: Mapping[int, Words]) -> tuple[Relations, ...]:
    found: dict[str, list[Related]] = {}
    for relation in measure.relations.all():
        found.setdefault(str(RelationType(relation.type).label), []).append(_related(relation.object, words, relation))
    for relation in measure.relations_to.all():
        found.setdefault(relation.inverse_label, []).append(_related(relation.subject, words, relation))
    return tuple(Relations(capfirst(label), tuple(entries)) for label, entries in found.items())


def same_act(measure: Measure) -> MeasureQuerySet:
    """The public entries on other provisions of the same act."""
    if not measure.reference:
        return Measure.objects.none()
    others = Measure.objects.published().filter(act_condition(measure)).exclude(pk=measure.pk)
    return others.order_by("provision", "public_id")


def act_condition(measure: Measure) -> Q:
    """The condition for an entry of the same act."""
    return Q(
        country=measure.country_id,
        kind=measure.kind,
        issuing_body=measure.issuing_body_id,
        reference_key=measure.reference_key,
    )


def _same_number(measure: Measure) -> list[Measure]:
    """The public entries of the country that the number of this one, typed alone, may mean as well."""
    others = Measure.objects.published().filter(country=measure.country_id).exclude(pk=measure.pk)
    named = named_by(measure.reference, others.exclude(act_condition(measure)), most=MOST_COMPARED)
    named = named[:MOST_OF_THE_NUMBER]
    found = Measure.objects.in_bulk([item.measure_id for item in named])
    return [found[item.measure_id] for item in named if item.measure_id in found]


# Sources and revisions


def _sources(measure: Measure) -> tuple[Cited, ...]:
    citations = measure.citations.all()
    kept = kept_of([citation.source for citation in citations])
    is_public = measure.workflow == Workflow.PUBLISHED
    ordered = sorted(citations, key=lambda citation: not citation.quote)  # what can be read comes first
    return tuple(_cited(citation, kept[citation.source_id], is_public) for citation in ordered)


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
    """Changes since the first publication by day and reason, newest first; authors and old values are not public."""
    published = measure.published_at
    days: dict[tuple[PartialDate, bool, str, str], dict[str, None]] = {}
    for act in acts_on(measure, hidden=UNTOLD, named=False):
        if published and act.at > published:
            why = (act.proposal.reason, act.proposal.note) if act.proposal else ("", "")
            fields = days.setdefault((day_of(act.at), act.proposal is not None, *why), {})
            fields.update(dict.fromkeys(change.what for change in act.changes))
    return tuple(
        Revision(day, tuple(fields), is_reviewed, reason, note)
        for (day, is_reviewed, reason, note), fields in days.items()
        if fields
    )
