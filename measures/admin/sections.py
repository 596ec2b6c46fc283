"""The sections of the form of a measure; those that are seldom used are folded until they hold something."""

from dataclasses import dataclass
from typing import Any

from django.contrib.admin.utils import flatten

from measures.places import default_level

FOLDED = "folded"
"""The class of a fieldset that is folded while it is empty."""
HALF = "half"
"""The class of a fieldset that has half the width of a wide window, beside the next one."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the form under one heading: an inline, fields below it, or both."""

    heading: str
    fieldset: Any
    inline: Any
    is_folded: bool
    is_half: bool
    is_open: bool
    has_validity: bool


def section(heading: str, fieldset: Any, inline: Any, *, is_folded: bool, has_validity: bool = False) -> Section:
    """The section; if it is one to be folded, it is open where it has a value or an error."""
    is_half = fieldset is not None and HALF in fieldset.classes
    is_open = is_folded and (_has_fields(fieldset) or _has_rows(inline))
    return Section(heading, fieldset, inline, is_folded, is_half, is_open, has_validity)


def _has_fields(fieldset: Any) -> bool:
    if fieldset is None:
        return False
    form = fieldset.form
    return any(name in form.errors or _has_value(form, name) for name in flatten(fieldset.fields))


def _has_value(form: Any, name: str) -> bool:
    if name not in form.fields:  # it can only be read
        value = getattr(form.instance, name)
        return value.exists() if hasattr(value, "exists") else bool(value)
    value = form[name].value()
    if name == "level":
        record = form.instance
        return bool(value) and value != default_level(record.country if record.country_id else None, record.kind)
    return bool(value)


def _has_rows(inline: Any) -> bool:
    if inline is None:
        return False
    formset = inline.formset
    if formset.is_bound:
        is_faulty = formset.total_error_count() > 0
        return is_faulty or any(row.instance.pk or row.has_changed() for row in formset.forms)
    return any(row.instance.pk or row.initial for row in formset.forms)
