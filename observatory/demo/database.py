"""The embedded PostgreSQL as the supervisor of the demo looks after it.

Whoever needs the server starts it; so it may have been killed and be back before anybody looks.
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
        """Those that keep the address of the server as it was, and are started anew with it."""
        self.number: int | None = None

    def start(self) -> None:
        """Start the server where it does not run. Raise CannotStart with the reason."""
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
        """That the server died, also where it is back; its clients begin anew."""
        if self.number == server_number(self.data_dir):
            return ""
        for client in self.clients:
            client.begin_anew()
        return "was killed or has crashed"

    def ask_to_end(self) -> None:
        """It ends last, with the demo that started it."""

    def end(self, seconds: float) -> None:
        """It ends last, with the demo that started it."""
