"""What is true of an act on a day, held to account by a slow reference; and the reasons."""

# mypy: allow-untyped-calls

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from measures.validity.bounds import TooManyCases
from measures.validity.derive import Found, find
from measures.validity.facts import FAR
from tests.measures.validity.histories import TODAY, Chance
from tests.measures.validity.readings import TooManyReadings, records
from tests.measures.validity.reference import Answer


def days_worth_asking(found: Found, chance: Chance) -> set[int]:
    """Chance days, and those beside each boundary that was found."""
    days = {*chance.days(8), FAR - 2000}
    for kind in (found.certain, found.possible, found.presumed):
        for first, last in kind.ranges:
            days |= {first - 1, first, last, last + 1}
    return {day for day in days if date(1700, 1, 2).toordinal() < day < FAR - 500}


def unsound(seed: int) -> list[str]:
    """Days that are called certain or presumed, or not possible, where the reference says otherwise."""
    chance = Chance(seed)
    acts = chance.acts()
    reference = records(acts)
    wrong = []
    for act in acts.by_id.values():
        try:
            found = find(act, acts, TODAY)
            days = days_worth_asking(found, chance)
            right = Answer(reference[act.id], reference, days, TODAY)
        except (TooManyReadings, TooManyCases):
            continue
        for day in sorted(days):
            when = f"seed {seed}, act {act.id}, {date.fromordinal(day)}"
            if day in found.certain and not right.certain(day):
                wrong.append(f"{when}: not certain")
            if day in found.presumed and right.presumed_stories and not right.presumed(day):
                wrong.append(f"{when}: not presumed")
            if day not in found.possible and right.possible(day):
                wrong.append(f"{when}: possible")
    return wrong


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_nothing_is_claimed_that_a_reading_denies(seed: int) -> None:
    assert unsound(seed) == []
