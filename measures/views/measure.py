"""The pages of measures: one of them, and whichever bears a legal number."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from countries.models import Country
from foundation.days import today
from foundation.publication import public_page
from measures.choices import Workflow
from measures.details import details_of, for_page, relations_of, with_relations
from measures.entries import entries_of, for_list
from measures.models import Measure, MeasureQuerySet, Source
from measures.reference_lookup import meant_by
from measures.views.listing import Look, row_of


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
        "details": details_of(shown, today()),
        "address": permanent_address(request, shown),
    }
    return render(request, "measures/measure_detail.html", context)


def _without_record(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """The page of an act that is only named, or of a record that was taken down; Http404 for any other."""
    named = with_relations(Measure.objects.named()).select_related("country").filter(public_id=public_id).first()
    if named:
        context = {"measure": named, "relations": relations_of(named, today())}
        return render(request, "measures/measure_named.html", context)
    get_object_or_404(Measure, public_id=public_id, workflow=Workflow.RETIRED)
    return render(request, "measures/measure_retired.html", {"public_id": public_id}, status=410)


def permanent_address(request: HttpRequest, shown: Measure | Country | Source) -> str:
    """The canonical URL to cite, in whatever language the page is read: the one without a language prefix."""
    with translation.override(settings.LANGUAGE_CODE):
        return request.build_absolute_uri(shown.get_absolute_url())


@public_page
@require_safe
def reference(request: HttpRequest, reference: str) -> HttpResponseBase:
    """`/reference/5349-2020-CR/`: the act that a number means, in whatever spelling, or all that it may mean."""
    if "\x00" in reference:
        raise Http404
    meant = meant_by(reference)
    if len(meant.same) == 1:
        return redirect(Measure.objects.get(pk=meant.same[0]))
    look = Look(get_language() or "", today(), heading=3, with_country=True)
    rows, possible_rows = (
        [row_of(entry, look) for entry in entries_of(_by_act(ids), look.day)] for ids in (meant.same, meant.perhaps)
    )
    context = {"reference": reference, "rows": rows, "possible_rows": possible_rows}
    return render(request, "measures/reference.html", context, status=200 if rows or possible_rows else 404)


def _by_act(ids: list[int]) -> MeasureQuerySet:
    """These entries for a list, by act."""
    found = Measure.objects.filter(pk__in=ids)
    return for_list(found.order_by("reference_key", "country", "kind", "provision", "public_id"))
