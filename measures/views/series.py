"""A figure of a country over time: under the axis of its timeline, and as files."""

import datetime
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from countries.models import Country, Indicator, Named, Observation
from countries.models.site import current_site
from countries.resources import ObservationResource
from countries.series import (
    Drawing,
    MonthRow,
    Series,
    ValueRow,
    bounds,
    drawing_of,
    month_rows,
    numbers_of,
    offered,
    series_of,
    value_rows,
)
from foundation.files.formats import FORMATS
from foundation.partial_dates import PartialDate
from foundation.publication import public_page
from measures.listing.filters import unknown_parameter
from measures.timeline.axis import Axis, Tick, divided, ticks
from measures.timeline.chart import Chart
from measures.timeline.matrix import Matrix
from measures.views.addresses import permanent_address
from measures.views.listing import Listing
from measures.views.moved import at_former_name

LINE = 130
"""Maximum number of characters in a line below the picture."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A figure over time, with its options; `outside` is the number of values beyond the axis."""

    options: Sequence[Indicator]
    series: Series
    drawing: Drawing
    ticks: tuple[Tick, ...]
    values: tuple[ValueRow, ...]
    months: tuple[MonthRow, ...]
    shown: str
    whole: str
    outside: int


def panel(
    country: Country, options: Sequence[Indicator], listing: Listing, chart: Chart | None, matrix: Matrix | None
) -> Panel | None:
    """The selected figure, or the first, on the axis of the timeline above it; None if there are no figures."""
    if not options:
        return None
    chosen = listing.filter.value("series")
    indicator = next((option for option in options if option.key == chosen), options[0])
    axis = (chart and chart.axis) or _axis_of(listing, matrix) or divided(*bounds(country, indicator))
    series = series_of(country, indicator, axis.first, axis.last - datetime.timedelta(days=1))
    is_cut = series.first < axis.first or series.last >= axis.last
    return Panel(
        options=options,
        series=series,
        drawing=drawing_of(series, axis.at),
        ticks=ticks(axis),
        values=() if series.is_by_day else value_rows(series),
        months=month_rows(series) if series.is_by_day else (),
        shown=_from_to(axis.first, axis.last - datetime.timedelta(days=1)),
        whole=_from_to(series.first, series.last),
        outside=numbers_of(country, indicator).count() - len(series.drawn) if is_cut else 0,
    )


def _axis_of(listing: Listing, matrix: Matrix | None) -> Axis | None:
    """The period of the filter, completed by that of the table of counts."""
    periods = [(c.first.first, c.last.last) for c in matrix.columns if c.first and c.last] if matrix else []
    since, until = listing.filter.value("from"), listing.filter.value("to")
    first = since.first if since else periods[0][0] if periods else None
    last = until.last if until else periods[-1][1] if periods else None
    return divided(first, last) if first and last and first <= last else None


def _from_to(first: datetime.date, last: datetime.date) -> str:
    ends = {"start": PartialDate.from_date(first).in_words(), "end": PartialDate.from_date(last).in_words()}
    return _("%(start)s to %(end)s") % ends


# Files


PARAMETERS_OF_FILES = ("series",)


@public_page(reads=PARAMETERS_OF_FILES, is_file=True, is_strict=True)
@require_safe
@at_former_name("slug", Named.COUNTRY)
def series_csv(request: HttpRequest, slug: str) -> HttpResponseBase:
    """`/countries/peru/series.csv?series=poverty_rate`: every value, with the columns of observations.csv."""
    country = get_object_or_404(Country.objects.covered(), slug=slug)
    indicator = _asked(request, country)
    if isinstance(indicator, HttpResponse):
        return indicator
    values = Observation.objects.filter(country=country, indicator=indicator, counterpart=None)
    blocks = FORMATS["csv"].blocks(ObservationResource, values.order_by("period_range", "pk"), public=True)
    response = StreamingHttpResponse(blocks, content_type=FORMATS["csv"].media_type)
    response["Content-Disposition"] = f'attachment; filename="{slug}-{indicator.key}.csv"'
    return response


@public_page(reads=PARAMETERS_OF_FILES, is_strict=True)
@require_safe
@at_former_name("slug", Named.COUNTRY)
def series_svg(request: HttpRequest, slug: str) -> HttpResponse:
    """`/countries/peru/series.svg?series=poverty_rate`: a self-contained picture of all values."""
    country = get_object_or_404(Country.objects.covered(), slug=slug)
    indicator = _asked(request, country)
    if isinstance(indicator, HttpResponse):
        return indicator
    first, last = bounds(country, indicator)
    axis, series = divided(first, last), series_of(country, indicator, first, last)
    context = {
        "country": country,
        "series": series,
        "drawing": drawing_of(series, axis.at),
        "ticks": ticks(axis),
        "title": textwrap.wrap(f"{country}: {indicator}", LINE * 5 // 9),
        "notes": _notes(series, _from_to(first, last), permanent_address(request, country)),
    }
    response = render(request, "countries/series.svg", context, content_type="image/svg+xml; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{slug}-{indicator.key}.svg"'
    return response


def _notes(series: Series, period: str, address: str) -> list[str]:
    """The lines below the picture: sources, dates and credit."""
    sources = "; ".join(" ".join(part for part in (str(source.name), source.url) if part) for source in series.sources)
    texts = (
        _("Source: %(sources)s") % {"sources": sources},
        _("Values of %(period)s.") % {"period": period},
        _("Picture: %(site)s, %(address)s, CC BY 4.0. The values are under the terms of their source.")
        % {"site": current_site().citation, "address": address},
    )
    return [line for text in texts for line in textwrap.wrap(text, LINE)]


def _asked(request: HttpRequest, country: Country) -> Indicator | HttpResponse:
    """The requested figure, or a response that reports what is wrong with the URL."""
    for name in request.GET:
        if name not in PARAMETERS_OF_FILES:
            return _refused(f"{name}: {unknown_parameter(name, PARAMETERS_OF_FILES).message}")
    options = {option.key: option for option in offered(country)}
    chosen = options.get(request.GET.get("series", ""))
    return chosen or _refused("series: " + _("Write one of: %(keys)s.") % {"keys": ", ".join(options) or "–"})


def _refused(words: str) -> HttpResponse:
    return HttpResponse(f"{words}\n", status=400, content_type="text/plain; charset=utf-8")
