"""The door to the data: what there is, the codebook, the read API in words, citations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from foundation.days import today
from foundation.markdown import to_text
from foundation.partial_dates import PartialDate
from foundation.publication import public_page
from measures.citing import Citation
from measures.codebook import KINDS, changes, parts, rows
from measures.coverage.ledger import public_ledger, searched_share
from measures.listing.columns import INTERNATIONAL
from measures.listing.completeness import completeness, covered_codes, recorded
from measures.listing.index import public_index
from measures.metadata import Metadata, dataset, interval
from measures.recipes import query, recipes
from measures.schema import schema
from measures.views.addresses import permanent_address
from measures.views.csv_files import csv_file
from measures.views.listing import files_of

MOST_TERMS = 200
"""Keys of a vocabulary that the page shows; its file and the API have all."""


@public_page
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """`/data/`: what there is, how complete it is, and every way to it."""
    index, day = public_index(), today()
    covered = covered_codes()
    known = recorded(index, covered)
    change = index.everything.last_change()
    address = permanent_address(request, "data")
    lines = recipes(permanent_address(request, "measures_csv") + query(index))
    cited = Citation(_("Measures, sources and figures"), address, change, day)
    described = dataset(
        name=f"{cited.author}: {cited.title}",
        address=address,
        modified=str(change or ""),
        files=files_of(request, ""),
        temporalCoverage=interval(index.everything.bounds()),
    )
    context = {
        "total": len(known),
        "countries": len(known.counts("country").keys() & {*covered, INTERNATIONAL}),
        "sources": known.distinct_count("source"),
        "change": PartialDate.from_date(change) if change else None,
        "complete": (*completeness(known, day), searched_share(public_ledger(index), covered)),
        "cited": cited,
        "recipes": lines,
        "api_example": request.build_absolute_uri(f"{reverse('api_measures')}?limit=10&fields=public_id,title_en"),
        "metadata": Metadata(address=address, title=described["name"], data=described, modified=str(change or "")),
        "downloads": settings.DOWNLOADS_PER_MINUTE,
    }
    return render(request, "data/data.html", context)


@public_page
@require_safe
def codebook(request: HttpRequest) -> HttpResponse:
    """`/data/codebook/`: every field and key with its meaning and an example."""
    halves = [(title, [part for part in parts() if part.kind == kind and part.lines]) for kind, title in KINDS.items()]
    context = {
        "halves": halves,
        "most": MOST_TERMS,
        "shown": f":{MOST_TERMS}",
        "metadata": Metadata(address=permanent_address(request, "codebook"), title=_("Codebook")),
    }
    return render(request, "data/codebook.html", context)


@public_page(is_file=True, is_strict=True)
@require_safe
def codebook_csv(request: HttpRequest) -> HttpResponseBase:
    """The codebook as a file."""
    return csv_file(request, "codebook", rows())


@public_page(is_file=True, is_strict=True)
@require_safe
def codebook_changes_csv(request: HttpRequest) -> HttpResponseBase:
    """`/data/codebook/changes.csv`: every version of every definition, with the text before it and why it changed."""
    return csv_file(request, "codebook-changes", changes())


@public_page
@require_safe
def api(request: HttpRequest) -> HttpResponse:
    """`/data/api/`: the read API in words, from its schema."""
    paths = schema(settings.LANGUAGE_CODE)["paths"]
    context = {
        "calls": [_call(path, methods["get"]) for path, methods in paths.items()],
        "per_minute": settings.API_PER_MINUTE,
        "metadata": Metadata(address=permanent_address(request, "api_docs"), title=_("Read API")),
    }
    return render(request, "data/api.html", context)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the API, and the values that it may have, if they are a list."""

    name: str
    description: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class Call:
    """An address of the API in words."""

    name: str
    path: str
    description: str
    parameters: Sequence[Parameter]


def _call(path: str, operation: dict[str, Any]) -> Call:
    """An operation of the schema."""
    parameters = [
        Parameter(each["name"], to_text(each["description"]), _values(each["schema"]))
        for each in operation.get("parameters", [])
    ]
    return Call(operation["operationId"], path, to_text(operation["description"]), parameters)


def _values(schema: dict[str, Any]) -> Sequence[str]:
    found: Sequence[str] = schema.get("enum") or schema.get("items", {}).get("enum", [])
    return [value for value in found if value]
