"""Workflow moves from the form and the list; `workflow.py` defines what they do and who may make them."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from foundation.characters import ReadableCharField
from foundation.keys import whole_number
from foundation.records.bulk_admin import MOST_AT_ONCE, MOST_NAMED, STAY_SELECTED, refused_as_changed
from foundation.records.deletion_admin import changed_since, read_versions, written_versions
from foundation.records.publication_time import PUBLISH_AT, PublicationTimeForm
from foundation.records.teams import visible_to
from measures import scheduling, workflow
from measures.admin.bulk_moves import MOST_KEPT, consequence, lead, plan_of, reasons_in_words
from measures.choices import Workflow
from measures.models import Measure

MOVE, NOTE, SUCCESSOR = "_move", "move_note", "move_successor"
"""The names of the buttons, of the note, and of the successor of a retired record."""
CANCEL = "cancel_schedule"
"""The button that takes a scheduled publication back."""
ASKED = "asked"
"""A field that marks a request from the confirmation page."""
REST = "rest"
"""A field of that page with the entries that stay as they are."""


class NoteForm(forms.Form):
    """The reason for sending a record back or retiring it; for the latter also the record that took its place."""

    move_note = ReadableCharField(widget=forms.Textarea(attrs={"rows": 3}))
    move_successor = forms.CharField(required=False, max_length=20)

    def __init__(self, *args: Any, move: workflow.Move, by: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        self.fields[NOTE].label = _("Reason")
        if move.target != Workflow.RETIRED:
            del self.fields[SUCCESSOR]
            return
        self.fields[NOTE].help_text = _("Readers see it at the address of the record.")
        self.fields[SUCCESSOR].label = _("Identifier of the record that took its place, if there is one")

    def clean_move_successor(self) -> Measure | None:
        """The record with the typed identifier."""
        return successor_of(self.cleaned_data[SUCCESSOR], by=self.by)


def successor_of(typed: str, *, by: Any) -> Measure | None:
    """The record with the typed identifier, None without one; raise ValidationError for one unknown to `by`."""
    public_id = typed.strip().upper()
    if not public_id:
        return None
    found = visible_to(by, Measure.objects.filter(public_id=public_id)).first()
    if found is None:
        raise ValidationError(_("There is no record %(id)s."), code="unknown", params={"id": public_id[:20]})
    return found


def move_saved(request: HttpRequest, measure: Measure) -> None:
    """Make the move of the button that saved the form, and report it; if it is refused, the record stays saved."""
    if request.POST[MOVE] == CANCEL:
        _cancel(request, measure)
    move = workflow.MOVES.get(request.POST[MOVE])
    if move is None:
        return
    if move.target == Workflow.PUBLISHED and request.POST.get(PUBLISH_AT, "").strip():
        _schedule(request, measure)
        return
    try:
        typed = request.POST.get(SUCCESSOR, "") if move.target == Workflow.RETIRED else ""
        successor = successor_of(typed, by=request.user)
        note = request.POST.get(NOTE, "")
        workflow.move_all(move, [measure.pk], by=request.user, note=note, successor=successor)
    except ValidationError as error:
        for message in error.messages:
            messages.error(request, message)
        return
    measure.refresh_from_db()
    messages.success(request, _("%(measure)s is now “%(state)s”.") % _named(measure))
    _tell_what_is_lacking(request, move, [measure.pk])


def _schedule(request: HttpRequest, measure: Measure) -> None:
    """Have the entry published at the time that was typed, which is one of the site."""
    try:
        publish_at = forms.DateTimeField().clean(request.POST[PUBLISH_AT].strip())
        scheduling.schedule(
            measure, by=request.user, publish_at=publish_at, at=timezone.now(), note=request.POST.get(NOTE, "")
        )
    except ValidationError as error:
        messages.error(request, _("Not scheduled: %(problem)s") % {"problem": " ".join(error.messages)})
        return
    at = date_format(localtime(publish_at), "DATETIME_FORMAT")
    messages.success(request, _("%(measure)s will be published on %(at)s.") % {"measure": measure.public_id, "at": at})
    _tell_what_is_lacking(request, workflow.MOVES["submit"], [measure.pk])


def _cancel(request: HttpRequest, measure: Measure) -> None:
    if scheduling.cancel(measure, by=request.user):
        messages.success(
            request, _("%(measure)s is no longer scheduled for publication.") % {"measure": measure.public_id}
        )


def _tell_what_is_lacking(request: HttpRequest, move: workflow.Move, ids: list[int]) -> None:
    """Tell who submits an entry, or schedules its publication, what is missing for it."""
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

    A move that needs a note, that concerns more than one page of the list, or a publication that is not possible for
    all asks for confirmation first; exactly the entries on the confirmation page are then moved, the rest stays
    selected.
    """

    def act(model_admin: Any, request: HttpRequest, queryset: QuerySet[Measure]) -> HttpResponse | None:
        form = NoteForm(request.POST if NOTE in request.POST else None, move=move, by=request.user)
        ids = list(queryset.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
        is_to_be_asked = ASKED not in request.POST and _needs_a_question(model_admin, request, move, ids)
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
                _move(request, move, ids, form.cleaned_data if move.needs_note else {})
        return _with_rest(request, move)

    named: Any = act
    named.short_description = f"{move.label}…" if move.needs_note else move.label
    return act


@admin.action(description=gettext_lazy("Publish later…"), permissions=["publish"])
def publish_later(model_admin: Any, request: HttpRequest, queryset: QuerySet[Measure]) -> HttpResponse | None:
    """Ask for a time, then schedule what can be published; the rest stays selected."""
    move, form = workflow.MOVES["publish"], PublicationTimeForm(request.POST if PUBLISH_AT in request.POST else None)
    plan = plan_of(move, queryset)
    if ASKED not in request.POST or not form.is_valid() or not plan.measures:
        words = {"title": _("Publish later"), "consequence": _("They will be published at that time, under your name.")}
        return _ask(model_admin, request, queryset, move, form, **words)
    for measure in plan.measures:
        scheduling.schedule(measure, by=request.user, at=timezone.now(), **form.cleaned_data)
    done = ngettext(
        "%(count)d entry will be published on %(at)s.",
        "%(count)d entries will be published on %(at)s.",
        len(plan.measures),
    )
    at = date_format(localtime(form.cleaned_data[PUBLISH_AT]), "DATETIME_FORMAT")
    messages.success(request, done % {"count": len(plan.measures), "at": at})
    return _with_rest(request, move)


def _needs_a_question(model_admin: Any, request: HttpRequest, move: workflow.Move, ids: list[int]) -> bool:
    """Whether a page first shows what will happen: to more than the list shows, or since some cannot be published."""
    if len(ids) > model_admin.list_per_page:
        return True
    if move.target != Workflow.PUBLISHED or changed_since(read_versions(request), Measure, ids):
        return False
    selected = Measure.objects.filter(pk__in=ids)
    return selected.exclude(workflow.COMPLETE, workflow__in=move.origins).exists()


def _with_rest(request: HttpRequest, move: workflow.Move) -> HttpResponse | None:
    """Back to the list, with what could not be moved still selected, and why it was not."""
    sent = [key for text in request.POST.getlist(REST)[:MOST_KEPT] if (key := whole_number(text)) is not None]
    rest = visible_to(request.user, Measure.objects.filter(pk__in=sent))
    if not sent or not rest.exists():
        return None
    for words in reasons_in_words(move, rest):
        messages.warning(request, words)
    query = request.GET.copy()
    query.setlist(STAY_SELECTED, [",".join(map(str, sent))])
    return HttpResponseRedirect(f"{request.path}?{query.urlencode()}")


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


def _move(request: HttpRequest, move: workflow.Move, ids: list[int], said: dict[str, Any]) -> None:
    try:
        workflow.move_all(move, ids, by=request.user, note=said.get(NOTE, ""), successor=said.get(SUCCESSOR))
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
    model_admin: Any, request: HttpRequest, queryset: QuerySet[Measure], move: workflow.Move, form: Any, **words: str
) -> HttpResponse:
    plan = plan_of(move, queryset)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": move.label,
        "opts": model_admin.opts,
        "form": form if move.needs_note or isinstance(form, PublicationTimeForm) else None,
        "plan": plan,
        "lead": lead(plan),
        "consequence": consequence(move),
        "most": MOST_AT_ONCE,
        "measures": plan.measures,
        "seen": written_versions(Measure, [measure.pk for measure in plan.measures]),
        "asked": ASKED,
        "action": request.POST["action"],
        "checkbox": ACTION_CHECKBOX_NAME,
        **words,
    }
    return TemplateResponse(request, "admin/measures/measure/ask.html", context)
