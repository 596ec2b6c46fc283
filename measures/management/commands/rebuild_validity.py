"""``manage.py rebuild_validity``: derive anew what is true of every act on every day."""

from typing import Any

from django.core.management.base import BaseCommand

from measures.validity.store import rebuild


class Command(BaseCommand):
    help = "Derive anew what is true of every act on every day, after a load with triggers off."

    def handle(self, **options: Any) -> None:
        rebuild()
