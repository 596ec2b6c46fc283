"""The page of a country: the state of its record, its timeline with filters, the same as a list, its profile."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from countries.models import Country, Named
from countries.profile import Figure, editions_of, profile_of
from countries.series import offered
from foundation.days import today
from foundation.partial_dates import PartialDate
from foundation.publication import public_page
from foundation.texts import translated
from measures.choices import Direction
from measures.coverage.ledger import public_ledger, searched_share
from measures.listing.completeness import Share, completeness
from measures.listing.filters import OLDEST, PARAMETERS, POSSIBLE, MeasureFilter, Problem, unknown_parameter
from measures.listing.index import PublicIndex, public_index
from measures.metadata import Metadata, dataset, interval
from measures.missing.estimate import public_estimate
from measures.timeline.chart import MOST_MARKS, Chart, chart
from measures.timeline.joins import extensions_among
from measures.timeline.matrix import Matrix, MatrixQuery, matrix
from measures.views.addresses import permanent_address
from measures.views.comparing import direction_over_time
from measures.views.known import at_known_day, known_then
from measures.views.listing import Listing, files_of
from measures.views.measure import embed_address
from measures.views.moved import at_former_name
from measures.views.series import panel
from measures.views.signposts import with_signposts

PARAMETERS_OF_PROFILE = ("as_of",)


@public_page(reads=[*PARAMETERS, "series"])
@require_safe
@at_former_name("slug", Named.COUNTRY)
@at_known_day
def country(request: HttpRequest, slug: str) -> HttpResponse:
    """`/countries/peru/`; the query string filters the timeline and the list alike."""
    index = public_index()
    shown = index.get_or_cache(("country", slug), lambda: get_object_or_404(Country.objects.covered(), slug=slug))
    daily = index.get_or_cache(("series", slug), lambda: offered(shown))
    series = [(figure.key, figure.name) for figure in daily]
    filter = MeasureFilter(request.GET, country=shown, sort=OLDEST, series=series, index=index)
    listing = Listing(filter, whole_up_to=MOST_MARKS)
    marks = chart_of(listing) if listing.is_whole else None
    counts = None if listing.is_whole else matrix_of(listing)
    address = permanent_address(request, shown) + filter.narrowing
    context: dict[str, Any] = {
        "country": shown,
        "metadata": _metadata(request, shown, listing, address),
        "summary": translated(shown, "summary"),
        "estimate": None if filter.narrowing else public_estimate(index, shown.pk),
        "record": _record(index, shown, today()),
        "profile": _profile(request, shown, index),
        "listing": listing,
        "named_elsewhere": 0 if len(filter.scope) else _named_elsewhere(index, shown),
        "chart": marks,
        "matrix": counts,
        "direction": direction_over_time(shown, filter),
        "panel": panel(shown, daily, listing, marks, counts),
        "address": address,
        "everywhere_today": listing.filter.query(
            country=shown.iso3, sort=listing.filter.order, series=None, known=None
        ),
        "known": known_then(filter),
        "everywhere": listing.filter.query(country=shown.iso3, sort=listing.filter.order, series=None),
    }
    page = render(request, "measures/country.html", context, status=listing.status_code)
    return with_signposts(request, page, address, "Dataset")


@public_page(reads=PARAMETERS_OF_PROFILE)
@require_safe
@at_former_name("slug", Named.COUNTRY)
def profile(request: HttpRequest, slug: str) -> HttpResponse:
    """`/countries/ecuador/profile/?as_of=2020-08`: the profile as it was told by then, and its other editions."""
    shown = get_object_or_404(Country.objects.covered(), slug=slug)
    as_of, problems = _as_of(request)
    address = f"{permanent_address(request, shown)}profile/" + (f"?as_of={as_of}" if as_of else "")
    context = {
        "country": shown,
        "as_of": as_of,
        "problems": problems,
        "editions": editions_of(shown),
        "profile": profile_of(shown, as_of.last if as_of else None),
        "address": address,
        "metadata": Metadata(address=address, title=_("%(country)s: profile and its editions") % {"country": shown}),
    }
    return render(request, "countries/profile.html", context, status=400 if problems else 200)


def _as_of(request: HttpRequest) -> tuple[PartialDate | None, list[Problem]]:
    """The requested date, and the problems with the query string."""
    unknown = [name for name in request.GET if name not in PARAMETERS_OF_PROFILE]
    problems = [unknown_parameter(name, PARAMETERS_OF_PROFILE) for name in unknown]
    text = request.GET.get("as_of", "")
    try:
        return (PartialDate.parse(text) if text.strip() else None), problems
    except ValidationError as error:
        return None, [*problems, *(Problem("as_of", message, _("As of")) for message in error.messages)]


@dataclass(frozen=True, slots=True)
class ShownProfile:
    """The profile as HTML, '' if there is nothing to show, and its key figures; both are independent of entries.

    `is_known` is False where it only says what is missing.
    """

    html: SafeString
    figures: tuple[Figure, ...]
    is_known: bool


def _profile(request: HttpRequest, shown: Country, index: PublicIndex) -> ShownProfile:
    """The profile, cached until a figure or a name changes."""

    def made() -> ShownProfile:
        profile = profile_of(shown)
        html = render_to_string("countries/_profile.html", {"profile": profile, "country": shown}, request)
        is_known = bool(profile.key_figures or profile.cards or profile.other_tables)
        return ShownProfile(html if html.strip() else SafeString(""), profile.key_figures, is_known)

    return index.get_or_cache(("profile", shown.pk), made)


def _named_elsewhere(index: PublicIndex, shown: Country) -> int:
    """How many entries of all countries name its nationals."""
    return int(index.as_mask("nationality", [shown.iso3]).sum())


@dataclass(frozen=True, slots=True)
class Record:
    """The records of a country, independent of the filter.

    `current` are those in force or possibly in force today, and the next two those of a direction.
    """

    total: int
    state: int
    current: int
    more_restrictive: int
    less_restrictive: int
    sources: int
    years: str
    last_change: PartialDate | None
    completeness: tuple[Share, ...]

    @property
    def others(self) -> int:
        """Entries that are no measures of the state."""
        return self.total - self.state


def _metadata(request: HttpRequest, shown: Country, listing: Listing, address: str) -> Metadata:
    name = _("%(country)s: profile and policy measures") % {"country": shown.name}
    scope, filter = listing.filter.scope, listing.filter
    change = scope.last_change()
    data = dataset(
        name=name,
        address=address,
        modified=change.isoformat() if change else "",
        files=files_of(request, filter.query(country=shown.iso3, sort=filter.order, series=None)),
        spatialCoverage={"@type": "Country", "name": shown.name, "identifier": shown.iso3},
        temporalCoverage=interval(scope.bounds()),
    )
    embed = embed_address(request, shown) + filter.narrowing
    follow = filter.query(country=shown.iso3, sort=None, series=None, known=None)
    modified = data.get("dateModified", "")
    picture = request.build_absolute_uri(reverse("country_picture", args=[shown.slug]))
    return Metadata(
        address=address, title=name, data=data, modified=modified, embed=embed, picture=picture, follow=follow
    )


def _record(index: PublicIndex, country: Country, day: date) -> Record:
    recorded = index.of_country(country.pk)
    shares = (*completeness(recorded, day), searched_share(public_ledger(index), [country.pk]))
    change, directions = recorded.last_change(), recorded.counts("direction")
    return Record(
        total=len(recorded),
        state=recorded.of_state(),
        current=sum(recorded.counts("status").get(group, 0) for group in POSSIBLE),
        more_restrictive=directions.get(Direction.MORE_RESTRICTIVE, 0),
        less_restrictive=directions.get(Direction.LESS_RESTRICTIVE, 0),
        sources=recorded.distinct_count("source"),
        years=_years(recorded.bounds()),
        last_change=PartialDate.from_date(change) if change else None,
        completeness=shares,
    )


def _years(bounds: tuple[date, date] | None) -> str:
    if not bounds:
        return ""
    first, last = bounds
    if first.year == last.year:
        return str(first.year)
    return _("%(first)d to %(last)d") % {"first": first.year, "last": last.year}


def chart_of(listing: Listing) -> Chart:
    """The marks of a whole list."""
    topics = [(option.value, option.label) for option in listing.filter.facets["topic"].options]
    entries = [row.entry for row in listing.rows]
    filter = listing.filter
    ledger = public_ledger(filter.index).of(filter.country.pk) if filter.country else None
    return chart(entries, topics, extensions=extensions_among(entries), ledger=ledger)


def matrix_of(listing: Listing) -> Matrix:
    """The matrix of the selected topics, or of all top-level topics."""
    facet = listing.filter.facets["topic"]
    topics = [(option.value, option.label) for option in facet.chosen or facet.options]
    filter = listing.filter
    ledger = public_ledger(filter.index).of(filter.country.pk) if filter.country else None
    asked = MatrixQuery(filter.value("precision") or (), filter.value("from"), filter.value("to"), filter.query)
    return matrix(filter.selection, topics, asked, ledger)
