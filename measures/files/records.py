"""What an import of measures does beyond cells: states, caches of status, publication."""

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from foundation.files.resources import FileResource
from foundation.files.rules import Computed, ImportOptions, Rule
from foundation.sql import rows
from measures.choices import Workflow
from measures.workflow import CACHES_OF_STATUS, MOVES, move_all, refresh_status, status_query, values_of_published

BATCH = 5_000
"""Records whose status is brought up to date by one statement, so that memory does not grow with the file."""
STATUS = Computed(status_query, CACHES_OF_STATUS)


def rules(resource: type[FileResource], *, publish: bool) -> list[Rule]:
    """What an import may not do to records in their state; `publish` when the rows are to become public."""
    changed = "select s.line, r.public_id from checked s join measures_measure r on r.id = s.id where r.workflow ="
    retired = Rule(
        "public_id",
        f"{changed} 'retired'",
        _("The record is retired."),
        _("Leave the row out, or send the record back to draft first."),
    )
    published = Rule(
        "public_id",
        f"{changed} 'published'",
        _("The record is published, and the row would change it."),
        _(
            "A file changes published records only where “Publish the measures of this file” is ticked at its upload."
            " Only editors can tick it: give them the file, or leave the row out."
        ),
    )
    if publish:
        return [
            retired,
            _lacking(resource, "topics", _("It lacks a topic.")),
            _lacking(resource, "sources", _("It lacks a source.")),
        ]
    return [retired, published]


def _lacking(resource: type[FileResource], name: str, remedy: str) -> Rule:
    """Rows that would be public without what every public record has; see `workflow.COMPLETE`."""
    return Rule(
        name,
        "select s.line, '' from staged s join outcome o using (line) left join measures_measure r on r.id = o.id"
        " where coalesce(r.workflow, 'draft') in ('draft', 'in_review', 'published')"
        f" and coalesce(s.{name}, {resource.fields[name].written()}) = ''",
        _("The record cannot be published yet."),
        remedy,
    )


def values_of_new(options: ImportOptions) -> dict[str, Any]:
    """A new record belongs to whoever imports it, and is a draft (or a stub), or public at once where that is asked.

    Raise PermissionDenied where that account may not publish. It takes the time of the import's transaction.
    """
    by, workflow = options.by, Workflow(options.state or Workflow.DRAFT)
    values = {"created_by": by.pk, "updated_by": by.pk, "workflow": workflow.value}
    if options.publish and workflow in MOVES["publish"].origins:
        values |= values_of_published(by=by, at=rows("select now()")[0][0])
    return values


def finish(options: ImportOptions) -> int:
    """Bring the caches of status up to date and publish where asked; return how many records became public.

    New records were written with their status, and public where that was asked.
    """
    for ids in _batches("select id from outcome where changed <> '{}'"):
        refresh_status(ids)
    if not options.publish:
        return 0
    published = int(
        rows(
            "select count(*) from candidate_rows join outcome o using (line) where o.is_new and workflow = 'published'"
        )[0][0]
    )
    if options.only_new:
        return published
    origins = ", ".join(f"'{state.value}'" for state in MOVES["publish"].origins)
    waiting = (
        f"select id from outcome join measures_measure m using (id) where not is_new and m.workflow in ({origins})"
    )
    for ids in _batches(waiting):
        move_all(MOVES["publish"], ids, by=options.by)
        published += len(ids)
    return published


def _batches(sql: str) -> Iterator[list[int]]:
    """The ids of a query, some thousands at a time, in order; the order keeps two writers from a deadlock."""
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(f"select id from ({sql}) x where id > %s order by id limit {BATCH}", [last])
            ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return
        yield ids
        last = ids[-1]
