"""Facet counts: how many entries each value of a facet would select.

A facet is a property of entries by which visitors narrow a list. Its counts ignore the selection in the facet itself
and respect all other filters, so that a count says what one more tick would show. The number of queries depends only on
the facets, never on the number of entries.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol

from django.db.models import Case, CharField, Exists, Model, OuterRef, Q, QuerySet, TextChoices, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Length, Replace
from django.db.models.lookups import Exact
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from countries.models import Country, CountryArea
from foundation.days import today
from foundation.texts import nearest
from measures.choices import Direction, Evidence, Family, Kind, Level, Precision, StatusGroup
from measures.listing.columns import INTERNATIONAL, STATUS
from measures.listing.index import Mask, PublicIndex, Selection
from measures.models import FurtherBody, IssuingBody, Measure, TargetGroup, Topic, of_countries
from measures.validity.selecting import in_states
from measures.validity.states import states_of

LONGEST = 30
"""Number of options shown in a facet without an order of its own; rarer ones are only counted."""
SUGGESTIONS = 3
"""Number of unknown values of a parameter for which a suggestion is sought; each is compared with all known ones."""

_LENGTH = Length(Replace(Cast("date", CharField()), Value("?")))
PRECISION = Case(
    *(
        When(Exact(_LENGTH, length), then=Value(precision.value))
        for length, precision in ((10, Precision.DAY), (7, Precision.MONTH), (4, Precision.YEAR))
    ),
    default=Value(Precision.NONE.value),
    output_field=CharField(),
)


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a facet: the number of entries it would select, and whether it is selected."""

    value: str
    label: str
    count: int
    chosen: bool
    children: tuple["Option", ...] = ()
    occurs: bool = True
    """Whether any entry of the page has it, whatever the other filters say."""

    @property
    def disabled(self) -> bool:
        """Whether selecting it would give no results; a selected option can always be deselected."""
        return not (self.count or self.chosen)


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet with its options in display order."""

    name: str
    label: str
    options: tuple[Option, ...]
    skipped: int = 0

    @property
    def is_long(self) -> bool:
        """Whether the options take too much space to be always visible."""
        return len(self.options) > LONGEST // 2

    @property
    def left_out_in_words(self) -> str:
        """Says how many options are not shown."""
        return ngettext(
            "%(n)s less frequent option is not shown. Narrow the list first.",
            "%(n)s less frequent options are not shown. Narrow the list first.",
            self.skipped,
        ) % {"n": self.skipped}

    @property
    def chosen(self) -> tuple[Option, ...]:
        """The chosen options, those of both levels."""
        every = [choice for option in self.options for choice in (option, *option.children)]
        return tuple(option for option in every if option.chosen)


class Property(Protocol):
    """The property behind a facet: which entries have a value, and how many."""

    @property
    def name(self) -> str:
        """The name of the query parameter."""

    @property
    def label(self) -> Any:
        """In the reader's language."""

    def unknown(self, values: Collection[str]) -> dict[str, str]:
        """The unknown values, each with the nearest existing one, or ''."""

    def as_q(self, values: Collection[str]) -> Q:
        """The condition for entries that have one of `values`."""

    def as_mask(self, index: PublicIndex, values: Collection[str]) -> Mask:
        """The same as a mask of the index."""

    def facet(self, scope: Selection, matching: Selection, chosen: Collection[str]) -> Facet:
        """The values that occur in `scope`, counted among `matching`."""


def count_facets(
    properties: Iterable[Property],
    scope: Selection,
    matching: Mapping[str, Selection],
    chosen: Mapping[str, Collection[str]],
) -> dict[str, Facet]:
    """The facets by name; `matching` has, for each, the entries that match all other filters."""
    return {p.name: p.facet(scope, matching[p.name], chosen.get(p.name, ())) for p in properties}


@dataclass(frozen=True, slots=True)
class Term:
    """A vocabulary row: its primary key, its value in URLs, and its label."""

    pk: Any
    value: str
    label: str


def _terms(index: PublicIndex, model: type[Model], key: str) -> tuple[Term, ...]:
    """All rows of a vocabulary in order, with labels in the active language."""
    return index.get_or_cache(model, lambda: _read(model, key))


def _read(model: type[Model], key: str) -> tuple[Term, ...]:
    return tuple(Term(row.pk, getattr(row, key), str(row)) for row in model._default_manager.all())


