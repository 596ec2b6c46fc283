"""From a file to saved records. The admin's preview, the command line and the fixtures come through here.

While an import runs, others go on working. Imports wait for each other by an advisory lock, which ends with the
transaction, also where the process is killed. Reading, comparing and checking lock no record. The numbers of new
records are taken in a short transaction of their own. New records are written first, since nobody else can know them;
records that exist are locked last. Where somebody waits for such a record after all, the import gives way: it takes
back what it wrote and writes it anew, or says which record was saved meanwhile.
"""

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pghistory
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.utils.translation import gettext as _
from psycopg.errors import QueryCanceled

from foundation.disks import is_full
from foundation.files.importing import checking, comparing, originals, rights, saving
from foundation.files.importing.mapping import Mapping
from foundation.files.importing.reading import FileProblem, Table, open_table
from foundation.files.importing.report import Problem, Report
from foundation.files.importing.staging import Step, Tell, staged
from foundation.files.models import Phase
from foundation.files.resources import FileResource, ImportOptions
from foundation.sql import execute, lock_until_commit, rows, second_connection, take_time, try_lock_until_commit

# Making way for people who wait for a row that the import has written


PAUSE = 0.2
"""Seconds between checks for waiting sessions."""
PATIENCE = 0.2
"""Seconds that a session may wait for a row of the import before the import yields."""

_WAITING = """
with waiting as materialized (
    select pid from pg_stat_activity
    where wait_event_type = 'Lock' and wait_event in ('transactionid', 'tuple')
    and datname = current_database() and clock_timestamp() - query_start > make_interval(secs => %s)
)
select exists (select from waiting where %s = any (pg_blocking_pids(pid)))
"""


class YieldedToOther(Exception):
    """The import was interrupted because somebody waited for one of its rows; the caller rolls back."""


@contextmanager
def yielding_to_others() -> Iterator[None]:
    """Interrupt the block with YieldedToOther as soon as somebody waits for a row that it has written.

    Wrap this around a savepoint, so that its rollback releases the rows.
    """
    connection.ensure_connection()
    importing: Any = connection.connection
    is_done, has_broken_off = threading.Event(), threading.Event()

    def watch() -> None:
        if is_done.wait(PAUSE):
            return
        with second_connection() as cursor:
            while not is_done.wait(PAUSE):
                cursor.execute(_WAITING, [PATIENCE, importing.info.backend_pid])
                if cursor.fetchone()[0]:
                    has_broken_off.set()
                    importing.cancel_safe()
                    return

    watcher = threading.Thread(target=watch, name="import gives way", daemon=True)
    watcher.start()
    try:
        yield
    except OperationalError as error:
        is_done.set()
        watcher.join()
        if has_broken_off.is_set() and isinstance(error.__cause__, QueryCanceled):
            raise YieldedToOther from error
        raise
    finally:
        is_done.set()
        watcher.join()


# The import


class OtherImport(Exception):
    """Another import is at work."""


LOCK = "import of files"
"""The advisory lock by which imports wait for each other."""
ATTEMPTS = 5
"""How often an import tries to write if it has to yield."""
SHOWN_PROBLEMS = 1000
"""Number of problems in a report; the file of failed rows has them all."""


@dataclass(slots=True)
class Import:
    """A file that was compared with the database, while its transaction lasts; `save` writes it."""

    table: Table
    resource: type[FileResource]
    options: ImportOptions
    is_within: bool
    """Whether it runs inside a transaction that the caller began."""
    tell: Tell
    report: Report
    context: uuid.UUID | None = None
    """The context of the history that the changes have, once they are written."""

    def save(self) -> None:
        """Write the differences. Raise FileProblem, with nothing written, if that is no longer possible."""
        assert not self.report.is_refused
        try:
            self.resource.number_new(within=self.is_within)
            self._write_between_others()
        except (IntegrityError, DataError, OperationalError) as error:
            if isinstance(error.__cause__, QueryCanceled) or is_full(error):
                raise
            self._refuse_taken()
            raise FileProblem(
                _("The database refused the change: %(error)s") % {"error": str(error).splitlines()[0]},
                _(
                    "Nothing was imported. Try again. If the error returns, import fewer rows to find the one that "
                    "causes it."
                ),
            ) from error
        self.report.is_applied = True

    def _refuse_taken(self) -> None:
        """Raise FileProblem for a row that violates a unique index because of a record written since the check."""
        checking.ask_unique_indexes(self.resource)
        if taken := rows("select line, problem, remedy from problem order by line limit 1"):
            line, problem, remedy = taken[0]
            raise FileProblem(problem, remedy, line)

    def _write_between_others(self) -> None:
        for attempt in range(ATTEMPTS):
            time.sleep(attempt)  # seconds, by which time the waiting session is done
            saving.refuse_stale(self.resource)
            try:
                with yielding_to_others(), transaction.atomic():
                    self._write()
            except YieldedToOther:
                continue
            return
        raise FileProblem(
            _("Other people keep saving records that this file changes."),
            _("Nothing was imported. Import the file again when they have finished."),
        )

    def _write(self) -> None:
        resource, options, present = self.resource, self.options, self.table.present
        metadata = {"import": options.name} | ({"move": "publish"} if options.publish else {})
        total = self.report.new + self.report.changed

        def tell(done: int) -> None:
            self.tell(Step(Phase.WRITING, done, total))

        resource.before_writing()
        with pghistory.context(user=options.by.pk, **metadata) as context:
            self.context = context.id
            saving.save_new(resource, present, resource.computed(), tell)
            saving.lock(resource)
            saving.save_changed(resource, present, options.by)
            self.report.published = resource.after_writing(options)
            tell(total)
            saving.ask_constraints()


