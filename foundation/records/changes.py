"""The history of a record as readable differences: who, when, which field, old and new value.

It works for any model with tracked history, including related rows that are deleted with it and its tags. The number of
queries depends on the models, never on the number of events.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from foundation.numbers import plain
from foundation.partial_dates import PartialDate, Period
from foundation.records.models import Reason
from foundation.records.teams import named_to

UNTOLD_OF_ROWS = ("position", "recorded_on")
"""Fields of related rows that each act states anyway."""
CONFIRMS = "confirms"
"""Under this name the context of the history says, in words, what of a record was confirmed without being changed."""
Names = dict[type[models.Model], dict[Any, str]]


@dataclass(frozen=True, slots=True)
class Change:
    """One field, or one row that belongs to the record; '' before an addition and after a removal."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """The proposed change that an act approved: by whom, with the reason and the note, which are public."""

    by: str
    reason: str
    note: str


@dataclass(slots=True)
class Act:
    """What one person changed at one time; `who` is '' if nobody was signed in, as in SQL or a command."""

    at: datetime.datetime
    who: str
    note: str
    changes: list[Change] = field(default_factory=list)
    proposal: Proposal | None = None
    merge: str = ""
    """The context of the history, if the act was a merge, by which it can be undone."""
    undo_address: str = ""
    """The page on which the merge is undone."""
    is_of_other: bool = False
    """Whether it changed a record that was merged into this one, to whose versions this one does not return."""


def acts_on(record: models.Model, *, hidden: Collection[str] = (), named: bool = True, reader: Any = None) -> list[Act]:
    """The acts on `record`, newest first, without the `hidden` fields, which are caches or bookkeeping.

    Records that `reader` may not read are given as numbers. With `named` false, all related rows and people are, for
    callers that only need what changed and when.
    """
    kept = list(_events(record))
    names = _names(record, kept, hidden, reader) if named else {}
    users = _usernames(event for _model, events in kept for event in events) if named else {}
    acts: dict[Any, Act] = {}
    for model, events in kept:
        for event, change in _changes(record, model, events, hidden, names):
            key = (event.pgh_created_at, event.pgh_context_id)
            if key not in acts:
                acts[key] = _act(event, users)
            _tell(acts[key], change, is_field=model is type(record))
    newest_first = [act for act in reversed(acts.values()) if act.changes]
    return sorted(newest_first, key=lambda act: act.at, reverse=True)


def changes_between(
    record: models.Model,
    start: datetime.datetime,
    end: datetime.datetime,
    *,
    hidden: Collection[str] = (),
    reader: Any = None,
) -> list[Change]:
    """What differs between the versions of `record` at two moments, whatever was changed in between and back.

    Records that `reader` may not read are given as numbers.
    """
    kept = list(_events(record))
    return _differences(record, kept, start, end, hidden, _names(record, kept, hidden, reader))


def _differences(
    record: models.Model,
    kept: Iterable[tuple[type[models.Model], list[Any]]],
    start: datetime.datetime,
    end: datetime.datetime,
    hidden: Collection[str],
    names: Names,
) -> list[Change]:
    found: list[Change] = []
    for model, events in kept:
        earlier, later = _rows_at(model, events, start), _rows_at(model, events, end)
        if model is type(record):
            found += _field_differences(model, earlier.get(record.pk), later.get(record.pk), hidden, names)
        else:
            words = [
                {key: _description(record, model, event, names) for key, event in rows.items()}
                for rows in (earlier, later)
            ]
            found += _row_differences(_name_of_rows(record, model), *words)
    return found


def moment_in(text: str) -> datetime.datetime | None:
    """The moment that a parameter of an address names; None for anything else."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and timezone.is_aware(moment) else None


@dataclass(frozen=True, slots=True)
class Step:
    """What differs between two public versions of a record that follow each other; the later is from `at`."""

    record: models.Model
    at: datetime.datetime
    changes: tuple[Change, ...]
    proposal: Proposal | None


