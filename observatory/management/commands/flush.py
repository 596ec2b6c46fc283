"""Django's ``flush``, as the owner of the tables: nobody else may empty them."""

from typing import Any

from django.core.management.commands import flush

from observatory.database.owner import as_owner


class Command(flush.Command):
    def handle(self, **options: Any) -> None:
        with as_owner():
            super().handle(**options)
