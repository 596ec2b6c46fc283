"""Pages for frames of other sites: the timeline of a country, and one measure; and oEmbed, by which sites find them.

These and the map (`observatory/views.py`) alone may be framed. They read no cookie and hold no form, so a site that
frames them gains nothing.
"""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from countries.models import Country, Named
from countries.models.site import current_site
from foundation.days import today
from foundation.partial_dates import PartialDate
from foundation.publication import public_page
from measures.details import details_of, for_page
from measures.listing.filters import OLDEST, PARAMETERS, MeasureFilter
from measures.listing.index import public_index
from measures.metadata import ENTRY, MAP, TIMELINE, frame
from measures.models import Measure
from measures.timeline.chart import MOST_MARKS
from measures.views.addresses import destination_of, permanent_address
from measures.views.country import chart_of, matrix_of
from measures.views.known import at_known_day, known_then
from measures.views.listing import Listing
from measures.views.measure import embed_address
from measures.views.moved import at_former_name, of_former_address
from measures.views.signposts import URL

LEAST = 280
"""The smallest side of a frame, in pixels."""
LIMITS = ("maxwidth", "maxheight")


@public_page(reads=PARAMETERS, may_be_framed=True)
@require_safe
@at_former_name("slug", Named.COUNTRY)
@at_known_day
def country(request: HttpRequest, slug: str) -> HttpResponse:
    """`/embed/countries/peru/`; the query string filters the timeline as on the page of the country."""
    shown = get_object_or_404(Country.objects.covered(), slug=slug)
    filter = MeasureFilter(request.GET, country=shown, sort=OLDEST, index=public_index())
    listing = Listing(filter, whole_up_to=MOST_MARKS)
    context = {
        "country": shown,
        "listing": listing,
        "chart": chart_of(listing) if listing.is_whole else None,
        "matrix": None if listing.is_whole else matrix_of(listing),
        "address": permanent_address(request, shown) + filter.narrowing,
        "entries": shown.get_absolute_url() + filter.narrowing,
        "today": PartialDate.from_date(today()),
        "known": known_then(filter),
    }
    return render(request, "embed/country.html", context, status=listing.status_code)


@public_page(may_be_framed=True)
@require_safe
@at_former_name("public_id", Named.MEASURE)
def measure(request: HttpRequest, public_id: str) -> HttpResponse:
    """`/embed/measures/PER-00007/`: title, state and summary of a published measure."""
    shown = get_object_or_404(for_page(Measure.objects.published()), public_id=public_id)
    day = today()
    context = {
        "measure": shown,
        "details": details_of(shown, day),
        "address": permanent_address(request, shown),
        "today": PartialDate.from_date(day),
    }
    return render(request, "embed/measure.html", context)


@public_page(reads=["format", *LIMITS], addresses=[URL])
@require_safe
@of_former_address
def oembed(request: HttpRequest) -> HttpResponse:
    """`/oembed/?url=…` as on oembed.com: the frame for the map, a country or a measure; JSON only."""
    if request.GET.get("format", "json") != "json":
        return HttpResponse("Only format=json is offered.\n", status=400, content_type="text/plain; charset=utf-8")
    address, title, size = _framed(request, request.GET.get(URL, ""))
    width, height = (_at_most(request.GET.get(name, ""), each) for name, each in zip(LIMITS, size, strict=True))
    site = current_site()
    answer = {
        "version": "1.0",
        "type": "rich",
        "title": title,
        "provider_name": site.name,
        "provider_url": request.build_absolute_uri("/"),
        "html": frame(address, title, width, height),
        "width": width,
        "height": height,
    }
    response = JsonResponse(answer, json_dumps_params={"ensure_ascii": False})
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _framed(request: HttpRequest, url: str) -> tuple[str, str, tuple[int, int]]:
    """The address of the frame for a page of this site, its title and size; Http404 if there is none."""
    to = destination_of(request, url)
    asked = f"?{to.query}" if to.query else ""
    with translation.override(to.language):
        if to.name == "home":
            return request.build_absolute_uri(reverse("embed_map")) + asked, str(current_site().headline), MAP
        if to.name == "country":
            country = get_object_or_404(Country.objects.covered(), slug=to.arguments["slug"])
            title = _("%(country)s: timeline of measures") % {"country": country.name}
            return embed_address(request, country) + asked, title, TIMELINE
        if to.name == "measure":
            measure = get_object_or_404(Measure.objects.published(), public_id=to.arguments["public_id"])
            return embed_address(request, measure), measure.title.text, ENTRY
    raise Http404


def _at_most(limit: str, size: int) -> int:
    """A side of the frame, no longer than the site that asks allows, as far as the frame can be read."""
    return min(size, max(int(limit), LEAST)) if limit.isascii() and limit.isdigit() and len(limit) < 6 else size
