"""Who waits in a line, and who goes first."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from observatory.serving.lines import Crowded, Line


class Visits:
    """Requests to one line: who had a turn, in order, and who was refused."""

    def __init__(self, **options: Any) -> None:
        self.line = Line(**options)
        self.served: list[str] = []
        self.refused: list[str] = []
        self.may_end = asyncio.Event()

    async def visit(self, client: str, *, is_failure: bool = True) -> None:
        try:
            async with self.line.turn(client) as turn:
                turn.is_failure = is_failure
                await self.may_end.wait()
                self.served.append(client)
        except Crowded:
            self.refused.append(client)

    async def all_of(self, *clients: str) -> None:
        """Let them come one after the other while the first is being served, and then be served."""
        self.may_end.clear()
        visits = [asyncio.create_task(self.visit(client)) for client in clients]
        await asyncio.sleep(0)
        self.may_end.set()
        await asyncio.gather(*visits)


def run(attack: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(attack)


def test_line_serves_one_at_a_time_in_order_of_arrival() -> None:
    async def attack() -> Visits:
        visits = Visits()
        await visits.all_of("a", "b", "c", "d")
        return visits

    visits = run(attack())
    assert (visits.served, visits.refused) == (["a", "b", "c", "d"], [])


def test_line_serves_as_many_at_once_as_it_may() -> None:
    async def attack() -> tuple[list[str], list[str]]:
        visits = Visits(at_once=2)
        tasks = [asyncio.create_task(visits.visit(client)) for client in "abc"]
        await asyncio.sleep(0)
        visits.may_end.set()
        await asyncio.sleep(0)
        first = list(visits.served)
        await asyncio.gather(*tasks)
        return first, visits.served

    assert run(attack()) == (["a", "b"], ["a", "b", "c"])


def test_newcomer_stands_before_the_other_places_of_one_client() -> None:
    async def attack() -> Visits:
        visits = Visits()
        await visits.all_of("flood", "flood", "flood", "flood", "new")
        return visits

    assert run(attack()).served == ["flood", "flood", "new", "flood", "flood"]


def test_newcomer_stands_before_all_who_have_failed() -> None:
    async def attack() -> Visits:
        visits = Visits()
        await visits.all_of("a", "b", "c")
        visits.served.clear()
        await visits.all_of("a", "b", "c", "new")
        return visits

    assert run(attack()).served == ["a", "new", "b", "c"]


def test_success_is_no_failure() -> None:
    async def attack() -> Visits:
        visits = Visits()
        visits.may_end.set()
        await visits.visit("staff", is_failure=False)
        visits.served.clear()
        await visits.all_of("first", "staff", "new")
        return visits

    assert run(attack()).served == ["first", "staff", "new"]


def test_full_line_drops_whom_most_others_precede() -> None:
    async def attack() -> Visits:
        visits = Visits(places=2)
        await visits.all_of("flood", "flood", "flood", "new", "flood")
        return visits

    visits = run(attack())
    assert (visits.served, visits.refused) == (["flood", "flood", "new"], ["flood", "flood"])


def test_nobody_waits_longer_than_the_patience_of_the_line() -> None:
    async def attack() -> Visits:
        visits = Visits(patience=0.01)
        first = asyncio.create_task(visits.visit("first"))
        await asyncio.sleep(0)
        await visits.visit("second")
        visits.may_end.set()
        await first
        await visits.visit("third")
        return visits

    visits = run(attack())
    assert (visits.served, visits.refused) == (["first", "third"], ["second"])


@pytest.mark.parametrize("is_called", [True, False])
def test_turn_of_a_client_that_leaves_goes_to_the_next(is_called: bool) -> None:
    """In the moment of its turn, or before."""

    async def attack() -> Visits:
        visits = Visits()
        visits.may_end.set()
        async with visits.line.turn("first"):
            leaving, last = (asyncio.create_task(visits.visit(client)) for client in ("leaving", "last"))
            await asyncio.sleep(0)
            if not is_called:
                leaving.cancel()
                await asyncio.sleep(0)
        leaving.cancel()  # nothing has run since its turn came
        await last
        return visits

    assert run(attack()).served == ["last"]


def test_failures_are_forgotten_in_time() -> None:
    async def attack() -> Visits:
        visits = Visits(memory=0.01)
        await visits.all_of("a", "b")
        await asyncio.sleep(0.02)
        visits.served.clear()
        await visits.all_of("first", "a", "new")
        return visits

    assert run(attack()).served == ["first", "a", "new"]
