"""The pages of measures: one of them, and whichever bears a legal number."""

import re
from typing import Any

from django.conf import settings
from django.db.models import BooleanField, ExpressionWrapper, Q, Value
from django.db.models.functions import Concat
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from countries.models import Country
from foundation.publication import public_page
from measures.choices import Workflow
from measures.details import details_of, for_page, relations_of, with_relations
from measures.entries import entry_of, for_list
from measures.models import Measure, MeasureQuerySet, Source
from measures.references import key_of
from measures.views.listing import Look, row_of

MOST_OF_A_REFERENCE = 100
"""Maximum number of entries on the page of a legal number; no act has more provisions."""


@public_page
@require_safe
def measure(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """`/measures/PER-00007/`; an act that is only named has a page of its name, a retired record answers 410."""
    if public_id != public_id.upper():
        return redirect("measure", public_id=public_id.upper(), permanent=True)
    shown = for_page(Measure.objects.published()).filter(public_id=public_id).first()
    if shown is None:
        return _without_record(request, public_id)
    context = {
        "measure": shown,
        "details": details_of(shown),
        "address": permanent_address(request, shown),
    }
    return render(request, "measures/measure_detail.html", context)


def _without_record(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """The page of an act that is only named, or of a record that was taken down; Http404 for any other."""
    named = with_relations(Measure.objects.named()).select_related("country").filter(public_id=public_id).first()
    if named:
        return render(request, "measures/measure_named.html", {"measure": named, "relations": relations_of(named)})
    get_object_or_404(Measure, public_id=public_id, workflow=Workflow.RETIRED)
    return render(request, "measures/measure_retired.html", {"public_id": public_id}, status=410)


def permanent_address(request: HttpRequest, shown: Measure | Country | Source) -> str:
    """The canonical URL to cite, in whatever language the page is read: the one without a language prefix."""
    with translation.override(settings.LANGUAGE_CODE):
        return request.build_absolute_uri(shown.get_absolute_url())


@public_page
@require_safe
def reference(request: HttpRequest, reference: str) -> HttpResponseBase:
    """`/reference/5349-2020-CR/`: the act with that number in whatever spelling, or all that begin with it."""
    if "\x00" in reference:
        raise Http404
    number = _from_its_number(reference)
    exact = _bearing(reference, number)
    if len(exact) == 1:
        return redirect(exact[0])
    begun = [] if exact else list(_numbered(Q(reference_key__startswith=Concat(key_of(number), Value("-")))))
    look = Look(get_language() or "", heading=3, with_country=True)
    rows = [row_of(entry_of(measure), look) for measure in exact or begun]
    context = {"reference": reference, "rows": rows, "is_exact": bool(exact)}
    return render(request, "measures/reference.html", context, status=200 if rows else 404)


def _bearing(reference: str, number: str) -> list[Measure]:
    """The entries with that number; those with the words before it (`Decreto Supremo N°`, `D.S.`), if there are any."""
    is_whole = ExpressionWrapper(Q(reference_key=key_of(reference)), BooleanField())
    found: list[Any] = list(_numbered(Q(reference_key__in=[key_of(reference), key_of(number)]), is_whole=is_whole))
    return [measure for measure in found if measure.is_whole] or found


def _from_its_number(reference: str) -> str:
    """The reference from its first digit, or unchanged."""
    digit = re.search(r"\d", reference)
    return reference[digit.start() :] if digit else reference


def _numbered(bears: Q, **first: ExpressionWrapper) -> MeasureQuerySet:
    """The public entries whose legal number matches a condition, by act; entries that match `first` come first."""
    found = Measure.objects.published().exclude(reference_key="").filter(bears).annotate(**first)
    ordered = found.order_by(
        *(f"-{name}" for name in first), "reference_key", "country", "kind", "provision", "public_id"
    )
    return for_list(ordered)[:MOST_OF_A_REFERENCE]
