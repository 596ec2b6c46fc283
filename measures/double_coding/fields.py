"""The coded fields of an act, in one declaration: what two people judge, not what identifies the act or describes it.

A coding has the values of these fields as texts: codes, keys of vocabulary and dates as written; a set is a sorted
list, a status history a list in its order. What was left empty is '' or [] and counts as an answer.
"""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from countries.models import Country
from measures.choices import Direction, EndKind, Kind, Level, Status
from measures.models import Measure, StatusEvent, TargetGroup, Topic, current_keys

Value = str | list[str]
Values = dict[str, Value]


class Scale(models.TextChoices):
    """How values of a field differ."""

    NOMINAL = "nominal", _("Nominal")
    """They are the same or not."""
    ORDINAL = "ordinal", _("Ordinal")
    """They have an order, and differ the more the further they are apart in it."""
    SET = "set", _("Set")
    """They are sets, which may share some of their members."""


@dataclass(frozen=True, slots=True)
class CodedField:
    """A field that is coded twice; `order` has the values of an ordinal one, least first."""

    name: str
    scale: Scale
    order: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The name of the field in the form."""
        return str(capfirst(_LABELS[self.name]))


STATUS_HISTORY, LAST_STATUS = "status_events", "status"

CODED_FIELDS = (
    CodedField("kind", Scale.NOMINAL),
    CodedField("level", Scale.ORDINAL, (Level.SUBNATIONAL.value, Level.NATIONAL.value, Level.SUPRANATIONAL.value)),
    CodedField("valid_from", Scale.NOMINAL),
    CodedField("valid_until", Scale.NOMINAL),
    CodedField("end_kind", Scale.NOMINAL),
    CodedField("topics", Scale.SET),
    CodedField("primary_topic", Scale.NOMINAL),
    CodedField("target_groups", Scale.SET),
    CodedField("origin_countries", Scale.SET),
    CodedField("direction", Scale.NOMINAL),
    CodedField(STATUS_HISTORY, Scale.SET),
    CodedField(LAST_STATUS, Scale.NOMINAL),
)
"""The direction is nominal: two of its values, “cannot be determined” and “not applicable”, have no place between more
and less restrictive."""

_LABELS: dict[str, Any] = {
    **{column.name: column.verbose_name for column in (*Measure._meta.fields, *Measure._meta.many_to_many)},
    STATUS_HISTORY: StatusEvent._meta.verbose_name_plural,
    LAST_STATUS: _("last status"),
}
FORM_FIELDS = tuple(field.name for field in CODED_FIELDS if field.name not in (STATUS_HISTORY, LAST_STATUS))
"""The fields of the form of a coding; the status history is rows of its own, and the last status follows from it."""
KEYED = {"topics": "key", "primary_topic": "key", "target_groups": "key", "origin_countries": "iso3"}
"""What stands for a related record in a coding."""
PARTS = ("topics", "target_groups", "origin_countries", "primary_topic", STATUS_HISTORY)
"""What `values_of` reads beside the record, for `prefetch_related`."""


def values_of(measure: Measure) -> Values:
    """The coding that a stored measure has; five queries, none if it has its `PARTS`."""
    plain = {name: str(getattr(measure, name) or "") for name in FORM_FIELDS if name not in KEYED}
    sets = {
        name: [str(getattr(row, KEYED[name])) for row in getattr(measure, name).all()]
        for name in ("topics", "target_groups", "origin_countries")
    }
    primary = measure.primary_topic.key if measure.primary_topic else ""
    events = [(event.status, event.date) for event in measure.status_events.all()]
    return coding_of({**plain, **sets, "primary_topic": primary}, events)


def coding_of(values: dict[str, Any], events: list[tuple[str, Any]]) -> Values:
    """The values of a form and a status history, in the form in which codings are kept."""
    found: Values = {name: sorted(value) if isinstance(value, list) else str(value) for name, value in values.items()}
    found[STATUS_HISTORY] = [f"{status}@{date}" if date else str(status) for status, date in events]
    found[LAST_STATUS] = str(events[-1][0]) if events else ""
    return found


def in_current_terms(codings: list[Values]) -> list[Values]:
    """Codings with the terms of today for those that were replaced or renamed since; four queries.

    Codings are kept as they were made. Two of which one has a term and the other the term that took its place say the
    same.
    """
    topics, groups = current_keys(Topic), current_keys(TargetGroup)
    now = {"topics": topics, "primary_topic": topics, "target_groups": groups}
    return [
        values | {name: _in_current(values[name], keys) for name, keys in now.items() if name in values}
        for values in codings
    ]


def _in_current(value: Value, keys: dict[str, str]) -> Value:
    if isinstance(value, str):
        return keys.get(value, value)
    return sorted({keys.get(key, key) for key in value})


def differing(one: Values, *others: Values) -> list[CodedField]:
    """The fields of which codings do not all say the same; the last status is one with its history."""
    fields = (field for field in CODED_FIELDS if field.name != LAST_STATUS)
    return [field for field in fields if any(one.get(field.name) != other.get(field.name) for other in others)]


# In words

_CHOICES: dict[str, Any] = {"kind": Kind, "level": Level, "direction": Direction, "end_kind": EndKind}
_MODELS: dict[str, type[Model]] = {
    "topics": Topic,
    "primary_topic": Topic,
    "target_groups": TargetGroup,
    "origin_countries": Country,
}


def in_words(codings: list[Values]) -> list[dict[str, str]]:
    """Codings as people read them, by field, in the active language; a query for each vocabulary."""
    wanted: dict[type[Model], set[str]] = {}
    for name, model in _MODELS.items():
        for values in codings:
            value = values.get(name, "")
            wanted.setdefault(model, set()).update([value] if isinstance(value, str) else value)
    names = {
        model: {getattr(row, KEYED[name]): str(row) for row in _rows(model, KEYED[name], wanted[model])}
        for name, model in _MODELS.items()
    }
    return [
        {field.name: _value_in_words(field.name, values.get(field.name, ""), names) for field in CODED_FIELDS}
        for values in codings
    ]


def _rows(model: type[Model], key: str, keys: set[str]) -> Any:
    return model._default_manager.filter(**{f"{key}__in": keys})


def _value_in_words(name: str, value: Value, names: dict[type[Model], dict[str, str]]) -> str:
    several = [value] if isinstance(value, str) else value
    if name in _MODELS:
        several = [names[_MODELS[name]].get(key, key) for key in several]
    elif name in _CHOICES:
        several = [_label(_CHOICES[name], code) for code in several]
    elif name == LAST_STATUS:
        several = [_label(Status, code) for code in several]
    elif name == STATUS_HISTORY:
        several = [
            " ".join([_label(Status, code), date]).strip() for code, _at, date in (e.partition("@") for e in several)
        ]
    return ("; " if name == STATUS_HISTORY else ", ").join(each for each in several if each)


def _label(choices: Any, code: str) -> str:
    return str(choices(code).label) if code in choices.values else code
