"""The page of a country: its profile, its timeline with filters, the same entries as a list."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from countries.models import Country
from countries.profile import editions_of, profile_of
from countries.series import offered
from foundation.partial_dates import PartialDate
from foundation.publication import EVERY_PARAMETER, public_page
from foundation.texts import translated
from measures.listing.filters import OLDEST, MeasureFilter, Problem
from measures.listing.index import PublicIndex, Selection, public_index
from measures.timeline.chart import MOST_MARKS, Chart, chart
from measures.timeline.matrix import Matrix, MatrixQuery, matrix
from measures.views.listing import Listing
from measures.views.measure import permanent_address
from measures.views.series import panel


@public_page(reads=EVERY_PARAMETER)
@require_safe
def country(request: HttpRequest, slug: str) -> HttpResponse:
    """`/countries/peru/`; the query string filters the timeline and the list alike."""
    index = public_index()
    shown = index.get_or_cache(("country", slug), lambda: get_object_or_404(Country.objects.covered(), slug=slug))
    figures = index.get_or_cache(("series", slug), lambda: offered(shown))
    series = [(figure.key, figure.name) for figure in figures]
    filter = MeasureFilter(request.GET, country=shown, sort=OLDEST, series=series, index=index)
    listing = Listing(filter, whole_up_to=MOST_MARKS)
    marks = _chart(listing) if listing.is_whole else None
    counts = None if listing.is_whole else _matrix(listing)
    context: dict[str, Any] = {
        "country": shown,
        "summary": translated(shown, "summary"),
        "record": _record(listing.filter.scope),
        "profile": _profile(request, shown, index),
        "listing": listing,
        "chart": marks,
        "matrix": counts,
        "panel": panel(shown, figures, listing, marks, counts),
        "address": permanent_address(request, shown) + (listing.filter.query() if listing.filter.is_narrowed else ""),
        "everywhere": listing.filter.query(country=shown.iso3, sort=listing.filter.order, series=None),
    }
    return render(request, "measures/country.html", context, status=listing.status_code)


@public_page(reads=EVERY_PARAMETER)
@require_safe
def profile(request: HttpRequest, slug: str) -> HttpResponse:
    """`/countries/ecuador/profile/?as_of=2020-08`: the profile as it was told by then, and its other editions."""
    shown = get_object_or_404(Country.objects.covered(), slug=slug)
    as_of, problems = _as_of(request)
    context = {
        "country": shown,
        "as_of": as_of,
        "problems": problems,
        "editions": editions_of(shown),
        "profile": profile_of(shown, as_of.last if as_of else None),
        "address": f"{permanent_address(request, shown)}profile/" + (f"?as_of={as_of}" if as_of else ""),
    }
    return render(request, "countries/profile.html", context, status=400 if problems else 200)


def _as_of(request: HttpRequest) -> tuple[PartialDate | None, list[Problem]]:
    """The requested date, and the problems with the query string."""
    unknown = [name for name in request.GET if name != "as_of"]
    problems = [Problem(name, _("This filter does not exist.")) for name in unknown]
    text = request.GET.get("as_of", "")
    try:
        return (PartialDate.parse(text) if text.strip() else None), problems
    except ValidationError as error:
        return None, [*problems, *(Problem("as_of", message, _("As of")) for message in error.messages)]


def _profile(request: HttpRequest, shown: Country, index: PublicIndex) -> SafeString:
    """The profile as HTML, which is independent of entries and cached until a figure or a name changes."""

    def made() -> SafeString:
        context = {"profile": profile_of(shown), "country": shown}
        return render_to_string("countries/_profile.html", context, request)

    return index.get_or_cache(("profile", shown.pk), made)


@dataclass(frozen=True, slots=True)
class Record:
    """The records of a country, independent of the filter."""

    total: int
    state: int
    sources: int
    years: str
    last_change: PartialDate | None

    @property
    def others(self) -> int:
        """Entries that are no measures of the state."""
        return self.total - self.state


def _record(recorded: Selection) -> Record:
    change = recorded.last_change()
    return Record(
        total=len(recorded),
        state=recorded.of_state(),
        sources=recorded.distinct_count("source"),
        years=_years(recorded.bounds()),
        last_change=PartialDate.from_date(change) if change else None,
    )


def _years(bounds: tuple[date, date] | None) -> str:
    if not bounds:
        return ""
    first, last = bounds
    if first.year == last.year:
        return str(first.year)
    return _("%(first)d to %(last)d") % {"first": first.year, "last": last.year}


def _chart(listing: Listing) -> Chart:
    topics = [(option.value, option.label) for option in listing.filter.facets["topic"].options]
    return chart([row.entry for row in listing.rows], topics)


def _matrix(listing: Listing) -> Matrix:
    """The matrix of the selected topics, or of all top-level topics."""
    facet = listing.filter.facets["topic"]
    topics = [(option.value, option.label) for option in facet.chosen or facet.options]
    filter = listing.filter
    asked = MatrixQuery(filter.value("precision") or (), filter.value("from"), filter.value("to"), filter.query)
    return matrix(filter.selection, topics, asked)
