"""How good the record is: a page and a file of its figures, of the whole and of each country."""

from itertools import chain
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from countries.models import Country, Named
from foundation.days import today
from foundation.partial_dates import PartialDate
from foundation.publication import public_page
from measures.listing.index import public_index
from measures.metadata import Metadata
from measures.quality.figures import FEWEST_OF_SHARE, FIGURES
from measures.quality.over_time import HEADER, file_rows, newest_by_country, shown_figures
from measures.views.addresses import permanent_address
from measures.views.csv_files import csv_file
from measures.views.moved import at_former_name


@public_page
@require_safe
def quality(request: HttpRequest) -> HttpResponse:
    """`/quality/`: the figures of the whole record, and the newest of each country beside each other."""
    countries = list(Country.objects.covered().by_name())
    context = {
        "newest": newest_by_country(countries),
        "file": reverse("quality_csv"),
        "metadata": Metadata(address=permanent_address(request, "quality"), title=_("Quality of the record")),
    }
    return _page(request, None, context)


@public_page
@require_safe
@at_former_name("slug", Named.COUNTRY)
def quality_of_country(request: HttpRequest, slug: str) -> HttpResponse:
    """`/quality/peru/`: the figures of the record of a country."""
    country = get_object_or_404(Country.objects.covered(), slug=slug)
    title = _("%(country)s: quality of the record") % {"country": country.name}
    address = permanent_address(request, "quality_of_country", slug)
    context = {
        "file": reverse("quality_of_country_csv", args=[slug]),
        "metadata": Metadata(address=address, title=title),
    }
    return _page(request, country, context)


def _page(request: HttpRequest, country: Country | None, context: dict[str, Any]) -> HttpResponse:
    day = today()
    shown = shown_figures(public_index(), country.pk if country else "", on=day)
    given = {
        "country": country,
        "figures": shown,
        "labels": [figure.label for figure in FIGURES.values()],
        "day": PartialDate.from_date(day),
        "fewest": FEWEST_OF_SHARE,
    }
    return render(request, "measures/quality.html", given | context)


@public_page(is_file=True, is_strict=True)
@require_safe
def quality_csv(request: HttpRequest) -> HttpResponseBase:
    """`/quality.csv`: every figure of every day, of the whole record and of each country."""
    return _file(request, None)


@public_page(is_file=True, is_strict=True)
@require_safe
@at_former_name("slug", Named.COUNTRY)
def quality_of_country_csv(request: HttpRequest, slug: str) -> HttpResponseBase:
    """`/quality/peru.csv`: every figure of every day of a country."""
    return _file(request, get_object_or_404(Country.objects.covered(), slug=slug))


def _file(request: HttpRequest, country: Country | None) -> HttpResponseBase:
    found = file_rows(public_index(), country.pk if country else None, on=today())
    return csv_file(request, f"quality-{country.slug}" if country else "quality", chain([HEADER], found))
