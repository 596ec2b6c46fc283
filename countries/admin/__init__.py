"""The admin of the site's texts, countries and figures; that of feeds is in `countries.feeds`.

Imports `countries` and `foundation`.
"""

from countries.admin.country import CountryAdmin
from countries.admin.site import RoleAdmin, SiteAdmin
from countries.feeds.admin import FeedRunAdmin, IndicatorFeedAdmin

__all__ = ["CountryAdmin", "FeedRunAdmin", "IndicatorFeedAdmin", "RoleAdmin", "SiteAdmin"]
