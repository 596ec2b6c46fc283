"""The facets that the comparison of countries leads to: the lane of an entry, and as what it is counted.

A list offers neither. It shows what is chosen, which can be taken back, and an entry stands in exactly one lane and is
counted as one thing, so that numbers add up.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db.models import Q
from django.utils.translation import gettext_lazy

from foundation.days import today
from measures.choices import VALIDITY_FAMILIES, Counted, Family, StatusGroup
from measures.listing.columns import FIRST_TOPIC, STATUS
from measures.listing.facets import PROPERTIES, Facet, Option, Property, Topics, topics_of, unknown_among
from measures.listing.index import Mask, PublicIndex, Selection
from measures.validity.selecting import in_states
from measures.validity.states import states_of

LANE, COUNTED = "lane", "counts_as"


@dataclass(frozen=True, slots=True)
class Lanes(Topics):
    """The top-level topic of the first topic: the lane of the timeline that has the entry."""

    def as_q(self, values: Collection[str]) -> Q:
        """See `Property`."""
        return Q(primary_topic__in=self.and_below(values))

    def as_mask(self, index: PublicIndex, values: Collection[str]) -> Mask:
        """See `Property`."""
        return index.as_mask(FIRST_TOPIC, lanes_of(index, values))

    def facet(self, scope: Selection, matching: Selection, chosen: Collection[str]) -> Facet:
        """See `Property`; only what is chosen, since a page that leads to a lane offers it."""
        options = tuple(
            Option(topic.value, topic.label, _number_of(self, matching, topic.value), chosen=True)
            for upper in (topics_of(scope.index) if chosen else ())
            for topic in (upper, *upper.children)
            if topic.value in chosen
        )
        return Facet(self.name, str(self.label), options)


def lanes_of(index: PublicIndex, values: Collection[str]) -> list[int]:
    """The primary keys of these topics and of those below them."""
    return [
        term.pk
        for upper in topics_of(index)
        for term in (upper, *upper.children)
        if upper.value in values or term.value in values
    ]


def _number_of(subject: Property, matching: Selection, value: str) -> int:
    return len(matching.narrowed(subject.as_mask(matching.index, [value])))


@dataclass(frozen=True, slots=True)
class CountedAs:
    """As what an act is counted: as a measure, as only announced on the day of the index, or as a bill."""

    name: str
    label: Any

    def unknown(self, values: Collection[str]) -> dict[str, str]:
        """See `Property`."""
        return unknown_among(values, Counted.values)

    def as_q(self, values: Collection[str]) -> Q:
        """The condition for today; see `on_day`."""
        return self.on_day(values, today())

    def on_day(self, values: Collection[str], day: date) -> Q:
        """The condition for acts that are counted as one of these on a day."""
        announced = in_states(states_of([StatusGroup.ANNOUNCED]), day)
        acts = Q(family__in=VALIDITY_FAMILIES)
        conditions = {
            Counted.MEASURE: acts & ~announced,
            Counted.ANNOUNCED: acts & announced,
            Counted.BILL: Q(family=Family.BILL),
        }
        chosen = Q(pk__in=[])
        for value in values:
            chosen |= conditions[Counted(value)]
        return chosen

    def as_mask(self, index: PublicIndex, values: Collection[str]) -> Mask:
        """See `Property`."""
        acts = index.as_mask("family", VALIDITY_FAMILIES)
        announced = index.as_mask(STATUS, [StatusGroup.ANNOUNCED])
        masks = {
            Counted.MEASURE: acts & ~announced,
            Counted.ANNOUNCED: acts & announced,
            Counted.BILL: index.as_mask("family", [Family.BILL]),
        }
        found: Mask = np.logical_or.reduce([masks[Counted(value)] for value in values])
        return found

    def facet(self, scope: Selection, matching: Selection, chosen: Collection[str]) -> Facet:
        """See `Property`; only what is chosen."""
        options = tuple(
            Option(counted.value, str(counted.label), _number_of(self, matching, counted.value), chosen=True)
            for counted in Counted
            if counted.value in chosen
        )
        return Facet(self.name, str(self.label), options)


ALL_PROPERTIES: dict[str, Property] = {
    **PROPERTIES,
    LANE: Lanes(LANE, gettext_lazy("First topic")),
    COUNTED: CountedAs(COUNTED, gettext_lazy("Counted as")),
}
"""Every facet by parameter name, in page order."""
