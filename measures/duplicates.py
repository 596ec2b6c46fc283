"""Possible duplicates: entries of the same country whose number is or may be the same, or that have a similar title;
and issuing bodies of like names.

These are warnings, never errors: one act may have several entries, and a candidate may be another act.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from operator import or_

from django.contrib.postgres.search import TrigramSimilarity
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from foundation.partial_dates import PartialDate
from foundation.texts import LANGUAGES
from measures.choices import Workflow
from measures.models import IssuingBody, Measure, MeasureQuerySet
from measures.reference_lookup import Known, named_by
from measures.references import key_of, words_before
from measures.references.folding import words_of
from measures.references.tables import body_key

ALIKE = 0.4
"""Minimum trigram similarity (0 to 1) of titles that may name the same act; the default of pg_trgm is 0.3."""
MOST = 5
"""Number of matches shown; nobody would read a longer list."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """The data of an entry that is about to be saved; `pk` excludes the entry itself."""

    country_id: str | None
    kind: str = ""
    issuing_body_id: int | None = None
    reference: str = ""
    provision: str = ""
    titles: tuple[str, ...] = ()
    dates: tuple[PartialDate, ...] = ()
    pk: int | None = None


class Reason(models.TextChoices):
    """Why an entry may be the act that is being recorded, the surest first."""

    SAME_NUMBER = "same_number", _("this act is already here")
    LIKE_NUMBER = "like_number", _("may be the same number")
    DATE_AND_TITLE = "date_and_title", _("same date, similar title")
    TITLE = "title", _("similar title, no date")


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that may be the same act, and why; `rule` is that of the comparison of numbers."""

    measure: Measure
    reason: Reason
    rule: str = ""
    alias: str = ""
    """The other number of the entry that agrees, if not its own."""


def matches(candidate: Candidate, *, among: MeasureQuerySet | None = None) -> list[Match]:
    """Possible duplicates of `candidate`, or only those `among` some, the surest first.

    In five queries, however many there are.
    """
    found: dict[int, Match] = {}
    others = _others(candidate.country_id, candidate.pk, among)
    for match in (
        *_by_reference(candidate, others),
        *_by_date_and_title(candidate, others),
        *_by_title(candidate, others),
    ):
        found.setdefault(match.measure.pk, match)
    return list(found.values())[:MOST]


def same_record(measure: Measure) -> Measure | None:
    """The entry of the same country, kind, body, words, number and provision as `measure`, which must be unique."""
    if not measure.reference or measure.workflow == Workflow.RETIRED:
        return None
    return (
        _others(measure.country_id, measure.pk)
        .exclude(workflow=Workflow.RETIRED)
        .alias(words=words_before(F("reference")))
        .filter(
            kind=measure.kind,
            issuing_body_id=measure.issuing_body_id,
            reference_key=key_of(measure.reference),
            words=words_before(Value(measure.reference)),
            provision=measure.provision,
        )
        .first()
    )


# Issuing bodies


LIKE_NAME = 0.6
"""Minimum trigram similarity (0 to 1) of the names of two bodies that may be one."""


def like_bodies(body: IssuingBody) -> list[IssuingBody]:
    """Bodies of the same country, or international ones, with a similar name, or a name or acronym of `body`'s."""
    others = IssuingBody.objects.filter(Q(country=body.country_id) | Q(country=None)).exclude(pk=body.pk)
    names = _names_of(body)
    likeness = TrigramSimilarity("sort_name", " ".join(words_of(body.native_name)))
    near = set(others.annotate(likeness=likeness).filter(likeness__gte=LIKE_NAME).values_list("pk", flat=True))
    return [other for other in others.select_related("country") if other.pk in near or names & _names_of(other)][:MOST]


def _names_of(body: IssuingBody) -> set[str]:
    """The acronym and all names of a body, without accents, articles and case."""
    names = (body.acronym, body.native_name, body.name_en, body.name_es, body.name_pt, *body.aliases.split("|"))
    return {body_key(name) for name in names if name.strip()}


# Entries


def _others(country_id: str | None, pk: int | None, among: MeasureQuerySet | None = None) -> MeasureQuerySet:
    known = Measure.objects.all() if among is None else among
    others = known.filter(country_id=country_id).select_related("country")
    return others if pk is None else others.exclude(pk=pk)


def _by_reference(candidate: Candidate, among: MeasureQuerySet) -> Iterator[Match]:
    if not candidate.reference.strip():
        return
    if candidate.provision:  # a different provision of the same act is not a duplicate
        among = among.filter(provision__in=["", candidate.provision])
    known = Known(candidate.kind, candidate.issuing_body_id)
    named = named_by(candidate.reference, among, known)[:MOST]
    measures = among.in_bulk([item.measure_id for item in named])
    for item in named:
        if measure := measures.get(item.measure_id):
            reason = Reason.SAME_NUMBER if item.is_same else Reason.LIKE_NUMBER
            yield Match(measure, reason, item.verdict.rule, item.alias)


def _by_date_and_title(candidate: Candidate, others: MeasureQuerySet) -> Iterator[Match]:
    titles = [title for title in candidate.titles if title.strip()]
    if not (titles and candidate.dates):
        return
    same_day = Q()
    for date in candidate.dates:
        same_day |= Q(date_range__overlap=DateRange(date.first, date.last + timedelta(days=1)))
    for measure in _titled_like(titles, others.filter(same_day)):
        yield Match(measure, Reason.DATE_AND_TITLE)


def _by_title(candidate: Candidate, others: MeasureQuerySet) -> Iterator[Match]:
    """Undated entries with a similar title: whatever the date of the candidate is, it may be theirs."""
    titles = [title for title in candidate.titles if title.strip()]
    if not titles:
        return
    is_like = reduce(or_, (Q(**{f"title_{language}__trigram_similar": t}) for t in titles for language in LANGUAGES))
    undated = others.filter(is_like, date="")
    for measure in _titled_like(titles, undated):
        yield Match(measure, Reason.TITLE)


def _titled_like(titles: list[str], among: MeasureQuerySet) -> MeasureQuerySet:
    likeness = [TrigramSimilarity(f"title_{language}", title) for title in titles for language in LANGUAGES]
    return among.annotate(likeness=Greatest(*likeness)).filter(likeness__gte=ALIKE).order_by("-likeness")[:MOST]
