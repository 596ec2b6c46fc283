"""``manage.py export_package FOLDER|FILE.zip``: all files as one data package."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation.files.package.writing import archive, replace, write_folder


class Command(BaseCommand):
    help = (
        "Export all files, drafts included, with datapackage.json, which says what they are (a Data Package of"
        " Frictionless). The same state of the database gives the same bytes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="FOLDER|FILE.zip", help="where the files are written")

    def handle(self, *, path: Path, **options: Any) -> None:
        try:
            if path.suffix == ".zip":
                replace(path, archive())
            else:
                write_folder(path)
        except OSError as error:
            raise CommandError(f"{error.filename or path}: {error.strerror}.") from error
        self.stdout.write(f"{path}")
