"""The ledger of corrections: what readers reported and were answered, and what changed of published entries."""

import csv
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from foundation.publication import public_page
from measures.corrections.ledger import (
    HEADER,
    answered,
    corrections_of,
    file_rows,
    newest_corrections,
    newest_corrections_of_figures,
    reasons_of,
)
from measures.metadata import Metadata
from measures.models import Measure
from measures.views.addresses import permanent_address

SHOWN = 30
"""Entries whose changes are listed, and answers on a page."""


@public_page(reads=["page"])
@require_safe
def corrections(request: HttpRequest) -> HttpResponse:
    """`/corrections/`: the newest answers to reports, and the changes of the entries that were changed last."""
    page = Paginator(answered().select_related("measure"), SHOWN).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "page": page,
        "corrections": newest_corrections(SHOWN) if page.number == 1 else [],
        "of_figures": newest_corrections_of_figures(SHOWN) if page.number == 1 else [],
        "metadata": Metadata(address=permanent_address(request, "corrections"), title=_("Corrections")),
    }
    return render(request, "measures/corrections.html", context)


@public_page
@require_safe
def corrections_of_measure(request: HttpRequest, public_id: str) -> HttpResponse:
    """`/measures/PER-00007/corrections/`: everything that was changed of an entry since it is public."""
    measure = get_object_or_404(Measure.objects.published().select_related("country"), public_id=public_id)
    found = corrections_of([measure])
    address = f"{permanent_address(request, measure)}corrections/"
    context = {
        "measure": measure,
        "corrections": found,
        "reasons": reasons_of(found),
        "reports": answered().filter(measure=measure),
        "metadata": Metadata(address=address, title=_("Corrections of %(entry)s") % {"entry": measure.public_id}),
    }
    return render(request, "measures/corrections_of_measure.html", context)


@public_page(is_file=True, is_strict=True)
@require_safe
def corrections_csv(request: HttpRequest, public_id: str) -> HttpResponse:
    """`/measures/PER-00007/corrections.csv`: one row for each changed field."""
    measure = get_object_or_404(Measure.objects.published(), public_id=public_id)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    writer = csv.writer(response, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(file_rows(corrections_of([measure])))
    return response
