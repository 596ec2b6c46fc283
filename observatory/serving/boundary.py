"""An ASGI application around Django's WSGI handler; the package docstring explains why.

Libraries such as `a2wsgi` do the same, but occupy a thread for as long as a slow client reads.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, closing, nullcontext
from contextvars import Context, copy_context
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from typing import Any

from django.http.response import HttpResponseBase

from observatory.serving.environ import Scope, body_in_environ, environ_of
from observatory.serving.lines import Crowded, Line, Turn
from observatory.serving.production import Production
from observatory.serving.refusal import Disconnected, Refusal
from observatory.serving.request_body import Receive, read_body
from observatory.serving.sending import Send, Sender, read_blocks, until_gone
from observatory.serving.slow_readers import SlowReaders
from observatory.serving.transactions import drop_open_transactions
from observatory.visitors import network_of
from observatory.writable_folders import FAULT, is_unwritable, words_for_log

log = logging.getLogger(__name__)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY")
"""Methods that Django answers, most of them with 405."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on what clients may use of a process."""

    grace: float = 10
    """Seconds that the body of any request may take to arrive."""
    slowest: float = 8 * 1024
    """Minimum average rate of a larger body, in bytes per second."""
    stalled: float = 30
    """Seconds after which a client that does not accept an available block of 64 KB is disconnected."""
    wait_for_turn: float = 30
    """Seconds that a download waits for others to finish."""
    waiting: int = 100
    """Maximum number of requests waiting for a thread; any more would wait too long."""
    waiting_together: int = 50
    """Maximum number of these from one network, so that none takes all the places."""
    streamed: int = 50
    """Maximum number of streamed responses, each of which may use disk space."""
    streamed_together: int = 25
    """Maximum number of these to one network, so that none takes all the places however slowly it reads."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Django's response, and the context (above all its language) in which the rest of it is generated."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    response: HttpResponseBase | None
    """None if `body` is the complete body."""
    context: Context


class Boundary:
    """The application; Django handles `threads` requests at a time, of which a quarter may be downloads."""

    def __init__(
        self,
        handler: Callable[..., Any],
        *,
        threads: int,
        may_upload: Callable[[Scope], bool],
        turn: Callable[[dict[str, Any]], AbstractAsyncContextManager[Turn]] = lambda _environ: nullcontext(Turn()),
        is_made_whole: Callable[[dict[str, Any]], bool] = lambda _environ: False,
        limits: Limits = Limits(),
    ) -> None:
        """`turn` waits, for requests of which one at a time is handled, until it is theirs.

        `is_made_whole` says of which requests the handler makes a file before it answers.
        """
        self._handler, self._may_upload, self._turn, self._limits = handler, may_upload, turn, limits
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._threads = threads
        self._streamed: Counter[str] = Counter()
        """The number of streamed responses to each network."""
        self._working: Counter[str] = Counter()
        """The number of requests from each network that wait for a thread or have one."""
        self._line = Line(at_once=threads, places=limits.waiting, patience=None)
        """Those who wait for a thread: who has one request goes before the others of who has many."""
        self._is_made_whole = is_made_whole
        self._making = Line(at_once=max(1, threads // 4), patience=limits.wait_for_turn)
        """Those who wait for a file: who has asked for few goes before who asks for many."""
        self._cutting_off: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            return
        if self._cutting_off is None:
            readers = SlowReaders(int(scope["server"][1]), self._limits.stalled)
            self._cutting_off = asyncio.create_task(readers.cut_off())
        sender = Sender(scope, send, self._limits.stalled)
        try:
            await self._answer(scope, receive, sender)
        except Refusal as refusal:
            await sender.whole(refusal.status, refusal.headers(), refusal.words.encode())
        except Disconnected:
            pass  # the client has disconnected
        except OSError as error:
            await self._tell_fault(scope, sender, error)
        except Exception:
            log.exception("%s %s broke off", scope["method"], scope["path"])
            await sender.broken()

    async def _answer(self, scope: Scope, receive: Receive, sender: Sender) -> None:
        if scope["method"] not in METHODS:
            raise Refusal(501, "This site knows no such method.\n")
        environ = environ_of(scope)
        network = network_of(environ)
        body = await read_body(
            dict(scope["headers"]),
            receive,
            may_upload=lambda: self._run(network, self._may_upload, scope),
            grace=self._limits.grace,
            slowest=self._limits.slowest,
        )
        with closing(body):
            making = self._turn_to_make(network) if self._is_made_whole(environ) else nullcontext()
            async with self._turn(environ) as turn, making:
                answer = await self._run(network, self._handled, environ | body_in_environ(body))
                turn.is_failure = answer.status != HTTPStatus.FOUND
        if answer.response is None:
            await sender.whole(answer.status, answer.headers, answer.body)
            return
        async with self._blocks(network, answer.response, answer.context) as blocks:
            await sender.streamed(answer.status, answer.headers, until_gone(blocks, receive))

    async def _tell_fault(self, scope: Scope, sender: Sender, error: OSError) -> None:
        """Send Django's response to a disk error; if another response has begun, abort that."""
        if not is_unwritable(error):
            log.error("%s %s broke off", scope["method"], scope["path"], exc_info=error)
            await sender.broken()
        elif sender.has_begun:
            log.error("%s %s broke off. %s", scope["method"], scope["path"], words_for_log(error))
            await sender.broken()
        else:
            environ = environ_of(scope) | body_in_environ(BytesIO()) | {FAULT: error}
            answer = await self._run_now(self._handled, environ)
            # The rest of the request body is not read
            await sender.whole(answer.status, [*answer.headers, (b"connection", b"close")], answer.body)

    async def _run(self, network: str, work: Callable[..., Any], *arguments: Any) -> Any:
        """Run it in a thread; raise Refusal if too many requests, of all or of that network, wait for one."""
        for waiting, most in (
            (self._working.total(), self._limits.waiting),
            (self._working[network], self._limits.waiting_together),
        ):
            if waiting >= self._threads + most:
                raise Refusal(503, "Too many requests wait for an answer. Try again in a few seconds.\n", 5)
        self._working[network] += 1
        try:
            async with self._line.turn(network) as turn:
                turn.is_failure = False
                return await self._run_now(work, *arguments)
        finally:
            self._working -= Counter([network])  # forgets networks without requests

    def _run_now(self, work: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)

    def _handled(self, environ: dict[str, Any]) -> Answer:
        """Django's answer; in a thread."""
        started: list[Any] = []
        context = copy_context()
        try:
            response = context.run(self._handler, environ, lambda *start: started.append(start))
        finally:
            drop_open_transactions()
        status, headers = started[0][:2]
        fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        if response.streaming:
            return Answer(int(status[:3]), fields, b"", response, context)
        body = b"".join(response)
        context.run(response.close)
        return Answer(int(status[:3]), fields, body, None, context)

    # Streaming

    @asynccontextmanager
    async def _blocks(
        self, network: str, response: HttpResponseBase, context: Context
    ) -> AsyncIterator[AsyncGenerator[bytes]]:
        """Yield the blocks of a streamed response, with its context active."""
        is_full = self._streamed.total() >= self._limits.streamed
        if is_full or self._streamed[network] >= self._limits.streamed_together:
            await self._run_now(context.run, response.close)
            raise Refusal(503, "Too many files are on their way to others. Try again in half a minute.\n", 30)
        self._streamed[network] += 1
        try:
            blocks = (
                read_blocks(response)
                if getattr(response, "file_to_stream", None)
                else self._made_blocks(network, response, context)
            )
            async with aclosing(blocks):
                yield blocks
        finally:
            self._streamed -= Counter([network])  # forgets networks without responses

    async def _made_blocks(self, network: str, response: HttpResponseBase, context: Context) -> AsyncGenerator[bytes]:
        """Yield blocks that a thread generates without waiting for the client."""
        production = Production()
        making = asyncio.create_task(self._make(network, production, response, context))
        try:
            async for block in production.blocks(making):
                yield block
        finally:
            production.end(making)

    async def _make(self, network: str, production: Production, response: HttpResponseBase, context: Context) -> None:
        try:
            async with self._turn_to_make(network):
                await self._run_now(context.run, production.make, response)
        except Refusal:
            await self._run_now(context.run, response.close)
            raise

    @asynccontextmanager
    async def _turn_to_make(self, network: str) -> AsyncIterator[None]:
        """Wait for a turn to make a file; raise Refusal if that takes too long.

        At most a quarter of the threads do this, so that there is always a thread, and CPU time, for ordinary pages.
        """
        try:
            async with self._making.turn(network):
                yield
        except Crowded as error:
            words = "Too many files are being made for others. Try again in half a minute.\n"
            raise Refusal(503, words, 30) from error