def _counts(name: str, scope: Selection, matching: Selection) -> dict[Any, int]:
    """The number of entries in `matching` with each value that occurs in `scope`."""
    counts = matching.counts(name)
    return counts if matching is scope else dict.fromkeys(scope.counts(name), 0) | counts


def unknown_among(values: Iterable[str], known: Collection[str]) -> dict[str, str]:
    """The unknown values, each with the known one of most similar spelling, or ''.

    Only the first `SUGGESTIONS` are compared with all known values: a list of a thousand is not a typing error.
    """
    unknown = [value for value in dict.fromkeys(values) if value not in known]
    in_order = sorted(known) if unknown else []
    near = {value: nearest(value, in_order) for value in unknown[:SUGGESTIONS]}
    return dict.fromkeys(unknown, "") | near


def _unknown(values: Collection[str], model: type[Model], key: str) -> dict[str, str]:
    return unknown_among(values, set(model._default_manager.values_list(key, flat=True))) if values else {}


@dataclass(frozen=True, slots=True)
class Column:
    """A property with a fixed list of values, in a column or computed from some."""

    name: str
    label: Any
    value: str | Combinable
    choices: type[TextChoices]

    def unknown(self, values: Collection[str]) -> dict[str, str]:
        """See `Property`."""
        return unknown_among(values, set(self.choices.values))

    def as_q(self, values: Collection[str]) -> Q:
        """See `Property`."""
        if isinstance(self.value, str):
            return Q(**{f"{self.value}__in": values})
        chosen = Measure.objects.annotate(facet_value=self.value).filter(facet_value__in=values)
        return Q(pk__in=chosen.values("pk"))

    def as_mask(self, index: PublicIndex, values: Collection[str]) -> Mask:
        """See `Property`."""
        return index.as_mask(self.name, values)

    def facet(self, scope: Selection, matching: Selection, chosen: Collection[str]) -> Facet:
        """See `Property`; without values that do not occur."""
        counts = _counts(self.name, scope, matching)
        options = tuple(
            Option(choice.value, str(choice.label), counts.get(choice.value, 0), choice.value in chosen)
            for choice in self.choices
            if choice.value in counts or choice.value in chosen
        )
        return Facet(self.name, str(self.label), options)


@dataclass(frozen=True, slots=True)
class StatusGroups(Column):
    """The status group of an entry on the day of the index."""

    def as_q(self, values: Collection[str]) -> Q:
        """The condition for today; see `on_day`."""
        return self.on_day(values, today())

    def on_day(self, values: Collection[str], day: date) -> Q:
        """The condition for entries that are in one of these groups on a day."""
        return in_states(states_of(values), day)


@dataclass(frozen=True, slots=True)
class Rows:
    """A property whose values are rows: target groups, nationalities, countries."""

    name: str
    label: Any
    field: str
    model: type[Model]
    key: str
    in_order: bool = False

    def unknown(self, values: Collection[str]) -> dict[str, str]:
        """See `Property`."""
        return _unknown(values, self.model, self.key)

    def as_q(self, values: Collection[str]) -> Q:
        """See `Property`."""
        rows = self.model._default_manager.filter(**{f"{self.key}__in": values})
        field = Measure._meta.get_field(self.field)
        if not field.many_to_many:
            return Q(**{f"{self.field}__in": rows})
        through: Any = getattr(Measure, self.field).through
        return Q(
            Exists(through.objects.filter(**{"measure": OuterRef("pk"), f"{self.model._meta.model_name}__in": rows}))
        )

    def as_mask(self, index: PublicIndex, values: Collection[str]) -> Mask:
        """See `Property`."""
        return index.as_mask(
            self.name, self.model._default_manager.filter(**{f"{self.key}__in": values}).values_list("pk", flat=True)
        )

    def facet(self, scope: Selection, matching: Selection, chosen: Collection[str]) -> Facet:
        """See `Property`; in the order of the vocabulary, or the frequent ones by name."""
        counts = _counts(self.name, scope, matching)
        frequent = counts if self.in_order else _most_frequent(counts)
        options = [
            Option(term.value, term.label, counts.get(term.pk, 0), term.value in chosen)
            for term in _terms(scope.index, self.model, self.key)
            if term.pk in frequent or term.value in chosen
        ]
        return Facet(self.name, str(self.label), tuple(options), skipped=len(counts) - len(frequent))


