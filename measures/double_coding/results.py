"""The figures of double coding: how well codings agree by field, over how many acts and until when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Q
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from foundation.days import day_of
from foundation.partial_dates import PartialDate
from measures.double_coding.agreement import (
    Agreement,
    Distances,
    Nominal,
    OfSets,
    Ordinal,
    TooVaried,
    agreement_of,
    share_of,
)
from measures.double_coding.fields import CODED_FIELDS, CodedField, Scale, Values, in_current_terms
from measures.models import Coding, CodingRole, CodingState, DoubleCoding, DoubleCodingQuerySet

FEWEST_PUBLIC = 30
"""Pairs below which no figure is public: with fewer, an interval by bootstrap is too narrow to be honest, and a figure
says more of one person's work than of the record's."""

Pair = tuple[Values, Values]


@dataclass(frozen=True, slots=True)
class FieldAgreement:
    """How well two codings of a field agree; `scale` is that of the figures, nominal where values have no order."""

    field: CodedField
    scale: Scale
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
    """Of the acts that are public; without figures below `FEWEST_PUBLIC` pairs."""
    return results_of(DoubleCoding.objects.published(), fewest=FEWEST_PUBLIC)


def results_of(double_codings: DoubleCodingQuerySet, *, fewest: int = 1) -> Results:
    """The figures of these double codings; of fields only from `fewest` pairs on. Six queries."""
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
    """The first and second codings of those that two people have coded, in the terms of today."""
    codings: dict[int, dict[str, Any]] = {}
    rows = Coding.objects.filter(double_coding__in=double_codings.paired().order_by().values("pk"))
    for key, role, values in rows.order_by("double_coding").values_list("double_coding", "role", "values"):
        codings.setdefault(key, {})[role] = values
    ends = [found[role] for found in codings.values() for role in (CodingRole.FIRST, CodingRole.SECOND)]
    now = in_current_terms(ends)
    return list(zip(now[::2], now[1::2], strict=True))


def agreement_by_field(pairs: Sequence[Pair]) -> Iterable[FieldAgreement]:
    """How well pairs of codings agree in each coded field."""
    for field in CODED_FIELDS:
        values: list[tuple[Any, Any]] = [
            (comparable(one.get(field.name, "")), comparable(other.get(field.name, ""))) for one, other in pairs
        ]
        scale, occurring = _scale(field, values)
        try:
            found = agreement_of(values, occurring, _distances(scale, occurring))
        except TooVaried:
            found = Agreement(len(values), share_of(values), is_too_varied=True)
        yield FieldAgreement(field, scale, found)


def comparable(value: Any) -> Any:
    """A value of a coding so that two are equal if they say the same: a list as a set."""
    return frozenset(value) if isinstance(value, list) else value


def _scale(field: CodedField, pairs: Sequence[tuple[Any, Any]]) -> tuple[Scale, list[Any]]:
    """The scale of the values that occur, and these in their order if they have one."""
    occurring = {value for pair in pairs for value in pair}
    if field.scale is Scale.SET:
        return Scale.SET, sorted(occurring, key=sorted)
    if field.scale is Scale.ORDINAL and occurring <= set(field.order):
        return Scale.ORDINAL, [value for value in field.order if value in occurring]
    return Scale.NOMINAL, sorted(occurring)


def _distances(scale: Scale, values: list[Any]) -> Distances:
    """How far values are apart. Raise TooVaried if they are too many to say."""
    if scale is Scale.SET:
        return OfSets(values)
    return Ordinal() if scale is Scale.ORDINAL else Nominal()
