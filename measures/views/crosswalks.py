"""Crosswalks to the terms of other data sets, as a page and as a file."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from foundation.publication import public_page
from measures.crosswalks import tables
from measures.metadata import Metadata
from measures.views.addresses import permanent_address
from measures.views.csv_files import csv_file


@public_page
@require_safe
def crosswalks(request: HttpRequest) -> HttpResponse:
    """`/data/crosswalks/`: a table for each scheme."""
    context = {
        "crosswalks": tables.crosswalks(),
        "metadata": Metadata(address=permanent_address(request, "crosswalks"), title=_("Crosswalks")),
    }
    return render(request, "data/crosswalks.html", context)


@public_page(is_file=True, is_strict=True)
@require_safe
def crosswalks_csv(request: HttpRequest) -> HttpResponseBase:
    """`/data/crosswalks.csv`: all tables in one file."""
    return csv_file(request, "crosswalks", tables.rows())
