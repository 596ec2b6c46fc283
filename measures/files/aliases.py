"""aliases.csv: the other numbers of acts, one a row."""

from typing import Any

from django.utils.translation import gettext as _

from foundation.files.columns import KeyColumn, ReferenceColumn
from foundation.files.dataset_resource import DatasetResource
from foundation.files.resources import ImportOptions
from foundation.sql import execute
from measures.models import ReferenceAlias


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


class AliasColumn(ReferenceColumn):
    """Another number of the entry; it is the same in every spelling, as the table has it."""

    def matches(self) -> str:
        return f"reference_key(r.reference) = reference_key({self.cell})"


def _field(name: str) -> Any:
    return ReferenceAlias._meta.get_field(name)


class AliasResource(DatasetResource):
    """aliases.csv"""

    measure = IdentifierColumn(_field("measure"))
    reference = AliasColumn(_field("reference"))

    keys = (("measure", "reference"),)
    is_of_parts = True
    is_public = "exists (select from measures_measure m where m.id = r.measure_id and m.workflow = 'published')"

    class Meta:
        model = ReferenceAlias
        name = "aliases"
        fields = ("measure", "kind", "reference")

    @classmethod
    def after_writing(cls, options: ImportOptions) -> int:
        """Make open forms of the entries stale, whose rows the import has changed."""
        execute(
            "update measures_measure set record_version = record_version + 1, updated_at = now(), updated_by_id = %s"
            " where id in (select d.measure_id from candidate_rows d join outcome o using (line)"
            " where o.is_new or o.changed <> '{}')",
            [options.by.pk],
        )
        return 0
