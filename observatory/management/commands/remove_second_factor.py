"""``manage.py remove_second_factor``: let an account in again whose phone and recovery codes are lost."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from foundation.accounts import account_named
from foundation.records.audit import Act, record
from observatory.accounts.second_factor import remove_second_factor


class Command(BaseCommand):
    help = "Remove the second factor and the recovery codes of an account, of which only the password remains."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the user name")

    @transaction.atomic
    def handle(self, name: str, **options: Any) -> None:
        user = account_named(name)
        remove_second_factor(user)
        record(Act.FACTOR_REMOVED, user, note="manage.py")
        self.stdout.write(f"The second factor of {user} was removed.")
