"""The coverage ledger of a country as a grid in which many cells are marked at once.

It works as a plain form: ticked cells are marked, and those where ticked topics and ticked quarters cross; with topics
alone all their quarters, with quarters alone all topics. The script adds ranges by mouse and keyboard.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from countries.models import Country
from foundation.characters import ReadableCharField
from foundation.days import today
from foundation.keys import whole_number
from foundation.partial_dates import PartialDate, PartialDateFormField
from foundation.records.changes import all_event_models
from foundation.records.record_admin import DateInput
from foundation.records.second_reader import may_publish
from foundation.records.teams import may_see, may_work_on
from foundation.typed_dates import FIRST_YEAR, LAST_YEAR
from measures.choices import Searched
from measures.coverage.ledger import Ledger, period_of
from measures.coverage.marking import ChangedMeanwhile, Mark, Place, approve, mark, seen_of, take_back
from measures.coverage.quarters import Quarter, quarters_from, span_in_words
from measures.coverage.table import SIGNS, Cell, Table, table_of
from measures.listing.index import public_index
from measures.models import Coverage

MOST_YEARS = 10
"""Years that the grid shows at once."""
USUAL_YEARS = 3
LAST_EVENTS, LAST_ACTS = 400, 8
"""Events that are read for the list of what was last said, and acts of it that are shown."""
APPROVE, TAKE_BACK = "approve", "take_back"


class MarkForm(forms.Form):
    """What is said of the ticked cells, beside how far they were searched."""

    checked_on = PartialDateFormField(label=gettext_lazy("Checked on"), required=False, widget=DateInput)
    checked_by = ReadableCharField(label=gettext_lazy("Checked by"), required=False, max_length=200)
    searched = ReadableCharField(
        label=gettext_lazy("Where it was searched"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("The sources, and how. Readers see all three."),
    )


@dataclass(frozen=True, slots=True)
class GridCell:
    """A cell of the form; `proposed` are the words of what is proposed of it, '' for nothing."""

    cell: Cell
    proposed: str
    proposed_sign: str
    is_ticked: bool
    is_changed: bool


@dataclass(frozen=True, slots=True)
class GridRow:
    """A topic of the form."""

    topic: str
    label: str
    is_below: bool
    is_open: bool
    is_ticked: bool
    cells: tuple[GridCell, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What one person said at one time of some cells."""

    at: Any
    who: str
    cells: str
    state: str
    searched: str


def grid_view(model_admin: Any, request: HttpRequest, slug: str) -> HttpResponse:
    """Show the ledger of a country, and write what is marked in it."""
    country = get_object_or_404(Country, slug=slug)
    if not (model_admin.has_view_permission(request) and may_see(request.user, country)):
        raise PermissionDenied
    writes = model_admin.has_add_permission(request) and may_work_on(request.user, country)
    ledger = Ledger(Coverage.objects.filter(country=country, is_proposed=False)).of(country.pk)
    entries = public_index().of_country(country.pk)
    quarters = _shown(request, period_of([ledger], [entries]))
    table = table_of(ledger, entries, quarters, [request.GET.get("topic", "")])
    form, ticked, changed = MarkForm(initial=_usual(request)), frozenset[Place](), frozenset[Place]()
    if request.method == "POST":
        if not writes:
            raise PermissionDenied
        form, ticked = MarkForm(request.POST), _ticked(request, table)
        try:
            if form.is_valid():
                _do(request, country, ticked, form.cleaned_data)
                _point_out(request, table, ticked)
                return HttpResponseRedirect(request.get_full_path())
        except ChangedMeanwhile as conflict:
            changed = conflict.places
            messages.error(request, _changed_in_words(len(changed)))
        except ValidationError as error:
            form.add_error(None, error)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Coverage of %(country)s") % {"country": country},
        "opts": model_admin.opts,
        "country": country,
        "writes": writes,
        "may_publish": may_publish(request.user),
        "form": form,
        "years": table.years,
        "rows": _rows(request, country, table, ticked, changed),
        "first": quarters[0].year,
        "last": quarters[-1].year,
        "topic": request.GET.get("topic", ""),
        "seen": json.dumps(seen_of(country)),
        "states": [(state.value, state.label, SIGNS[state]) for state in Searched],
        "proposals": Coverage.objects.filter(country=country, is_proposed=True).count(),
        "last_said": _last_said(country),
        "media": model_admin.media,
    }
    return TemplateResponse(request, "admin/measures/coverage/grid.html", context)


# What is shown


def _shown(request: HttpRequest, known: tuple[Quarter, Quarter] | None) -> list[Quarter]:
    """The quarters of the years that are asked for, else the last years of the record and the ledger."""
    this = today().year
    last = _year(request.GET.get("to", "")) or max(min(known[1].year, this), FIRST_YEAR) if known else this
    first = _year(request.GET.get("from", "")) or max(known[0].year if known else last, last - USUAL_YEARS + 1)
    first, last = min(first, last), max(first, last)
    return quarters_from(Quarter(max(first, last - MOST_YEARS + 1), 1), Quarter(last, 4))


def _year(text: str) -> int | None:
    year = whole_number(text)
    return year if year is not None and FIRST_YEAR <= year <= LAST_YEAR else None


