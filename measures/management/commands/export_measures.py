"""``manage.py export_measures``: measures.csv from the database."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db.models import QuerySet

from countries.models import Country
from foundation.files.cells import nearest_in_words
from foundation.management.commands import export_file
from measures.models import Measure, PublicIdSequence


class Command(export_file.Command):
    help = "Export measures as CSV, drafts included, to a file or to standard output."
    file_type = "measures"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--country",
            nargs="+",
            metavar="PER",
            help="only the measures of these countries; INT for international acts",
        )

    def queryset(self, *, country: list[str] | None = None, **options: Any) -> QuerySet[Measure] | None:
        if not country:
            return None
        known = [PublicIdSequence.INTERNATIONAL, *Country.objects.order_by("iso3").values_list("iso3", flat=True)]
        wanted = [code.upper() for code in country]
        for code in wanted:
            if code not in known:
                raise CommandError(f"There is no country {code}. {nearest_in_words(code, known)}")
        measures = Measure.objects.filter(country__in=wanted).order_by("public_id")
        if PublicIdSequence.INTERNATIONAL in wanted:
            measures = Measure.objects.filter(country=None) | measures
        return measures.order_by("public_id")
