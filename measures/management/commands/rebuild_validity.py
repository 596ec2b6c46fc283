"""``manage.py rebuild_validity``: derive anew what is true of every act on every day."""

from typing import Any

from django.core.management.base import BaseCommand

from measures.validity.store import rebuild


class Command(BaseCommand):
    help = "Derive the validity of every act again. Run it after loading data with triggers disabled."

    def handle(self, **options: Any) -> None:
        rebuild()
