"""Changing one act on which ten thousand others lean: what the person waits for, and what is left to the worker."""

from collections.abc import Iterator

from tests.bench.measuring import Result, limited
from tests.bench.run import Bench

ACTS = 10_000
MOST_TO_SAVE, MOST_TO_DERIVE = 1.0, 10.0
RELATIONS = {"while_in_force": "last with it", "repeals": "it repeals"}


def measurements(bench: Bench) -> Iterator[Result]:
    """Seconds to save the change, then to derive what it left stale."""
    for relation, words in RELATIONS.items():
        found = bench.inside("change_one", str(ACTS), relation)
        yield limited(f"change an act, {ACTS:,} {words}", found["saved"], "s", MOST_TO_SAVE)
        yield limited(f"derive the {ACTS:,} that {words}", found["derived"], "s", MOST_TO_DERIVE)
