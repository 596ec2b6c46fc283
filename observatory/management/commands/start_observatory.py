"""``manage.py start_observatory NAME --folder FOLDER``: the files with which an observatory of another field begins."""

import csv
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.text import slugify

from countries.models import Area
from foundation.files.resources import resources

INCLUDED = settings.BASE_DIR / "fixtures"
"""The files of the record that every installation can load."""
FIRST_TERMS = {
    "topics": {"key": "general", "position": "10", "label_en": "General", "label_es": "General", "label_pt": "Geral"},
    "target_groups": {
        "key": "all_persons",
        "position": "10",
        "label_en": "All persons",
        "label_es": "Todas las personas",
        "label_pt": "Todas as pessoas",
    },
}
"""One row of each vocabulary that a measure needs, to be replaced by those of the field."""
STEPS = """
An observatory of another field, such as climate laws, begins in five steps, without a line of code:

  1. manage.py start_observatory "Climate Law Observatory" --folder climate --country DEU KEN
  2. Fill in the files of the folder, with a spreadsheet or an editor. What is empty stays out of the pages:
       site.csv            tagline, headline, lead, subject and so on in up to three languages
       countries.csv       the world; is_covered is true for each country that gets a page
       topics.csv          two levels; the first are the lanes of the timelines
       target_groups.csv   whom a measure concerns
       sources.csv         documents; an entry of measures.csv needs one to become public
       roles.csv           what a country can be; without rows no page speaks of roles
       areas.csv           the regions, provinces or states of those countries
       units.csv           what figures count: persons, percent, dollars; add those that are missing
       indicators.csv      figures; headline_position puts one at the head of each profile
     The others may keep their header alone, and those that nobody needs may be deleted.
  3. manage.py migrate, on an empty database (DATABASE_URL, or DATA_DIR for the embedded one)
  4. manage.py load_fixtures --folder climate, and with --update after each change of the files
  5. LANGUAGES=en,es in the environment, where not all three languages are wanted

From then on, the page "Site" of the admin has the texts of site.csv, and the other pages the rest.
"""


class Command(BaseCommand):
    help = "Write the starting files of an observatory for another field of policy." + STEPS

    def create_parser(self, *args: Any, **options: Any) -> Any:
        """Preserve line breaks in the help text."""
        parser = super().create_parser(*args, **options)
        parser.formatter_class = RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the name of the observatory, in English")
        parser.add_argument(
            "--folder",
            type=Path,
            help="folder for the files; none of them may exist yet. Default: the name in lower case"
            " and hyphens, in the present folder",
        )
        parser.add_argument(
            "--country", nargs="+", default=[], metavar="ISO3", help="countries that get a page, such as DEU KEN"
        )
        parser.add_argument(
            "--area", choices=Area.values, default=Area.WORLD.value, help="the area that the map shows first"
        )

    def handle(self, *, folder: Path | None, name: str, country: list[str], area: str, **options: Any) -> None:
        folder = folder or Path(slugify(name) or "observatory")
        world = _world(covered=country)
        rows = {"site": [{"key": "site", "name_en": name, "area": area}], "countries": world}
        rows["units"] = _included("units")
        rows["areas"] = [row for row in _included("world/areas") if row["country"] in country]
        rows |= {vocabulary: [term] for vocabulary, term in FIRST_TERMS.items()}
        try:
            _write(folder, rows)
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}. Choose a folder without these files.") from error
        self.stdout.write(
            f"{folder} has the files of “{name}”. Fill them in, then: manage.py load_fixtures --folder {folder}"
        )


def _included(name: str) -> list[dict[str, str]]:
    with (INCLUDED / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _world(*, covered: Iterable[str]) -> list[dict[str, str]]:
    """The countries of the world without our texts; `covered` ones have a page."""
    found = {row["iso3"]: row for row in _included("countries")}
    if unknown := [code for code in covered if code not in found]:
        raise CommandError(f"{', '.join(unknown)}: not a country of ISO 3166-1. Write three letters, such as KEN.")
    bare = ("iso3", "iso2", "m49", "slug", "name_en", "name_es", "name_pt", "region", "subregion")
    return [
        {**{column: row[column] for column in bare}, "is_covered": "true" if code in covered else "false"}
        for code, row in found.items()
    ]


def _write(folder: Path, rows: dict[str, list[dict[str, str]]]) -> None:
    """Write each file with its header and rows; an existing file is an error."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, resource in resources().items():
        columns = [column.name for column in resource.imported()]
        with (folder / f"{name}.csv").open("x", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows.get(name, []))
