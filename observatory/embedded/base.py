"""The connection of the engine ``observatory.embedded``; the module name is prescribed by Django."""

from typing import Any

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base

from observatory.embedded.postgres import PATIENCE, PostgresError, Role, ensure_server


class DatabaseWrapper(base.DatabaseWrapper):
    """Finds or starts the server at each new connection: commands that need no database start none, and a server
    that was killed is back with the next request."""

    def get_connection_params(self) -> dict[str, Any]:
        role = Role(self.settings_dict["USER"])
        try:
            address = ensure_server(settings.DATA_DIR, patience=self.settings_dict.get("PATIENCE", PATIENCE))
        except (PostgresError, OSError) as error:  # as for any unreachable server
            raise psycopg.OperationalError(str(error)) from error
        server = {"host": address.host, "port": address.port, "password": address.password(role)}
        parameters: dict[str, Any] = super().get_connection_params()
        return {**parameters, **server}
