"""The columns of measures.csv that stand for rows of other tables.

As everywhere in a file, `|` parts the items of a list. See `countries/columns.py` for the aliases in the SQL.
"""

from measures.columns.citations import CitationsColumn
from measures.columns.history import HistoryColumn
from measures.columns.lists import ListColumn
from measures.columns.relations import RelationsColumn
from measures.columns.tags import BodyColumn, TagsColumn, TopicsColumn

__all__ = [
    "BodyColumn",
    "CitationsColumn",
    "HistoryColumn",
    "ListColumn",
    "RelationsColumn",
    "TagsColumn",
    "TopicsColumn",
]
