"""Import and export of records: cells, columns, resources. Imports the rest of `foundation` except `web`."""

import csv

csv.field_size_limit(1_000_000)  # characters of a cell; a list may be longer than a text (`cells.LONGEST_TEXT`)
