"""``manage.py export_file TYPE``: any of the project's files, such as sources.csv, from the database."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from foundation.files.exporting import Records, count, exported
from foundation.files.package.writing import replace
from foundation.files.resources import resources


class Command(BaseCommand):
    help = "Export records as CSV, to a file or to standard output."
    file_type: str | None = None
    """The kind of file, for a command that exports only one kind."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        if self.file_type is None:
            parser.add_argument("type", choices=sorted(resources()), help="what the rows of the file are")
        parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="the CSV file (default: standard output)")
        parser.add_argument(
            "--with-state",
            action="store_true",
            help="add the columns in which two installations differ, such as workflow and updated_at",
        )

    def handle(self, *, output: Path | None, with_state: bool, **options: Any) -> None:
        resource = resources()[self.file_type or options["type"]]
        records = self.records(**options)
        rows = exported(resource, records, with_local=with_state)
        with tqdm(total=count(resource, records), unit=" rows", desc="written", disable=not sys.stderr.isatty()) as bar:
            if output is None:
                self._print(_counted(rows, bar))
            else:
                _write(_counted(rows, bar), output)

    def records(self, **options: Any) -> Records | None:
        """The records in order; None for all."""
        return None

    def _print(self, rows: Iterator[bytes]) -> None:
        try:
            for row in rows:
                self.stdout.write(row.decode(), ending="")
            self.stdout.flush()
        except BrokenPipeError:  # the reader, such as `head`, closed the pipe; Python would report it again at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _counted(rows: Iterator[bytes], bar: tqdm) -> Iterator[bytes]:
    for number, row in enumerate(rows):
        if number:
            bar.update()
        yield row


def _write(rows: Iterator[bytes], path: Path) -> None:
    try:
        replace(path, rows)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}. Nothing was written.") from error
