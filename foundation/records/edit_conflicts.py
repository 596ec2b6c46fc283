"""Conflicting edits: if somebody else has saved a newer version, both are shown and neither is lost.

A form carries its initial values in the field `loaded`. If the record has changed since, the typed values are merged
with the stored ones field by field: a field that only one side changed takes that change, tags take the changes of
both, and where both changed a field the user must choose. Nothing is written until the form is saved again.

Values are compared as a browser posts them: lists of strings, by field, and by row of each inline formset.
"""

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django import forms
from django.db import models
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from foundation.keys import key_of, whole_number

MOST_ROWS = 2000
"""Rows that Django itself reads of a formset."""

NOT_COMPARED = forms.models.InlineForeignKeyField
"""The foreign key from a row to its parent."""

Values = dict[str, list[str]]
Rows = dict[str, Values]


@dataclass(slots=True)
class Snapshot:
    """What a form shows: its fields, and the rows of its inline formsets by prefix and primary key."""

    fields: Values = field(default_factory=dict)
    rows: dict[str, Rows] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps({"fields": self.fields, "rows": self.rows}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Snapshot":
        """Parse the submitted snapshot; an empty one if it is missing or invalid, so that all differences show."""
        try:
            loaded = _loaded(text or "{}")
            rows = {prefix: {key: _texts(row) for key, row in rows.items()} for prefix, rows in loaded["rows"].items()}
            return cls(_texts(loaded["fields"]), rows)
        except (ValueError, AttributeError, TypeError, KeyError, RecursionError):
            return cls()


def _texts(values: Mapping[str, Any]) -> Values:
    return {name: [str(value) for value in several] for name, several in values.items()}


@dataclass(frozen=True, slots=True)
class Difference:
    """A field changed by somebody else: as opened, as stored, as typed, and which version the form holds."""

    name: str
    label: str
    base: str
    theirs: str
    mine: str
    is_conflict: bool
    theirs_raw: str = ""
    mine_raw: str = ""
    choice: str = ""

    @property
    def box(self) -> str:
        """The name of the radio buttons that choose a version."""
        return f"choice-{self.name}"


CHOICES = ("theirs", "mine")


def choose(data: QueryDict) -> tuple[QueryDict, list[Difference]]:
    """Apply the chosen versions to `data`; return it with all differences, or with none once all are chosen.

    A version that is already in the form, or was edited there since, is left alone: the script inserts it when it is
    chosen.
    """
    data, shown = data.copy(), []
    for shown_before in _read(data.get("differences", "")):
        choice = data.get(shown_before.box, "")
        shown.append(replace(shown_before, choice=choice if choice in CHOICES else ""))
    for difference in (each for each in shown if each.is_conflict and each.choice == "theirs"):
        if _clean(data.getlist(difference.name)) == json.loads(difference.mine_raw):
            data.setlist(difference.name, json.loads(difference.theirs_raw))
    return data, shown if any(each.is_conflict and not each.choice for each in shown) else []


def written(differences: Iterable[Difference]) -> str:
    """Serialize differences for a hidden field, from one save to the next."""
    return json.dumps([asdict(difference) for difference in differences], ensure_ascii=False)


def _read(text: str) -> list[Difference]:
    """Parse the submitted differences; empty if invalid."""
    try:
        found = [Difference(**each) for each in _loaded(text or "[]")]
        is_written_by_us = all(isinstance(value, str | bool) for each in found for value in asdict(each).values())
        raws = [raw for each in found if each.is_conflict for raw in (each.theirs_raw, each.mine_raw)]
        return found if is_written_by_us and all(map(_are_texts, map(_loaded, raws))) else []
    except (ValueError, TypeError, RecursionError):
        return []


def _are_texts(values: Any) -> bool:
    """Whether values parsed from JSON have the shape of posted data."""
    return isinstance(values, list) and all(isinstance(text, str) and "\0" not in text for text in values)


def _loaded(text: str) -> Any:
    """Parse JSON; raise ValueError for lone surrogates too, which cannot be encoded in a page."""
    loaded = json.loads(text)
    json.dumps(loaded, ensure_ascii=False).encode()
    return loaded


def snapshot(form: forms.BaseForm, formsets: Iterable[Any] = ()) -> Snapshot:
    """The snapshot of an unbound form and its formsets."""
    return Snapshot(
        values_of(form), {fs.prefix: {str(f.instance.pk): values_of(f) for f in fs.initial_forms} for fs in formsets}
    )


def values_of(form: Any) -> Values:
    """What an unbound form would send of its record; a formset adds key, parent and delete checkbox of a row."""
    owner = form.instance._meta
    names = {f.name for f in (*owner.fields, *owner.many_to_many) if not f.primary_key}
    left_out = {*getattr(form, "own_fields", ()), "position"}
    return {
        name: posted_value(_written(form[name]))
        for name, column in form.fields.items()
        if name in names - left_out and not isinstance(column, NOT_COMPARED)
    }


def _written(box: forms.BoundField) -> Any:
    """The value as its widget renders it: dates are localized."""
    value = box.value()
    return box.field.widget.format_value(value) if isinstance(value, datetime.date) else value


def posted_value(value: Any) -> list[str]:
    """A value as a form sends it."""
    if isinstance(value, bool):
        return ["on"] if value else []
    if isinstance(value, list | tuple | set | models.QuerySet):
        return sorted(str(getattr(item, "pk", item)) for item in value)
    return [] if value is None else _clean([str(value)])


def _clean(values: Iterable[str]) -> list[str]:
    """Normalize values: strip spaces, unify line endings, drop empty strings."""
    texts = (value.replace("\r\n", "\n").strip() for value in values)
    return sorted(text for text in texts if text)


class Merge:
    """Three versions of a record, merged: as opened (`base`), as stored (`theirs`) and as typed (`posted`)."""

    def __init__(self, base: Snapshot, form: Any, formsets: list[Any], posted: QueryDict) -> None:
        self.base, self.form, self.formsets = base, form, formsets
        self.theirs = snapshot(form, formsets)
        self.data = posted.copy()
        self.differences = [*self._fields(), *(d for formset in formsets for d in self._rows(formset))]
        self.data["loaded"] = self.theirs.to_json()

    def _fields(self) -> Iterator[Difference]:
        for name, theirs in self.theirs.fields.items():
            base, mine = self.base.fields.get(name, []), _clean(self.data.getlist(name))
            if difference := self._merge(name, self.form.fields[name], base, theirs, mine):
                yield difference

    def _merge(self, name: str, column: Any, base: list[str], theirs: list[str], mine: list[str]) -> Difference | None:
        """Merge one field into the data; None if the other person did not change it, or both changed it identically."""
        if theirs in (base, mine):
            return None
        if isinstance(column, forms.FileField):
            mine = base  # a file input is empty when the form is shown again, so theirs stays
        is_set = isinstance(column, forms.ModelMultipleChoiceField)
        is_conflict = mine != base and not is_set
        if not is_conflict:
            self.data.setlist(name, _of_both(base, theirs, mine) if is_set else theirs)
        label = capfirst(str(column.label))
        return Difference(
            name,
            label,
            in_words(column, base),
            in_words(column, theirs),
            in_words(column, mine),
            is_conflict,
            json.dumps(theirs),
            json.dumps(mine),
        )

    def _rows(self, formset: Any) -> Iterator[Difference]:
        base, theirs = self.base.rows.get(formset.prefix, {}), self.theirs.rows[formset.prefix]
        forms_by_key = {str(form.instance.pk): form for form in formset.initial_forms}
        kept: list[Values] = []
        added: list[Values] = []
        gone: list[tuple[Difference, int]] = []
        for row in posted_rows(self.data, formset.prefix):
            key = (row.get("id") or [""])[0]
            if not key:
                added.append(row)
            elif key in theirs:
                row_name = f"{formset.prefix}-{len(kept)}"
                yield from self._merge_row(formset, row_name, row, base.get(key, {}), theirs[key], forms_by_key[key])
                kept.append(row)
            elif not row.get("DELETE"):
                gone.append((self._gone_row(formset, row, base.get(key, {}), added), len(added) - 1))
        seen = {(row.get("id") or [""])[0] for row in kept}
        for key in theirs.keys() - seen:
            kept.append({"id": [key], **theirs[key], "position": posted_value(_position(forms_by_key[key]))})
            yield Difference(
                formset.prefix, _name(formset), "", _row_in_words(forms_by_key[key], theirs[key]), "", False
            )
        for difference, index in gone:
            yield replace(difference, name=f"{formset.prefix}-{len(kept) + index}-DELETE")
        self._write_rows(formset.prefix, kept, added)

    def _merge_row(
        self, formset: Any, row_name: str, row: Values, base: Values, theirs: Values, form: Any
    ) -> Iterator[Difference]:
        for name, values in theirs.items():
            mine = _clean(row.get(name, []))
            if values in (base.get(name, []), mine):
                continue
            is_conflict = mine != base.get(name, [])
            if not is_conflict:
                row[name] = values
            column = form.fields[name]
            label = f"{_name(formset)} ({form.instance}): {column.label}"
            texts = (in_words(column, base.get(name, [])), in_words(column, values), in_words(column, mine))
            yield Difference(
                f"{row_name}-{name}",
                label,
                *texts,
                is_conflict,
                theirs_raw=json.dumps(values),
                mine_raw=json.dumps(mine),
            )

    def _gone_row(self, formset: Any, row: Values, base: Values, added: list[Values]) -> Difference:
        """Handle a row that the other person removed: drop it, or make it a new row if it was changed here."""
        mine = {name: _clean(row.get(name, [])) for name in base}
        if mine != base:
            row["id"] = [""]
            added.append(row)
        empty = formset.empty_form
        texts = (_row_in_words(empty, base), _("removed"), _row_in_words(empty, mine))
        return Difference(
            formset.prefix, _name(formset), *texts, is_conflict=mine != base, theirs_raw='["on"]', mine_raw="[]"
        )

    def _write_rows(self, prefix: str, kept: list[Values], added: list[Values]) -> None:
        """Put the rows into the data in the order that a formset expects: existing rows first."""
        for key in [*self.data]:
            if key.startswith(f"{prefix}-") and whole_number(key.split("-")[1]) is not None:
                del self.data[key]
        for index, row in enumerate([*kept, *added]):
            for name, values in row.items():
                self.data.setlist(f"{prefix}-{index}-{name}", values)
        self.data[f"{prefix}-TOTAL_FORMS"] = str(len(kept) + len(added))
        self.data[f"{prefix}-INITIAL_FORMS"] = str(len(kept))


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What a form would change: a field, or a row that it adds or removes; '' before the one and after the other."""

    name: str
    """The name of the field; that of a row has the key of the row, which does not move as its place in a form does."""
    label: str
    before: str
    after: str


def changes_in(data: QueryDict, before: Snapshot, form: Any, formsets: Iterable[Any]) -> Iterator[FieldChange]:
    """What posted `data` would change of `before`; files, which are in no data, apart."""
    for name, stored in before.fields.items():
        column, typed = form.fields.get(name), _clean(data.getlist(name))
        if column and typed != stored and not isinstance(column, forms.FileField):
            texts = in_words(column, stored), in_words(column, typed)
            yield FieldChange(name, str(capfirst(column.label)), *texts)
    for name, typed in _typed_beside(form, data).items():
        yield FieldChange(name, str(capfirst(form.fields[name].label)), "", in_words(form.fields[name], typed))
    for formset in formsets:
        stored_rows, empty = before.rows.get(formset.prefix, {}), formset.empty_form
        forms_by_key = {str(row.instance.pk): row for row in formset.initial_forms}
        for index, row in enumerate(posted_rows(data, formset.prefix)):
            key = (row.get("id") or [""])[0]
            if key in stored_rows:
                yield from _changes_in_row(formset, key, row, stored_rows[key], forms_by_key.get(key, empty))
            elif not key and not row.get("DELETE") and (typed_row := _typed_in(empty, row)):
                words = _row_in_words(empty, typed_row)
                yield FieldChange(f"{formset.prefix}-new{index}", _name(formset), "", words)


def _typed_beside(form: Any, data: QueryDict) -> Values:
    """What is typed into boxes that are no fields of the record, such as those of a related one to be made."""
    known = {*getattr(form, "own_fields", ()), *(field.name for field in form.instance._meta.get_fields())}
    beside = (name for name, column in form.fields.items() if not isinstance(column, forms.FileField))
    return {name: typed for name in beside if name not in known and (typed := _clean(data.getlist(name)))}


def _changes_in_row(formset: Any, key: str, row: Values, stored: Values, form: Any) -> Iterator[FieldChange]:
    name = f"{formset.prefix}-{key}"
    if row.get("DELETE"):
        yield FieldChange(name, _name(formset), _row_in_words(form, stored), "")
        return
    unstored = [n for n in form.fields if n not in stored and n in row and n not in ("id", "DELETE")]
    stored = stored | {
        n: posted_value(_written(form[n])) for n in unstored if not isinstance(form.fields[n], NOT_COMPARED)
    }
    for field_name, values in stored.items():
        typed = _clean(row.get(field_name, []))
        if typed != values and field_name in form.fields:
            column = form.fields[field_name]
            label = f"{_name(formset)} ({form.instance}): {column.label}" if form.instance.pk else _name(formset)
            yield FieldChange(f"{name}-{field_name}", label, in_words(column, values), in_words(column, typed))


def _typed_in(empty: Any, row: Values) -> Values:
    """The values of a new row, {} if it says no more than an empty one."""
    typed = {name: _clean(row.get(name, [])) for name in empty.fields if name not in ("id", "DELETE", "position")}
    unsaid = {name: posted_value(_written(empty[name])) for name in typed}
    typed = {name: values for name, values in typed.items() if not isinstance(empty.fields[name], NOT_COMPARED)}
    return typed if any(values != unsaid[name] for name, values in typed.items()) else {}


def _of_both(base: list[str], theirs: list[str], mine: list[str]) -> list[str]:
    """Merge tags: add what either side added, and remove what either removed."""
    return sorted((set(theirs) & set(mine)) | (set(theirs) ^ set(mine)) - set(base))


def number_of_rows(data: Mapping[str, Any], prefix: str) -> int:
    """The number of rows that a posted formset claims to have, limited to a valid range."""
    return min(whole_number(str(data.get(f"{prefix}-TOTAL_FORMS", ""))) or 0, MOST_ROWS)


def posted_rows(data: QueryDict, prefix: str) -> list[Values]:
    """The rows of a posted formset, as values by field name."""
    total = number_of_rows(data, prefix)
    rows: list[Values] = [{} for _row in range(total)]
    for key in data:
        parts = key.split("-", 2)
        number = whole_number(parts[1]) if len(parts) == 3 and parts[0] == prefix else None
        if number is not None and number < total:
            rows[number][parts[2]] = data.getlist(key)
    return rows


def _position(form: Any) -> Any:
    return form["position"].value() if "position" in form.fields else None


def _name(formset: Any) -> str:
    return str(capfirst(formset.model._meta.verbose_name))


def _row_in_words(form: Any, values: Values) -> str:
    texts = (in_words(form.fields[name], v) for name, v in values.items() if name in form.fields)
    return ", ".join(text for text in texts if text)


def in_words(column: Any, values: list[str]) -> str:
    """Format posted values as in the form: labels for codes and keys, texts unchanged."""
    if isinstance(column, forms.ModelChoiceField):
        queryset: Any = column.queryset
        keys = [key for value in values if value and (key := key_of(queryset.model, value)) is not None]
        return ", ".join(str(row) for row in queryset.filter(pk__in=keys)) if keys else ""
    if isinstance(column, forms.BooleanField):
        return _("yes") if values else _("no")
    if isinstance(column, forms.ChoiceField):
        labels = dict(_flat(column.choices))
        return ", ".join(str(labels.get(value, value)) for value in values)
    return ", ".join(values)


def _flat(choices: Any) -> Iterator[tuple[str, Any]]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from ((str(v), text) for v, text in label)
        else:
            yield str(value), label
