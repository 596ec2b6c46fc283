"""The ledger of numbers of a country in the admin: its series, and one of them as a grid of numbers to mark.

It works as a plain form: ticked numbers are marked, and those that are written as ranges.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from countries.models import Country
from foundation.characters import ReadableCharField
from foundation.days import today
from foundation.keys import whole_number
from foundation.partial_dates import PartialDate, PartialDateFormField
from foundation.records.record_admin import DateInput
from foundation.records.second_reader import may_publish
from foundation.records.teams import may_see, may_work_on, visible_to
from measures.choices import NumberState
from measures.missing.ledger import NumberLedger, Run
from measures.missing.marking import (
    Mark,
    NumbersChangedMeanwhile,
    approve,
    mark,
    parse_numbers,
    seen_of,
    take_back,
    waiting_of,
)
from measures.missing.series import Number
from measures.models import Measure, SeenNumber

MOST_SHOWN = 500
"""Numbers that the grid shows at once."""
APPROVE, TAKE_BACK = "approve", "take_back"
SIGNS = {
    NumberState.CODED: "●",
    NumberState.IRRELEVANT: "○",
    NumberState.LISTED: "◐",
    NumberState.NEVER_SEEN: "–",
}
"""The sign of each state; its words stand beside it or in the legend."""
MARKS = (NumberState.IRRELEVANT, NumberState.LISTED, NumberState.NEVER_SEEN)
"""What a person may say of a number."""


class NumberMarkForm(forms.Form):
    """What is said of the ticked numbers, beside their state."""

    numbers = ReadableCharField(
        label=gettext_lazy("Numbers"),
        required=False,
        max_length=2000,
        help_text=gettext_lazy("Beside those ticked: 3, 7-12, 15-A."),
    )
    checked_on = PartialDateFormField(label=gettext_lazy("Checked on"), required=False, widget=DateInput)
    checked_by = ReadableCharField(label=gettext_lazy("Checked by"), required=False, max_length=200)
    searched = ReadableCharField(
        label=gettext_lazy("Where it was seen"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("The list or source. Readers see all three."),
    )


@dataclass(frozen=True, slots=True)
class NumberCell:
    """A number of the grid; `proposed` are the words of what is proposed of it, '' for nothing."""

    number: Number
    state: NumberState
    about: str
    proposed: str
    proposed_sign: str
    is_ticked: bool
    is_changed: bool

    @property
    def sign(self) -> str:
        """The sign of its state."""
        return SIGNS[self.state]


@dataclass(frozen=True, slots=True)
class Work:
    """A number that a list has and nobody has decided: a row to code, with the address of a new record of it."""

    row: SeenNumber
    number: Number
    code_url: str


def grid_view(model_admin: Any, request: HttpRequest, slug: str) -> HttpResponse:
    """Show the series of a country, or the numbers of one, and write what is marked."""
    country = get_object_or_404(Country, slug=slug)
    if not (model_admin.has_view_permission(request) and may_see(request.user, country)):
        raise PermissionDenied
    acts = visible_to(request.user, Measure.objects.all()).exclude(workflow__in=["retired"])
    ledger = NumberLedger(country.pk, acts, SeenNumber.objects.filter(is_proposed=False))
    waiting = NumberLedger(country.pk, Measure.objects.none(), SeenNumber.objects.filter(is_proposed=True))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Numbers of acts of %(country)s") % {"country": country},
        "opts": model_admin.opts,
        "country": country,
        "runs": [(run, _waiting_in(waiting, run)) for run in ledger.runs],
        "only_proposed": [run for run in waiting.runs if ledger.run(run.series.key) is None],
        "unplaced": ledger.unplaced,
        "media": model_admin.media,
    }
    key = request.GET.get("series", "")
    run = ledger.run(key) or waiting.run(key)
    if run is None:
        return TemplateResponse(request, "admin/measures/seennumber/series.html", context)
    is_recorded = ledger.run(key) is not None
    run = run if is_recorded else Run(run.country, run.series, {}, run.kinds, run.bodies, run.names)
    return _series_view(model_admin, request, country, run, context)


def _waiting_in(waiting: NumberLedger, run: Run) -> int:
    own = waiting.run(run.series.key)
    return len(own.seen) if own else 0


def _series_view(
    model_admin: Any, request: HttpRequest, country: Country, run: Run, context: dict[str, Any]
) -> HttpResponse:
    writes = model_admin.has_add_permission(request) and may_work_on(request.user, country)
    waiting = waiting_of(run)
    form, changed = NumberMarkForm(initial=_usual(request)), frozenset[Number]()
    if request.method == "POST":
        if not writes:
            raise PermissionDenied
        form = NumberMarkForm(request.POST)
        try:
            if form.is_valid():
                _do(request, country, run, form.cleaned_data)
                return HttpResponseRedirect(request.get_full_path())
        except NumbersChangedMeanwhile as conflict:
            changed = conflict.numbers
            messages.error(request, _changed_in_words(len(changed)))
        except ValidationError as error:
            form.add_error(None, error)
    shown = _shown(request, run, waiting)
    context |= {
        "title": f"{run.label}, {run.series.year}",
        "run": run,
        "writes": writes,
        "may_publish": may_publish(request.user),
        "form": form,
        "cells": [_cell(request, run, number, waiting, changed) for number in shown],
        "earlier": max(run.first, shown[0].digits - MOST_SHOWN) if shown and shown[0].digits > run.first else None,
        "later": shown[-1].digits + 1 if shown and shown[-1].digits < _last(run, waiting) else None,
        "work": _work(run),
        "signs": [(state, SIGNS[state]) for state in NumberState],
        "marks": [(state, SIGNS[state]) for state in MARKS],
        "seen": json.dumps(seen_of(run, waiting)),
        "proposals": len(waiting),
    }
    return TemplateResponse(request, "admin/measures/seennumber/grid.html", context)


def _last(run: Run, waiting: Mapping[Number, Any]) -> int:
    return max(number.digits for number in {*run.seen, *waiting})


def _shown(request: HttpRequest, run: Run, waiting: Mapping[Number, Any]) -> list[Number]:
    """At most `MOST_SHOWN` numbers from the one that is asked for, those with letters after their digits."""
    known = sorted({*run.seen, *waiting})
    start = 1 if run.series.begins_anew else known[0].digits
    first = min(max(whole_number(request.GET.get("from", "")) or start, start), known[-1].digits)
    last = min(known[-1].digits, first + MOST_SHOWN - 1)
    within = {number for number in known if first <= number.digits <= last}
    digits = {number.digits for number in within}
    return sorted(within | {Number(one) for one in range(first, last + 1) if one not in digits})


def _cell(
    request: HttpRequest,
    run: Run,
    number: Number,
    waiting: Mapping[Number, list[SeenNumber]],
    changed: frozenset[Number],
) -> NumberCell:
    seen, proposal = run.seen.get(number), next(iter(waiting.get(number, ())), None)
    titles = [act.title for act in seen.acts] or [row.title or row.searched for row in seen.rows] if seen else []
    return NumberCell(
        number,
        run.state(number),
        "; ".join(titles)[:200],
        str(proposal.get_state_display()) if proposal else "",
        SIGNS[NumberState(proposal.state)] if proposal else "",
        str(number) in request.POST.getlist("number"),
        number in changed,
    )


def _work(run: Run) -> list[Work]:
    """What is to be coded: each number of a list once."""
    add = reverse("admin:measures_measure_add")
    found = []
    for number, seen in sorted(run.seen.items()):
        if seen.state == NumberState.LISTED:
            row = seen.rows[0]
            known = {
                "country": row.country_id,
                "kind": row.kind,
                "issuing_body": row.issuing_body_id,
                "reference": row.number,
                "official_title": row.title,
            }
            found.append(Work(row, number, f"{add}?{urlencode(known)}"))
    return found


def _usual(request: HttpRequest) -> dict[str, Any]:
    """Today, and the name of who marks."""
    return {"checked_on": PartialDate.from_date(today()), "checked_by": request.user.get_full_name()}  # type: ignore[union-attr]  # signed in


def _do(request: HttpRequest, country: Country, run: Run, said: dict[str, Any]) -> None:
    act, seen = request.POST.get("act", ""), _seen(request)
    ticked = [number for text in request.POST.getlist("number") if (number := Number.parse(text))]
    numbers = list(dict.fromkeys([*ticked, *parse_numbers(said.pop("numbers"))]))
    if act == APPROVE:
        done = approve(country, run, numbers, by=request.user, seen=seen)
    elif act == TAKE_BACK:
        done = take_back(country, run, numbers, seen=seen)
    elif act in MARKS:
        known = {} if act == NumberState.NEVER_SEEN else said
        if act == NumberState.NEVER_SEEN:
            known = {"searched": said["searched"] or "–"}
        done = mark(country, run, numbers, Mark(NumberState(act), **known), by=request.user, seen=seen)
    else:
        raise ValidationError(_("Choose what is known of the numbers."))
    if may_publish(request.user) or act == TAKE_BACK:
        words = ngettext("%(n)d number changed.", "%(n)d numbers changed.", done)
    else:
        words = ngettext(
            "%(n)d number is proposed. An editor approves it.",
            "%(n)d numbers are proposed. An editor approves them.",
            done,
        )
    messages.success(request, words % {"n": done})


def _seen(request: HttpRequest) -> Mapping[str, int]:
    """The versions of the numbers that the form showed; none if that is missing or no such thing."""
    try:
        found = json.loads(request.POST.get("seen", "{}"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _changed_in_words(number: int) -> str:
    return ngettext(
        "Nothing was saved: somebody else changed %(n)d of these numbers after you opened the page. It is marked "
        "below, as it is now. Send the form again to change it all the same.",
        "Nothing was saved: somebody else changed %(n)d of these numbers after you opened the page. They are marked "
        "below, as they are now. Send the form again to change them all the same.",
        number,
    ) % {"n": number}
