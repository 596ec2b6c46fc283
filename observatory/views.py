"""Pages that belong to no country and no measure, and machine-readable URLs."""

import csv
from collections.abc import Iterable
from datetime import date
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import get_template
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from countries.models import Country
from countries.models.site import current_site, last_known_site
from foundation.days import today
from foundation.files.formats import FORMATS
from foundation.partial_dates import PartialDate
from foundation.publication import public_page
from foundation.share_picture import SharePicture
from measures.choices import StatusGroup
from measures.former_names import country_now
from measures.listing.filters import Problem, unknown_parameter
from measures.listing.index import public_index
from measures.metadata import MAP, Metadata, dataset
from measures.views.addresses import permanent_address
from measures.views.sharing import as_png
from observatory.finding.results import Query, Results
from observatory.home import overview
from observatory.home.examples import examples
from observatory.home.map import COLUMNS, HomeMap, MapQuery, file_rows, home_map, stages
from observatory.home.map_picture import shapes_of
from observatory.home.months import tallest_of, years_of
from observatory.readiness import Readiness

PLAIN = "text/plain; charset=utf-8"
READINESS = Readiness(connection)


@public_page(reads=MapQuery.base_fields)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The home page: an overview and entry points; the query string controls the map."""
    index = public_index()
    question = MapQuery(request.GET, today=today())
    known = overview.numbers(index)
    shown = None if question.problems else home_map(question, index)
    context = {
        "numbers": known,
        "question": question,
        "shown": shown,
        "metadata": _metadata(request, question, shown),
        "first": index.everything.bounds(),
        "newest": overview.newest_entries(index),
        "examples": examples(index),
    }
    return render(request, "home.html", context, status=400 if question.problems else 200)


def _metadata(request: HttpRequest, question: MapQuery, shown: HomeMap | None) -> Metadata | None:
    """The map as a data set; its permanent address is that without a language."""
    if shown is None:
        return None
    asked = question.narrowing
    change = shown.map.subject.changed_on
    modified = change.iso if change else ""
    address = permanent_address(request, "home") + asked
    title = str(current_site().headline)
    files = [(FORMATS["csv"].media_type, request.build_absolute_uri(shown.file))]
    data = dataset(name=f"{title}: {shown.map.subject.name}", address=address, modified=modified, files=files)
    return Metadata(
        address=address,
        title=title,
        data=data,
        modified=modified,
        embed=request.build_absolute_uri(reverse("embed_map")) + asked,
        size=MAP,
        picture=request.build_absolute_uri(reverse("share_picture")) + asked,
    )


@public_page(reads=MapQuery.base_fields, may_be_framed=True)
@require_safe
def embed_map(request: HttpRequest) -> HttpResponse:
    """`/embed/map/`: the map for a frame of another site; the query string controls it as on the home page."""
    question = MapQuery(request.GET, today=today())
    context = {
        "question": question,
        "shown": None if question.problems else home_map(question, public_index()),
        "address": request.build_absolute_uri(reverse("home")) + question.narrowing,
        "today": PartialDate.from_date(today()),
    }
    return render(request, "embed/map.html", context, status=400 if question.problems else 200)


@public_page(reads=MapQuery.base_fields, is_file=True)
@require_safe
def share_picture(request: HttpRequest) -> HttpResponse:
    """`/share.png`: the headline and the map, as social networks show it; a faulty query string is not found."""
    question = MapQuery(request.GET, today=today())
    if question.problems:
        raise Http404
    site, shown = current_site(), home_map(question, public_index())
    above = f"{shown.map.subject.name}, {shown.day.in_words()}"
    return as_png(SharePicture(above, str(site.headline), [str(site.lead)], site.name, shapes_of(shown)))


@public_page(reads=MapQuery.base_fields, is_file=True, is_strict=True)
@require_safe
def map_csv(request: HttpRequest) -> HttpResponse:
    """The data of the home page's map as CSV, with its query string; an invalid parameter is reported."""
    question = MapQuery(request.GET, today=today())
    if problems := question.problems:
        return _refused(problems)
    headers = {"Content-Disposition": f'attachment; filename="map-{question.key}-{question.day}.csv"'}
    response = HttpResponse(content_type="text/csv; charset=utf-8", headers=headers)
    lines = csv.writer(response, lineterminator="\n")
    lines.writerow(COLUMNS)
    lines.writerows(file_rows(home_map(question, public_index()), request.build_absolute_uri))
    return response


def _refused(problems: Iterable[Problem]) -> HttpResponse:
    """The response to a request for a file with invalid parameters."""
    words = "".join(f"{problem.parameter}: {problem.message}\n" for problem in problems)
    return HttpResponse(words, status=400, content_type=PLAIN)


PARAMETERS_OF_COURSE = ("indicator", "area")


