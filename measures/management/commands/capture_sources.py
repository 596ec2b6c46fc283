"""``manage.py capture_sources``: ask the addresses of sources without waiting for a worker."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from measures.archive import links
from measures.models import Link, Source

LONGEST = 7 * 24 * 60 * 60
"""Maximum duration of the command in seconds; with the pause, that is 200,000 documents of a single server."""


class Command(BaseCommand):
    help = "Check the sources that are due, or those named, and keep a copy of what has changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--source", action="append", default=[], metavar="KEY", help="check only this source; can be repeated"
        )
        parser.add_argument("--all", action="store_true", help="include sources that are not due yet")

    def handle(self, *, source: list[str], all: bool, **options: Any) -> None:
        now = timezone.now()
        sources = Source.objects.filter(key__in=source) if source else Source.objects.all()
        if missing := set(source) - set(sources.values_list("key", flat=True)):
            raise CommandError(f"No source is called {', '.join(sorted(missing))}.")
        if source or all:
            links.check_now(sources, at=now)
        else:
            links.watch(sources, at=now)
        links.visit_due(seconds=LONGEST)
        asked = Link.objects.filter(source__in=sources, checked_at__gte=now)
        for link in asked.order_by("source__key").select_related("source"):
            words = links.problem_in_words(link.problem) if link.problem else link.get_state_display()
            self.stdout.write(f"{link.source.key}  {words}")
        self.stdout.write(f"{asked.count()} asked, {asked.filter(failures=0).count()} answered")
