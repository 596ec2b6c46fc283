"""``manage.py verify_archive``: verify that the archive is intact."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from measures.archive.verifying import clear_orphans as clear
from measures.archive.verifying import verify


class Command(BaseCommand):
    help = "Compare every archived file with its SHA-256. Exit with an error if any differs or is missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--clear-orphans",
            action="store_true",
            help="delete files older than an hour to which no capture refers",
        )

    def handle(self, *, clear_orphans: bool, **options: Any) -> None:
        with tqdm(unit=" files", disable=None) as bar:
            verdict = verify(at=timezone.now(), told=bar.update)
        if clear_orphans:
            self.stdout.write(f"{clear(verdict)} cleared")
        for kind in ("missing", "altered", "orphaned"):
            for name in getattr(verdict, kind):
                self.stdout.write(f"{kind}  {name}")
        summary = f"{verdict.sound} sound, {len(verdict.missing)} missing, {len(verdict.altered)} altered, "
        summary += f"{len(verdict.orphaned)} orphaned"
        if not verdict.is_sound:
            raise CommandError(summary)
        self.stdout.write(summary)
