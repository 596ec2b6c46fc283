"""citations.csv of a folder of fixtures: the place in a source and the quote, for which measures.csv has no column."""

import csv
from collections.abc import Collection
from pathlib import Path

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from foundation.files.importing.reading import FileProblem
from measures.models import Citation, Measure, Source

COLUMNS = ("measure", "source", "locator", "quote", "field")
"""An identifier, the key of a source, and the fields of a citation."""


def load_citations(path: Path, *, of: Collection[str]) -> int:
    """Add the citations of a file to the measures with the identifiers `of`; return how many.

    One that exists, for the same measure, source, place and part of the record, gets the quote of the file. Raise
    FileProblem that names the row.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise FileProblem(_("These are other columns."), _("Write: %(columns)s.") % {"columns": ", ".join(COLUMNS)})
        return sum(_load(line, row) for line, row in enumerate(reader, start=2) if row["measure"] in of)


def _load(line: int, row: dict[str, str]) -> bool:
    """Whether the citation is new or its quote changed."""
    measure = Measure.objects.filter(public_id=row["measure"]).first()
    source = Source.objects.filter(key=row["source"]).first()
    if measure is None or source is None:
        problem = _("Row %(line)d names a measure or a source that does not exist.") % {"line": line}
        raise FileProblem(problem, _("Correct the row."))
    at = {"measure": measure, "source": source, "locator": row["locator"], "field": row["field"]}
    citation = Citation.objects.filter(**at).first() or Citation(**at)
    if citation.pk and citation.quote == row["quote"]:
        return False
    citation.quote = row["quote"]
    try:
        citation.full_clean()
    except ValidationError as error:
        raise FileProblem(_("Row %(line)d cannot be read.") % {"line": line}, " ".join(error.messages)) from None
    citation.save()
    return True
