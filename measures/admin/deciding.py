"""What an editor decides where two codings differ: the chosen values go into the ordinary form, which saves them."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from countries.models import Country
from foundation.records.earlier_versions import data_as_of
from foundation.records.edit_conflicts import number_of_rows, snapshot
from measures.double_coding.drawing import is_drawn
from measures.double_coding.fields import (
    KEYED,
    STATUS_HISTORY,
    Values,
    differing,
    in_current_terms,
    in_words,
    values_of,
)
from measures.models import CodingRole, DoubleCoding, Measure, TargetGroup, Topic

ONE, OTHER, RECORD = "one", "other", "record"
CHOICES = (
    (ONE, gettext_lazy("One coding")),
    (OTHER, gettext_lazy("The other coding")),
    (RECORD, gettext_lazy("The record as it is now")),
)
CHOICE = "choice-"
"""What the names of the choices of fields begin with."""
VERSION = "record_version"
_TOLD = ("note", "note_es", "note_pt", "source")
"""What a row of the status history says beside its event."""
_MODELS = {"topics": Topic, "primary_topic": Topic, "target_groups": TargetGroup, "origin_countries": Country}


def _in_order(found: DoubleCoding) -> tuple[Values, Values]:
    """Both codings in the terms of today, in an order that does not tell which was the first."""
    codings = found.values
    first, second = in_current_terms([codings[CodingRole.FIRST], codings[CodingRole.SECOND]])
    return (second, first) if is_drawn(f"order of {found.pk}", 50) else (first, second)


def differences_of(found: DoubleCoding) -> list[dict[str, Any]]:
    """The fields in which two codings and the record differ, each with the three values in words."""
    one, other = _in_order(found)
    has_now = values_of(found.measure)
    words = in_words([one, other, has_now])
    return [
        {
            "name": f"{CHOICE}{field.name}",
            "label": field.label,
            "offers": [(choice, each[field.name]) for (choice, _label), each in zip(CHOICES, words, strict=True)],
        }
        for field in differing(one, other, has_now)
    ]


def decided_form(request: HttpRequest, site: Any, found: DoubleCoding) -> HttpResponse | None:
    """Save the chosen values by the form of the act and return its answer; None if nothing of the record changes.

    Raise ValidationError while a choice is missing, or if the record has changed since.
    """
    one, other = _in_order(found)
    measure = Measure.objects.get(pk=found.measure_id)
    to_decide = differing(one, other, values_of(measure))
    chosen = {field.name: request.POST.get(f"{CHOICE}{field.name}", "") for field in to_decide}
    if missing := [name for name, choice in chosen.items() if choice not in (ONE, OTHER, RECORD)]:
        raise ValidationError(
            _("Choose a value for each of the %(count)d fields.") % {"count": len(chosen)}, missing[0]
        )
    if request.POST.get(VERSION) != str(measure.record_version):
        raise ValidationError(_("Somebody has changed the record since you opened this page. Look at it again."))
    values = {name: (one if choice == ONE else other)[name] for name, choice in chosen.items() if choice != RECORD}
    if not values:
        return None
    admin: Any = site._registry[Measure]
    form, formsets = admin.forms_of(request, measure)
    data = data_as_of(measure, timezone.now(), form, formsets)
    assert data is not None
    form, formsets = admin.forms_of(request, measure)
    data["loaded"], data[VERSION] = snapshot(form, formsets).to_json(), str(measure.record_version)
    data["another_act"] = "on"
    for name, value in values.items():
        _write(data, name, value)
    request.POST = data  # type: ignore[assignment]  # a QueryDict too
    address = admin.change_url(measure.pk)
    answer: HttpResponse = admin.changeform_view(request, str(measure.pk), address)
    return answer


def _write(data: QueryDict, name: str, value: Any) -> None:
    """Put the value of a coding into the data of a form."""
    if name == STATUS_HISTORY:
        _write_events(data, value)
    elif name in KEYED:
        keys = [value] if isinstance(value, str) else value
        model: Any = _MODELS[name]
        found = model._default_manager.filter(**{f"{KEYED[name]}__in": keys}).values_list("pk", flat=True)
        data.setlist(name, [str(key) for key in found])
    else:
        data[name] = value


def _write_events(data: QueryDict, events: list[str]) -> None:
    """Write a status history over the rows of the form, the notes and sources with their events; drop other rows."""
    prefix = "status_events"
    stored = number_of_rows(data, prefix)
    told: dict[str, list[dict[str, str]]] = {}
    for index in range(stored):
        values = {name: data.get(f"{prefix}-{index}-{name}", "") for name in ("status", "date", *_TOLD)}
        status, date = values.pop("status"), values.pop("date")
        told.setdefault(f"{status}@{date}" if date else status, []).append(values)
    for index in range(max(stored, len(events))):
        row = f"{prefix}-{index}"
        if index >= len(events):
            data[f"{row}-DELETE"] = "on"
            continue
        same = told.get(events[index])
        for name, value in (same.pop(0) if same else dict.fromkeys(_TOLD, "")).items():
            data[f"{row}-{name}"] = value
        data[f"{row}-position"] = str(index + 1)
        data[f"{row}-status"], _at, data[f"{row}-date"] = events[index].partition("@")
        data.setdefault(f"{row}-id", "")
    data[f"{prefix}-TOTAL_FORMS"] = str(max(stored, len(events)))
