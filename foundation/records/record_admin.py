"""What every admin of a tracked record has: dates and numbers with an echo, readable history, deletion with advice.

Related rows are selected, never created, inside another record's form.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import NestedObjects
from django.contrib.admin.widgets import (
    AdminTextInputWidget,
    AutocompleteSelect,
    AutocompleteSelectMultiple,
    RelatedFieldWidgetWrapper,
)
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DEFAULT_DB_ALIAS, models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from foundation import numbers
from foundation.characters import ReadableCharField, ReadableEmailField, ReadableSlugField, ReadableURLField
from foundation.keys import key_of
from foundation.numbers import NumberFormField
from foundation.partial_dates import PartialDate, PartialDateField, Period, PeriodField
from foundation.records.changes import acts_on
from foundation.records.team_admin import TeamAdmin, choices_of
from foundation.records.teams import all_kept_from, names_of, works_everywhere
from foundation.records.version_admin import context_of_versions

MOST_USERS = 100
"""Maximum number of referring records listed for a record to be deleted."""


def interpretation(text: str, value_class: type[PartialDate] | type[Period] = PartialDate) -> str:
    """How a typed date is understood (`May 2020, day not recorded`); raise ValidationError if it is invalid."""
    if not text.strip():
        return ""
    value = value_class.parse(text)
    missing = value.missing_in_words() if isinstance(value, PartialDate) else value.inferred_in_words()
    return ", ".join(part for part in (value.in_words(), missing) if part)


READERS: dict[str, Callable[[str], str]] = {
    "date": interpretation,
    "period": partial(interpretation, value_class=Period),
    "number": numbers.interpretation,
}
"""How the value of a box is read, by the kind of the box; each raises ValidationError."""


class TypedInput(AdminTextInputWidget):
    """A text input with the interpretation of its value beside it."""

    kind: str

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        attrs = {
            **(attrs or {}),
            "class": "vPartialDate",
            "data-echo": reverse_lazy("admin:echo"),
            "data-kind": self.kind,
            "autocomplete": "off",
            "size": 12,
        }
        try:
            understood = READERS[self.kind](str(value or ""))
        except ValidationError:
            understood = ""
        box = super().render(name, value, attrs, renderer)
        return format_html('<span class="typed-date">{}<output class="echo">{}</output></span>', box, understood)


class DateInput(TypedInput):
    """A text input for a partial date."""

    kind = "date"


class PeriodInput(TypedInput):
    """A text input for a partial date or a period."""

    kind = "period"


class NumberInput(TypedInput):
    """A text input for a number as people write it."""

    kind = "number"


class _KeysAlone:
    """Autocomplete mixin: ignore a value, from the URL or a form, that cannot be a primary key.

    Django's widget would query the database for it.
    """

    field: Any

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        model = self.field.remote_field.model
        keys = [key for key in value if key_of(model, str(key)) is not None]
        return super().optgroups(name, keys, attr)  # type: ignore[misc]  # of the widget


class Autocomplete(_KeysAlone, AutocompleteSelect):
    """Autocomplete for one record."""


class AutocompleteMultiple(_KeysAlone, AutocompleteSelectMultiple):
    """Autocomplete for several records."""


class KnownAutocomplete(Autocomplete):
    """An autocomplete that is given the label of its selection; Django's queries the database for each row."""

    known: dict[str, str] = {}

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        chosen = {str(v) for v in value if str(v) not in ("", "None")}
        if not chosen <= self.known.keys():
            return super().optgroups(name, value, attr)
        options = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        options += [
            self.create_option(name, key, self.known[key], True, index) for index, key in enumerate(chosen, start=1)
        ]
        return [(None, options, 0)]


def tell(widget: forms.Widget, chosen: Any) -> None:
    """Give an autocomplete its selected row; a key alone is looked up."""
    if isinstance(widget, KnownAutocomplete) and isinstance(chosen, models.Model):
        widget.known = {str(chosen.pk): str(chosen)}


class RelatedByChoice(BaseModelAdmin):
    """Mixin: partial date inputs, and no adding, changing or deleting of related rows in another record's form."""

    formfield_overrides = {
        PartialDateField: {"widget": DateInput},
        PeriodField: {"widget": PeriodInput},
        models.DecimalField: {"form_class": NumberFormField, "widget": NumberInput},
        models.CharField: {"form_class": ReadableCharField},
        models.TextField: {"form_class": ReadableCharField},
        models.SlugField: {"form_class": ReadableSlugField, "widget": AdminTextInputWidget},
        models.EmailField: {"form_class": ReadableEmailField},
        models.URLField: {"form_class": ReadableURLField, "assume_scheme": "https"},
    }

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **kwargs: Any) -> Any:
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)
        if formfield and isinstance(formfield.widget, RelatedFieldWidgetWrapper):
            formfield.widget = formfield.widget.widget
        return formfield

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", Autocomplete(db_field, self.admin_site))
        offered = choices_of(request, db_field, getattr(self, "team_fields", ()))
        if offered is not None:
            kwargs.setdefault("queryset", offered)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", AutocompleteMultiple(db_field, self.admin_site))
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class KnownRows(RelatedByChoice):
    """Mixin for inline rows: autocompletes without a query for known labels."""

    extra = 1

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", KnownAutocomplete(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what the autocomplete fields show, for all rows at once."""
        return super().get_queryset(request).select_related(*self.autocomplete_fields)


