"""``manage.py load_fixtures``: load the files of a folder with the ordinary importer."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pghistory
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from foundation.accounts import system_account
from foundation.files.importing.pipeline import compared
from foundation.files.importing.reading import FileProblem
from foundation.files.resources import FileResource, resources
from measures.choices import Workflow
from measures.files.quotations import load_citations
from measures.files.resources import MeasureResource
from measures.models import Measure
from measures.search.spelling import refresh_words

FOLDER = settings.BASE_DIR / "fixtures"
AMERICAS = FOLDER / "americas"


class Command(BaseCommand):
    help = (
        "Load the files of fixtures/, or of another folder: site.csv, countries.csv, topics.csv and so on, and"
        " measures.csv, whose entries become public; stubs.csv has acts that they name, citations.csv quotes of their"
        " sources. A file that the folder lacks is skipped. Records that are there already stay as they are, unless"
        " --update asks for more."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--folder", type=Path, default=FOLDER, help="where the files are, such as start_observatory writes them"
        )
        parser.add_argument("--update", action="store_true", help="bring existing records to what the files say")
        parser.add_argument(
            "--americas",
            action="store_true",
            help="load the measures of eight more countries, too, and say on the site whose data they rest on",
        )

    @transaction.atomic
    def handle(self, *, update: bool, folder: Path = FOLDER, americas: bool = False, **options: Any) -> None:
        self._load_folder(folder, update)
        if americas:
            self._load_americas(update)

    def _load_americas(self, update: bool) -> None:
        """Load the further countries; with the first of their entries, the site says whose data they rest on."""
        before = Measure.objects.count()
        self._load_folder(AMERICAS, update)
        if update or Measure.objects.count() > before:
            self._load(AMERICAS / "credits.csv", resources()["site"], by=system_account())

    def _load_folder(self, folder: Path, update: bool) -> None:
        known = [f"{name}.csv" for name in (*resources(), "stubs")]
        if not any((folder / name).exists() for name in known):
            raise CommandError(f"{folder} has none of the files that can be loaded: {', '.join(known)}.")
        common: dict[str, Any] = {"by": system_account(), "only_new": not update, "keep_identifiers": True}
        there = set() if update else set(Measure.objects.values_list("public_id", flat=True))
        for name, resource in resources().items():
            if resource is MeasureResource:  # measures name stubs, so these come first
                self._load(folder / "stubs.csv", resource, state=Workflow.STUB, **common)
            self._load(folder / f"{name}.csv", resource, publish=resource is MeasureResource, **common)
        self._cite(folder / "citations.csv", there, common["by"])
        refresh_words()

    def _load(self, path: Path, resource: type[FileResource], **options: Any) -> None:
        if not path.exists():
            return
        try:
            with compared(path, resource, **options) as found:
                for problem in found.report.problems:
                    self.stderr.write(f"{path.name}, {problem}")
                if found.report.is_refused:
                    raise CommandError(f"{path.name} was refused; nothing was loaded.")
                found.save()
        except FileProblem as problem:
            raise CommandError(f"{path.name}: {problem.problem} {problem.remedy} Nothing was loaded.") from problem
        report = found.report
        if report.new or report.changed:
            self.stdout.write(f"{path.name}: {report.new} new, {report.changed} changed")

    def _cite(self, path: Path, there: set[str], by: User) -> None:
        """Load the citations of all measures but those that were `there` before."""
        if not path.exists():
            return
        measures = set(Measure.objects.values_list("public_id", flat=True)) - there
        try:
            with pghistory.context(user=by.pk, command="load_fixtures"):
                count = load_citations(path, of=measures)
        except FileProblem as problem:
            raise CommandError(f"{path.name}: {problem.problem} {problem.remedy} Nothing was loaded.") from problem
        if count:
            self.stdout.write(f"{path.name}: {count} new or changed")
