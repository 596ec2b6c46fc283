"""Citations of pages as files: `/cite/bibtex?url=/measures/PER-00007/`."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from countries.models import Country
from foundation.days import calendar_day, day_of
from foundation.publication import public_page
from measures.citing import FORMS, Citation, of_list, title_of_release
from measures.comparing.question import Comparison
from measures.listing.filters import MeasureFilter
from measures.listing.index import public_index
from measures.listing.known import record_of
from measures.listing.parameters import KNOWN, known_day
from measures.models import Measure, Release
from measures.views.addresses import destination_of, permanent_address
from measures.views.moved import of_former_address
from measures.views.signposts import URL


@public_page(addresses=[URL], is_file=True)
@require_safe
@of_former_address
def cite(request: HttpRequest, form: str) -> HttpResponse:
    """The citation of a measure, list, country, comparison or release, in one of `FORMS`; 404 for other pages.

    Its words are in the language of that page, whose address is what is cited.
    """
    if form not in FORMS:
        raise Http404
    to, written = destination_of(request, request.GET.get(URL, "")), FORMS[form]
    make = _CITED.get(to.name)
    if make is None:
        raise Http404
    query = QueryDict(to.query)
    with translation.override(to.language), record_of(known_day(query)):
        cited: Citation = make(request, query, **to.arguments)
        response = HttpResponse(written.write(cited), content_type=written.media_type)
    response["Content-Language"] = to.language
    kind = "inline" if form == "text" else "attachment"
    response["Content-Disposition"] = f'{kind}; filename="{cited.key}.{written.ending}"'
    return response


def of_measure(request: HttpRequest, measure: Measure) -> Citation:
    """The citation of a published measure."""
    title = _("%(title)s [%(id)s, version %(version)s]") % {
        "title": measure.title.text,
        "id": measure.public_id,
        "version": measure.record_version,
    }
    address = permanent_address(request, measure)
    return Citation(title, address, day_of(measure.updated_at).first, calendar_day(), is_data=False)


def of_release(request: HttpRequest, release: Release) -> Citation:
    """The citation of a release of the data."""
    address, day = permanent_address(request, release), day_of(release.moment).first
    return Citation(title_of_release(release.name), address, day, calendar_day())


def _release(request: HttpRequest, _query: QueryDict, release: str) -> Citation:
    return of_release(request, get_object_or_404(Release, name=release))


def _measure(request: HttpRequest, query: QueryDict, public_id: str) -> Citation:
    if query.get(KNOWN):
        raise Http404  # its page shows the record of today alone
    return of_measure(request, get_object_or_404(Measure.objects.published(), public_id=public_id))


def _list(request: HttpRequest, query: QueryDict) -> Citation:
    chosen = _valid(MeasureFilter(query))
    address = permanent_address(request, "measures") + chosen.narrowing
    return of_list(chosen, address, chosen.selection.last_change(), calendar_day())


def _country(request: HttpRequest, query: QueryDict, slug: str) -> Citation:
    shown = get_object_or_404(Country.objects.covered(), slug=slug)
    query = query.copy()
    query.pop("series", None)  # what is drawn beside the entries
    chosen = _valid(MeasureFilter(query, country=shown, index=public_index()))
    title = _("%(country)s: profile and policy measures") % {"country": shown.name}
    if words := "; ".join(chip.label for chip in chosen.chips):
        title = f"{title} ({words})"
    address = permanent_address(request, shown) + chosen.narrowing
    return Citation(title, address, chosen.selection.last_change(), calendar_day())


def _comparison(request: HttpRequest, query: QueryDict) -> Citation:
    comparison = Comparison(query)
    if comparison.problems or not comparison.is_drawn:
        raise Http404
    words = "; ".join(chip.label for chip in comparison.filter.chips if chip.label not in comparison.names)
    title = _("Comparison: %(countries)s") % {"countries": ", ".join(comparison.names)}
    address = permanent_address(request, "compare") + comparison.query()
    changes = [comparison.of(country).last_change() for country in comparison.countries]
    version = max((day for day in changes if day), default=None)
    return Citation(f"{title} ({words})" if words else title, address, version, calendar_day())


def _valid(chosen: MeasureFilter) -> MeasureFilter:
    if not chosen.is_valid():
        raise Http404
    return chosen


_CITED: dict[str, Callable[..., Citation]] = {
    "measure": _measure,
    "measures": _list,
    "country": _country,
    "compare": _comparison,
    "release": _release,
}
"""What makes the citation of each page, by the name of its address."""
