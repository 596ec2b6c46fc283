"""What the public sees of the parts of measures: SQL for triggers that record its changes, and who may see a part."""

from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef

PUBLISHED = (
    "select distinct m.id from changed c join measures_measure m on m.id = c.measure_id where m.workflow = 'published'"
)
"""SQL of the public measures to which changed rows of another table belong; see `shown`."""

OF_PUBLISHED_BY_SOURCE = (
    "select distinct m.id from changed c join measures_citation i on i.source_id = c.source_id"
    " join measures_measure m on m.id = i.measure_id where m.workflow = 'published'"
)
"""SQL of the public measures that rest on the sources of changed rows."""
OF_PUBLISHED_BY_LINK = (
    "select distinct m.id from (select source_id from changed group by source_id, url, state, since, checked_at,"
    " answered_at, failing_since, failures, problem, moved_to, capture_id having count(*) = 1) c"
    " join measures_citation i on i.source_id = c.source_id"
    " join measures_measure m on m.id = i.measure_id where m.workflow = 'published'"
)
"""The same for links: an update has the old and new row, which are equal if only the schedule has changed."""
OF_PUBLISHED_BY_CAPTURE = (
    "select distinct m.id from changed c join measures_capture k on k.id = c.capture_id"
    " join measures_citation i on i.source_id = k.source_id"
    " join measures_measure m on m.id = i.measure_id where m.workflow = 'published'"
)
"""SQL of the public measures that cite the sources of the captures that changed rows describe."""
OF_PUBLISHED_BY_CITATION = (
    "select distinct m.id from changed c join measures_citation i on i.id = c.citation_id"
    " join measures_measure m on m.id = i.measure_id where m.workflow = 'published'"
)
"""SQL of the public measures that the citations of changed rows belong to."""


class PartQuerySet(models.QuerySet[Any]):
    """Parts of measures, by who may see them."""

    def public(self) -> Self:
        """Those of entries that have or had a public page."""
        measures: Any = self.model._meta.get_field("measure").related_model
        return self.filter(Exists(measures.objects.public().filter(pk=OuterRef("measure_id"))))
