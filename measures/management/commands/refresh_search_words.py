"""``manage.py refresh_search_words``: the words of the public record, for "did you mean"."""

from typing import Any

from django.core.management.base import BaseCommand

from measures.search.spelling import refresh_words


class Command(BaseCommand):
    help = "Collect the words of the published entries for “did you mean”. Run it every night."

    def handle(self, **options: Any) -> None:
        refresh_words()
