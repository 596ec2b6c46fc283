"""Bulk actions: limited in number, under a lock, and refused if records have changed since the list was loaded."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME, ActionForm
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation.records.deletion_admin import SEEN, DeletionAdmin, changed_since, read_versions, written_versions
from foundation.records.teams import of_other_countries

MOST_AT_ONCE = 500
"""Maximum number of records per action: what one person can review, locked for a second at most."""
MOST_NAMED = 10
"""Records that a message names."""
STAY_SELECTED = "stay_selected"
"""The parameter of a list with the keys of records that are selected when it is opened."""

Act = Callable[[Any, HttpRequest, QuerySet[Any]], Any]


class SeenActionForm(ActionForm):
    """The action form of a list, with the versions of the listed records."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput, label="")


class BulkAdmin(DeletionAdmin):
    """A change list with safe actions; actions that require only the view permission change nothing."""

    action_form = SeenActionForm

    def get_actions(self, request: HttpRequest) -> Any:
        actions: Any = super().get_actions(request)
        for name, (act, *others) in actions.items():
            if list(getattr(act, "allowed_permissions", ())) != ["view"]:
                actions[name] = (careful(act), *others)
        return actions

    def action_checkbox(self, obj: Any) -> Any:
        """Django's, ticked for a record that an action has left as it was."""
        attrs = {"class": "action-select", "aria-label": _("Select %(record)s") % {"record": obj}}
        box = forms.CheckboxInput(attrs, lambda value: getattr(obj, "stays_selected", False))
        return box.render(ACTION_CHECKBOX_NAME, str(obj.pk))

    def changelist_view(self, request: Any, extra_context: Any = None) -> HttpResponse:
        request.GET = query = request.GET.copy()  # Django takes an unknown parameter for a filter
        stay_selected = set("".join(query.pop(STAY_SELECTED, [])).split(","))
        response = super().changelist_view(request, extra_context)
        context: Any = getattr(response, "context_data", None) or {}
        if "cl" in context and context.get("action_form"):  # otherwise the response of an action, or no actions
            keys = [record.pk for record in context["cl"].result_list]
            for record in context["cl"].result_list:
                record.stays_selected = str(record.pk) in stay_selected
            context["action_form"].initial[SEEN] = written_versions(self.model, keys)
        return response


def careful(act: Act) -> Act:
    """Refuse the action for too many records, and for records that have changed since they were listed."""

    @wraps(act)
    def acted(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        keys = list(queryset.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
        if len(keys) > MOST_AT_ONCE:
            messages.error(request, too_many(queryset.count()))
            return None
        with transaction.atomic():
            if refused_as_foreign(model_admin, request, keys) or refused_as_changed(model_admin, request, keys):
                return None
            answer = act(model_admin, request, queryset)
            if isinstance(answer, TemplateResponse) and answer.context_data is not None:
                answer.context_data[SEEN] = written_versions(model_admin.model, keys)  # a confirmation page
            return answer

    return acted


def too_many(count: int) -> str:
    """The error message for an action on too many records."""
    words = _(
        "Nothing was changed: you selected %(count)d records, and at most %(most)d can be changed at once. Narrow the "
        "list."
    )
    return words % {"count": count, "most": MOST_AT_ONCE}


def refused_as_foreign(model_admin: Any, request: HttpRequest, keys: list[Any]) -> bool:
    """Report selected records of other countries, which the list has since they are public; whether there are any."""
    records = model_admin.model._base_manager.filter(pk__in=keys)
    foreign = list(of_other_countries(request.user, records)[:MOST_NAMED])
    if foreign:
        words = _("Nothing was changed: these records are not of your countries: %(named)s.")
        messages.error(request, words % {"named": ", ".join(map(str, foreign))})
    return bool(foreign)


def refused_as_changed(model_admin: Any, request: HttpRequest, keys: list[Any]) -> bool:
    """Lock the records and report those that have changed since the page was loaded; return whether there are any."""
    records = model_admin.model._base_manager.filter(pk__in=keys)
    list(records.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk"))
    changed = changed_since(read_versions(request), model_admin.model, keys)
    if changed:
        named = ", ".join(str(record) for record in records.filter(pk__in=changed[:MOST_NAMED]))
        words = ngettext(
            "Nothing was changed: %(count)d record changed after you opened the list. Check it first: %(named)s.",
            "Nothing was changed: %(count)d records changed after you opened the list. Check them first: %(named)s.",
            len(changed),
        )
        messages.error(request, words % {"count": len(changed), "named": named})
    return bool(changed)
