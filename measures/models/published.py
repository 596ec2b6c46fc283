"""What belongs to a published measure, for the triggers that note changes of the public data."""

PUBLISHED = (
    "select distinct m.id from changed c join measures_measure m on m.id = c.measure_id where m.workflow = 'published'"
)
"""SQL of the public measures to which changed rows of another table belong; see `shown`."""
