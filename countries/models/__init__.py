"""Places, their figures, and where figures come from."""

from countries.models.feed import (
    CountryCode,
    DayOrder,
    DecimalMark,
    Encoding,
    Every,
    FeedFormat,
    IndicatorFeed,
)
from countries.models.feed_run import (
    DECIDED,
    GOOD,
    FeedRun,
    FeedRunQuerySet,
    HeldBecause,
    HeldValue,
    KeptBodies,
    RunState,
)
from countries.models.figure import (
    COUNT_UNITS,
    Indicator,
    Observation,
    ObservationQuerySet,
    ObservationStatus,
    Qualifier,
    Unit,
    by_period,
)
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
    "ObservationQuerySet",
    "ObservationStatus",
    "Qualifier",
    "Role",
    "RunState",
    "Unit",
    "by_period",
]
