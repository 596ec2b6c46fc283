"""aliases.csv: the other numbers of acts, one a row."""

from typing import Any

from foundation.files.field_columns import ReferenceColumn
from measures.files.parts import IdentifierColumn, PartResource
from measures.models import ReferenceAlias


class AliasColumn(ReferenceColumn):
    """Another number of the entry; it is the same in every spelling, as the table has it."""

    def matches(self) -> str:
        return f"reference_key(r.reference) = reference_key({self.cell})"


def _field(name: str) -> Any:
    return ReferenceAlias._meta.get_field(name)


class AliasResource(PartResource):
    """aliases.csv"""

    measure = IdentifierColumn(_field("measure"))
    reference = AliasColumn(_field("reference"))

    keys = (("measure", "reference"),)

    class Meta:
        model = ReferenceAlias
        name = "aliases"
        fields = ("measure", "kind", "reference")
