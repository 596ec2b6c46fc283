"""The page of a country: its profile, its timeline with filters, the same entries as a list."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from countries.models import Country
from countries.periods import PartialDate
from countries.profile import profile_of
from countries.public_pages import public_page
from countries.texts import translated
from measures.filters import OLDEST, MeasureFilter
from measures.matrix import Asked, Matrix, matrix
from measures.public_index import PublicIndex, Selection, public_index
from measures.timeline import MOST_MARKS, Chart, chart
from measures.views.listing import Listing
from measures.views.measure import permanent_address


@public_page
@require_safe
def country(request: HttpRequest, slug: str) -> HttpResponse:
    """`/countries/peru/`; the query string filters the timeline and the list alike."""
    index = public_index()
    shown = index.kept(("country", slug), lambda: get_object_or_404(Country.objects.covered(), slug=slug))
    listing = Listing(MeasureFilter(request.GET, country=shown, sort=OLDEST, index=index), whole_up_to=MOST_MARKS)
    context: dict[str, Any] = {
        "country": shown,
        "summary": translated(shown, "summary"),
        "record": _record(listing.filter.scope),
        "profile": _profile(request, shown, index),
        "listing": listing,
        "chart": _chart(listing) if listing.is_whole else None,
        "matrix": None if listing.is_whole else _matrix(listing),
        "address": permanent_address(request, shown),
        "everywhere": listing.filter.query(country=shown.iso3, sort=listing.filter.order),
    }
    return render(request, "measures/country.html", context, status=listing.status_code)


def _profile(request: HttpRequest, shown: Country, index: PublicIndex) -> SafeString:
    """The profile as HTML; it changes with no entry, so it stays until a figure or a name changes."""

    def made() -> SafeString:
        return render_to_string("countries/_profile.html", {"profile": profile_of(shown)}, request)

    return index.kept(("profile", shown.pk), made)


@dataclass(frozen=True, slots=True)
class Record:
    """What is recorded of a country, whatever the filter."""

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
        sources=recorded.variety("source"),
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
    """Rows are the chosen topics, or every topic of the upper level."""
    facet = listing.filter.facets["topic"]
    topics = [(option.value, option.label) for option in facet.chosen or facet.options]
    filter = listing.filter
    asked = Asked(filter.value("precision") or (), filter.value("from"), filter.value("to"), filter.query)
    return matrix(filter.selection, topics, asked)
