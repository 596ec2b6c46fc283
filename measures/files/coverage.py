"""coverage.csv: how far each topic was searched for, one country, topic and quarter a row."""

from django.utils.translation import gettext_lazy as _

from foundation.files.dataset_resource import DatasetResource
from measures.models import Coverage


class CoverageResource(DatasetResource):
    """coverage.csv"""

    keys = (("country", "topic", "period", "is_proposed"),)
    examples = {
        "period": "2020-01/2020-03",
        "state": "complete",
        "checked_on": "2020-06",
        "checked_by": "Andean team",
        "searched": "El Peruano, all issues, by issuing body",
    }
    meanings = {"is_proposed": _("Whether the row waits for an editor; public files have no such row.")}

    class Meta:
        model = Coverage
        name = "coverage"
        fields = (
            "country",
            "topic",
            "period",
            "state",
            "checked_on",
            "checked_by",
            "searched",
            "is_proposed",
        )