@public_page(reads=PARAMETERS_OF_COURSE, is_file=True, is_strict=True)
@require_safe
def map_json(request: HttpRequest) -> HttpResponse:
    """What the map shows on every day, as its script plays it; 404 if that is too much to send."""
    question = MapQuery(request.GET, today=today())
    foreign = [
        unknown_parameter(name, PARAMETERS_OF_COURSE) for name in request.GET if name not in PARAMETERS_OF_COURSE
    ]
    if problems := foreign or question.problems:
        return _refused(problems)
    found = stages(question, public_index())
    if found is None:
        raise Http404("There are too many values to play.")
    return JsonResponse(found)


@public_page(reads=["go"])
@require_safe
def country_list(request: HttpRequest) -> HttpResponseBase:
    """The covered countries; `?go=peru`, as old addresses have it, redirects to that country."""
    if slug := request.GET.get("go"):
        return redirect(get_object_or_404(Country.objects.covered(), slug=country_now(slug) or slug))
    index = public_index()
    rows = overview.covered_countries(index)
    context = {
        "rows": [row for row in rows if row.entries],
        "unresearched": [row for row in rows if not row.entries],
        "entries": len(index.select(index.as_mask("country", [row.country.pk for row in rows]))),
        "years": years_of(index),
        "tallest": tallest_of(index),
        "metadata": Metadata(address=request.build_absolute_uri(request.path), title=_("Countries")),
    }
    return render(request, "countries/country_list.html", context)


@public_page(reads=Query.base_fields)
@require_safe
def search(request: HttpRequest) -> HttpResponseBase:
    """`/search/?q=…`: leads to the act or country that is meant, else to entries, countries and documents."""
    asked = Query(request.GET)
    problems = [Problem("q", str(message), _("Words")) for message in asked.errors.get("q", [])]
    words = asked.cleaned_data.get("q", "").strip()
    index = public_index()
    results = Results(words, index) if words else None
    if results and (address := results.address()):
        return redirect(address)
    context = {
        "words": words or request.GET.get("q", ""),
        "problems": problems,
        "results": results,
        "examples": [] if words else examples(index),
        "metadata": None if problems else _metadata_of_search(request, words, index.everything.last_change()),
    }
    return render(request, "search.html", context, status=400 if problems else 200)


def _metadata_of_search(request: HttpRequest, words: str, change: date | None) -> Metadata:
    """The search for these words in the record of its last change."""
    address = permanent_address(request, "search")
    if not words:
        return Metadata(address=address, title=_("Search"))
    title = _("Search: %(words)s") % {"words": words}
    return Metadata(address=f"{address}?{urlencode({'q': words})}", title=title, modified=str(change or ""))


@public_page
@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """How entries are collected and checked."""
    metadata = Metadata(address=request.build_absolute_uri(request.path), title=_("About the observatory"))
    context = {"status_groups": list(StatusGroup), "metadata": metadata}
    return render(request, "about/method.html", context)


@public_page
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement, with known limitations."""
    metadata = Metadata(address=request.build_absolute_uri(request.path), title=_("Accessibility statement"))
    return render(request, "about/accessibility.html", {"metadata": metadata})


def server_error(request: HttpRequest) -> HttpResponse:
    """The 500 page, which uses nothing that may be broken, and the last known name of the site."""
    return HttpResponse(get_template("500.html").render({"observatory": last_known_site().site}), status=500)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process is alive."""
    return HttpResponse("ok\n", content_type=PLAIN)


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The process is ready: the database responds and has every migration. Otherwise 503 with the reason.

    Folders that are not writable do not make the site unavailable, since pages can still be served; they are reported.
    """
    problem = READINESS.problem()
    lines = [problem or "ok", *(f"cannot save files in {folder}" for folder in READINESS.unwritable)]
    return HttpResponse("".join(f"{line}\n" for line in lines), content_type=PLAIN, status=503 if problem else 200)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """The robots.txt, with a link to the sitemap."""
    sitemap = request.build_absolute_uri(reverse("sitemaps"))
    prefixes = ["" if code == settings.LANGUAGE_CODE else f"/{code}" for code, _name in settings.LANGUAGES]
    lines = ["User-agent: *", *(f"Disallow: {prefix}/admin/" for prefix in prefixes), f"Sitemap: {sitemap}"]
    return HttpResponse("\n".join([*lines, ""]), content_type=PLAIN)


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """The security contact according to RFC 9116; 404 if none is configured."""
    _require_contact()
    origin = settings.PUBLIC_URL if settings.IS_HTTPS else request.build_absolute_uri("/").rstrip("/")
    lines = [
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {settings.SECURITY_CONTACT_UNTIL}T23:59:59Z",
        f"Preferred-Languages: {', '.join(code for code, _name in settings.LANGUAGES)}",
        f"Canonical: {origin}{reverse('security_txt')}",
        f"Policy: {origin}{reverse('security_policy')}",
    ]
    return HttpResponse("\n".join([*lines, ""]), content_type=PLAIN)


@require_safe
def security_policy(request: HttpRequest) -> HttpResponse:
    """How to report a vulnerability, and what is supported."""
    _require_contact()
    return HttpResponse((settings.BASE_DIR / "SECURITY.md").read_bytes(), content_type=PLAIN)


def _require_contact() -> None:
    if not settings.SECURITY_CONTACT:
        raise Http404("SECURITY_CONTACT is not set.")
