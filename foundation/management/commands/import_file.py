"""``manage.py import_file TYPE FILE``: any of the project's files, such as sources.csv, into the database."""

import sys
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from foundation.accounts import system_account
from foundation.arguments import utf8
from foundation.files.importing.pipeline import compared
from foundation.files.importing.reading import FileProblem, readable
from foundation.files.importing.report import Report, write_failures
from foundation.files.importing.staging import Step
from foundation.files.resources import resources

SHOWN = 20


class Command(BaseCommand):
    help = "Import a CSV or XLSX file: all rows or none. Nothing is published unless --publish asks for it."
    file_type: str | None = None
    """The kind of file, for a command that imports only one kind."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        if self.file_type is None:
            parser.add_argument("type", choices=sorted(resources()), help="what the rows of the file are")
        parser.add_argument("file", type=Path, help="the CSV or XLSX file")
        parser.add_argument("--dry-run", action="store_true", help="check and count, write nothing")
        parser.add_argument("--errors", type=Path, metavar="FILE", help="write the refused rows to this CSV file")
        parser.add_argument("--publish", action="store_true", help="make the records of the file public")
        parser.add_argument(
            "--keep-identifiers",
            action="store_true",
            help="restore a backup: new records keep their identifiers, however far these are beyond the last one that"
            " was given, and the next ones follow. Otherwise an identifier far beyond the series is refused",
        )
        parser.add_argument(
            "--by", type=utf8, metavar="USERNAME", help="the account that the history names (default: observatory)"
        )

    def handle(self, *, file: Path, dry_run: bool, errors: Path | None, by: str | None, **options: Any) -> None:
        resource = resources()[self.file_type or options["type"]]
        publish = options["publish"]
        if errors and errors.resolve() == file.resolve():
            raise CommandError("--errors names the file that is imported. Name another.")
        try:
            with (
                tqdm(unit_scale=True, disable=not sys.stderr.isatty()) as bar,
                readable(file, resource.file()) as readable_file,
                compared(
                    readable_file,
                    resource,
                    by=_account(by),
                    publish=publish,
                    is_operator=True,
                    keep_identifiers=options["keep_identifiers"],
                    progress=partial(_show, bar),
                ) as found,
            ):
                if errors and found.report.is_refused:
                    write_failures(found.table, errors)
                elif not dry_run and not found.report.is_refused:
                    found.save()
                report = found.report
        except FileProblem as problem:
            place = f"{file}, row {problem.row}" if problem.row else str(file)
            raise CommandError(f"{place}: {problem.problem} {problem.remedy} Nothing was imported.") from problem
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}. Nothing was imported.") from error
        self._tell(report, errors)

    def _tell(self, report: Report, errors: Path | None) -> None:
        for notice in report.notices:
            self.stderr.write(f"Note: {notice}")
        if report.is_refused:
            self._tell_problems(report)
            written = f" The refused rows stand in {errors}." if errors else " --errors FILE writes them to a file."
            count = "1 row was" if report.refused == 1 else f"{report.refused} rows were"
            raise CommandError(f"{count} refused, so nothing was imported.{written}")
        done = "" if report.is_applied else "Nothing was written. It would be: "
        published = f", {report.published} published" if report.published else ""
        counts = f"{report.new} new, {report.changed} changed, {report.unchanged} unchanged{published}"
        self.stdout.write(f"{done}{report.file}: {counts}")

    def _tell_problems(self, report: Report) -> None:
        for problem in report.problems[:SHOWN]:
            value = f" “{problem.value}”" if problem.value else ""
            self.stderr.write(
                f"row {problem.row}, {problem.column or 'row'}{value}: {problem.problem} {problem.remedy}"
            )
        if len(report.problems) > SHOWN:
            self.stderr.write(f"… and more, in {report.refused} rows altogether")


def _show(bar: tqdm, step: Step) -> None:
    """Show one progress bar per phase."""
    if bar.total != step.total or step.done < bar.n:
        bar.set_description(str(step.phase.label))
        bar.reset(step.total)
    bar.update(step.done - bar.n)


def _account(name: str | None) -> User:
    if name is None:
        return system_account()
    try:
        return User.objects.get(username=name)
    except User.DoesNotExist as error:
        raise CommandError(f"There is no account {name}.") from error
