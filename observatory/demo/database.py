"""The embedded PostgreSQL server as a supervised process of the demo.

Any process that needs the server starts it, so it may have died and be running again before the supervisor notices.
"""

from collections.abc import Sequence
from pathlib import Path

from observatory.demo.supervision import CannotStart, Program
from observatory.embedded.data_folder import DataFolderError, check_data_folder
from observatory.embedded.postgres import PostgresError, ensure_server, server_number


class Database:
    """The server of a data folder; it has been started before the supervisor begins."""

    name = "database"

    def __init__(self, data_dir: Path, *, clients: Sequence[Program]) -> None:
        self.data_dir, self.clients = data_dir, clients
        """Programs that remember the server's address, and are restarted with it."""
        self.number: int | None = None

    def start(self) -> None:
        """Start the server if it is not running. Raise CannotStart with the reason."""
        try:
            if server_number(self.data_dir) is None:
                check_data_folder(self.data_dir)
            ensure_server(self.data_dir)
        except DataFolderError as error:
            raise CannotStart(str(error)) from error
        except (PostgresError, OSError) as error:
            raise CannotStart(str(error).splitlines()[-1]) from error
        self.number = server_number(self.data_dir)

    def death(self) -> str:
        """Report that the server died, even if it is running again; its clients are restarted."""
        if self.number == server_number(self.data_dir):
            return ""
        for client in self.clients:
            client.begin_anew()
        return "was killed or has crashed"

    def ask_to_end(self) -> None:
        """Do nothing: the server is stopped last, by the demo that started it."""

    def end(self, seconds: float) -> None:
        """Do nothing: the server is stopped last, by the demo that started it."""
