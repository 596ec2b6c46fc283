"""Import a `tablib.Dataset`, and return the outcome of each row as a Result of django-import-export.

The Dataset is written to a CSV file and imported like any file. The library numbers the rows of a Dataset from 1; in
the file, row 1 is the header.
"""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import tablib
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from import_export.exceptions import ImportError as RefusedImport
from import_export.results import Result, RowResult

from foundation.accounts import system_account
from foundation.files.importing.pipeline import Import, compared
from foundation.files.importing.reading import FileProblem
from foundation.files.importing.report import Problem
from foundation.files.resources import FileResource
from foundation.files.values import text_of_value
from foundation.sql import rows

HEADER_ROWS = 1


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What becomes of a row that is not refused."""

    is_new: bool
    is_changed: bool
    pk: Any

    @property
    def import_type(self) -> str:
        if self.is_new:
            return str(RowResult.IMPORT_TYPE_NEW)
        return str(RowResult.IMPORT_TYPE_UPDATE if self.is_changed else RowResult.IMPORT_TYPE_SKIP)


_NOTHING = _Outcome(is_new=False, is_changed=False, pk=None)
"""A blank row."""


def import_dataset(
    resource: FileResource,
    dataset: tablib.Dataset,
    *,
    dry_run: bool,
    raise_errors: bool,
    collect_failed_rows: bool,
    user: Any,
    publish: bool,
) -> Result:
    """All rows or none; see `DatasetResource.import_data`."""
    result = resource.get_result_class()()
    result.total_rows = len(dataset)
    result.diff_headers = resource.get_diff_headers()
    if collect_failed_rows:
        result.add_dataset_headers(dataset.headers)
    telling = _Telling(resource, dataset, result, raise_errors, collect_failed_rows)
    by = user or system_account()
    try:
        with (
            _as_file(dataset, resource.file()) as path,
            compared(path, type(resource), by=by, publish=publish, is_operator=user is None) as found,
        ):
            telling.tell(*_found_in(found))
            if not (dry_run or found.report.is_refused):
                found.save()
    except FileProblem as problem:
        telling.tell_of_file(problem)
    return result


@contextmanager
def _as_file(dataset: tablib.Dataset, name: str) -> Iterator[Path]:
    """Write a Dataset to a temporary CSV file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.csv"
        lines = [dataset.headers or [], *dataset]
        try:
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([text_of_value(value) for value in line] for line in lines)
        except UnicodeEncodeError as error:
            raise FileProblem(
                _("A text has an incomplete character: %(text)s.")
                % {"text": ascii(error.object[error.start : error.end])},
                _("Read the original file in its own encoding."),
            ) from error
        yield path


def _found_in(found: Import) -> tuple[dict[int, _Outcome], dict[int | None, list[Problem]]]:
    """The outcome of each row, and the reasons for refusals, by row of the file."""
    outcomes = {
        line: _Outcome(is_new, is_changed, pk)
        for line, is_new, is_changed, pk in rows("select line, is_new, changed <> '{}', id from outcome")
    }
    problems: dict[int | None, list[Problem]] = {}
    for row in rows('select line, "column", value, problem, remedy from problem order by line, "column"'):
        problems.setdefault(row[0], []).append(Problem(*row))
    return outcomes, problems


@dataclass(frozen=True, slots=True)
class _Telling:
    """Fills a Result with the outcomes."""

    resource: FileResource
    dataset: tablib.Dataset
    result: Result
    raises: bool
    collects: bool

    def tell(self, outcomes: dict[int, _Outcome], problems: dict[int | None, list[Problem]]) -> None:
        """Add a RowResult for each row of the Dataset, in order; if any row is refused, nothing counts as written."""
        for number in range(1, len(self.dataset) + 1):
            line = number + HEADER_ROWS
            row = self.resource.get_row_result_class()()
            if line in problems:
                self._refuse(row, number, problems[line])
            else:
                outcome = outcomes.get(line, _NOTHING)
                row.import_type, row.object_id = outcome.import_type, outcome.pk
            self.result.increment_row_result_total(row)
            self.result.append_row_result(row)
        for problem in problems.get(None, []):
            self._refuse_all(f"{problem.problem} {problem.remedy}")
        if refused := sum(line is not None for line in problems):
            words = ngettext(
                "%(count)d row was refused, so nothing was imported.",
                "%(count)d rows were refused, so nothing was imported.",
                refused,
            )
            self._refuse_all(words % {"count": refused})

    def tell_of_file(self, problem: FileProblem) -> None:
        """Add a problem with the Dataset as a whole, or with the row at which reading stopped."""
        place = _("Row %(row)d: ") % {"row": problem.row - HEADER_ROWS} if problem.row else ""
        self._refuse_all(f"{place}{problem.problem} {problem.remedy}")

    def _refuse(self, row: RowResult, number: int, problems: list[Problem]) -> None:
        """Add the problems of a row: invalid values are validation errors by column, an unreadable row is an error."""
        values = dict(zip(self.dataset.headers, self.dataset[number - 1], strict=True))
        messages: dict[str, list[str]] = {}
        for problem in problems:
            messages.setdefault(problem.column or NON_FIELD_ERRORS, []).append(f"{problem.problem} {problem.remedy}")
        error: Exception
        if NON_FIELD_ERRORS in messages:
            error = ValueError(" ".join(text for texts in messages.values() for text in texts))
            row.import_type = RowResult.IMPORT_TYPE_ERROR
            row.errors.append(self.resource.get_error_result_class()(error, row=values, number=number))
            self.result.append_error_row(number, values, row.errors)
        else:
            error = row.validation_error = ValidationError(messages)
            row.import_type = RowResult.IMPORT_TYPE_INVALID
            self.result.append_invalid_row(number, values, error)
        if self.collects:
            self.result.append_failed_row(values, error)
        if self.raises:
            raise RefusedImport(error, number=number, row=values)

    def _refuse_all(self, words: str) -> None:
        error = ValueError(words)
        self.result.append_base_error(self.resource.get_error_result_class()(error))
        if self.raises:
            raise RefusedImport(error)
