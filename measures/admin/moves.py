"""Workflow moves from the form and the list; `workflow.py` defines what they do and who may make them."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation.records.bulk_admin import MOST_AT_ONCE, MOST_NAMED, refused_as_changed
from foundation.records.deletion_admin import read_versions, written_versions
from measures import workflow
from measures.admin.bulk_moves import consequence, lead, plan_of
from measures.choices import Workflow
from measures.models import Measure

MOVE, NOTE = "_move", "move_note"
"""The names of the buttons and of the note, in the form and on the page that asks."""
ASKED = "asked"
"""A field that marks a request from the confirmation page."""


class NoteForm(forms.Form):
    """The reason for sending a record back or retiring it."""

    move_note = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[NOTE].label = _("Reason")


def move_saved(request: HttpRequest, measure: Measure) -> None:
    """Make the move of the button that saved the form, and report it; if it is refused, the record stays saved."""
    move = workflow.MOVES.get(request.POST[MOVE])
    if move is None:
        return
    try:
        workflow.move_all(move, [measure.pk], by=request.user, note=request.POST.get(NOTE, ""))
    except ValidationError as error:
        for message in error.messages:
            messages.error(request, message)
        return
    measure.refresh_from_db()
    messages.success(request, _("%(measure)s is now “%(state)s”.") % _named(measure))
    _tell_what_is_lacking(request, move, [measure.pk])


def _tell_what_is_lacking(request: HttpRequest, move: workflow.Move, ids: list[int]) -> None:
    """Tell an analyst who submits an entry what is missing for publication."""
    if move.target != Workflow.IN_REVIEW:
        return
    problems = workflow.lacking(Measure.objects.filter(pk__in=ids))
    for problem in problems[:MOST_NAMED]:
        messages.warning(request, problem.messages[0])
    if (others := len(problems) - MOST_NAMED) > 0:
        messages.warning(request, _("And %(count)d more.") % {"count": others})


def _named(measure: Measure) -> dict[str, str]:
    return {"measure": measure.public_id, "state": measure.get_workflow_display()}


def move_action(move: workflow.Move) -> Callable[[Any, HttpRequest, QuerySet[Measure]], HttpResponse | None]:
    """The list action that makes `move` with all selected entries or none.

    A move that needs a note, or that concerns more than one page of the list, asks for confirmation first; exactly the
    entries on the confirmation page are then moved.
    """

    def act(model_admin: Any, request: HttpRequest, queryset: QuerySet[Measure]) -> HttpResponse | None:
        form = NoteForm(request.POST if NOTE in request.POST else None)
        ids = list(queryset.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
        is_to_be_asked = len(ids) > model_admin.list_per_page and ASKED not in request.POST
        if is_to_be_asked or len(ids) > MOST_AT_ONCE or (move.needs_note and not form.is_valid()):
            return _ask(model_admin, request, queryset, move, form)
        with transaction.atomic():
            if _is_done_already(request, move):
                return None
            if not ids:
                messages.warning(
                    request, _("Nothing was changed: the entries that you selected are no longer in this list.")
                )
            elif not refused_as_changed(model_admin, request, ids):
                _move(request, move, ids, form.cleaned_data[NOTE] if move.needs_note else "")
        return None

    named: Any = act
    named.short_description = f"{move.label}…" if move.needs_note else move.label
    return act


def _is_done_already(request: HttpRequest, move: workflow.Move) -> bool:
    """Whether a duplicate of this request, such as after a double click, has moved all selected entries.

    If so, its message is repeated, since the browser has lost that response. Waits for the other request to end.
    """
    seen, selected = read_versions(request), set(request.POST.getlist(ACTION_CHECKBOX_NAME))
    records = Measure.objects.filter(pk__in=[int(key) for key in seen if key in selected])
    list(records.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk"))
    moved = records.filter(workflow=move.target, updated_by_id=request.user.pk).values_list("pk", "record_version")
    count = sum(version == seen[str(key)] + 1 for key, version in moved)
    if not count or count < len(selected):
        return False
    words = ngettext(
        "%(move)s: %(count)d entry. The form was sent twice, but the change was made only once.",
        "%(move)s: %(count)d entries. The form was sent twice, but the change was made only once.",
        count,
    )
    messages.success(request, words % {"move": move.label, "count": count})
    return True


def _move(request: HttpRequest, move: workflow.Move, ids: list[int], note: str) -> None:
    try:
        workflow.move_all(move, ids, by=request.user, note=note)
    except ValidationError as error:
        messages.error(request, _("Nothing was changed."))
        for message in error.messages[:MOST_NAMED]:
            messages.error(request, message)
        if (others := len(error.messages) - MOST_NAMED) > 0:
            messages.error(request, _("And %(count)d more.") % {"count": others})
        return
    done = ngettext("%(move)s: %(count)d entry.", "%(move)s: %(count)d entries.", len(ids))
    messages.success(request, done % {"move": move.label, "count": len(ids)})
    _tell_what_is_lacking(request, move, ids)


def _ask(
    model_admin: Any, request: HttpRequest, queryset: QuerySet[Measure], move: workflow.Move, form: NoteForm
) -> HttpResponse:
    plan = plan_of(move, queryset)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": move.label,
        "opts": model_admin.opts,
        "form": form if move.needs_note else None,
        "plan": plan,
        "lead": lead(plan),
        "consequence": consequence(move),
        "most": MOST_AT_ONCE,
        "measures": plan.measures,
        "seen": written_versions(Measure, [measure.pk for measure in plan.measures]),
        "asked": ASKED,
        "action": request.POST["action"],
        "checkbox": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/measures/measure/ask.html", context)
