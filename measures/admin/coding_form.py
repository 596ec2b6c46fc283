"""The empty form of a second coder: the coded fields alone, under the rules of the form of a measure."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import formset_factory, modelform_factory
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.days import today
from foundation.records.record_admin import RecordForm
from measures.admin.fields import TermCheckboxes, kinds_by_family, offered, topics_by_parent
from measures.admin.measure_form import FIELD_OF_RULE
from measures.choices import Direction, Kind, Status
from measures.double_coding.fields import FORM_FIELDS, KEYED, Values, coding_of
from measures.entry_rules import Events, year_problem
from measures.models import Measure, StatusEvent, TargetGroup, Topic
from measures.places import default_level
from measures.workflow import check_history

ROWS = 8
"""Rows of the status history in the form."""


class CodingForm(RecordForm):
    """The coded fields of an act that is not saved: no duplicates are looked for and no record is named."""

    field_of_rule = FIELD_OF_RULE

    class Meta:
        model = Measure
        fields = FORM_FIELDS
        widgets = {"topics": TermCheckboxes, "target_groups": TermCheckboxes, "direction": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by_parent = [(str(lane), options) for lane, options in topics_by_parent(offered(Topic, set()))]
        choices: dict[str, Any] = {
            "kind": kinds_by_family(),
            "topics": by_parent,
            "primary_topic": [("", "---------"), *by_parent],
            "target_groups": [(group.pk, group.label) for group in offered(TargetGroup, set())],
            "direction": [("", _("Not coded")), *Direction.choices],
        }
        for name, offers in choices.items():
            field: Any = self.fields[name]
            field.choices = offers

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("valid_from", "valid_until"):
            if message := year_problem(cleaned.get(name), on=today()):
                self.add_error(name, message)
        topics, primary = list(cleaned.get("topics") or ()), cleaned.get("primary_topic")
        if len(topics) == 1 and primary is None:
            cleaned["primary_topic"] = topics[0]
        elif topics and primary not in topics:
            message = _("Choose which of the ticked topics is the primary one: it decides the lane on the timeline.")
            self.add_error("primary_topic", ValidationError(message, code="not_chosen"))
        cleaned["level"] = cleaned.get("level") or default_level(self.instance.country, cleaned.get("kind", ""))
        return cleaned

    @property
    def values(self) -> dict[str, Any]:
        """What was typed, with keys in place of records."""
        found: dict[str, Any] = {}
        for name in FORM_FIELDS:
            value, key = self.cleaned_data.get(name), KEYED.get(name)
            if key and name != "primary_topic":
                found[name] = [str(getattr(row, key)) for row in value or ()]
            else:
                found[name] = str(getattr(value, key) if key and value else value or "")
        return found


class EventFormSet(forms.BaseFormSet):
    """A status history as rows in order."""

    def events(self) -> Events:
        """The rows that are filled in."""
        return [(row["status"], row.get("date")) for form in self.forms if (row := form.cleaned_data)]


@dataclass(slots=True)
class CodingForms:
    """The fields and the status history of one coding."""

    fields: Any
    events: Any

    @property
    def media(self) -> forms.Media:
        """The scripts of the fields."""
        found: forms.Media = self.fields.media + self.events.media
        return found

    def is_valid(self) -> bool:
        """Whether both can be kept; the history is checked against the kind and the beginning."""
        if not (self.fields.is_valid() & self.events.is_valid()):
            return False
        kind, start = Kind(self.fields.cleaned_data["kind"]), self.fields.cleaned_data.get("valid_from")
        rows = [form for form in self.events.forms if form.cleaned_data]
        problems = check_history(kind.family, self.events.events(), on=today(), start=start)
        for problem in problems:
            rows[problem.index].add_error(problem.field, problem.message)
        return not problems

    @property
    def values(self) -> Values:
        """The coding, once it is valid."""
        events = [(str(status), str(date) if date else "") for status, date in self.events.events()]
        return coding_of(self.fields.values, events)


def coding_forms(request: HttpRequest, site: Any, measure: Measure) -> CodingForms:
    """The forms for the act of `measure`, of which they take what identifies it and nothing that is coded."""
    act = Measure(
        country=measure.country,
        issuing_body=measure.issuing_body,
        reference=measure.reference,
        provision=measure.provision,
        title_en="-",
    )
    box = partial(_box, request=request, admin=site._registry[Measure])
    form = modelform_factory(Measure, form=CodingForm, formfield_callback=box)
    row = modelform_factory(StatusEvent, fields=["status", "date"], formfield_callback=box)
    row.base_fields["status"].widget = forms.Select(choices=[("", "---------"), *Status.choices])
    row.base_fields["status"].label = gettext_lazy("status")
    rows: Any = formset_factory(row, formset=EventFormSet, extra=ROWS, max_num=ROWS, absolute_max=ROWS)
    data = request.POST if request.method == "POST" else None
    return CodingForms(form(data, instance=act, label_suffix=""), rows(data, prefix="events"))


def _box(column: Any, *, request: HttpRequest, admin: Any, **options: Any) -> Any:
    return admin.formfield_for_dbfield(column, request, **options)
