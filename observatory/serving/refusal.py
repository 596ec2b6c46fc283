"""A request that is not answered by Django: too large, too slow, or one too many."""

from dataclasses import dataclass


@dataclass
class Refusal(Exception):
    """The status of the answer, what it says, and after how many seconds to ask again, if that helps."""

    status: int
    words: str
    retry_after: int | None = None

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Those of the answer. The connection ends: what is still to come of the request is not read."""
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
        if self.retry_after is not None:
            headers.append((b"retry-after", str(self.retry_after).encode()))
        return [*headers, (b"connection", b"close")]


class Disconnected(Exception):
    """The visitor has gone."""
