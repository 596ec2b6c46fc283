"""``manage.py apply_changes COPY DELTA``: a copy of a release becomes what a delta says."""

import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation.files.deltas import DeltaProblem, apply


class Command(BaseCommand):
    help = (
        "Apply the changes of a file of /data/changes to a copy of a release, whose CSV files then equal those of the"
        " public data. If something does not fit, the copy stays as it is. Changes that add a file need the"
        " datapackage.json of the later release in the copy."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("copy", type=Path, metavar="COPY", help="the folder with the files of the release")
        parser.add_argument("delta", type=Path, metavar="DELTA", help="the file of changes")

    def handle(self, *, copy: Path, delta: Path, **options: Any) -> None:
        try:
            with delta.open(newline="", encoding="utf-8") as file:
                number = apply(copy, file)
        except DeltaProblem as problem:
            raise CommandError(f"{problem} Nothing was changed.") from problem
        except OSError as error:
            raise CommandError(f"{error.filename or copy}: {error.strerror}. Nothing was changed.") from error
        except (ValueError, KeyError, csv.Error) as error:
            raise CommandError(
                f"These are not changes, or no copy of a release: {error!r}. Nothing was changed."
            ) from error
        self.stdout.write(f"{number} cells")
