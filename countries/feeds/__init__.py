"""A file somewhere -> observations: fetched, read, understood, compared with what is public, published or held.

What is public changes in one transaction at the very end, so that whatever goes wrong before leaves the last good
values as they are. A feed writes only rows that differ, and only those that a feed wrote: what people enter stays.
"""

from countries.feeds.problems import FeedProblem
from countries.feeds.runs import Busy, discard, end_interrupted, leave_out, publish, publish_values, roll_back, run
from countries.feeds.trying import Trial, try_out

__all__ = [
    "Busy",
    "FeedProblem",
    "Trial",
    "discard",
    "end_interrupted",
    "leave_out",
    "publish",
    "publish_values",
    "roll_back",
    "run",
    "try_out",
]
