"""The page of a country: its profile, its timeline with filters, the same entries as a list."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, DateField, F, Func, Max, Min, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from countries.models import Country
from countries.periods import PartialDate
from countries.profile import profile_of
from countries.public_pages import public_page
from countries.texts import translated
from measures.filters import OLDEST, MeasureFilter
from measures.matrix import Asked, Matrix, matrix
from measures.models import Citation, MeasureQuerySet
from measures.models.measure import STATE_KINDS
from measures.timeline import MOST_MARKS, Chart, chart
from measures.views.listing import Listing
from measures.views.measure import permanent_address


@public_page
@require_safe
def country(request: HttpRequest, slug: str) -> HttpResponse:
    """`/countries/peru/`; the query string filters the timeline and the list alike."""
    shown = get_object_or_404(Country.objects.covered(), slug=slug)
    listing = Listing(MeasureFilter(request.GET, country=shown, sort=OLDEST), whole_up_to=MOST_MARKS)
    context: dict[str, Any] = {
        "country": shown,
        "summary": translated(shown, "summary"),
        "record": _record(listing.filter.queryset),
        "profile": profile_of(shown),
        "listing": listing,
        "chart": _chart(listing) if listing.is_whole else None,
        "matrix": None if listing.is_whole else _matrix(listing),
        "address": permanent_address(request, shown),
        "everywhere": listing.filter.query(country=shown.iso3, sort=listing.filter.order),
    }
    return render(request, "measures/country.html", context, status=listing.status_code)


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


def _record(published: MeasureQuerySet) -> Record:
    lower = Func(F("date_range"), function="lower", output_field=DateField())
    numbers = published.aggregate(
        total=Count("pk"),
        state=Count("pk", filter=Q(kind__in=STATE_KINDS)),
        first=Min(lower),
        last=Max(lower),
        last_change=Max("updated_at"),
    )
    sources = Citation.objects.filter(measure__in=published.values("pk")).aggregate(n=Count("source", distinct=True))
    change = numbers["last_change"]
    return Record(
        total=numbers["total"],
        state=numbers["state"],
        sources=sources["n"],
        years=_years(numbers["first"], numbers["last"]),
        last_change=PartialDate.from_date(change.date()) if change else None,
    )


def _years(first: Any, last: Any) -> str:
    if not first:
        return ""
    if first.year == last.year:
        return str(first.year)
    return _("%(first)d to %(last)d") % {"first": first.year, "last": last.year}


def _chart(listing: Listing) -> Chart:
    topics = [(option.value, option.label) for option in listing.filter.facets["topic"].options]
    return chart(listing.measures, topics)


def _matrix(listing: Listing) -> Matrix:
    """Rows are the chosen topics, or every topic of the upper level."""
    facet = listing.filter.facets["topic"]
    topics = [(option.value, option.label) for option in facet.chosen or facet.options]
    filter = listing.filter
    asked = Asked(filter.value("precision") or (), filter.value("from"), filter.value("to"), filter.query)
    return matrix(filter.selection, topics, asked)
