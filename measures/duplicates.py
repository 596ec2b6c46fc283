"""Possible duplicates: the same legal number in the same country, or the same date with a similar title.

These are warnings, never errors: a decree and a resolution may share a number, and one act may have several entries.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.postgres.search import TrigramSimilarity
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q
from django.db.models.functions import Greatest

from foundation.partial_dates import PartialDate
from foundation.texts import LANGUAGES
from measures.choices import Workflow
from measures.models import Measure, MeasureQuerySet
from measures.references import key_of

ALIKE = 0.4
"""Minimum trigram similarity (0 to 1) of titles that may name the same act; the default of pg_trgm is 0.3."""
MOST = 5
"""Number of matches shown; nobody would read a longer list."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """The data of an entry that is about to be saved; `pk` excludes the entry itself."""

    country_id: str | None
    reference: str = ""
    provision: str = ""
    titles: tuple[str, ...] = ()
    dates: tuple[PartialDate, ...] = ()
    pk: int | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that may be the same act, and whether its number or its date and title say so."""

    measure: Measure
    by_reference: bool


def matches(candidate: Candidate) -> list[Match]:
    """Possible duplicates of `candidate`, same number first; in two queries."""
    found: dict[int, Match] = {}
    for match in (*_by_reference(candidate), *_by_date_and_title(candidate)):
        found.setdefault(match.measure.pk, match)
    return list(found.values())[:MOST]


def same_record(measure: Measure) -> Measure | None:
    """The entry with the same country, kind, body, number and provision as `measure`, which must be unique."""
    if not measure.reference or measure.workflow == Workflow.RETIRED:
        return None
    return (
        _others(measure.country_id, measure.pk)
        .exclude(workflow=Workflow.RETIRED)
        .filter(
            kind=measure.kind,
            issuing_body_id=measure.issuing_body_id,
            reference_key=key_of(measure.reference),
            provision=measure.provision,
        )
        .first()
    )


def _others(country_id: str | None, pk: int | None) -> MeasureQuerySet:
    others = Measure.objects.filter(country_id=country_id).select_related("country")
    return others if pk is None else others.exclude(pk=pk)


def _by_reference(candidate: Candidate) -> Iterator[Match]:
    if not candidate.reference.strip():
        return
    found = _others(candidate.country_id, candidate.pk).filter(reference_key=key_of(candidate.reference))
    if candidate.provision:  # a different provision of the same act is not a duplicate
        found = found.filter(provision__in=["", candidate.provision])
    for measure in found.exclude(reference_key="")[:MOST]:
        yield Match(measure, by_reference=True)


def _by_date_and_title(candidate: Candidate) -> Iterator[Match]:
    titles = [title for title in candidate.titles if title.strip()]
    if not (titles and candidate.dates):
        return
    same_day = Q()
    for date in candidate.dates:
        same_day |= Q(date_range__overlap=DateRange(date.first, date.last + timedelta(days=1)))
    likeness = [TrigramSimilarity(f"title_{language}", title) for title in titles for language in LANGUAGES]
    found = _others(candidate.country_id, candidate.pk).filter(same_day)
    for measure in (
        found.annotate(likeness=Greatest(*likeness)).filter(likeness__gte=ALIKE).order_by("-likeness")[:MOST]
    ):
        yield Match(measure, by_reference=False)