def _most_frequent(counts: Mapping[Any, int]) -> set[Any]:
    """The `LONGEST` values with the highest counts."""
    return set(sorted(counts, key=lambda value: (-counts[value], value))[:LONGEST])


@dataclass(frozen=True, slots=True)
class Countries:
    """The country that an act is of: its own, each that it binds, or `INT` for acts of international bodies."""

    name: str
    label: Any

    def unknown(self, values: Collection[str]) -> dict[str, str]:
        """See `Property`."""
        return _unknown([value for value in values if value != INTERNATIONAL], Country, "iso3")

    def as_q(self, values: Collection[str]) -> Q:
        """See `Property`."""
        return of_countries(values)

    def as_mask(self, index: PublicIndex, values: Collection[str]) -> Mask:
        """See `Property`."""
        return index.as_mask(self.name, values)

    def facet(self, scope: Selection, matching: Selection, chosen: Collection[str]) -> Facet:
        """See `Property`."""
        counts = _counts(self.name, scope, matching)
        names = scope.index.get_or_cache("countries by name", lambda: Country.objects.by_name().names())
        options = [
            Option(value, name, counts.get(value, 0), value in chosen)
            for value, name in [*names, (INTERNATIONAL, _("International bodies"))]
            if value in counts or value in chosen
        ]
        return Facet(self.name, str(self.label), tuple(options))


@dataclass(frozen=True, slots=True)
class Bodies:
    """An issuing body, as `key` (of any country) or `PER:key`, `INT:key` for an international one."""

    name: str
    label: Any

    def unknown(self, values: Collection[str]) -> dict[str, str]:
        """See `Property`."""
        if not values:
            return {}
        pairs = IssuingBody.objects.values_list("country_id", "key")
        known = {spelling for country, key in pairs for spelling in (key, f"{country or INTERNATIONAL}:{key}")}
        return unknown_among(values, known)

    def as_q(self, values: Collection[str]) -> Q:
        """See `Property`."""
        bodies = IssuingBody.objects.filter(self._named(values))
        further = FurtherBody.objects.filter(measure=OuterRef("pk"), body__in=bodies)
        return Q(issuing_body__in=bodies) | Q(Exists(further))

    @staticmethod
    def _named(values: Collection[str]) -> Q:
        named = Q(pk__in=[])
        for value in values:
            country, colon, key = value.rpartition(":")
            if not colon:
                named |= Q(key=key)
            else:
                named |= Q(key=key, country=None if country == INTERNATIONAL else country)
        return named

    def as_mask(self, index: PublicIndex, values: Collection[str]) -> Mask:
        """See `Property`."""
        return index.as_mask(self.name, IssuingBody.objects.filter(self._named(values)).values_list("pk", flat=True))

    def facet(self, scope: Selection, matching: Selection, chosen: Collection[str]) -> Facet:
        """See `Property`; the most frequent by name; a selected option keeps the spelling used in the URL."""
        counts = _counts(self.name, scope, matching)
        frequent = _most_frequent(counts)
        options: dict[str, Option] = {}
        for body in scope.index.get_or_cache(IssuingBody, self._by_name):
            key = body.value.partition(":")[2]
            value = key if key in chosen and body.value not in chosen else body.value
            if body.pk in frequent or value in chosen:
                option = options.get(value, Option(value, body.label, 0, value in chosen))  # bodies may share it
                options[value] = replace(option, count=option.count + counts.get(body.pk, 0))
        return Facet(self.name, str(self.label), tuple(options.values()), skipped=len(counts) - len(frequent))

    @staticmethod
    def _by_name() -> tuple[Term, ...]:
        return tuple(
            Term(body.pk, f"{body.country_id or INTERNATIONAL}:{body.key}", str(body))
            for body in IssuingBody.objects.order_by("sort_name")
        )


