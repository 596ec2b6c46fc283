"""The pages that belong to no country and no measure, and what machines ask of the site."""

import csv
from datetime import UTC, datetime

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from countries.models import Country
from countries.public_pages import EVERY_PARAMETER, public_page
from measures.choices import StatusGroup
from measures.public_index import public_index
from observatory import overview
from observatory.home_map import COLUMNS, Question, file_rows, home_map

PLAIN = "text/plain; charset=utf-8"


@public_page(reads=EVERY_PARAMETER)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the observatory holds, and ways into it; the query string says what the map shows."""
    index = public_index()
    question = Question(request.GET, today=datetime.now(UTC).date())
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
    """What the map of the home page shows, with its query string; a wrong parameter is named."""
    question = Question(request.GET, today=datetime.now(UTC).date())
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
    """The covered countries; `?go=peru`, which the form on the home page sends, leads on to that country."""
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
    """What works for whom, and what is known not to."""
    return render(request, "about/accessibility.html")


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process lives."""
    return HttpResponse("ok\n", content_type=PLAIN)


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The process can serve: the database answers and has every migration. Else 503 with the reason."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return HttpResponse("the database does not answer\n", content_type=PLAIN, status=503)
    if missing:
        return HttpResponse(f"migrations not applied: {len(missing)}\n", content_type=PLAIN, status=503)
    return HttpResponse("ok\n", content_type=PLAIN)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What crawlers may read, and where the list of pages is."""
    sitemap = request.build_absolute_uri(reverse("sitemaps"))
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /es/admin/",
        "Disallow: /pt/admin/",
        f"Sitemap: {sitemap}",
    ]
    return HttpResponse("\n".join([*lines, ""]), content_type=PLAIN)
