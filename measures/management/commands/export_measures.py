"""``manage.py export_measures``: measures.csv from the database."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from countries.models import Country
from foundation.files.cells import nearest_in_words
from foundation.files.exporting import Records
from foundation.management.commands import export_file
from measures.listing.filters import MeasureFilter
from measures.models import Measure, PublicIdSequence


class Command(export_file.Command):
    help = "Export measures as CSV, drafts included, to a file or to standard output."
    file_type = "measures"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            "--country",
            nargs="+",
            metavar="PER",
            help="only the measures of these countries; INT for international acts",
        )
        which.add_argument(
            "--query",
            metavar="country=KEN&status=in_force",
            help="only the published measures that the list shows for this query string, in the same order",
        )
        parser.add_argument(
            "--drafts",
            action="store_true",
            help="with --query: include measures that are not published",
        )

    def records(
        self, *, country: list[str] | None = None, query: str | None = None, drafts: bool = False, **options: Any
    ) -> Records | None:
        if query is not None:
            return self._asked_for(query, drafts=drafts)
        if drafts:
            raise CommandError("--drafts needs --query. Without a query, drafts are always exported.")
        return self._of_countries(country) if country else None

    @staticmethod
    def _asked_for(query: str, *, drafts: bool) -> Records:
        among = Measure.objects.all() if drafts else Measure.objects.published()
        asked = MeasureFilter.of_text(query, among=among)
        if asked.problems:
            raise CommandError("\n".join(f"{problem.parameter}: {problem.message}" for problem in asked.problems))
        return asked.ids_in_database

    @staticmethod
    def _of_countries(country: list[str]) -> Records:
        known = [PublicIdSequence.INTERNATIONAL, *Country.objects.order_by("iso3").values_list("iso3", flat=True)]
        wanted = [code.upper() for code in country]
        for code in wanted:
            if code not in known:
                raise CommandError(f"There is no country {code}. {nearest_in_words(code, known)}")
        return Measure.objects.of_countries(wanted).order_by("public_id")
