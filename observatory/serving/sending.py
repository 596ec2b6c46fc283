"""Send a response as fast as its client reads it, and close the connection of a client that does not."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

from django.http.response import HttpResponseBase

from observatory.serving.connections import close_connection
from observatory.serving.environ import Scope
from observatory.serving.production import BLOCK
from observatory.serving.refusal import Disconnected
from observatory.serving.request_body import Receive

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Sender:
    """Sends a response in blocks, and closes the connection of a client that does not read them."""

    def __init__(self, scope: Scope, send: Send, stalled: float) -> None:
        address, port = scope["client"]
        self._peer, self._send, self.has_begun = (address, int(port)), send, False
        self._stalled = stalled

    async def whole(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        """Send a complete body; a small one in one call, since the system buffers it."""
        if len(body) <= BLOCK:
            await self._begin(status, headers)
            await self._send({"type": "http.response.body", "body": body})
        else:
            await self.streamed(status, headers, _cut(body))

    async def streamed(self, status: int, headers: list[tuple[bytes, bytes]], blocks: AsyncGenerator[bytes]) -> None:
        """Send blocks as they come; nothing before the first one, so that an error can be reported until then."""
        try:
            async with aclosing(blocks):
                async for block in blocks:
                    if not self.has_begun:
                        await self._begin(status, headers)
                    async with asyncio.timeout(self._stalled):
                        await self._send({"type": "http.response.body", "body": block, "more_body": True})
        except TimeoutError:
            await asyncio.to_thread(close_connection, self._peer)
            return
        if not self.has_begun:
            await self._begin(status, headers)
        await self._send({"type": "http.response.body", "body": b""})

    async def broken(self) -> None:
        """Report an internal error; if the response has begun, abort it, so that nobody takes it for complete."""
        if self.has_begun:
            await asyncio.to_thread(close_connection, self._peer)
        else:
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
            await self.whole(500, headers, b"Something went wrong here. The log of this site says more.\n")

    async def _begin(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self.has_begun = True
        await self._send({"type": "http.response.start", "status": status, "headers": headers})


async def _cut(body: bytes) -> AsyncGenerator[bytes]:
    for start in range(0, len(body), BLOCK):
        yield body[start : start + BLOCK]


async def read_blocks(response: HttpResponseBase) -> AsyncGenerator[bytes]:
    """Yield the blocks of an existing file."""
    try:
        pieces = iter(response)
        while piece := await asyncio.to_thread(next, pieces, b""):
            yield piece
    finally:
        await asyncio.to_thread(response.close)


async def until_gone(blocks: AsyncGenerator[bytes], receive: Receive) -> AsyncGenerator[bytes]:
    """Yield the blocks while the client is connected; raise Disconnected once it is gone."""
    gone = asyncio.ensure_future(_gone(receive))
    try:
        async for block in blocks:
            if gone.done():
                raise Disconnected
            yield block
    finally:
        gone.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
