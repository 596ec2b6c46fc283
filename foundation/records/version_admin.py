"""Any two versions of a record side by side, on the page of its history."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.http import HttpRequest

from foundation.records.changes import Act, Change, changes_between, moment_in

FROM, TO = "from", "to"
"""Parameters of the address: the moments of two versions."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The acts that made two versions, None before there was a record, and what differs between these."""

    start: Act | None
    end: Act | None
    changes: list[Change]


def context_of_versions(
    request: HttpRequest, record: Model, acts: Sequence[Act], hidden: Collection[str]
) -> dict[str, Any]:
    """For the page of the history: the acts, newest first, to choose from, and the two versions that are asked for.

    `is_asked` and no comparison means that the address does not name two moments.
    """
    asked, own = request.GET, [act for act in acts if not act.is_of_other]
    start, end = moment_in(asked.get(FROM, "")), moment_in(asked.get(TO, ""))
    comparison = None
    if start and end:
        changes = changes_between(record, start, end, hidden=hidden, reader=request.user)
        comparison = Comparison(_maker(own, start), _maker(own, end), changes)
    chosen = (comparison.start, comparison.end) if comparison else (own[1] if own[1:] else None, *own[:1])
    return {
        "versions": [(act, *(act is each for each in chosen)) for act in own] if own[1:] else [],
        "comparison": comparison,
        "is_asked": FROM in asked or TO in asked,
    }


def _maker(acts: Sequence[Act], moment: datetime) -> Act | None:
    """The last of the acts, newest first, at a moment."""
    return next((act for act in acts if act.at <= moment), None)