@dataclass(frozen=True, slots=True)
class Areas(Rows):
    """The areas where an act holds, by name; of the five thousand of the world, those that occur."""

    def facet(self, scope: Selection, matching: Selection, chosen: Collection[str]) -> Facet:
        """See `Property`."""
        counts = _counts(self.name, scope, matching)
        frequent = _most_frequent(counts)
        if not (frequent or chosen):
            return Facet(self.name, str(self.label), ())
        terms = scope.index.get_or_cache(self.model, lambda: {term.pk: term for term in _read(self.model, self.key)})
        wanted = [terms[pk] for pk in frequent if pk in terms]
        if missing := {*chosen} - {term.value for term in wanted}:
            wanted += [term for term in terms.values() if term.value in missing]
        options = (
            Option(term.value, term.label, counts.get(term.pk, 0), term.value in chosen)
            for term in sorted(wanted, key=lambda term: term.label)
        )
        return Facet(self.name, str(self.label), tuple(options), skipped=len(counts) - len(frequent))


@dataclass(frozen=True, slots=True)
class UpperTopic(Term):
    """A top-level topic with its subtopics."""

    is_deprecated: bool
    children: tuple[Term, ...]


def topics_of(index: PublicIndex) -> tuple[UpperTopic, ...]:
    """The topics in order, with labels in the active language."""
    return index.get_or_cache(Topic, _topics)


def _topics() -> tuple[UpperTopic, ...]:
    below: dict[int | None, list[Term]] = {}
    topics = list(Topic.objects.all())
    for topic in topics:
        below.setdefault(topic.parent_id, []).append(Term(topic.pk, topic.key, topic.label))
    return tuple(
        UpperTopic(topic.pk, topic.key, topic.label, bool(topic.deprecated_on), tuple(below.get(topic.pk, ())))
        for topic in topics
        if topic.parent_id is None
    )


@dataclass(frozen=True, slots=True)
class Topics:
    """The topic, of either level; a top-level topic includes its subtopics."""

    name: str
    label: Any

    def unknown(self, values: Collection[str]) -> dict[str, str]:
        """See `Property`."""
        return _unknown(values, Topic, "key")

    def as_q(self, values: Collection[str]) -> Q:
        """See `Property`."""
        topics = self.and_below(values)
        return Q(Exists(Measure.topics.through.objects.filter(measure=OuterRef("pk"), topic__in=topics)))

    def as_mask(self, index: PublicIndex, values: Collection[str]) -> Mask:
        """See `Property`."""
        return index.as_mask(self.name, self.and_below(values).values_list("pk", flat=True))

    @staticmethod
    def and_below(values: Collection[str]) -> QuerySet[Topic]:
        return Topic.objects.order_by().filter(Q(key__in=values) | Q(parent__key__in=values))

    def facet(self, scope: Selection, matching: Selection, chosen: Collection[str]) -> Facet:
        """See `Property`; every top-level topic, each with the subtopics that occur."""
        upper = _counts("upper_topic", scope, matching)
        lower = _counts(self.name, scope, matching)
        topics = topics_of(scope.index)
        options = tuple(
            Option(
                topic.value,
                topic.label,
                upper.get(topic.pk, 0),
                topic.value in chosen,
                tuple(
                    Option(child.value, child.label, lower.get(child.pk, 0), child.value in chosen)
                    for child in topic.children
                    if child.pk in lower or child.value in chosen
                ),
                occurs=topic.pk in upper or topic.value in chosen,
            )
            for topic in topics
            if not topic.is_deprecated or topic.pk in upper or topic.value in chosen
        )
        return Facet(self.name, str(self.label), options)


PROPERTIES: dict[str, Property] = {
    p.name: p
    for p in (
        Topics("topic", gettext_lazy("Topic")),
        StatusGroups(STATUS, gettext_lazy("Status"), STATUS, StatusGroup),
        Column("family", gettext_lazy("Type of entry"), "family", Family),
        Column("direction", gettext_lazy("Direction"), "direction", Direction),
        Countries("country", gettext_lazy("Country")),
        Column("level", gettext_lazy("Level"), "level", Level),
        Areas("area", gettext_lazy("Area"), "areas", CountryArea, "code"),
        Rows("group", gettext_lazy("People concerned"), "target_groups", TargetGroup, "key", in_order=True),
        Column("kind", gettext_lazy("Instrument"), "kind", Kind),
        Bodies("body", gettext_lazy("Issuing body")),
        Rows("nationality", gettext_lazy("Nationality named"), "origin_countries", Country, "iso3"),
        Column("evidence", gettext_lazy("Evidence"), "evidence", Evidence),
        Column("precision", gettext_lazy("Precision of the date"), PRECISION, Precision),
    )
}
"""The facets that pages offer, by parameter name, in page order; `counted.py` adds those to which they lead."""
