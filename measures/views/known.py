"""Pages and files of the record as it was known on an earlier day: `?known=2026-05-03`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpRequest

from foundation.records.past import past
from measures.listing.filters import MeasureFilter
from measures.listing.known import record_of
from measures.listing.parameters import known_day
from measures.listing.withdrawn import Withdrawn, withdrawn_since

View = TypeVar("View", bound=Callable[..., Any])


def at_known_day(view: View) -> View:
    """View decorator: answer from the record as it was known on the day that `known` of the address names.

    A day that is none is left to the filter, which says what is wrong with it.
    """

    @wraps(view)
    def answered(request: HttpRequest, *arguments: Any, **named: Any) -> Any:
        with record_of(known_day(request.GET)):
            return view(request, *arguments, **named)

    return answered  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class KnownThen:
    """What a page of an earlier day says of itself: the day in words, the query string of today, what was withdrawn."""

    day: str
    today: str
    withdrawn: list[Withdrawn]


def known_then(filter: MeasureFilter, today: str | None = None) -> KnownThen | None:
    """That of a page of entries; None for the record of today. `today`: the query string, if it is not the filter's."""
    if past() is None or not filter.value("known"):
        return None
    query = filter.query(known=None) if today is None else today
    return KnownThen(filter.value("known").in_words(), query, withdrawn_since(filter))