class RecordForm(forms.ModelForm):
    """A form that reports a violated constraint at the field where it can be corrected."""

    field_of_rule: dict[str, str] = {}

    def _get_validation_exclusions(self) -> set[str]:
        """Include generated columns: they are never in a form, but constraints on them follow from fields that are."""
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # not in the stubs
        return excluded - {column.name for column in self._meta.model._meta.fields if column.generated}

    def _update_errors(self, errors: Any) -> None:
        fields = self._field_of_message()
        for error in getattr(errors, "error_dict", {}).pop(NON_FIELD_ERRORS, []):
            field = fields.get(str(error.message))
            self.add_error(field if field in self.fields else None, error)
        if not hasattr(errors, "error_dict") or errors.error_dict:
            super()._update_errors(errors)  # type: ignore[misc]  # not in the stubs

    def _field_of_message(self) -> dict[str, str]:
        """The field of each constraint, by its translated message: a ValidationError does not name its constraint."""
        return {
            str(constraint.violation_error_message): self.field_of_rule[constraint.name]
            for constraint in self._meta.model._meta.constraints
            if constraint.name in self.field_of_rule
        }


class RecordAdmin(RelatedByChoice, TeamAdmin):
    """The admin of a model with tracked history; `field_of_rule` maps each constraint to a field."""

    form = RecordForm
    field_of_rule: dict[str, str] = {}
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    list_per_page = 50
    history_hidden: tuple[str, ...] = ("updated_at",)
    in_use_advice: Any = ""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.field_of_rule = {**form.field_of_rule, **self.field_of_rule}
        return form

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        formsets = [inline.formset for inline in context["inline_admin_formsets"]]
        context["faults"] = list(faults_of(context["adminform"].form, formsets, context.get("place_of_faults", "")))
        return super().render_change_form(request, context, *args, **kwargs)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Django's history page, with tracked history instead of the admin log."""
        record, context = self.get_object(request, object_id), extra_context or {}
        if record is None:
            return super().history_view(request, object_id, context)
        acts = context.get("acts") or acts_on(record, hidden=self.history_hidden, reader=request.user)
        title = _("History of %(record)s") % {"record": record}
        found = context_of_versions(request, record, acts, self.history_hidden)
        return super().history_view(request, object_id, {"acts": acts, "title": title, **found, **context})

    def get_actions(self, request: HttpRequest) -> Any:
        actions: Any = super().get_actions(request)
        if "delete_selected" in actions:
            actions["delete_selected"] = (_delete_selected, *actions["delete_selected"][1:])
        return actions

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Also protect records that tag others, since deleting them would silently remove the tags.

        Records in use are protected for that reason alone, whatever the user's permissions on those that use them.
        """
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        if protected and (not works_everywhere(request.user) or all_kept_from(request.user)):
            collector = NestedObjects(using=DEFAULT_DB_ALIAS)
            collector.collect(objs)
            protected = names_of(request.user, list(collector.protected)[:MOST_USERS])
        for relation in self.opts.related_objects:
            if relation.many_to_many:
                users = relation.related_model._default_manager.filter(**{f"{relation.field.name}__in": objs})
                protected += names_of(request.user, users.distinct()[:MOST_USERS])
        return deleted, counts, set() if protected else lacking, protected

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Django's page, with advice for a record that is in use."""
        return super().delete_view(request, object_id, {"in_use_advice": self.in_use_advice, **(extra_context or {})})


def faults_of(form: Any, formsets: Iterable[Any], place: str = "") -> Iterator[dict[str, Any]]:
    """Every error of a page: the id to link to, the label of its field if there is one, and the message."""
    yield from _faults_of(form, place)
    for formset in formsets:
        name = capfirst(formset.model._meta.verbose_name_plural)
        for text in formset.non_form_errors() if formset.is_bound else []:
            yield {"id": f"{formset.prefix}-group", "label": name, "text": text}
        for number, row in enumerate(formset.forms, start=1):
            yield from _faults_of(row, row.prefix, f"{capfirst(formset.model._meta.verbose_name)} {number}")


def _faults_of(form: Any, place: str, row: str = "") -> Iterator[dict[str, Any]]:
    for name, texts in form.errors.items():
        box = form[name] if name in form.fields else None
        label = ": ".join(str(part) for part in (row, capfirst(box.label) if box else "") if part)
        text = format_html_join(" ", "{}", ((text,) for text in texts))  # a message may name a record by a link
        yield {"id": (box.id_for_label or box.auto_id) if box else place, "label": label, "text": text}


def _delete_selected(model_admin: Any, request: HttpRequest, queryset: Any) -> Any:
    """Django's action, with advice for records that are in use."""
    response: Any = delete_selected(model_admin, request, queryset)
    if response is not None:
        response.context_data["in_use_advice"] = model_admin.in_use_advice
    return response
