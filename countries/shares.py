"""The rule for shares of one whole, with an error message; the database enforces it too, without naming the parts."""

from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from countries.figures import in_unit
from countries.models import Country, Indicator, Observation
from foundation.partial_dates import Period


def pass_the_whole(indicator: Indicator, period: Period | None, parts: Mapping[Country, Decimal]) -> str:
    """Why these shares by counterpart exceed the whole, or ''; each may have been rounded up by half a unit."""
    most = 100 + len(parts) * Decimal("0.5").scaleb(-indicator.places)
    if sum(parts.values()) <= most:
        return ""
    named = (f"{country.name} {in_unit(value, indicator)}" for country, value in parts.items())
    return _(
        "The shares of “%(indicator)s”, %(period)s, exceed 100 percent: %(parts)s. Correct one of them. Shares that "
        "are missing appear as the rest."
    ) % {
        "indicator": indicator,
        "period": period.in_words() if period else _("period not stated"),
        "parts": ", ".join(named),
    }


def stored_parts(country: Country, indicator: Indicator, period: Period | None) -> dict[int, tuple[Country, Decimal]]:
    """The stored shares: counterpart and value by primary key of the observation."""
    stored = Observation.objects.filter(
        country=country, indicator=indicator, period=period, counterpart__isnull=False, value__isnull=False
    )
    return {o.pk: (o.counterpart, o.value) for o in stored.select_related("counterpart") if o.counterpart and o.value}
