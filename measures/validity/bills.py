"""The state of a bill on a day: that of the last event up to it."""

from __future__ import annotations

from measures.validity.course import Fact
from measures.validity.derive import Step
from measures.validity.facts import BEGINNING, Act

GROUPS = {
    "enacted": "enacted",
    "published": "enacted",
    "in_force": "enacted",
    "rejected": "rejected_or_withdrawn",
    "withdrawn": "rejected_or_withdrawn",
    "archived": "rejected_or_withdrawn",
    "lapsed": "rejected_or_withdrawn",
}


def steps_of_bill(act: Act, today: int) -> list[Step]:
    """The states in order; a partial or undated event counts from its last possible day."""
    counted = [(day, place) for place, day in enumerate(act.latest_days(today))]
    steps = [Step(BEGINNING, "not_yet")]
    latest = -1
    for day, place in sorted(counted):
        if place < latest:
            continue
        latest = place
        state = GROUPS.get(act.events[place].status, "in_legislature")
        if steps[-1].day == day:
            steps.pop()
        if not steps or steps[-1].state != state:
            steps.append(Step(day, state, Fact("event", act.events[place])))
    return steps
