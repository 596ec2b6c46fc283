"""The admin of the site's texts, countries and figures; that of feeds is in `countries.feeds`.

Imports `countries` and `foundation`.
"""

from countries.admin.area import CountryAreaAdmin
from countries.admin.country import CountryAdmin
from countries.admin.site import RoleAdmin, SiteAdmin
from countries.admin.unit import UnitAdmin
from countries.feeds.admin import FeedRunAdmin, IndicatorFeedAdmin

__all__ = [
    "CountryAdmin",
    "CountryAreaAdmin",
    "FeedRunAdmin",
    "IndicatorFeedAdmin",
    "RoleAdmin",
    "SiteAdmin",
    "UnitAdmin",
]
