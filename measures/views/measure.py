"""The pages of measures: one of them, and whichever bears a legal number."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from countries.models import Country, Named
from foundation.days import today
from foundation.publication import public_page
from measures.definitions.recoding import coded_by
from measures.definitions.versions import Version, versions_of
from measures.details import details_of, for_page, relations_of, with_relations
from measures.entries import entries_of, for_list
from measures.former_names import measure_now, referred_to, retired_with
from measures.listing.index import PublicIndex, public_index
from measures.metadata import ENTRY, Metadata, legislation
from measures.models import Measure, MeasureQuerySet, TargetGroup, Topic
from measures.reference_lookup import meant_by
from measures.timeline.course import course_chart
from measures.views.addresses import permanent_address
from measures.views.moved import moved, withdrawn
from measures.views.rows import Look, row_of
from measures.views.signposts import with_signposts


@public_page
@require_safe
def measure(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """`/measures/PER-00007/`; an act that is only named has a page of its name, a retired record answers 410."""
    if public_id != public_id.upper():
        return redirect("measure", public_id=public_id.upper(), permanent=True)
    shown = for_page(Measure.objects.published()).filter(public_id=public_id).first()
    if shown is None:
        return _without_record(request, public_id)
    day = today()
    details, index = details_of(shown, day), public_index()
    address = permanent_address(request, shown)
    context = {
        "measure": shown,
        "metadata": Metadata(
            address=address,
            title=shown.title.text,
            data=legislation(shown, details.words.group, address, request.build_absolute_uri),
            published=details.first_published.iso if details.first_published else "",
            modified=details.last_change.iso,
            embed=embed_address(request, shown),
            size=ENTRY,
            picture=request.build_absolute_uri(reverse("measure_picture", args=[shown.public_id])),
        ),
        "details": details,
        "coded_by": coded_by(shown, _versions(index)),
        "replies": shown.reports.answered().exclude(reply="").order_by("received_at"),
        "course_chart": course_chart(details.course, day),
        "neighbours": _neighbours(index, shown),
        "address": address,
    }
    page = render(request, "measures/measure_detail.html", context)
    return with_signposts(request, page, address, "Legislation")


def _versions(index: PublicIndex) -> dict[str, dict[int, list[Version]]]:
    """The versions of the definitions of all topics and groups, read once until the public data change."""
    read = {"topics": Topic, "target_groups": TargetGroup}
    return index.get_or_cache(
        "versions of definitions", lambda: {name: versions_of(model) for name, model in read.items()}
    )


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The entries of the country that are dated before and after one, if there are any."""

    earlier: Measure | None
    later: Measure | None


def _neighbours(index: PublicIndex, shown: Measure) -> Neighbours | None:
    """The entries beside this one in the list of its country; None for an entry without a date or country."""
    if not (shown.country_id and shown.date):
        return None
    recorded = index.of_country(shown.country_id)
    ids = [0, *recorded.ids(slice(recorded.dated)).tolist(), 0]
    if shown.pk not in ids:
        return None
    place = ids.index(shown.pk)
    beside = Measure.objects.published().in_bulk([ids[place - 1], ids[place + 1]])
    return Neighbours(beside.get(ids[place - 1]), beside.get(ids[place + 1])) if beside else None


def _without_record(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """The page of an act that is only named, or of a record that was taken down; Http404 for any other."""
    named = with_relations(Measure.objects.named()).select_related("country").filter(public_id=public_id).first()
    if named:
        address = permanent_address(request, "measure", public_id)
        context = {
            "measure": named,
            "relations": relations_of(named, today()),
            "metadata": Metadata(address=address, title=named.title.text),
        }
        return render(request, "measures/measure_named.html", context)
    if (now := measure_now(public_id)) and now != public_id:
        return moved(request, public_id=now)
    if (answer := withdrawn(request, Named.MEASURE, public_id)) is not None:
        return answer
    retired = get_object_or_404(Measure.objects.withdrawn().select_related("replaced_by"), public_id=public_id)
    successor = retired.replaced_by and Measure.objects.with_page().filter(pk=retired.replaced_by.pk).first()
    context = {"public_id": public_id, "reason": retired.retired_reason, "successor": successor}
    return render(request, "measures/measure_retired.html", context, status=410)


def embed_address(request: HttpRequest, shown: Measure | Country) -> str:
    """The URL of the page that other sites may frame, in the language of the page."""
    name, key = ("embed_country", shown.slug) if isinstance(shown, Country) else ("embed_measure", shown.public_id)
    return request.build_absolute_uri(reverse(name, args=[key]))


@public_page
@require_safe
def reference(request: HttpRequest, reference: str) -> HttpResponseBase:
    """`/reference/5349-2020-CR/`: the act that a number means, in whatever spelling, or all that it may mean."""
    if "\x00" in reference:
        raise Http404
    meant = meant_by(reference)
    if len(meant.same) == 1:
        return redirect(Measure.objects.get(pk=meant.same[0]))
    if not meant.same and (renumbered := referred_to(reference)):
        return redirect(renumbered, permanent=True)
    if not (meant.same or meant.perhaps) and (retired := retired_with(reference)):
        return redirect("measure", public_id=retired.public_id)
    look = Look(get_language() or "", today(), heading=3, with_country=True)
    rows, possible_rows = (
        [row_of(entry, look) for entry in entries_of(_by_act(ids), look.day)] for ids in (meant.same, meant.perhaps)
    )
    is_known = bool(rows or possible_rows)
    address = permanent_address(request, "reference", reference)
    context = {
        "reference": reference,
        "rows": rows,
        "possible_rows": possible_rows,
        "metadata": Metadata(address=address, title=reference) if is_known else None,
    }
    return render(request, "measures/reference.html", context, status=200 if is_known else 404)


def _by_act(ids: list[int]) -> MeasureQuerySet:
    """These entries for a list, by act."""
    found = Measure.objects.filter(pk__in=ids)
    return for_list(found.order_by("reference_key", "country", "kind", "provision", "public_id"))
