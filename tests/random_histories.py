"""`python -m tests.random_histories 3000 [FIRST]`: hold what is true of random acts on days to the slow reference.

Prints each day on which the product claims what a reading denies (unsafe), and each on which it claims less than all
readings allow (vague), and last how many there are; fails if any is unsafe. Vague days are no fault in themselves: the
reference tries some days of each span, and may miss the reading that leaves one open.
"""

# mypy: allow-untyped-calls

import os
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "observatory.settings")
if __name__ == "__main__":
    django.setup()

from measures.validity.bounds import TooManyCases
from measures.validity.derive import Found, find
from measures.validity.facts import FAR
from tests.measures.validity.histories import TODAY, Chance, CrowdedChance
from tests.measures.validity.readings import TooManyReadings, records
from tests.measures.validity.reference import Answer


class Difference(NamedTuple):
    """What is said of an act on a day, and otherwise by the reference."""

    seed: int
    act: int
    day: int
    claim: str
    is_unsafe: bool

    def __str__(self) -> str:
        kind = "unsafe" if self.is_unsafe else "vague"
        return f"{kind}: seed {self.seed}, act {self.act}, {date.fromordinal(self.day)}: {self.claim}"


def days_worth_asking(found: Found, chance: Chance) -> set[int]:
    """Chance days, and those beside each boundary that was found."""
    days = {*chance.days(8), FAR - 2000}
    for kind in (found.certain, found.possible, found.presumed):
        for first, last in kind.ranges:
            days |= {first - 1, first, last, last + 1}
    return {day for day in days if date(1700, 1, 2).toordinal() < day < FAR - 500}


def differences(seed: int) -> list[Difference] | None:
    """The differences in a history; None where an act of it has too many readings for the reference or the product.

    Every second history is crowded.
    """
    chance = CrowdedChance(seed) if seed % 2 else Chance(seed)
    acts = chance.acts()
    reference = records(acts)
    different: list[Difference] = []
    for act in acts.by_id.values():
        try:
            found = find(act, acts, TODAY)
            days = days_worth_asking(found, chance)
            right = Answer(reference[act.id], reference, days, TODAY)
        except (TooManyReadings, TooManyCases):
            return different or None
        different += [
            Difference(seed, act.id, day, claim, is_unsafe)
            for day in sorted(days)
            for claim, is_unsafe in _claims(found, right, day)
        ]
    return different


def _claims(found: Found, right: Answer, day: int) -> Iterable[tuple[str, bool]]:
    """What is claimed of a day and is not so, each with whether a reader is misled."""
    if (day in found.certain) != right.certain(day):
        yield ("certain", True) if day in found.certain else ("not certain", False)
    if right.presumed_stories and (day in found.presumed) != right.presumed(day):
        yield ("presumed", True) if day in found.presumed else ("not presumed", False)
    if (day in found.possible) != right.possible(day):
        yield ("possible", False) if day in found.possible else ("not possible", True)


def main(number: int, first: int = 0) -> int:
    """Compare so many histories; the number of unsafe days."""
    count: Counter[str] = Counter()
    for seed in range(first, first + number):
        different = differences(seed)
        count["histories left out" if different is None else "histories"] += 1
        for one in different or ():
            count["unsafe" if one.is_unsafe else "vague"] += 1
            sys.stdout.write(f"{one}\n")
            sys.stdout.flush()
    sys.stdout.write(
        f"{count['histories']} histories held to the reference, {count['histories left out']} with too many readings;"
        f" {count['unsafe']} days unsafe, {count['vague']} vague\n"
    )
    return count["unsafe"]


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    sys.exit(1 if main(*map(int, sys.argv[1:])) else 0)
