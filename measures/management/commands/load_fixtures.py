"""``manage.py load_fixtures``: load the files of a folder with the ordinary importer."""

from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from countries.models import Observation
from foundation.accounts import system_account
from foundation.files.importing.pipeline import compared
from foundation.files.importing.reading import FileProblem
from foundation.files.resources import FileResource, resources
from measures.archive.examples import keep_documents
from measures.archive.links import watch
from measures.choices import Workflow
from measures.files.resources import MeasureResource
from measures.models import Measure, Source
from measures.search.spelling import refresh_words
from measures.tasks import tend_archive_soon

FOLDER = settings.BASE_DIR / "fixtures"
AMERICAS = FOLDER / "americas"
DAILY = FOLDER / "daily"
EXAMPLES = FOLDER / "examples"
NOT_BY_ITSELF = timedelta(days=36500)
"""When the sources of a demo are checked, unless somebody asks: a demo does not call on a hundred ministries."""


class Command(BaseCommand):
    help = (
        "Load the files of fixtures/, or of another folder: site.csv, countries.csv, topics.csv and so on, and"
        " measures.csv, whose entries become public; stubs.csv has acts that they name. A file that the folder lacks is"
        " skipped. Records that are there already stay as they are, unless --update asks for more."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--folder",
            type=Path,
            default=FOLDER,
            help="folder of the files, such as start_observatory writes",
        )
        parser.add_argument("--update", action="store_true", help="update existing records from the files")
        parser.add_argument(
            "--americas",
            action="store_true",
            help="also load the measures of eight more countries, and credit their data on the site",
        )
        parser.add_argument(
            "--demo",
            action="store_true",
            help="load those, too, and daily figures and documents that are examples; no link is checked unasked",
        )

    @transaction.atomic
    def handle(
        self, *, update: bool, folder: Path = FOLDER, americas: bool = False, demo: bool = False, **options: Any
    ) -> None:
        self._load_folder(folder, update)
        if americas or demo:
            self._load_credited(AMERICAS, update)
        if demo:
            self._load_credited(DAILY, update)
            self._load_folder(EXAMPLES, update)
            keep_documents(EXAMPLES / "documents", by=system_account())
            transaction.on_commit(tend_archive_soon)
            now = timezone.now()
            watch(Source.objects.filter(link=None), at=now, due_at=now + NOT_BY_ITSELF)

    def _load_credited(self, folder: Path, update: bool) -> None:
        """Load a folder; when its records are new, the site says whose data they rest on."""
        before = _records()
        self._load_folder(folder, update)
        if update or _records() > before:
            self._load(folder / "credits.csv", resources()["site"], by=system_account())

    def _load_folder(self, folder: Path, update: bool) -> None:
        known = [f"{name}.csv" for name in (*resources(), "stubs")]
        if not any((folder / name).exists() for name in known):
            raise CommandError(f"{folder} has none of the files that can be loaded: {', '.join(known)}.")
        common: dict[str, Any] = {"by": system_account(), "only_new": not update, "keep_identifiers": True}
        if not update:
            common["untouched"] = frozenset(Measure.objects.values_list("public_id", flat=True))
        for name, resource in resources().items():
            if resource is MeasureResource:  # measures name stubs, so these come first
                self._load(folder / "stubs.csv", resource, state=Workflow.STUB, **common)
            self._load(folder / f"{name}.csv", resource, publish=resource is MeasureResource, **common)
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


def _records() -> int:
    return Measure.objects.count() + Observation.objects.count()
