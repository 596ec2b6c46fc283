"""A file -> records: staged, compared, checked and saved as a set, in one transaction, all rows or none.

The admin's preview, the command line and the fixtures come through here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pghistory
from django.db import DataError, IntegrityError, OperationalError, transaction
from django.utils.translation import gettext as _

from countries.resources import FileResource, ObservationResource
from measures.choices import Workflow
from measures.importing import checking, comparing, figures, records, saving
from measures.importing.reading import FileProblem, Table, open_table
from measures.importing.report import Problem, Report
from measures.importing.staging import Progress, execute, rows, staged
from measures.resources import MeasureResource

SHOWN_PROBLEMS = 1000
"""Problems that a report lists; all of them go to the file of failed rows."""


@dataclass(slots=True)
class Import:
    """A file that was compared with the database, while its transaction lasts; `save` writes it."""

    table: Table
    resource: type[FileResource]
    by: Any
    publish: bool
    only_new: bool
    report: Report

    def save(self) -> None:
        """Write what differs. Raise FileProblem, with nothing written, where the database refuses after all."""
        assert not self.report.is_refused
        is_measures = self.resource is MeasureResource
        metadata = {"import": self.table.path.name} | ({"move": "publish"} if self.publish else {})
        try:
            with transaction.atomic(), pghistory.context(user=self.by.pk, **metadata):
                saving.lock(self.resource)
                if is_measures:
                    records.number()
                saving.save(self.resource, self.table.present, self.by, records.STATUS if is_measures else None)
                if is_measures:
                    self.report.published = records.finish(by=self.by, publish=self.publish, only_new=self.only_new)
                execute("set constraints all immediate")
                execute("set constraints all deferred")
        except (IntegrityError, DataError, OperationalError) as error:
            raise FileProblem(
                _("The database refused: %(error)s") % {"error": str(error).splitlines()[0]},
                _("Nothing was imported. Try again; if this comes back, import fewer rows to find the one."),
            ) from error
        self.report.is_applied = True


@contextmanager
def compared(
    path: Path,
    resource: type[FileResource],
    *,
    by: Any,
    publish: bool = False,
    workflow: Workflow = Workflow.DRAFT,
    only_new: bool = False,
    progress: Progress | None = None,
) -> Iterator[Import]:
    """Read and check the file in a transaction of its own; imports wait for each other.

    With `only_new` the records that exist stay as they are, however they differ from the file.

    Raise FileProblem where the file cannot be read at all.
    """
    table = open_table(path, resource)
    is_measures = resource is MeasureResource
    rules = records.rules(publish=publish) if is_measures else []
    if resource is ObservationResource:
        rules = figures.rules()
    with transaction.atomic():
        execute("set local client_connection_check_interval = '5s'")  # a killed import ends its query, and its lock
        execute("select pg_advisory_xact_lock(hashtext('import of files'))")
        execute("set local default_statistics_target = 10")  # staged rows are wide, and only roughly asked about
        with staged(table, resource, progress) as notices:
            comparing.compare(resource, table.present, only_new=only_new)
            given = records.new_values(by=by, workflow=workflow, publish=publish) if is_measures else {}
            checking.check(resource, table.present, given, rules)
            report = _report(resource, [*table.notices, *notices])
            yield Import(table, resource, by, publish, only_new, report)


def _report(resource: type[FileResource], notices: list[str]) -> Report:
    counts = rows(
        "select count(*) filter (where is_new), count(*) filter (where changed <> '{}'),"
        " count(*) filter (where not is_new and changed = '{}'),"
        " (select count(distinct line) from problem)"
        " from outcome o where not exists (select from problem p where p.line = o.line)"
    )[0]
    found = rows(f'select line, "column", value, problem, remedy from problem order by line limit {SHOWN_PROBLEMS}')
    new, changed, unchanged, refused = counts
    return Report(
        resource.file(), new, changed, unchanged, refused, notices=notices, problems=[Problem(*row) for row in found]
    )


__all__ = ["FileProblem", "Import", "Problem", "Report", "compared"]
