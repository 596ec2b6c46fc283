"""What a new entry takes over, on request and marked, from the last one: another provision of its act, or another act.

A source is taken over only to another provision of the act that it is a source of.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.forms import model_to_dict
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from foundation.keys import whole_number
from foundation.records.teams import visible_to
from measures.models import Citation, FurtherBody, Measure, StatusEvent

PROVISION_OF, AFTER = "provision_of", "after"
"""Parameters of the address of a new form: the entry whose act it is another provision of, or that it follows."""
OF_PROVISION = (
    *("country", "kind", "issuing_body", "reference", "level", "areas", "binds", "official_title"),
    *("original_language", "valid_from", "valid_until", "end_kind", "duration", "duration_basis", "evidence"),
)
OF_ACT = ("country", "topics", "primary_topic", "target_groups", "origin_countries")


@dataclass(frozen=True, slots=True)
class Carried:
    """What a new form has from `entry`: values of its fields, and first values of its rows by their model."""

    entry: Measure
    fields: dict[str, Any]
    rows: dict[type[Model], list[dict[str, Any]]]


def address_for_provision(entry: Measure) -> str:
    """The form of another provision of the act of `entry`."""
    return _address(PROVISION_OF, entry)


def address_for_act(entry: Measure) -> str:
    """The form of another act, after `entry`."""
    return _address(AFTER, entry)


def _address(name: str, entry: Measure) -> str:
    return f"{reverse('admin:measures_measure_add')}?{urlencode({name: entry.pk})}"


def carried(request: Any) -> Carried | None:
    """What the address of a new form asks to take over; None if nothing, or from no entry that the person may read."""
    if not hasattr(request, "carried"):
        request.carried = _read(request)
    found: Carried | None = request.carried
    return found


def _read(request: HttpRequest) -> Carried | None:
    for name, fields, rows in ((PROVISION_OF, OF_PROVISION, _rows_of), (AFTER, OF_ACT, None)):
        key = whole_number(request.GET.get(name, ""))
        entry = visible_to(request.user, Measure.objects.filter(pk=key)).first() if key is not None else None
        if entry is not None:
            return Carried(entry, model_to_dict(entry, fields), rows(entry) if rows else {})
    return None


def _rows_of(entry: Measure) -> dict[type[Model], list[dict[str, Any]]]:
    """Bodies, events and sources; neither locators nor quotes, which are those of a provision."""
    bodies = entry.further_bodies.select_related("body").order_by("position")
    events = entry.status_events.select_related("source").order_by("position")
    sources = {each.source_id: each.source for each in entry.citations.select_related("source").order_by("pk")}
    return {
        FurtherBody: [{"position": number, "body": each.body} for number, each in enumerate(bodies, start=1)],
        StatusEvent: [
            {"position": number, **model_to_dict(each, ["status", "date", "note"]), "source": each.source}
            for number, each in enumerate(events, start=1)
        ],
        Citation: [{"source": source} for source in sources.values()],
    }


def mark(taken: Carried, form: Any, formsets: Iterable[Any]) -> None:
    """Mark the boxes that still have what was taken over, and say from where."""
    _mark(form, taken.fields, taken.entry)
    for formset in formsets:
        for row, values in zip(formset.forms, taken.rows.get(formset.model, ()), strict=False):
            _mark(row, values, taken.entry)


def _mark(form: Any, values: dict[str, Any], entry: Measure) -> None:
    words = _("From %(id)s") % {"id": entry.public_id}
    for name, value in values.items():
        if name not in form.fields or not _keys(value) or _keys(form[name].value()) != _keys(value):
            continue
        field = form.fields[name]
        field.widget.attrs |= {"data-carried": entry.public_id, "title": words}
        field.help_text = format_html('<span class="carried">{}</span> {}', words, field.help_text)


def _keys(value: Any) -> list[str]:
    """A value of a form, typed or stored, as texts."""
    values = value if isinstance(value, list | tuple) else [value]
    return sorted(str(getattr(each, "pk", each)) for each in values if each not in (None, ""))
