"""The tables of places and figures, and those of feeds by name. Imports `foundation`."""

from countries.feeds.models.feed import CountryCode, DayOrder, DecimalMark, Encoding, Every, FeedFormat, IndicatorFeed
from countries.feeds.models.feed_run import (
    DECIDED,
    GOOD,
    PUBLIC,
    WAITING,
    FeedRun,
    FeedRunQuerySet,
    HeldBecause,
    HeldValue,
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
from countries.models.place import Country, CountryQuerySet, MobilityRole, Role, RoleIcon
from countries.models.site import Area, Site

__all__ = [
    "COUNT_UNITS",
    "DECIDED",
    "GOOD",
    "PUBLIC",
    "WAITING",
    "Area",
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
    "MobilityRole",
    "Observation",
    "ObservationQuerySet",
    "ObservationStatus",
    "Qualifier",
    "Role",
    "RoleIcon",
    "RunState",
    "Site",
    "Unit",
    "by_period",
]
