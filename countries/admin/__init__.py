"""The admin of countries, figures and feeds."""

from countries.admin.country import CountryAdmin
from countries.feeds.admin import FeedRunAdmin, IndicatorFeedAdmin

__all__ = ["CountryAdmin", "FeedRunAdmin", "IndicatorFeedAdmin"]
