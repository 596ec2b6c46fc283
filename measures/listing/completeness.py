"""How far the records of some entries go: what readers should know before they trust a page of them."""

import datetime
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from countries.models import Country
from measures.choices import Evidence, Precision
from measures.listing.columns import INTERNATIONAL, day_number
from measures.listing.index import PublicIndex, Selection


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the entries have a property; `query` selects them, '' if no filter does."""

    label: str
    count: int
    total: int
    query: str = ""

    @property
    def bar(self) -> str:
        """The length of its bar in percent, formatted for SVG."""
        return f"{self.count / self.total * 100 if self.total else 0:.1f}%"


def covered_codes() -> set[str]:
    """The codes of the countries that the observatory follows."""
    return set(Country.objects.covered().order_by().values_list("pk", flat=True))


def recorded(index: PublicIndex, covered: Collection[str]) -> Selection:
    """What pages count as the record: the entries of covered countries and of international bodies.

    Lists and files also have the entries of other countries, such as invented examples.
    """
    return index.select(index.as_mask("country", [*covered, INTERNATIONAL]))


def completeness(entries: Selection, day: datetime.date) -> tuple[Share, ...]:
    """The shares of the entries that are dated exactly, rest on a primary source, and were checked lately; or none."""
    total = len(entries)
    if not total:
        return ()
    exact = entries.counts("precision").get(Precision.DAY, 0)
    primary = entries.counts("evidence").get(Evidence.PRIMARY, 0)
    since = day - datetime.timedelta(days=settings.CHECK_DAYS)
    checked = int(np.count_nonzero(entries.column("checked") >= day_number(since)))
    within = ngettext("Checked in the last %(days)d day", "Checked in the last %(days)d days", settings.CHECK_DAYS)
    return (
        Share(_("Dated to the day"), exact, total, f"?precision={Precision.DAY}"),
        Share(_("From a primary source"), primary, total, f"?evidence={Evidence.PRIMARY}"),
        Share(within % {"days": settings.CHECK_DAYS}, checked, total),
    )
