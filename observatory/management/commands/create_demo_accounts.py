"""``manage.py create_demo_accounts``: an editor and an analyst, with random passwords."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from observatory.accounts.demo import create_demo_accounts


class Command(BaseCommand):
    help = "Create the accounts editor and analyst if they are missing, and print their passwords."

    def handle(self, **options: Any) -> None:
        for name, password in create_demo_accounts(settings.DATA_DIR).items():
            self.stdout.write(f"  {name:<8} {password}")
