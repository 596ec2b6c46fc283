"""``manage.py export_archive DIR``: the archive as BagIt, for a library or another machine."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation.days import today
from measures.archive.bag import Altered, export


class Command(BaseCommand):
    help = "Write all archived files, a table of captures and checksums to an empty folder, as a BagIt bag (RFC 8493)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *, folder: Path, **options: Any) -> None:
        try:
            count = export(folder, on=today())
        except FileExistsError as error:
            raise CommandError(f"{folder} is not empty. Name a new folder.") from error
        except Altered as error:
            raise CommandError(f"{error} is missing or altered. See manage.py verify_archive.") from error
        self.stdout.write(f"{count} files in {folder}")
