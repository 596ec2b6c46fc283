"""The two ways in and out that who knows django-import-export looks for: `export` and `import_data`.

Both are the project's own export and import underneath, so that a script, the command line and the admin give the same
file and refuse the same rows.
"""

import csv
from collections.abc import Iterable
from typing import Any

import tablib
from django.db.models import Model, QuerySet
from import_export.results import Result

from foundation.files.exporting import Records, exported
from foundation.files.importing.datasets import import_dataset
from foundation.files.resources import FileResource


class DatasetResource(FileResource):
    """A kind of file that can be exported to and imported from a `tablib.Dataset`.

    The library's hooks per record and row are not called, since no model instances are created: methods of FileResource
    define what an import does beyond cells.
    """

    def export(self, queryset: Any = None, **kwargs: Any) -> tablib.Dataset:
        """Export records as a Dataset with the same cells as the CSV file; all records if no queryset is given.

        `public=True` leaves out what is not public, `with_local=False` the columns that differ between installations,
        and `export_fields` names the columns to export. Memory grows with the number of records; `exported` streams
        them.
        """
        options = {"public": False, "with_local": True} | kwargs
        chosen = {name: options[name] for name in ("public", "with_local")}
        written = exported(type(self), _records(queryset), **chosen)
        header, *rows = csv.reader(line.decode() for line in written)
        wanted = set(kwargs.get("export_fields") or header)
        places = [place for place, name in enumerate(header) if name in wanted]
        dataset = tablib.Dataset(title=self.file(), headers=[header[place] for place in places])
        dataset.extend([[row[place] for place in places] for row in rows])
        return dataset

    def import_data(
        self,
        dataset: tablib.Dataset,
        dry_run: bool = False,
        raise_errors: bool = False,
        use_transactions: bool | None = None,
        collect_failed_rows: bool = False,
        rollback_on_validation_errors: bool = False,
        **kwargs: Any,
    ) -> Result:
        """Import all rows of a Dataset or none, and return the library's Result; with `dry_run` write nothing.

        Each import is one transaction and one refused row refuses all, so `use_transactions` and
        `rollback_on_validation_errors` change nothing. `user` is the account that imports, with what it may publish;
        without one it is the system account, as on the command line. `publish=True` makes the records public.
        """
        result: Result = import_dataset(
            self,
            dataset,
            dry_run=dry_run,
            raise_errors=raise_errors,
            collect_failed_rows=collect_failed_rows,
            user=kwargs.get("user"),
            publish=kwargs.get("publish", False),
        )
        return result


def _records(queryset: Any) -> Records | None:
    """Convert to what `exported` takes: callers of the library may pass a list of records."""
    if queryset is None or isinstance(queryset, QuerySet) or not isinstance(queryset, Iterable):
        return queryset
    return [record.pk if isinstance(record, Model) else record for record in queryset]