@contextmanager
def compared(
    path: Path,
    resource: type[FileResource],
    *,
    by: Any,
    publish: bool = False,
    state: str = "",
    only_new: bool = False,
    is_operator: bool = False,
    keep_identifiers: bool = False,
    untouched: frozenset[str] = frozenset(),
    skip_refused: bool = False,
    take_older: bool = False,
    overwrite: frozenset[str] | None = None,
    overwrite_rows: frozenset[int] = frozenset(),
    name: str = "",
    mapping: Mapping | None = None,
    progress: Tell | None = None,
    waits: bool = True,
) -> Iterator[Import]:
    """Read and check the file in a transaction of its own; imports wait for each other.

    Without `waits`, OtherImport is raised if another one is at work.

    `mapping` says how the columns of a file that are not ours become ours.

    The options are those of `ImportOptions`. A user who may not publish cannot change anything public. The operator at
    the command line can; `by` is then only recorded in the history. `progress` is called with each `Step`; an exception
    that it raises aborts the import.

    Raise FileProblem if the file cannot be read at all.
    """
    table = open_table(path, resource, mapping)
    options = ImportOptions(
        by,
        publish=publish,
        state=state,
        only_new=only_new,
        keep_identifiers=keep_identifiers,
        untouched=untouched,
        skip_refused=skip_refused,
        take_older=take_older,
        overwrite=overwrite,
        overwrite_rows=overwrite_rows,
        name=_as_utf8(name or path.name),
    )
    rules, candidate_rules = resource.import_rules(options), []
    if not is_operator:
        table.columns = [column and column.seen_by(by) for column in table.columns]
        rules += rights.rules_of_stored(resource, by=by, publish=publish)
        candidate_rules += rights.rules_of_candidates(resource, by=by)
    tell = progress or _tell_nobody
    is_within = connection.in_atomic_block
    with transaction.atomic():
        take_time(waits=True)
        if waits:
            lock_until_commit(LOCK)
        elif not try_lock_until_commit(LOCK):
            raise OtherImport
        execute("set local default_statistics_target = 10")  # staged rows are wide, and rough statistics suffice
        execute("set local work_mem = '64MB'")
        execute("set local jit = off")  # compiling statements of hundreds of expressions takes longer than it saves
        with staged(table, resource, tell, skip_refused=skip_refused) as notices:
            comparing.compare(resource, table.present, options, tell)
            checking.check(resource, table.present, resource.values_of_new(options), rules, candidate_rules, tell)
            if skip_refused:
                checking.drop_refused(table.present)
            if table.mapper:
                originals.name_originals(table, table.mapper)
            report = _report(resource, [*table.notices, *notices], skip_refused=skip_refused)
            yield Import(table, resource, options, is_within, tell, report)


def _as_utf8(name: str) -> str:
    """Make a file name, which may be arbitrary bytes, storable in the history."""
    return name.encode(errors="replace").decode()


def _tell_nobody(step: Step) -> None:
    pass


def _report(resource: type[FileResource], notices: list[str], *, skip_refused: bool) -> Report:
    counts = rows(
        "select count(*) filter (where is_new), count(*) filter (where changed <> '{}'),"
        " count(*) filter (where not is_new and changed = '{}' and older = '{}'),"
        " count(*) filter (where older <> '{}'),"
        " (select count(distinct line) from problem)"
        " from outcome o where not exists (select from problem p where p.line = o.line)"
    )[0]
    found = rows(f'select line, "column", value, problem, remedy from problem order by line limit {SHOWN_PROBLEMS}')
    new, changed, unchanged, older, refused = counts
    return Report(
        resource.file(),
        new,
        changed,
        unchanged,
        older,
        refused,
        skips_refused=skip_refused,
        notices=notices,
        problems=[Problem(*row) for row in found],
    )