def public_steps(
    records: Collection[models.Model], *, is_public: Callable[[Any], bool], hidden: Collection[str] = ()
) -> list[Step]:
    """The steps from each public version of `records`, all of one model, to the next, newest first.

    `is_public` says of an event of the model whether that version was public; what was changed in between and back is
    left out. Rows that refer to something that nobody may read are, too. The number of queries depends on the model.
    """
    if not records:
        return []
    by_key = {record.pk: record for record in records}
    some = next(iter(records))
    kept = _events_of(type(some), by_key)
    names = _names(some, chain.from_iterable(kept.values()), hidden, AnonymousUser())
    steps = [step for key, record in by_key.items() for step in _steps(record, kept[key], names, is_public, hidden)]
    return sorted(steps, key=lambda step: step.at, reverse=True)


def _steps(
    record: models.Model, kept: list[Any], names: Names, is_public: Callable[[Any], bool], hidden: Collection[str]
) -> Iterator[Step]:
    own = next(events for model, events in kept if model is type(record))
    readable = [
        (model, events if model is type(record) else [event for event in events if _is_named(model, event, names)])
        for model, events in kept
    ]
    contexts = {event.pgh_created_at: event.pgh_context for _model, events in kept for event in events}
    before: datetime.datetime | None = None
    for at in sorted(contexts):
        version = next((event for event in reversed(own) if event.pgh_created_at <= at), None)
        if version is None or version.pgh_label == "delete" or not is_public(version):
            continue
        if before and (changes := _differences(record, readable, before, at, hidden, names)):
            metadata = contexts[at].metadata if contexts[at] else {}
            yield Step(record, at, tuple(changes), _proposal(metadata, {}))
        before = at


def _is_named(model: type[models.Model], event: Any, names: Names) -> bool:
    """Whether all that a row refers to may be named."""
    keys = ((column.related_model, getattr(event, column.attname)) for column in _told(model, ()))
    return all(key is None or key in names.get(kind, {}) for kind, key in keys if kind is not None)


def versions(model: type[models.Model], keys: Iterable[Any]) -> dict[Any, int]:
    """The version of each record by primary key: its version column, else the id of its newest event."""
    if any(column.name == "record_version" for column in model._meta.fields):
        return dict(model._default_manager.filter(pk__in=keys).values_list("pk", "record_version"))
    event_model = next(event_model for event_model, owner in event_models(model) if owner is None)
    key = model._meta.pk.attname
    events = event_model._default_manager.filter(**{f"{key}__in": list(keys)}).order_by()
    return dict(events.values_list(key).annotate(models.Max("pgh_id")))


def _tell(act: Act, change: Change, *, is_field: bool) -> None:
    """Add a change to an act; if the act wrote a field twice, keep the first old and the last new value."""
    earlier = next((c for c in act.changes if c.what == change.what), None) if is_field else None
    if earlier is None:
        act.changes.append(change)
        return
    act.changes.remove(earlier)
    if earlier.before != change.after:
        act.changes.append(Change(change.what, earlier.before, change.after))


def _act(event: Any, users: dict[int, str]) -> Act:
    metadata = event.pgh_context.metadata if event.pgh_context else {}
    notes = [str(metadata[key]) for key in ("command", "file", "note") if metadata.get(key)]
    if metadata.get("import"):
        notes.append(_("import of %(name)s") % {"name": metadata["import"]})
    if metadata.get("undone"):
        notes.append(_("import of %(name)s undone") % {"name": metadata["undone"]})
    merge = str(event.pgh_context_id) if metadata.get("merge") else ""
    act = Act(event.pgh_created_at, users.get(metadata.get("user") or 0, ""), " ".join(notes), merge=merge)
    act.proposal = _proposal(metadata, users)
    return act