def _rows(
    request: HttpRequest, country: Country, table: Table, ticked: frozenset[Place], changed: frozenset[Place]
) -> list[GridRow]:
    waiting = {
        (row.topic.key, Quarter.of_period(row.period)): row
        for row in Coverage.objects.filter(country=country, is_proposed=True).select_related("topic")
        if row.period
    }
    topics = set(request.POST.getlist("row"))
    return [
        GridRow(
            row.topic,
            row.label,
            row.is_below,
            request.GET.get("topic") == row.topic,
            row.topic in topics,
            tuple(
                GridCell(
                    cell,
                    *_proposed(waiting.get((cell.topic, cell.quarter))),
                    str(Place(cell.topic, cell.quarter)) in request.POST.getlist("cell"),
                    Place(cell.topic, cell.quarter) in changed,
                )
                for cell in row.cells
            ),
        )
        for row in table.rows
    ]


def _proposed(row: Coverage | None) -> tuple[str, str]:
    return (str(row.get_state_display()), SIGNS[Searched(row.state)]) if row else ("", "")


def _usual(request: HttpRequest) -> dict[str, Any]:
    """Today, and the name of who marks."""
    return {"checked_on": PartialDate.from_date(today()), "checked_by": request.user.get_full_name()}  # type: ignore[union-attr]  # signed in


def _last_said(country: Country) -> list[Said]:
    """The last acts on the ledger of a country, the newest first; two queries."""
    event_model = next(model for model in all_event_models() if model.pgh_tracked_model is Coverage)
    events = event_model._default_manager.filter(country=country).select_related("pgh_context", "topic")
    acts: dict[Any, list[Any]] = {}
    for event in events.order_by("-pgh_id")[:LAST_EVENTS]:
        acts.setdefault((event.pgh_context_id, event.pgh_created_at, event.state, event.pgh_label), []).append(event)
    shown = list(acts.values())[:LAST_ACTS]
    contexts = [own[0].pgh_context for own in shown if own[0].pgh_context]
    users = [context.metadata["user"] for context in contexts if context.metadata.get("user")]
    names = dict(get_user_model()._default_manager.filter(pk__in=users).values_list("pk", "username"))
    return [_said(own, names) for own in shown]


def _said(events: list[Any], names: Mapping[Any, str]) -> Said:
    last = events[0]
    metadata = last.pgh_context.metadata if last.pgh_context else {}
    quarters = [Quarter.of_period(event.period) for event in events]
    labels = list(dict.fromkeys(event.topic.label for event in reversed(events)))
    named = ", ".join(labels[:3]) + (" …" if len(labels) > 3 else "")
    state = _("deleted") if last.pgh_label == "delete" else str(last.get_state_display())
    if last.is_proposed:
        state = _("proposed: %(state)s") % {"state": state}
    return Said(
        last.pgh_created_at,
        names.get(metadata.get("user"), ""),
        f"{named}, {span_in_words(min(quarters), max(quarters))}",
        state,
        last.searched,
    )


# What is done


def _ticked(request: HttpRequest, table: Table) -> frozenset[Place]:
    """The ticked cells, and those where ticked topics and quarters cross."""
    found = {place for text in request.POST.getlist("cell") if (place := Place.parse(text))}
    topics, quarters = set(request.POST.getlist("row")), set(request.POST.getlist("column"))
    if topics or quarters:
        for row in table.rows:
            if row.topic in topics or (not topics and not row.is_below):
                cells = (cell for cell in row.cells if not quarters or str(cell.quarter) in quarters)
                found.update(Place(cell.topic, cell.quarter) for cell in cells)
    return frozenset(found)


def _do(request: HttpRequest, country: Country, ticked: frozenset[Place], said: dict[str, Any]) -> None:
    act, seen = request.POST.get("act", ""), _seen(request)
    if act == APPROVE:
        done = approve(country, ticked, by=request.user, seen=seen)
    elif act == TAKE_BACK:
        done = take_back(country, ticked, seen=seen)
    elif act in Searched.values:
        done = mark(country, ticked, Mark(Searched(act), **_of(act, said)), by=request.user, seen=seen)
    else:
        raise ValidationError(_("Choose how far they were searched."))
    if may_publish(request.user) or act == TAKE_BACK:
        words = ngettext("%(n)d cell changed.", "%(n)d cells changed.", done)
    else:
        words = ngettext(
            "%(n)d cell is proposed. An editor approves it.", "%(n)d cells are proposed. An editor approves them.", done
        )
    messages.success(request, words % {"n": done})


def _point_out(request: HttpRequest, table: Table, ticked: frozenset[Place]) -> None:
    """Say where entries are recorded although nothing was found: one of the two is wrong."""
    if request.POST.get("act") != Searched.NOTHING_FOUND:
        return
    cells = (cell for row in table.rows for cell in row.cells)
    if number := sum(1 for cell in cells if cell.count and Place(cell.topic, cell.quarter) in ticked):
        words = ngettext(
            "Entries are recorded in %(n)d of these cells, although nothing was found there.",
            "Entries are recorded in %(n)d of these cells, although nothing was found there.",
            number,
        )
        messages.warning(request, words % {"n": number})


def _of(act: str, said: dict[str, Any]) -> dict[str, Any]:
    """Nobody looked where nothing was checked."""
    return {} if act == Searched.NOT_CHECKED else said


def _seen(request: HttpRequest) -> Mapping[str, int]:
    """The versions of the cells that the form showed; none if that is missing or no such thing."""
    try:
        found = json.loads(request.POST.get("seen", "{}"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _changed_in_words(number: int) -> str:
    return ngettext(
        "Nothing was saved: somebody else changed %(n)d of these cells after you opened the page. It is marked below, "
        "as it is now. Send the form again to change it all the same.",
        "Nothing was saved: somebody else changed %(n)d of these cells after you opened the page. They are marked "
        "below, as they are now. Send the form again to change them all the same.",
        number,
    ) % {"n": number}
