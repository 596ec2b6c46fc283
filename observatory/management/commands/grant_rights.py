"""``manage.py grant_rights``: grant the running role its rights; `migrate` does this at its end."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from observatory.database.owner import as_owner, has_two_roles, running_role
from observatory.database.table_rights import RightsError, grant_rights


class Command(BaseCommand):
    help = "Grant the role of DATABASE_URL the rights that the site needs. Run it after a restore."
    requires_system_checks = []

    def handle(self, **options: Any) -> str:
        if not has_two_roles():
            return "One role does all, since MIGRATION_DATABASE_URL is not set: there is nothing to grant."
        try:
            with as_owner():
                grant_rights()
        except RightsError as error:
            raise CommandError(str(error)) from error
        return f"{running_role()} may run the site, and neither change nor remove history."
