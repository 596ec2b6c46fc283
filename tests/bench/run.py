"""The context of a benchmark run."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.server import Server

MIB = 2**20
UNCACHED = {"PAGE_CACHE_MB": "0"}
"""The environment of a process that renders every page."""


@dataclass(frozen=True, slots=True)
class Bench:
    """The server, the loaded database, its size, and a temporary folder for the run."""

    server: Server
    database: str
    size: int
    folder: Path

    def inside(self, work: str, *arguments: str, database: str = "", **environment: str) -> dict[str, Any]:
        """The result of work in `tests.bench.inside` on a database, by default that of the run."""
        printed = self.server.run(
            database or self.database, "-m", "tests.bench.inside", work, *arguments, **environment
        )
        found: dict[str, Any] = json.loads(printed)
        return found

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process that uses the loaded database."""
        return self.server.environment(self.database)
