"""Undo a merge as one action, by the history that it left, as long as nobody has changed its records since."""

from typing import Any
from uuid import UUID

import pghistory
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from pghistory.models import Context

from foundation.records import comments, revisions
from foundation.records.teams import of_other_countries
from foundation.records.undoing import Deed, Later
from foundation.sql import execute, take_time
from measures.merging.merge import MERGERS, may_merge, refuse_beside_import
from measures.models import DocumentText, Measure

KINDS = list(MERGERS)
CHECKS = {"measures_link": "source_id", "measures_quotecheck": "citation_id"}
"""The tables of checks that a merge of sources notes, with their keys."""
_TEXT = ", ".join(str(f.column) for f in DocumentText._meta.concrete_fields if not f.primary_key)
"""The columns of the text of a capture."""


def merge_in(context: UUID) -> dict[str, Any] | None:
    """What the history notes of the merge with this context; None if there was none."""
    found = Context.objects.filter(pk=context).first()
    metadata: dict[str, Any] | None = found.metadata if found else None
    return metadata if metadata and metadata.get("merge") else None


def kind_of(context: UUID) -> type[models.Model]:
    """The kind of the two records of a merge: only a merge of measures changes records of no other kind."""
    changed = Deed(context, KINDS).counts
    return next((kind for kind in KINDS if kind is not Measure and kind._meta.db_table in changed), Measure)


def is_of_own_countries(context: UUID, *, by: Any) -> bool:
    """Whether the records of a merge are of the countries of `by`; sources and vocabulary are of all."""
    kind = kind_of(context)
    records = kind._base_manager.filter(pk__in=Deed(context, KINDS).keys(kind))
    return not of_other_countries(by, records).exists()


def changed_since(context: UUID, *, reader: Any) -> list[Later]:
    """The records of a merge that somebody has changed since, the first of them, as `reader` may read them."""
    return Deed(context, KINDS).changed_since(reader)


@transaction.atomic
def undo_merge(context: UUID, *, by: Any) -> None:
    """Give both records back what they had; raise ValidationError with the reason if that is impossible.

    Raise PermissionDenied if `by` may not merge such records.
    """
    merged = merge_in(context)
    if merged is None or not (may_merge(by, kind_of(context)) and is_of_own_countries(context, by=by)):
        raise PermissionDenied
    take_time()
    refuse_beside_import()
    deed = Deed(context, KINDS)
    deed.lock()
    if later := deed.changed_since(by):
        words = _("These records were changed since: %(records)s.")
        raise ValidationError(words, params={"records": ", ".join(item.label for item in later[:5])})
    note = _("Undone: %(merge)s") % {"merge": merged.get("note", "")}
    try:
        with transaction.atomic(), pghistory.context(user=by.pk, note=note):
            deed.take_back(by)
            execute("set constraints all immediate")
            _return_captures(merged)
            _unsettle(merged, kind_of(context))
            _return_checks(merged)
            execute("set constraints all deferred")
    except IntegrityError as error:
        message = _("A rule forbids it: %(error)s")
        raise ValidationError(message, params={"error": str(error).splitlines()[0]}) from error


def _unsettle(merged: dict[str, Any], kind: type[models.Model]) -> None:
    """The comments that were carried over, and the proposals that were closed."""
    comments.give_back(merged.get("comments", []), kind._base_manager.get(pk=merged["merge"]))
    revisions.reopen(merged.get("proposals", []))


def _return_captures(merged: dict[str, Any]) -> None:
    """The captures that a merge of sources gave to the other one, and those that were dropped as its own."""
    captures = merged.get("captures")
    if not captures:
        return
    execute("select measures_return_captures(%s, %s)", [captures["moved"], int(merged["merge"])])
    execute(
        "insert into measures_capture select * from json_populate_recordset(null::measures_capture, (%s::text)::json)",
        [captures["dropped"]],
    )
    # Of the same document, so that its text is that of the one that stayed
    execute(
        f"insert into measures_documenttext (capture_id, {_TEXT}) select c.id, {_TEXT}"  # noqa: S608 - of our own model
        " from measures_capture c join measures_capture other on other.sha256 = c.sha256 and other.id <> c.id"
        " join measures_documenttext t on t.capture_id = other.id"
        " where c.id in (select id from json_populate_recordset(null::measures_capture, (%s::text)::json))"
        " on conflict do nothing",
        [captures["dropped"]],
    )


def _return_checks(merged: dict[str, Any]) -> None:
    """The checks of the link and the quotes of a source that gave way, as they were."""
    for table, checks in merged.get("checks", {}).items():
        noted, key = f"json_populate_recordset(null::{table}, (%s::text)::json)", CHECKS[table]
        execute(f"delete from {table} where {key} in (select {key} from {noted})", [checks])  # noqa: S608 - our own tables
        execute(f"insert into {table} select * from {noted}", [checks])  # noqa: S608 - our own tables
