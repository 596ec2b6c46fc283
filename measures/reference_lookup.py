"""The records whose legal number a typed text names, for the resolver and the duplicate check.

SQL narrows: an index of the numbers that stand in each reference gives the few records that share one with the text.
The grammar of `measures.references` then compares each of them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, Case, Exists, F, OuterRef, Q, TextField, Value, When

from foundation.characters import without_invisible
from measures.models import IssuingBody, Measure, MeasureQuerySet, ReferenceAlias
from measures.references import key_of
from measures.references.acts import Act, Answer, Typed, Verdict
from measures.references.blocking import Wanted, wanted_numbers
from measures.references.comparing import judge

MOST_COMPARED = 1_000
"""Maximum number of records that are compared, those of the year that the text states first: 0.2 seconds."""

MOST_OF_A_NUMBER = 100
"""Maximum number of entries on the page of a legal number; no act has more provisions."""


@dataclass(frozen=True, slots=True)
class Named:
    """A record that a text names, certainly or perhaps; `alias` is the other number of the record that it names."""

    measure_id: int
    verdict: Verdict
    alias: str = ""

    @property
    def is_same(self) -> bool:
        """Whether the text certainly names it."""
        return self.verdict.answer == Answer.SAME


@dataclass(frozen=True, slots=True)
class Known:
    """What a form states beside the text."""

    kind: str = ""
    issuing_body_id: int | None = None


def named_by(
    text: str, among: MeasureQuerySet, known: Known | None = None, *, most: int = MOST_COMPARED
) -> list[Named]:
    """The records of `among` that a text names, the same first; in at most two queries. At most `most` are compared."""
    wanted = wanted_numbers(text)
    if not wanted:
        return []
    found = _candidates(among, wanted)[:most]
    judged = (_judged(measure, text, known or Known()) for measure in found)
    named = [item for item in judged if item.verdict.answer != Answer.DIFFERENT]
    return sorted(named, key=lambda item: (not item.is_same, bool(item.alias)))


@dataclass(frozen=True, slots=True)
class Meant:
    """The ids of the public entries that a number certainly means, and of those that it may mean."""

    same: list[int]
    perhaps: list[int]


def meant_by(text: str) -> Meant:
    """What a number leads a reader to.

    A number typed exactly as one act alone has it leads to that act, whatever else it may mean.
    """
    published = Measure.objects.published()
    named = named_by(text, published)
    same = [item.measure_id for item in named if item.is_same]
    if not same:
        exact = list(exactly_bearing(text, published)[:MOST_OF_A_NUMBER])
        acts = {(m.country_id, m.kind, m.issuing_body_id, m.reference_key) for m in exact}
        same = [measure.pk for measure in exact] if len(acts) == 1 else []
    perhaps = [item.measure_id for item in named if item.measure_id not in same]
    return Meant(same[:MOST_OF_A_NUMBER], perhaps[:MOST_OF_A_NUMBER])


def exactly_bearing(text: str, among: MeasureQuerySet) -> MeasureQuerySet:
    """The records of `among` whose reference, or another number of theirs, is the text as typed, but for case."""
    typed = without_invisible(text).strip()
    own = Q(reference_key=key_of(typed), reference__iexact=typed)
    aliases = ReferenceAlias.objects.annotate(key=key_of(F("reference")))
    aliases = aliases.filter(key=key_of(typed), reference__iexact=typed)
    return among.exclude(reference="").filter(own | Q(pk__in=aliases.values("measure")))


def act_of(measure: Measure, reference: str | None = None) -> Act:
    """The act of a record, with its own number or another."""
    return Act(
        country=measure.country_id or "",
        kind=measure.kind,
        reference=measure.reference if reference is None else reference,
        bodies=names_of(measure.issuing_body) if measure.issuing_body else (),
    )


def _candidates(among: MeasureQuerySet, wanted: Wanted) -> MeasureQuerySet:
    aliases = ReferenceAlias.objects.filter(_shares(wanted))
    own = Measure.objects.order_by().filter(_shares(wanted)).values("pk")
    found = among.filter(
        pk__in=own.union(aliases.order_by().values("measure"), all=True)
    )  # with `or`, no index is used
    if wanted.years:
        by_alias = Exists(aliases.filter(measure=OuterRef("pk")))
        is_of_year = Case(
            When(Q(reference_numbers__overlap=_texts(wanted.years)) | by_alias, then=Value(True)),
            default=Value(False),
            output_field=BooleanField(),
        )
        found = found.order_by(is_of_year.desc(), "pk")
    return found.select_related("issuing_body").only(*_COMPARED).prefetch_related("aliases")


_COMPARED = (
    *("country", "kind", "reference", "reference_key"),
    *(f"issuing_body__{name}" for name in ("acronym", "native_name", "name_en", "name_es", "name_pt", "aliases")),
)
"""The fields that a comparison reads; summaries of a thousand records would be megabytes."""


def _shares(wanted: Wanted) -> Q:
    """Whether the numbers in a reference include those of an alternative."""
    return reduce(or_, (Q(reference_numbers__contains=_texts(numbers)) for numbers in wanted.alternatives))


def _texts(numbers: Iterable[str]) -> Value:
    return Value(sorted(numbers), ArrayField(TextField()))


def _judged(measure: Measure, text: str, known: Known) -> Named:
    """The best verdict on a record, by its own number or another of its numbers."""
    is_same_body = None
    if known.issuing_body_id and measure.issuing_body_id:
        is_same_body = known.issuing_body_id == measure.issuing_body_id
    typed = Typed(text, known.kind, is_same_body)
    named = [Named(measure.pk, judge(act_of(measure), typed))]
    for other in measure.aliases.all():
        named += [Named(measure.pk, judge(act_of(measure, other.reference), typed), other.reference)]
    return min(named, key=lambda item: _RANK[item.verdict.answer])


_RANK = {Answer.SAME: 0, Answer.CANDIDATE: 1, Answer.DIFFERENT: 2}


def names_of(body: IssuingBody) -> tuple[str, ...]:
    """The acronym of a body and all of its names."""
    return tuple(
        _filled((body.acronym, body.native_name, body.name_en, body.name_es, body.name_pt, *body.aliases.split("|")))
    )


def _filled(names: Iterable[str]) -> Iterator[str]:
    return (name.strip() for name in names if name.strip())
