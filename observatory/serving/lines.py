"""Lines in which requests wait for one of them, or few, to be handled at a time; waiting occupies no thread.

Who has failed least goes first, so that someone who comes for the first time stands before those who try all the time.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from cachetools import TTLCache

MOST_REMEMBERED = 50_000
"""Number of clients whose failures are remembered."""


class Crowded(Exception):
    """Others go first, and there is no place left or too little time."""


@dataclass
class Turn:
    """The turn of a client; a failure, which is what counts against who asks again, unless it is set to be none."""

    is_failure: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    client: str
    order: tuple[int, int]
    """Failures of the client and its other places in the line, then arrival."""
    called: "asyncio.Future[bool]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    """Whether it is this one's turn; False if it had to leave."""


class Line:
    """A line with `places`, of which `at_once` have their turn at a time.

    Nobody waits for longer than `patience` seconds, if that is limited; failures are forgotten after `memory`.
    """

    def __init__(
        self, *, places: int = 50, patience: float | None = 15, memory: float = 15 * 60, at_once: int = 1
    ) -> None:
        self._places, self._patience, self._free = places, patience, at_once
        self._failures: TTLCache[str, int] = TTLCache(MOST_REMEMBERED, memory)
        self._waiting: list[_Place] = []
        self._arrivals = count()

    @asynccontextmanager
    async def turn(self, client: str) -> AsyncIterator[Turn]:
        """Wait for a turn; raise Crowded if the client gets none."""
        await self._wait(client)
        turn = Turn()
        try:
            yield turn
        finally:
            if turn.is_failure:
                self._failures[client] = self._failures.get(client, 0) + 1
            self._call_next()

    async def _wait(self, client: str) -> None:
        if self._free:
            self._free -= 1
            return
        place = self._join(client)
        try:
            async with asyncio.timeout(self._patience):
                is_called = await place.called
        except TimeoutError as error:
            self._leave(place)
            raise Crowded from error
        except BaseException:
            self._leave(place)
            raise
        if not is_called:
            raise Crowded

    def _join(self, client: str) -> _Place:
        """A place in the line; if there are too many now, the last one loses its own, maybe this one."""
        others = sum(place.client == client for place in self._waiting)
        place = _Place(client, (self._failures.get(client, 0) + others, next(self._arrivals)))
        self._waiting.append(place)
        if len(self._waiting) > self._places:
            self._call(max(self._waiting, key=lambda waiting: waiting.order), is_turn=False)
        return place

    def _leave(self, place: _Place) -> None:
        """Give up a place, or the turn if it was called in the same moment."""
        if place in self._waiting:
            self._waiting.remove(place)
        elif not place.called.cancelled() and place.called.result():
            self._call_next()

    def _call_next(self) -> None:
        self._free += 1
        while self._waiting and self._free:
            self._free -= self._call(min(self._waiting, key=lambda waiting: waiting.order), is_turn=True)

    def _call(self, place: _Place, *, is_turn: bool) -> bool:
        """End a wait; False if the client has stopped waiting in the same moment."""
        self._waiting.remove(place)
        if is_waiting := not place.called.done():
            place.called.set_result(is_turn)
        return is_waiting
