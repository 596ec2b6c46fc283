"""One run of the bench: what every measurement needs."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.server import Server

MIB = 2**20
UNCACHED = {"PAGE_CACHE_MB": "0"}
"""Environment of a process that builds each page anew."""


@dataclass(frozen=True, slots=True)
class Bench:
    """The server, the loaded database, how large it is, and a folder for files that last as long as the run."""

    server: Server
    database: str
    size: int
    folder: Path

    def inside(self, work: str, *arguments: str, database: str = "", **environment: str) -> dict[str, Any]:
        """What `tests.bench.inside` says of work on a database, that of the run unless another is named."""
        printed = self.server.run(
            database or self.database, "-m", "tests.bench.inside", work, *arguments, **environment
        )
        found: dict[str, Any] = json.loads(printed)
        return found

    @property
    def environment(self) -> dict[str, str]:
        """For a process that is to work on the loaded database."""
        return self.server.environment(self.database)
