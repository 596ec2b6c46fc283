"""What files have in common whose rows are parts of entries: events, relations, citations, other numbers.

A row is matched by its key: it changes that part or adds it. An import of such a file deletes nothing; a part is taken
away by the list of measures.csv that names it, or in the form.
"""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from foundation.days import today
from foundation.files.cells import CellProblem
from foundation.files.columns import quoted
from foundation.files.dataset_resource import DatasetResource
from foundation.files.field_columns import DayColumn, KeyColumn
from foundation.files.resources import ImportOptions, Rule
from foundation.sql import execute, rows
from measures.files.withdrawing import Withdrawing
from measures.models import Measure

MEASURES = Measure._meta.db_table


class IdentifierColumn(KeyColumn):
    """The identifier of an entry."""

    def __init__(self, field: Any, **options: Any) -> None:
        super().__init__(field, **options)
        self.key = "public_id"

    def known(self) -> list[str]:
        """None: identifiers that look alike are unrelated."""
        return []

    def remedy(self, value: str, known: list[str]) -> str:
        return _("Write the identifier of an entry that exists, such as PER-00007.")


class RecordedColumn(DayColumn):
    """The day on which a part was recorded: of an empty cell, the day of the import, or the one that the part has."""

    def __init__(self, field: Any, **options: Any) -> None:
        super().__init__(field, **options)
        self.default = ""  # the day of the process's start otherwise

    def read(self, text: str) -> str:
        day = super().read(text)
        if day > today().isoformat():
            raise CellProblem(
                _("%(day)s is still to come.") % {"day": day}, _("Write the day on which this was recorded.")
            )
        return day

    def settled(self) -> list[str]:
        assert self.field is not None
        name, table = quoted(self.name), self.field.model._meta.db_table
        return [
            f"update staged s set {name} = coalesce(to_char(r.{name}, 'YYYY-MM-DD'), '{today()}')"
            f" from outcome o left join {table} r on r.id = o.id where o.line = s.line and s.{name} = ''"
        ]


class PartResource(Withdrawing, DatasetResource):
    """A file of parts of entries. Its first column names the entry."""

    is_of_parts = True
    owners: tuple[str, ...] = ("r.measure_id",)
    """SQL of the ids of the entries that the record `r` is part of."""
    is_public = f"exists (select from {MEASURES} m where m.id = r.measure_id and m.workflow = 'published')"

    @classmethod
    def skipped(cls, options: ImportOptions) -> tuple[str, Sequence[Any]]:
        """Skip the parts of entries that are to stay as they are."""
        if not options.untouched:
            return "", ()
        return f"{cls.fields[cls._meta.fields[0]].cell} = any(%s)", [list(options.untouched)]

    @classmethod
    def import_rules(cls, options: ImportOptions) -> list[Rule]:
        """Refuse changes of parts of retired entries, except those that this very import, of a package, has added."""
        owner = cls.fields[cls._meta.fields[0]]
        changed = (
            f"select s.line, m.public_id from checked s join {MEASURES} m on m.public_id = {owner.cell}"
            " where m.workflow = 'retired' and m.created_at <> now()"
        )
        return [
            Rule(
                owner.name,
                changed,
                _("The record is retired."),
                _("Remove the row, or send the record back to draft first."),
            )
        ]

    @classmethod
    def of_measures(cls, measures: Sequence[int]) -> list[int]:
        """The ids of the rows of these entries, in file order."""
        of = " or ".join(f"{owner} = any(%s)" for owner in cls.owners)
        found = rows(
            f"select r.id from {cls.table()} r where {of} order by {cls.order()}",
            [list(measures)] * len(cls.owners),
        )
        return [pk for (pk,) in found]

    @classmethod
    def after_writing(cls, options: ImportOptions) -> int:
        """Make open forms of the entries stale whose parts the import has changed.

        There is no form of an entry that this very import, of a package, has added.
        """
        execute(
            "update measures_measure set record_version = record_version + 1, updated_at = now(), updated_by_id = %s"
            f" where id in ({cls.written_owners()}) and created_at <> now()",
            [options.by.pk],
        )
        return 0

    @classmethod
    def written_owners(cls) -> str:
        """SQL of the ids of the entries whose parts are new or have changed."""
        written = "from candidate_rows r join outcome o using (line) where o.is_new or o.changed <> '{}'"
        return " union ".join(f"select {owner} as id {written}" for owner in cls.owners)
