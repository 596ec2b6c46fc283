"""The admin of countries and figures; that of feeds is in `countries.feeds`. Imports `countries` and `foundation`."""

from countries.admin.country import CountryAdmin
from countries.feeds.admin import FeedRunAdmin, IndicatorFeedAdmin

__all__ = ["CountryAdmin", "FeedRunAdmin", "IndicatorFeedAdmin"]
