"""The figures of each day, written once by a task and kept for ever."""

import datetime

from django.utils import translation

from measures.listing.completeness import covered_codes
from measures.listing.index import public_index
from measures.models import QualityFigure
from measures.quality.figures import figures_of


def record_figures(*, on: datetime.date) -> int:
    """Write the figures of a day, of the whole record and of each covered country; return how many there were.

    A figure of which there is too little to say has no row. A day that was written is not written again.
    """
    if QualityFigure.objects.filter(day=on).exists():
        return 0
    index = public_index()
    with translation.override("en"):
        made = [
            QualityFigure(day=on, country_id=country or None, figure=name, count=value.count, total=value.total)
            for country in ("", *sorted(covered_codes()))
            for name, value in figures_of(index, country, on=on).items()
            if value.is_known
        ]
    QualityFigure.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)