def _proposal(metadata: dict[str, Any], users: dict[int, str]) -> Proposal | None:
    if not metadata.get("revision"):
        return None
    reason = str(dict(Reason.choices).get(metadata["reason"], metadata["reason"]))
    return Proposal(users.get(metadata["proposer"], ""), reason, metadata["public_note"])


def _events(record: models.Model) -> list[tuple[type[models.Model], list[Any]]]:
    """Each kept model that tells of `record`, the record's own first, with its events, oldest first."""
    return _events_of(type(record), [record.pk])[record.pk]


def _events_of(
    model: type[models.Model], keys: Collection[Any]
) -> dict[Any, list[tuple[type[models.Model], list[Any]]]]:
    """For each key of a record, what `_events` gives."""
    found: dict[Any, list[tuple[type[models.Model], list[Any]]]] = {key: [] for key in keys}
    for event_model, owner in sorted(event_models(model), key=lambda pair: pair[1] is not None):
        tracked: Any = event_model
        column = owner or tracked.pgh_tracked_model._meta.pk.attname
        by_owner: dict[Any, list[Any]] = {key: [] for key in keys}
        events = event_model._default_manager.filter(**{f"{column}__in": list(keys)})
        for event in events.select_related("pgh_context").order_by("pgh_id"):
            by_owner[getattr(event, column)].append(event)
        for key in keys:
            found[key].append((tracked.pgh_tracked_model, by_owner[key]))
    return found


def all_event_models() -> list[Any]:
    """The models of events, each of which has its `pgh_tracked_model`."""
    return [model for model in apps.get_models() if getattr(model, "pgh_tracked_model", None)]


def event_models(model: type[models.Model]) -> Iterator[tuple[type[models.Model], str | None]]:
    """The event models of `model` and of related models deleted with it, the latter with the foreign key to it."""
    for event_model in all_event_models():
        tracked = event_model.pgh_tracked_model
        if tracked is model:
            yield event_model, None
        elif tracked._meta.concrete_model._meta.auto_created in (False, model):
            for key in tracked._meta.fields:
                if key.related_model is model and key.remote_field.on_delete is models.CASCADE:
                    yield event_model, key.attname


def _told(model: type[models.Model], hidden: Collection[str]) -> list[models.Field]:
    """The fields of `model` that are kept and worth telling."""
    return [
        f for f in model._meta.fields if not (f.primary_key or isinstance(f, models.GeneratedField) or f.name in hidden)
    ]


def _changes(
    record: models.Model, model: type[models.Model], events: list[Any], hidden: Collection[str], names: Names
) -> Iterator[tuple[Any, Change]]:
    before: dict[Any, Any] = {}
    pk = model._meta.pk.attname
    own = model is type(record)
    for event in events:
        earlier = before.get(getattr(event, pk))
        before[getattr(event, pk)] = event
        if own:
            changes = _field_changes(model, earlier, event, hidden, names)
        else:
            changes = _row_change(record, model, earlier, event, names)
        for change in changes:
            yield event, change
        if own and event.pgh_context and (confirmed := event.pgh_context.metadata.get(CONFIRMS)):
            yield event, Change(_("Confirmed"), "", str(confirmed))


def _field_changes(
    model: type[models.Model], earlier: Any, event: Any, hidden: Collection[str], names: Names
) -> Iterator[Change]:
    """Each field of the record itself that differs; a new record yields its initial values."""
    if event.pgh_label == "delete":
        yield Change(capfirst(str(model._meta.verbose_name)), _("recorded"), _("deleted"))
        return
    for column in _told(model, hidden):
        old, new = (_in_words(column, getattr(e, column.attname), names) if e else "" for e in (earlier, event))
        if old != new:
            yield Change(capfirst(str(column.verbose_name)), old, new)


def _rows_at(model: type[models.Model], events: Iterable[Any], moment: datetime.datetime) -> dict[Any, Any]:
    """The rows of `model` that the events have left at a moment, by key."""
    found: dict[Any, Any] = {}
    for event in (event for event in events if event.pgh_created_at <= moment):
        found[getattr(event, model._meta.pk.attname)] = event
    return {key: event for key, event in found.items() if event.pgh_label != "delete"}


