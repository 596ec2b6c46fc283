"""The figures of double coding: how well codings agree by field, over how many acts and until when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Q
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from foundation.days import day_of
from foundation.partial_dates import PartialDate
from measures.double_coding.agreement import Agreement, Distances, agreement_of, nominal, of_sets, ordinal
from measures.double_coding.fields import CODED_FIELDS, CodedField, Scale, Values
from measures.models import Coding, CodingRole, CodingState, DoubleCoding, DoubleCodingQuerySet

FEWEST_PUBLIC = 30
"""Pairs below which no figure is public: with fewer, an interval by bootstrap is too narrow to be honest, and a figure
says more of one person's work than of the record's."""

Pair = tuple[Values, Values]


@dataclass(frozen=True, slots=True)
class FieldAgreement:
    """How well two codings of a field agree."""

    field: CodedField
    agreement: Agreement

    @property
    def equal_in_words(self) -> str:
        """The share of equal pairs in per cent, as people write it."""
        share = self.agreement.share
        return "" if share is None else _("%(number)s %%") % {"number": number_format(round(share * 100, 1), 1)}


@dataclass(frozen=True, slots=True)
class Results:
    """How well codings agree, and what they are of.

    `drawn` acts were drawn, `coded` of them were coded twice, `left_out` were published or retired without a second
    coding. `until` is the day of the newest second coding, None without one. `fields` is empty where there are fewer
    pairs than a figure needs.
    """

    drawn: int
    coded: int
    left_out: int
    until: PartialDate | None
    fields: tuple[FieldAgreement, ...]


def public_results() -> Results:
    """Of the acts that are public; without figures below `FEWEST_PUBLIC` pairs. Two queries."""
    return results_of(DoubleCoding.objects.published(), fewest=FEWEST_PUBLIC)


def results_of(double_codings: DoubleCodingQuerySet, *, fewest: int = 1) -> Results:
    """The figures of these double codings; of fields only from `fewest` pairs on. Two queries."""
    found = double_codings.aggregate(
        drawn=Count("pk"), left_out=Count("pk", filter=Q(state=CodingState.LEFT_OUT)), until=Max("coded_at")
    )
    pairs = pairs_of(double_codings)
    enough = len(pairs) >= max(fewest, 1)
    return Results(
        drawn=found["drawn"],
        coded=len(pairs),
        left_out=found["left_out"],
        until=day_of(found["until"]) if found["until"] else None,
        fields=tuple(agreement_by_field(pairs)) if enough else (),
    )


def pairs_of(double_codings: DoubleCodingQuerySet) -> list[Pair]:
    """The first and second codings of those that two people have coded; one query."""
    codings: dict[int, dict[str, Any]] = {}
    rows = Coding.objects.filter(double_coding__in=double_codings.paired().order_by().values("pk"))
    for key, role, values in rows.order_by("double_coding").values_list("double_coding", "role", "values"):
        codings.setdefault(key, {})[role] = values
    return [(found[CodingRole.FIRST], found[CodingRole.SECOND]) for found in codings.values()]


def agreement_by_field(pairs: Sequence[Pair]) -> Iterable[FieldAgreement]:
    """How well pairs of codings agree in each coded field."""
    for field in CODED_FIELDS:
        values: list[tuple[Any, Any]] = [
            (comparable(one.get(field.name, "")), comparable(other.get(field.name, ""))) for one, other in pairs
        ]
        yield FieldAgreement(field, agreement_of(values, *_scale(field, values)))


def comparable(value: Any) -> Any:
    """A value of a coding so that two are equal if they say the same: a list as a set."""
    return frozenset(value) if isinstance(value, list) else value


def _scale(field: CodedField, pairs: Sequence[tuple[Any, Any]]) -> tuple[list[Any], Distances]:
    """The values that occur, in their order if they have one, and how far they are apart."""
    occurring = {value for pair in pairs for value in pair}
    if field.scale is Scale.SET:
        sets = sorted(occurring, key=sorted)
        return sets, of_sets(sets)
    if field.scale is Scale.ORDINAL and occurring <= set(field.order):
        found = [value for value in field.order if value in occurring]
        return found, ordinal(len(found))
    plain = sorted(occurring)
    return plain, nominal(len(plain))
