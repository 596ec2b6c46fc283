"""Merging two records of one kind: everything of the one goes to the other, and its address leads there.

Imports `models` and `workflow`; the admin asks, shows what a merge would do, and does it.
"""

from measures.merging.merge import merge, preview
from measures.merging.moving import Moved, Report
from measures.merging.undoing import undo_merge

__all__ = ["Moved", "Report", "merge", "preview", "undo_merge"]
