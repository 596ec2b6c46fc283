"""The states that an act can be in on a day."""

STATES = (
    "statement",
    "unknown",
    "not_yet",
    "announced",
    "possibly",
    "in_force",
    "suspended",
    "ended",
    "in_legislature",
    "enacted",
    "rejected_or_withdrawn",
)
"""`statement` is that of every act that is no norm, action or bill; the last three are those of bills."""
STATEMENT = STATES.index("statement")
"""The number of the state that needs no row."""
