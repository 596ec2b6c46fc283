"""``manage.py forget_sign_ins``: delete old sign-in data, as a worker does every night."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from observatory.accounts.sign_in import RECORD_DAYS, forget_sign_ins


class Command(BaseCommand):
    help = f"Delete ended sessions, attempts to sign in that no longer count, and who signed in {RECORD_DAYS} days ago."

    def handle(self, **options: Any) -> None:
        for records, number in forget_sign_ins(at=timezone.now()).items():
            self.stdout.write(f"{records} deleted: {number}")
