"""``manage.py import_package FOLDER|FILE.zip``: all files of a data package into the database."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from tqdm import tqdm

from foundation.accounts import account_named
from foundation.arguments import utf8
from foundation.files.importing.package import PackageProblem, import_package
from foundation.files.importing.package_uploads import record
from foundation.files.importing.staging import Step
from foundation.management.commands.import_file import show, tell_problems


class Command(BaseCommand):
    help = (
        "Import all files of a folder or ZIP archive that export_package wrote: all of them or none. New records take"
        " the identifier and the workflow state that the package has."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="FOLDER|FILE.zip", help="the package")
        parser.add_argument("--dry-run", action="store_true", help="check and count, write nothing")
        parser.add_argument(
            "--by", type=utf8, metavar="USERNAME", help="the account that the history names (default: observatory)"
        )

    def handle(self, *, path: Path, dry_run: bool, by: str | None, **options: Any) -> None:
        with tqdm(unit_scale=True, disable=not sys.stderr.isatty()) as bar:

            def tell(file: str, step: Step) -> None:
                show(bar, step, file)

            account, number = account_named(by), None
            try:
                with transaction.atomic():
                    report = import_package(path, by=account, is_operator=True, dry_run=dry_run, tell=tell)
                    if report.is_applied:
                        number = record(report, path.resolve().name, by=account)
            except PackageProblem as problem:
                raise self._error(path, problem) from problem
            except OSError as error:
                raise CommandError(f"{error.filename}: {error.strerror}. Nothing was imported.") from error
        if not report.is_applied:
            self.stdout.write("Nothing was written. It would be:")
        for file in report.files:
            self.stdout.write(f"{file.file}: {file.new} new, {file.changed} changed, {file.unchanged} unchanged")
        if number is not None:
            self.stdout.write(f"This is import {number}. To undo it: manage.py undo_import {number}")

    def _error(self, path: Path, problem: PackageProblem) -> CommandError:
        if problem.report:
            tell_problems(self.stderr, problem.report)
            return CommandError(f"{path}: {problem.file} was refused, so nothing was imported.")
        found = problem.problem
        assert found
        place = f"{problem.file}, row {found.row}" if found.row else problem.file
        return CommandError(f"{path}: {place}: {found.problem} {found.remedy} Nothing was imported.")
