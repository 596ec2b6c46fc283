"""A record as it was: what its form would send to bring an earlier version back."""

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import models
from django.http import QueryDict

from foundation.records.changes import all_event_models
from foundation.records.edit_conflicts import Values, posted_value, values_of

Events = Mapping[Any, Any]
"""Rows by key, each as the event that wrote it last."""


def data_as_of(record: models.Model, moment: datetime.datetime, form: Any, formsets: list[Any]) -> QueryDict | None:
    """What the unbound `form` of a record and its inlines would send if they had what they had at a moment.

    Their initial values are overwritten. None if there was no such record at that moment.
    """
    data = QueryDict(mutable=True)
    own = _rows_at(type(record), record._meta.pk.attname, record.pk, moment) or {}
    if record.pk not in own:
        return None
    for name, values in _filled(form, own[record.pk]).items():
        data.setlist(name, values)
    for tags in record._meta.many_to_many:
        rows = _rows_at(tags.remote_field.through, tags.m2m_column_name(), record.pk, moment)
        if rows is not None and tags.name in form.fields:
            data.setlist(tags.name, sorted(str(getattr(row, tags.m2m_reverse_name())) for row in rows.values()))
    for formset in formsets:
        _write_rows(data, formset, _rows_at(formset.model, formset.fk.attname, record.pk, moment) or {})
    return data


def _rows_at(model: Any, owner: str, owner_key: Any, moment: datetime.datetime) -> Events | None:
    """The rows of `model` that the record had at a moment; None if their history is not recorded."""
    is_of_model = (each for each in all_event_models() if each.pgh_tracked_model._meta.concrete_model is model)
    event_model = next(is_of_model, None)
    if event_model is None:
        return None
    key = model._meta.pk.attname
    found: dict[Any, Any] = {}
    events = event_model._default_manager.filter(**{owner: owner_key}, pgh_created_at__lte=moment)
    for event in events.order_by("pgh_id"):
        found.pop(getattr(event, key), None)
        if event.pgh_label != "delete":
            found[getattr(event, key)] = event
    return found


def _filled(form: Any, event: Any) -> Values:
    """The values of a form, those of its model as an event has them."""
    for column in form._meta.model._meta.fields:
        if event is not None and column.name in form.fields and hasattr(event, column.attname):
            form.initial[column.name] = getattr(event, column.attname)
    return values_of(form)


def _write_rows(data: QueryDict, formset: Any, earlier: Events) -> None:
    rows = list(_rows(formset, earlier))
    for index, row in enumerate(rows):
        for name, values in row.items():
            data.setlist(f"{formset.prefix}-{index}-{name}", values)
    data[f"{formset.prefix}-TOTAL_FORMS"] = str(len(rows))
    data[f"{formset.prefix}-INITIAL_FORMS"] = str(len(formset.initial_forms))


def _rows(formset: Any, earlier: Events) -> Iterator[Values]:
    """Rows as they were: first those that exist now, to be removed if they are newer, then those that are gone.

    A row that exists but is not in the form, since the person may not read it, stays as it is.
    """
    gone = dict(earlier)
    for form in formset.initial_forms:
        event = gone.pop(form.instance.pk, None)
        removed = {} if event is not None else {"DELETE": ["on"]}
        yield {"id": [str(form.instance.pk)], **_filled(form, event), **_position(form, event), **removed}
    own = formset.model._base_manager.filter(pk__in=gone, **{formset.fk.attname: formset.instance.pk})
    hidden = set(own.values_list("pk", flat=True))
    for event in (event for key, event in gone.items() if key not in hidden):
        form = formset.empty_form
        yield {"id": [""], **_filled(form, event), **_position(form, event)}


def _position(form: Any, event: Any) -> Values:
    if "position" not in form.fields:
        return {}
    return {"position": posted_value(event.position + 1 if event is not None else form["position"].value())}
