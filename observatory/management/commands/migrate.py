"""Django's ``migrate``, run as the owner of the tables.

It then creates the views of earlier days anew, which would keep columns from being changed meanwhile, and grants the
running role its rights on new tables.
"""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate

from observatory.database.earlier_days import drop_views, make_views
from observatory.database.owner import as_owner
from observatory.database.table_rights import RightsError, grant_rights


class Command(migrate.Command):
    def handle(self, *arguments: Any, **options: Any) -> None:
        with as_owner():
            if options["plan"] or options["check_unapplied"]:
                super().handle(*arguments, **options)
                return
            drop_views()
            super().handle(*arguments, **options)
            make_views()
            self._grant()

    def _grant(self) -> None:
        try:
            grant_rights()
        except RightsError as error:
            raise CommandError(str(error)) from error
