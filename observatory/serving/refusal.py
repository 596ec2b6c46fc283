"""Requests that Django does not answer: too large, too slow, or one too many."""

from dataclasses import dataclass


@dataclass
class Refusal(Exception):
    """The status of the response, its text, and Retry-After in seconds, if useful."""

    status: int
    words: str
    retry_after: int | None = None

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The response headers. The connection is closed, since the rest of the request is not read."""
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
        if self.retry_after is not None:
            headers.append((b"retry-after", str(self.retry_after).encode()))
        return [*headers, (b"connection", b"close")]


class Disconnected(Exception):
    """The client has disconnected."""
