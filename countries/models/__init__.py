"""Places, their figures, and where figures come from."""

from countries.models.feed import (
    DECIDED,
    GOOD,
    CountryCode,
    DayOrder,
    DecimalMark,
    Encoding,
    Every,
    FeedFormat,
    FeedRun,
    FeedRunQuerySet,
    HeldBecause,
    HeldValue,
    IndicatorFeed,
    KeptBodies,
    RunState,
)
from countries.models.figure import COUNT_UNITS, Indicator, Observation, ObservationStatus, Qualifier, Unit
from countries.models.place import Country, CountryQuerySet, MobilityRole, Role

__all__ = [
    "COUNT_UNITS",
    "DECIDED",
    "GOOD",
    "Country",
    "CountryCode",
    "CountryQuerySet",
    "DayOrder",
    "DecimalMark",
    "Encoding",
    "Every",
    "FeedFormat",
    "FeedRun",
    "FeedRunQuerySet",
    "HeldBecause",
    "HeldValue",
    "Indicator",
    "IndicatorFeed",
    "KeptBodies",
    "MobilityRole",
    "Observation",
    "ObservationStatus",
    "Qualifier",
    "Role",
    "RunState",
    "Unit",
]
