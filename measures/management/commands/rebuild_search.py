"""``manage.py rebuild_search``: every entry's search vector anew."""

from typing import Any

from django.core.management.base import BaseCommand

from measures.search import rebuild_search


class Command(BaseCommand):
    help = "Compute the search vectors of all entries anew, after a load with triggers off. Searches wait meanwhile."

    def handle(self, **options: Any) -> None:
        rebuild_search()
