"""seen_numbers.csv: the numbers of acts that lists have, or that were looked at and are not relevant."""

from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.files.cells import CellProblem
from foundation.files.columns import ColumnKind, ReadOnlyColumn, label_column
from foundation.files.dataset_resource import DatasetResource
from foundation.files.labels import label_of
from foundation.files.targets import Target
from measures.files.bodies import BODIES, BodiesColumn
from measures.models import IssuingBody, SeenNumber


class BodyColumn(BodiesColumn):
    """One issuing body: `mininter` of the row's own country, `VEN:embajada`, `INT:un`."""

    kind = ColumnKind.TEXT

    def targets(self) -> list[Target]:
        return [replace(target, is_list=False) for target in super().targets()]

    def read(self, text: str) -> str:
        """The key of one body."""
        read = super().read(text)
        if "|" in read:
            raise CellProblem(_("The cell names several bodies."), _("Write one; the series of a number has one body."))
        return read

    def cells(self, of: str, *, public: bool = False) -> str:
        """None beside the first."""
        return "select null::bigint as id, null::text as cell where false"

    def labelled(self, language: str) -> ReadOnlyColumn | None:
        """The name of the body."""
        name = f"(select {label_of('f', IssuingBody, language)} from {BODIES} f where f.id = r.issuing_body_id)"
        return label_column(self.name, name)

    def matches(self) -> str:
        return "r.issuing_body_id = j_issuing_body.id"

    def saved(self) -> list[str]:
        return []


class SeenNumberResource(DatasetResource):
    """seen_numbers.csv"""

    keys = (("country", "issuing_body", "kind", "year", "number", "is_proposed"),)
    common_names = {
        "issuing_body": ("body", "issuer", "organismo", "entidad", "órgão"),
        "number": ("reference", "número", "norma"),
        "title": ("sumilla", "sumario", "ementa"),
        "address": ("url", "link", "enlace"),
        "searched": ("list", "source", "index"),
    }
    examples = {
        "year": "2020",
        "number": "044-2020-PCM",
        "state": "listed",
        "checked_on": "2021-02",
        "checked_by": "Andean team",
        "searched": "El Peruano, index of 2020",
    }
    constants = {"state": "listed", "is_proposed": "false"}
    meanings = {"is_proposed": gettext_lazy("Whether the row waits for an editor; public files have no such row.")}
    issuing_body = BodyColumn()

    class Meta:
        model = SeenNumber
        name = "seen_numbers"
        fields = (
            "country",
            "issuing_body",
            "kind",
            "year",
            "number",
            "state",
            "title",
            "date",
            "address",
            "checked_on",
            "checked_by",
            "searched",
            "is_proposed",
        )