def _field_differences(
    model: type[models.Model], before: Any, after: Any, hidden: Collection[str], names: Names
) -> Iterator[Change]:
    """Each field that differs between two events; one of them is None where there was no record."""
    if after:
        yield from _field_changes(model, before, after, hidden, names)
    elif before:
        yield from (Change(each.what, each.after, "") for each in _field_changes(model, None, before, hidden, names))


def _row_differences(what: str, before: dict[Any, str], after: dict[Any, str]) -> Iterator[Change]:
    """The rows, in words by key, that differ; one that was removed and entered again does not."""
    yield from (Change(what, before[key], after[key]) for key in before if after.get(key, before[key]) != before[key])
    removed = Counter(words for key, words in before.items() if key not in after)
    added = Counter(words for key, words in after.items() if key not in before)
    yield from (Change(what, words, "") for words in (removed - added).elements())
    yield from (Change(what, "", words) for words in (added - removed).elements())


def _row_change(
    record: models.Model, model: type[models.Model], earlier: Any, event: Any, names: Names
) -> Iterator[Change]:
    """A row that belongs to the record: added, changed or removed, described by its fields."""
    described = _description(record, model, event, names)
    if event.pgh_label == "insert":
        yield Change(_name_of_rows(record, model), "", described)
    elif event.pgh_label == "delete":
        yield Change(_name_of_rows(record, model), described, "")
    elif (old := _description(record, model, earlier, names) if earlier else "") != described:
        yield Change(_name_of_rows(record, model), old, described)


def _name_of_rows(record: models.Model, model: type[models.Model]) -> str:
    tags = (f.verbose_name for f in record._meta.many_to_many if f.remote_field.through is model._meta.concrete_model)
    return capfirst(str(next(tags, model._meta.verbose_name)))


def _description(record: models.Model, model: type[models.Model], event: Any, names: Names) -> str:
    columns = [f for f in _told(model, ()) if f.related_model is not type(record) or _is_other(f, event, record)]
    words = (_in_words(f, getattr(event, f.attname), names) for f in columns if f.name not in UNTOLD_OF_ROWS)
    return ", ".join(word for word in words if word)


def _is_other(column: models.Field, event: Any, record: models.Model) -> bool:
    return bool(getattr(event, column.attname) != record.pk)


def _in_words(column: models.Field, value: Any, names: Names) -> str:
    if value is None or value == "":
        return ""
    if column.related_model is not None:
        return names.get(column.related_model, {}).get(value, f"#{value}")
    if column.flatchoices:
        return str(dict(column.flatchoices).get(value, value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime.datetime):
        return formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, PartialDate | Period):
        note = value.inferred_in_words()
        return f"{value.in_words()} ({note})" if note else value.in_words()
    return str(value)


def _names(
    record: models.Model,
    kept: Iterable[tuple[type[models.Model], list[Any]]],
    hidden: Collection[str],
    reader: Any,
) -> Names:
    """The current names of all objects that the events refer to, in one query per model."""
    wanted: dict[Any, set[Any]] = defaultdict(set)
    for model, events in kept:
        for column in _told(model, hidden if model is type(record) else ()):
            if column.related_model is not None:
                wanted[column.related_model].update(getattr(event, column.attname) for event in events)
    found = {model: model._default_manager.filter(pk__in=keys - {None}) for model, keys in wanted.items()}
    return {
        model: {row.pk: str(row) for row in (named_to(reader, records) if reader else records)}
        for model, records in found.items()
    }


def _usernames(events: Iterable[Any]) -> dict[int, str]:
    contexts = [event.pgh_context.metadata for event in events if event.pgh_context]
    ids = {metadata.get(role) for metadata in contexts for role in ("user", "proposer")}
    return dict(get_user_model()._default_manager.filter(pk__in=ids - {None}).values_list("pk", "username"))
