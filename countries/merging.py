"""Forms of the admin that never write over what somebody else saved meanwhile; what that means is in `stale.py`."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Model
from django.forms import BaseInlineFormSet
from django.forms.utils import ErrorDict, ErrorList
from django.http import HttpRequest, JsonResponse, QueryDict
from django.middleware.csrf import get_token
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from countries.record_admin import RecordAdmin, RecordForm
from countries.stale import Merge, Snapshot, choose, snapshot, written

SHARES_RULE = "countries_observation_shares_within_the_whole"
"""The rule of a trigger, which no constraint of a model names."""


class MergingForm(RecordForm):
    """A form that carries what it showed; `refusal` is what was found against saving, such as a newer version."""

    loaded = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)

    refusal: Any = None
    own_fields: tuple[str, ...] = ("loaded",)
    """Fields of the form that are none of the record."""

    @cached_property
    def changed_data(self) -> list[str]:
        """What was changed of the record."""
        return [name for name in super().changed_data if name not in self.own_fields]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.refusal:
            raise ValidationError(self.refusal, code="refused")
        return cleaned


class MergingAdmin(RecordAdmin):
    """A form and its rows, shown again with both versions where somebody else saved meanwhile."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.refusal = refusal_of(request)
        return form

    def forms_of(self, request: HttpRequest, record: Any) -> tuple[Any, list[BaseInlineFormSet]]:
        """The form and formsets as a page opened now would show them."""
        form = self.get_form(request, record, change=True)(instance=record)
        formsets = [
            formset(instance=record, prefix=formset.get_default_prefix(), queryset=inline.get_queryset(request))
            for formset, inline in self.get_formsets_with_inlines(request, record)
        ]
        return form, formsets

    def merge(self, request: HttpRequest, record: Any, words: str) -> QueryDict:
        """Have both versions shown with `words`; return what the form will hold."""
        base = Snapshot.from_json(request.POST.get("loaded", ""))
        refuse(request, request.POST, words)
        merge = Merge(base, *self.forms_of(request, record), request.POST)
        refuse(request, merge.data, words, merge.differences)
        return merge.data

    def take_choices(self, request: Any) -> None:
        """Put the versions that were chosen into the form; refuse to save while one is not."""
        data, undecided = choose(request.POST)
        request.POST = data
        if undecided:
            refuse(request, data, _("Choose a version wherever both of you changed something."), undecided)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        form, inline_formsets = context["adminform"].form, context["inline_admin_formsets"]
        differences = getattr(request, "differences", [])
        if context["original"] and not form.is_bound:
            form.initial["loaded"] = snapshot(form, [inline.formset for inline in inline_formsets]).to_json()
        context |= {"differences": differences, "written_differences": written(differences)}
        if differences:
            context["place_of_faults"] = context.get("place_of_faults") or "differences"
        return super().render_change_form(request, context, *args, **kwargs)


def refusal_of(request: HttpRequest) -> str | None:
    """Why the form is to be shown again and not saved."""
    refusal: str | None = getattr(request, "refusal", None)
    return refusal


def refuse(request: Any, data: QueryDict, refusal: str, differences: Any = ()) -> None:
    """Have the form shown again with `data` and the reason, not saved."""
    request.POST, request.refusal, request.differences = data, refusal, list(differences)


def without_errors(context: Any) -> None:
    """Show a form that was sent, and not to be saved, without what saving would find wrong with it."""
    formsets = [inline.formset for inline in context["inline_admin_formsets"]]
    for form in (context["adminform"].form, *(row for formset in formsets for row in formset.forms)):
        form._errors = ErrorDict()
    for formset in formsets:
        formset._non_form_errors = ErrorList()
    context["errors"] = ErrorList()


def rule_broken(error: IntegrityError, models: Iterable[type[Model]]) -> str:
    """The words of the constraint of one of `models` that the database held against a save."""
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None)
    if name == SHARES_RULE:
        return _("Somebody saved another share of the same whole, so that they now pass 100 percent. Look again.")
    for model in models:
        for constraint in model._meta.constraints:
            if constraint.name == name:
                return str(constraint.violation_error_message)
    return _("Somebody saved something that does not go together with this (%(rule)s). Look again, then save.") % {
        "rule": name or error
    }


def session_view(request: HttpRequest) -> JsonResponse:
    """Asked before a form is sent: that its author is still signed in, and the token that a new sign-in brought."""
    return JsonResponse({"token": get_token(request)})
