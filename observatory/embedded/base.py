"""The connection of the engine ``observatory.embedded``; the name of this file is Django's."""

from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base

from observatory.postgres import Role, ensure_server


class DatabaseWrapper(base.DatabaseWrapper):
    """Finds or starts the server at each new connection: commands that need no database start none, and a server
    that was killed is back with the next request."""

    def get_connection_params(self) -> dict[str, Any]:
        address, role = ensure_server(settings.DATA_DIR), Role(self.settings_dict["USER"])
        server = {"host": address.host, "port": address.port, "password": address.password(role)}
        parameters: dict[str, Any] = super().get_connection_params()
        return {**parameters, **server}
