"""Read a request body completely before a thread handles it, with limits on size and minimum speed."""

import asyncio
from collections.abc import Awaitable, Callable
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.conf import settings

from observatory.serving.refusal import Refusal

Receive = Callable[[], Awaitable[dict[str, Any]]]

SMALL = 64 * 1024
"""Bytes that anybody may send: the form of sign-in has a few hundred. They stay in memory."""


async def read_body(
    headers: dict[bytes, bytes],
    receive: Receive,
    *,
    may_upload: Callable[[], Awaitable[bool]],
    grace: float,
    slowest: float,
) -> IO[bytes]:
    """Read the body. `may_upload` is called before more than `SMALL` bytes are accepted.

    Any body may take `grace` seconds; a larger one must reach `slowest` bytes a second. Raise Refusal if the body is
    too large, too slow or incomplete.
    """
    declared = _declared_length(headers)
    if declared == 0:
        return BytesIO()
    most = SMALL
    if (declared is None or declared > SMALL) and await may_upload():
        most = settings.UPLOAD_BYTES
    if declared is not None and declared > most:
        raise _too_large(most)
    body = SpooledTemporaryFile(max_size=SMALL, dir=str(settings.TEMPORARY_DIR))  # noqa: SIM115  (who reads it closes it)
    try:
        await _receive_into(body, receive, most, grace, slowest)
    except BaseException:
        body.close()
        raise
    return body


def _declared_length(headers: dict[bytes, bytes]) -> int | None:
    """The Content-Length in bytes; None for a chunked body."""
    if b"transfer-encoding" in headers:
        return None
    return int(headers.get(b"content-length", b"0"))  # the server has refused invalid numbers


async def _receive_into(body: IO[bytes], receive: Receive, most: int, grace: float, slowest: float) -> None:
    length, start = 0, asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout_at(start + grace) as deadline:
            while (message := await receive())["type"] != "http.disconnect":
                piece = message.get("body", b"")
                length += len(piece)
                if length > most:
                    raise _too_large(most)
                body.write(piece)
                if not message.get("more_body", False):
                    return
                deadline.reschedule(start + grace + length / slowest)
    except TimeoutError as error:
        raise Refusal(408, "The request took too long to arrive. Send it again.\n") from error
    # Or the client has gone, and nobody reads this
    raise Refusal(400, "The request broke off, or its body is not sent as HTTP says. Send it again.\n")


def _too_large(most: int) -> Refusal:
    if most == SMALL:
        limit = f"{most // 1024} KB that are taken from people who have not signed in"
        advice = "Sign in, in another tab, then send it again."
    else:
        limit, advice = f"{most // 1_000_000} MB that are taken here", "Send a smaller file, or split it."
    return Refusal(413, f"The request is larger than the {limit}. {advice}\n")
