"""Pages that belong to no country and no measure, and machine-readable URLs."""

import csv

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import get_template
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from countries.models import Country
from countries.models.site import last_known_site
from foundation.days import today
from foundation.publication import EVERY_PARAMETER, public_page
from measures.choices import StatusGroup
from measures.listing.index import public_index
from observatory.home import overview
from observatory.home.map import COLUMNS, MapQuery, file_rows, home_map
from observatory.readiness import Readiness

PLAIN = "text/plain; charset=utf-8"
READINESS = Readiness(connection)


@public_page(reads=EVERY_PARAMETER)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The home page: an overview and entry points; the query string controls the map."""
    index = public_index()
    question = MapQuery(request.GET, today=today())
    context = {
        "numbers": overview.numbers(index),
        "question": question,
        "shown": None if question.problems else home_map(question, index),
        "first": index.everything.bounds(),
        "countries": Country.objects.covered().by_name(),
        "newest": overview.newest_entries(index),
    }
    return render(request, "home.html", context, status=400 if question.problems else 200)


@public_page(reads=EVERY_PARAMETER, is_file=True)
@require_safe
def map_csv(request: HttpRequest) -> HttpResponse:
    """The data of the home page's map as CSV, with its query string; an invalid parameter is reported."""
    question = MapQuery(request.GET, today=today())
    if problems := question.problems:
        words = "".join(f"{problem.parameter}: {problem.message}\n" for problem in problems)
        return HttpResponse(words, status=400, content_type=PLAIN)
    headers = {"Content-Disposition": f'attachment; filename="map-{question.key}-{question.day}.csv"'}
    response = HttpResponse(content_type="text/csv; charset=utf-8", headers=headers)
    lines = csv.writer(response, lineterminator="\n")
    lines.writerow(COLUMNS)
    lines.writerows(file_rows(home_map(question, public_index()), request.build_absolute_uri))
    return response


@public_page(reads=["go"])
@require_safe
def country_list(request: HttpRequest) -> HttpResponseBase:
    """The covered countries; `?go=peru`, which the form on the home page sends, redirects to that country."""
    if slug := request.GET.get("go"):
        return redirect(get_object_or_404(Country.objects.covered(), slug=slug))
    return render(request, "countries/country_list.html", {"rows": overview.covered_countries(public_index())})


@public_page
@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """How entries are collected and checked."""
    return render(request, "about/method.html", {"status_groups": list(StatusGroup)})


@public_page
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement, with known limitations."""
    return render(request, "about/accessibility.html")


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
