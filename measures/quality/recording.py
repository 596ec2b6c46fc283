"""The figures of each day, written once by a task and kept for ever; and of earlier months, as the history has them."""

import datetime

from django.db.models import Min
from django.utils import translation

from foundation.days import day_of
from foundation.records.past import as_known, with_withdrawn
from measures.listing.completeness import covered_codes
from measures.listing.index import load, public_index
from measures.models import Measure, QualityFigure
from measures.quality.figures import Value, figures_from_history, figures_of

DAY = datetime.timedelta(days=1)


def record_figures(*, on: datetime.date) -> int:
    """Write the figures of a day, of the whole record and of each covered country; return how many there were.

    A figure of which there is too little to say has no row. A day that was written is not written again.
    """
    if QualityFigure.objects.filter(day=on).exists():
        return 0
    index = public_index()
    with translation.override("en"):
        made = [
            _row(on, country, name, value)
            for country in ("", *sorted(covered_codes()))
            for name, value in figures_of(index, country, on=on).items()
            if value.is_known
        ]
    QualityFigure.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def record_earlier_month(*, on: datetime.date) -> int:
    """Write what the history tells of the last month before `on` that has no rows yet; return how many figures.

    Months end with the one in which the first entry was published. One at a time, since the history of all entries is
    read for it. What was withdrawn since counts as it did then.
    """
    first = Measure.objects.published().aggregate(first=Min("published_at"))["first"]
    since = day_of(first).first if first else on
    written = set(QualityFigure.objects.values_list("day", flat=True).distinct())
    months = {(day.year, day.month) for day in written}
    day = on.replace(day=1) - DAY
    while (day.year, day.month) in months:
        day = day.replace(day=1) - DAY
    if day < since or not written:
        return 0
    with as_known(day), with_withdrawn():
        index = load()
        found = {country: figures_from_history(index, country, on=day) for country in ("", *sorted(covered_codes()))}
    QualityFigure.objects.bulk_create(
        (
            _row(day, country, name, value)
            for country, own in found.items()
            for name, value in own.items()
            if value.is_known
        ),
        ignore_conflicts=True,
    )
    return QualityFigure.objects.filter(day=day).count()


def _row(day: datetime.date, country: str, name: str, value: Value) -> QualityFigure:
    return QualityFigure(day=day, country_id=country or None, figure=name, count=value.count, total=value.total)
