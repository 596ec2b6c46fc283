"""How well two coders of one act agree: a page and a file."""

import csv

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from foundation.publication import public_page
from measures.double_coding.results import FEWEST_PUBLIC, public_results
from measures.metadata import Metadata
from measures.views.addresses import permanent_address

HEADER = ("field", "scale", "pairs", "equal", "alpha", "alpha_lower", "alpha_upper", "until")


@public_page
@require_safe
def agreement(request: HttpRequest) -> HttpResponse:
    """`/quality/agreement/`: by field, with the number of pairs and the day of the newest."""
    context = {
        "results": public_results(),
        "fewest": FEWEST_PUBLIC,
        "metadata": Metadata(address=permanent_address(request, "agreement"), title=_("Agreement of two coders")),
    }
    return render(request, "measures/agreement.html", context)


@public_page(is_file=True, is_strict=True)
@require_safe
def agreement_csv(request: HttpRequest) -> HttpResponse:
    """`/quality/agreement.csv`: one row for each coded field; none while there are too few pairs."""
    results = public_results()
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    writer = csv.writer(response, lineterminator="\n")
    writer.writerow(HEADER)
    for each in results.fields:
        found = each.agreement
        figures = (found.share, found.alpha, found.lower, found.upper)
        written = ("" if figure is None else f"{figure:.3f}" for figure in figures)
        writer.writerow([each.field.name, each.scale.value, found.pairs, *written, results.until])
    return response
