"""``manage.py import_file TYPE FILE``: any of the project's files, such as sources.csv, into the database."""

import sys
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from foundation.accounts import account_named
from foundation.arguments import utf8
from foundation.files.importing.changes import changes, write_changes
from foundation.files.importing.jobs import save_recorded
from foundation.files.importing.mapping import Mapping
from foundation.files.importing.pipeline import Import, compared
from foundation.files.importing.reading import FileProblem, OtherColumns, readable
from foundation.files.importing.report import Report, write_failures
from foundation.files.importing.staging import Step
from foundation.files.models import FileMapping
from foundation.files.resources import FileResource, resources

SHOWN = 20
LONGEST_CELL = 200
"""Characters of a cell that the terminal shows."""


class Command(BaseCommand):
    help = "Import a CSV or XLSX file: all rows or none. Nothing is published without --publish."
    file_type: str | None = None
    """The kind of file, for a command that imports only one kind."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        if self.file_type is None:
            parser.add_argument("type", choices=sorted(resources()), help="what the rows of the file are")
        parser.add_argument("file", type=Path, help="the CSV or XLSX file")
        parser.add_argument("--dry-run", action="store_true", help="check the file without importing it")
        parser.add_argument("--errors", type=Path, metavar="FILE", help="write the refused rows to this CSV file")
        parser.add_argument(
            "--skip-refused", action="store_true", help="import the other rows; --errors FILE writes the refused ones"
        )
        parser.add_argument(
            "--older-too",
            action="store_true",
            help="import rows too whose updated_at is earlier than that of the record; otherwise they are left alone",
        )
        parser.add_argument(
            "--overwrite",
            type=utf8,
            metavar="all|KEY,KEY",
            help="of a file of vocabulary, change these records that are here, such as border.closure or PER:mininter;"
            " otherwise it only adds",
        )
        parser.add_argument(
            "--changes", type=Path, metavar="FILE", help="write every cell that changes, old and new, to this CSV file"
        )
        parser.add_argument("--publish", action="store_true", help="publish the records of the file")
        parser.add_argument(
            "--keep-identifiers",
            action="store_true",
            help="restore a backup: new records keep their identifiers, however far these are beyond the last one that"
            " was given, and the next ones follow. Otherwise an identifier far beyond the series is refused",
        )
        parser.add_argument(
            "--mapping",
            type=utf8,
            metavar="NAME",
            help="read a file with other columns as the mapping of this name says, which was kept on the import page",
        )
        parser.add_argument(
            "--by", type=utf8, metavar="USERNAME", help="the account that the history names (default: observatory)"
        )

    def handle(self, *, file: Path, dry_run: bool, errors: Path | None, by: str | None, **options: Any) -> None:
        resource = resources()[self.file_type or options["type"]]
        for name, path in (("--errors", errors), ("--changes", options["changes"])):
            if path and path.resolve() == file.resolve():
                raise CommandError(f"{name} names the file that is imported. Name another.")
        if options["overwrite"] and not resource.adds_only:
            raise CommandError(
                f"--overwrite is for files of vocabulary, which otherwise only add. {resource.file()}.csv changes every"
                " record that differs: leave the option out."
            )
        account, number = account_named(by), None
        mapping = _mapping(resource, options["mapping"])
        try:
            with (
                tqdm(unit_scale=True, disable=not sys.stderr.isatty()) as bar,
                readable(file, resource.file()) as readable_file,
                compared(
                    readable_file,
                    resource,
                    by=account,
                    publish=options["publish"],
                    is_operator=True,
                    keep_identifiers=options["keep_identifiers"],
                    skip_refused=options["skip_refused"],
                    take_older=options["older_too"],
                    overwrite=_overwritten(options["overwrite"]),
                    name=file.name,
                    mapping=Mapping.from_json(mapping.mapping) if mapping else None,
                    progress=partial(show, bar),
                ) as found,
            ):
                report = found.report
                if errors and report.refused:
                    write_failures(found.table, errors)
                if options["changes"]:
                    write_changes(found, options["changes"])
                self._tell_changes(found)
                if not dry_run and not report.is_refused:
                    number = save_recorded(found, by=account, mapping=mapping)
        except FileProblem as problem:
            if isinstance(problem, OtherColumns) and not mapping:
                self.stderr.write("Note: map its columns on the import page once, then add --mapping NAME here.")
            place = f"{file}, row {problem.row}" if problem.row else str(file)
            raise CommandError(f"{place}: {problem.problem} {problem.remedy} Nothing was imported.") from problem
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}. Nothing was imported.") from error
        self._tell(report, errors)
        if number is not None:
            self.stdout.write(f"This is import {number}. To undo it: manage.py undo_import {number}")

    def _tell_changes(self, found: Import) -> None:
        """List the first records that change, cell by cell, and the cells of the first new ones."""
        shown = 0
        for change in changes(found, most=SHOWN):
            self.stdout.write(f"row {change.row}, {change.state}: {change.label}")
            for column, before, after in change.cells:
                former = "" if change.is_new else f"{_in_line(before)} -> "
                self.stdout.write(f"    {column}: {former}{_in_line(after)}")
            shown += 1
        report = found.report
        if shown < report.new + report.changed + report.older:
            self.stdout.write("… and more; --changes FILE writes them all to a file")

    def _tell(self, report: Report, errors: Path | None) -> None:
        for notice in report.notices:
            self.stderr.write(f"Note: {notice}")
        if report.refused:
            tell_problems(self.stderr, report)
        if report.is_refused:
            written = f" The refused rows stand in {errors}." if errors else " --errors FILE writes them to a file."
            count = "1 row was" if report.refused == 1 else f"{report.refused} rows were"
            raise CommandError(f"{count} refused, so nothing was imported.{written}")
        done = "" if report.is_applied else "Nothing was written. It would be: "
        published = f", {report.published} published" if report.published else ""
        aside = "that are here otherwise" if resources()[report.file].adds_only else "older than their records"
        older = f", {report.older} {aside} and left alone" if report.older else ""
        refused = f", {report.refused} refused and left out" if report.refused else ""
        counts = f"{report.new} new, {report.changed} changed, {report.unchanged} unchanged{older}{refused}{published}"
        self.stdout.write(f"{done}{report.file}: {counts}")


def _overwritten(text: str | None) -> frozenset[str] | None:
    """The keys that `--overwrite` names; None for all."""
    if text == "all":
        return None
    return frozenset(stripped for key in (text or "").split(",") if (stripped := key.strip()))


def _mapping(resource: type[FileResource], name: str | None) -> FileMapping | None:
    """The mapping of a name; raise CommandError, which lists those that there are, if there is none."""
    if name is None:
        return None
    kept = FileMapping.objects.filter(file_type=resource.file())
    if found := kept.filter(name=name).first():
        return found
    names = ", ".join(kept.values_list("name", flat=True)) or "none"
    raise CommandError(f"There is no mapping “{name}” for {resource.file()}. There are: {names}.")


def tell_problems(err: Any, report: Report) -> None:
    """Write the first problems of a report, one a line."""
    for problem in report.problems[:SHOWN]:
        value = f" “{problem.value}”" if problem.value else ""
        err.write(f"row {problem.row}, {problem.column or 'row'}{value}: {problem.problem} {problem.remedy}")
    if len(report.problems) > SHOWN:
        err.write(f"… and more, in {report.refused} rows altogether")


def _in_line(text: str) -> str:
    """A cell on one line of a terminal."""
    line = " ".join(text.split())
    return f"“{line[:LONGEST_CELL]}…”" if len(line) > LONGEST_CELL else f"“{line}”"


def show(bar: tqdm, step: Step, file: str = "") -> None:
    """Show one progress bar per phase, and which file it is about."""
    if bar.total != step.total or step.done < bar.n:
        bar.set_description(f"{file} {step.phase.label}".strip())
        bar.reset(step.total)
    bar.update(step.done - bar.n)
