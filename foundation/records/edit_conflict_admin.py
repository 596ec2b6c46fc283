"""Admin forms that never overwrite what somebody else has saved in the meantime; see `edit_conflicts.py`."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.forms import BaseInlineFormSet
from django.forms.utils import ErrorDict, ErrorList
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.middleware.csrf import get_token
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from foundation.records.bulk_admin import BulkAdmin
from foundation.records.changes import acts_on
from foundation.records.deletion_admin import deleted_page
from foundation.records.edit_conflicts import Merge, Snapshot, choose, snapshot, written
from foundation.records.record_admin import RecordForm
from foundation.records.second_reader import BecamePublic, may_change
from foundation.records.second_reader_admin import is_proposal, refusal_of, refuse
from foundation.records.teams import OutOfReach

SHARES_RULE = "countries_observation_shares_within_the_whole"
"""A rule that is enforced by a trigger, not by a constraint of a model."""


class MergingForm(RecordForm):
    """A form that carries its initial values; `refusal` is why it may not be saved, such as a newer version."""

    loaded = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)

    refusal: Any = None
    own_fields: tuple[str, ...] = ("loaded",)
    """Fields of the form that are none of the record."""

    @cached_property
    def changed_data(self) -> list[str]:
        """The changed fields of the record."""
        return [name for name in super().changed_data if name not in self.own_fields]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.refusal:
            raise ValidationError(self.refusal, code="refused")
        return cleaned


class MergingAdmin(BulkAdmin):
    """An admin whose form and inlines are shown again with both versions if somebody else has saved in the meantime."""

    form = MergingForm

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.refusal = refusal_of(request)
        return form

    # Saving

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Save under a lock; if that is refused, show the form again with everything that was typed."""
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        typed = request.POST
        try:
            with transaction.atomic():
                answer = self.before_saving(request, object_id)
                return answer or super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError as error:
            refuse(request, typed, rule_broken(error, [self.model, *(inline.model for inline in self.inlines)]))
        except BecamePublic:
            self.refuse_as_public(request, typed)
        except OutOfReach:
            self.refuse_as_foreign(request, typed)
        return self.form_page(request, object_id, form_url, extra_context)

    def form_page(self, request: HttpRequest, object_id: str | None, form_url: str = "", extra: Any = None) -> Any:
        """The page of the form, whatever was posted; it saves what is not refused."""
        return super().changeform_view(request, object_id, form_url, extra)

    def before_saving(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        """Check the stored record under a lock, and refuse a save if necessary; a response replaces the page."""
        if object_id is None or not self.has_change_permission(request):
            return None
        record = self.locked(object_id)
        if record is None:
            return deleted_page(self, request, object_id)
        self.notice_newer_version(request, record)
        return None

    def notice_newer_version(self, request: HttpRequest, record: Any) -> None:
        """Refuse to save a record that has become public; merge if it is not the version that the form showed."""
        if not (is_proposal(request) or may_change(request.user, record)):
            self.refuse_as_public(request, request.POST)
            return
        base = Snapshot.from_json(request.POST.get("loaded", ""))
        form, formsets = self.forms_of(request, record)
        is_newer = snapshot(form, formsets) != base
        if is_newer and Merge(base, form, formsets, request.POST).differences:
            self.merge(request, record, self.newer_version(request, record))
        else:  # unchanged since it was opened, or changed identically by both
            self.take_choices(request)

    def newer_version(self, request: HttpRequest, record: Any) -> str:
        """The message above two versions."""
        return newer_version(request, record)

    def forms_of(self, request: HttpRequest, record: Any) -> tuple[Any, list[BaseInlineFormSet]]:
        """The form and formsets as they would be if the page were opened now; of a new record without `record`."""
        form = self.get_form(request, record, change=record is not None)(instance=record)
        formsets = [
            formset(instance=form.instance, prefix=formset.get_default_prefix(), queryset=inline.get_queryset(request))
            for formset, inline in self.get_formsets_with_inlines(request, record)
            if inline.has_change_permission(request, record)
        ]
        return form, formsets

    def typed_forms_of(self, request: HttpRequest, record: Any, data: QueryDict) -> tuple[Any, list[BaseInlineFormSet]]:
        """The same with what is typed, validated; nothing is saved, but `record` takes what is valid."""
        form = self.get_form(request, record, change=record is not None)(data, instance=record)
        form.is_valid()
        formsets = [
            type(unbound)(data, instance=form.instance, prefix=unbound.prefix, queryset=unbound.queryset)
            for unbound in self.forms_of(request, record)[1]
        ]
        for formset in formsets:
            formset.is_valid()
        return form, formsets

    def merge(self, request: HttpRequest, record: Any, words: str) -> QueryDict:
        """Have both versions shown with the message `words`; return the data of the merged form."""
        base = Snapshot.from_json(request.POST.get("loaded", ""))
        refuse(request, request.POST, words)
        merge = Merge(base, *self.forms_of(request, record), request.POST)
        refuse(request, merge.data, words, merge.differences)
        return merge.data

    def take_choices(self, request: Any) -> None:
        """Put the chosen versions into the form; refuse to save while a choice is missing."""
        data, undecided = choose(request.POST)
        request.POST = data
        if undecided:
            refuse(request, data, _("Choose a version of each field that both of you changed."), undecided)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        form, inline_formsets = context["adminform"].form, context["inline_admin_formsets"]
        differences = getattr(request, "differences", [])
        if context["original"] and not form.is_bound:
            form.initial["loaded"] = snapshot(form, _written_here(inline_formsets)).to_json()
        context |= {"differences": differences, "written_differences": written(differences)}
        if differences:
            context["place_of_faults"] = context.get("place_of_faults") or "differences"
        if form.refusal:  # shown with the other errors; the default form would repeat it
            context["errors"] = ErrorList()
        return super().render_change_form(request, context, *args, **kwargs)


def _written_here(inline_formsets: Any) -> list[Any]:
    """The formsets that the user may change: the others are displayed but not submitted."""
    return [inline.formset for inline in inline_formsets if inline.has_change_permission]


def newer_version(request: HttpRequest, record: Model) -> str:
    """Who changed the record after the form was opened, and what to do."""
    who = next((act.who for act in acts_on(record)[:1]), "")
    if who == request.user.get_username():
        text = _("Not saved yet: you changed this record in another window after you opened it here.")
    else:
        text = _("Not saved yet: %(who)s changed this record after you opened it.") % {
            "who": who or _("another person")
        }
    parts = [
        text,
        _(
            "Both versions are shown below. Where only one of you made a change, the form already has it. Review the "
            "other fields, then save again."
        ),
    ]
    if request.FILES:
        parts.append(_("Choose your file again, too: the browser sends it only once."))
    return " ".join(parts)


def without_errors(context: Any) -> None:
    """Show a submitted form that is not to be saved without its validation errors."""
    formsets = [inline.formset for inline in context["inline_admin_formsets"]]
    for form in (context["adminform"].form, *(row for formset in formsets for row in formset.forms)):
        form._errors = ErrorDict()
    for formset in formsets:
        formset._non_form_errors = ErrorList()
    context["errors"] = ErrorList()


def rule_broken(error: IntegrityError, models: Iterable[type[Model]]) -> str:
    """The message of the constraint, among those of `models`, that the save violated."""
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None)
    if name == SHARES_RULE:
        return _(
            "Another person saved a share of the same whole, and together they now exceed 100 percent. Check them "
            "again."
        )
    for model in models:
        for constraint in model._meta.constraints:
            if constraint.name == name:
                return str(constraint.violation_error_message)
    return _("Another person saved something that conflicts with this (%(rule)s). Check it, then save again.") % {
        "rule": name or error
    }


def session_view(request: HttpRequest) -> JsonResponse:
    """Called before a form is submitted: whether its author is still signed in, and the current CSRF token."""
    return JsonResponse({"token": get_token(request)})
