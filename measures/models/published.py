"""What belongs to a published measure, for the triggers that note changes of the public data."""

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
"""The same of links: of an update both rows are there, alike where nothing has changed but when to ask next."""
OF_PUBLISHED_BY_CAPTURE = (
    "select distinct m.id from changed c join measures_capture k on k.id = c.capture_id"
    " join measures_citation i on i.source_id = k.source_id"
    " join measures_measure m on m.id = i.measure_id where m.workflow = 'published'"
)
"""SQL of the public measures that rest on the sources of which changed rows describe a capture."""
OF_PUBLISHED_BY_CITATION = (
    "select distinct m.id from changed c join measures_citation i on i.id = c.citation_id"
    " join measures_measure m on m.id = i.measure_id where m.workflow = 'published'"
)
"""SQL of the public measures to whose citations changed rows belong."""
