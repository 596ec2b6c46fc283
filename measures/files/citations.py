"""citations.csv: what each entry cites, where in the source, and in which words."""

from typing import Any

from foundation.files.field_columns import KeyColumn
from measures.files.parts import IdentifierColumn, PartResource
from measures.models import Citation


class SourceColumn(KeyColumn):
    """The key of a source; its address leads to it as well."""

    def join(self) -> str:
        found = (
            f"coalesce((select id from {self.table} where key = {self.cell}),"
            f" (select id from {self.table} where url = {self.cell} and url <> ''))"
        )
        return f"left join {self.table} j_{self.name} on j_{self.name}.id = {found}"

    def settled(self) -> list[str]:
        """Replace the address of a source by its key."""
        return [
            f"update staged s set {self.name} = f.key from {self.table} f"
            f" where position('://' in {self.cell}) > 0 and f.url = {self.cell} and f.url <> ''"
        ]


def _field(name: str) -> Any:
    return Citation._meta.get_field(name)


class CitationResource(PartResource):
    """citations.csv"""

    measure = IdentifierColumn(_field("measure"))
    source = SourceColumn(_field("source"))

    keys = (("measure", "source", "locator", "field"),)

    class Meta:
        model = Citation
        name = "citations"
        fields = ("measure", "source", "locator", "quote", "field")
