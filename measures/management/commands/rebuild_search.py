"""``manage.py rebuild_search``: rebuild the search vectors of all entries and sources."""

from typing import Any

from django.core.management.base import BaseCommand

from measures.archive.listing.search import rebuild_source_search
from measures.search.matching import rebuild_search


class Command(BaseCommand):
    help = "Compute all search vectors again. Run it after loading with triggers disabled. Searches wait."

    def handle(self, **options: Any) -> None:
        rebuild_search()
        rebuild_source_search()
