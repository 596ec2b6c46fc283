"""What was searched for a country: its coverage ledger as a table, and who looked, when and where."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from countries.models import Country, Named
from foundation.days import today
from foundation.keys import whole_number
from foundation.publication import public_page
from foundation.typed_dates import FIRST_YEAR, LAST_YEAR
from measures.choices import Searched
from measures.coverage.ledger import extent_of, period_of, public_ledger
from measures.coverage.quarters import Quarter, quarters_from, span_in_words
from measures.coverage.table import SIGNS, table_of
from measures.listing.filters import Problem, unknown_parameter
from measures.listing.index import public_index
from measures.metadata import Metadata
from measures.missing.estimate import public_estimate
from measures.missing.ledger import public_numbers
from measures.models import Coverage
from measures.views.addresses import permanent_address
from measures.views.moved import at_former_name

YEARS = 5
"""Years that the table shows at once."""
TO = "to"


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody says of a topic: how far it was searched in which quarters, when and where they looked."""

    topic: str
    quarters: tuple[tuple[str, str], ...]
    """The state in words, and the quarters of it."""
    checked_on: str
    checked_by: str
    searched: str


@public_page(reads=[TO])
@require_safe
@at_former_name("slug", Named.COUNTRY)
def coverage(request: HttpRequest, slug: str) -> HttpResponse:
    """`/countries/peru/coverage/?to=2014`: the last years, or those up to another one."""
    index = public_index()
    country = get_object_or_404(Country.objects.covered(), slug=slug)
    everyone = public_ledger(index)
    ledger, entries = everyone.of(country.pk), index.of_country(country.pk)
    problems = [unknown_parameter(name, (TO,)) for name in request.GET if name != TO]
    asked = request.GET.get(TO, "")
    year = whole_number(asked) if asked else None
    if asked and (year is None or not FIRST_YEAR <= year <= LAST_YEAR):
        problems.append(Problem(TO, _("Write a year, such as 2020."), _("Up to")))
        year = None
    known = period_of([ledger], [entries])
    this = Quarter.of_day(today())
    whole = (known[0], min(known[1], this)) if known and known[0] <= this else (this, this)
    last = year or whole[1].year
    first = max(last - YEARS + 1, min(whole[0].year, last))
    quarters = quarters_from(Quarter(first, 1), Quarter(last, 4))
    address = f"{permanent_address(request, country)}coverage/" + (f"?{TO}={year}" if year else "")
    title = _("%(country)s: what was searched") % {"country": country.name}
    context = {
        "country": country,
        "problems": problems,
        "table": table_of(ledger, entries, quarters),
        "extent": extent_of(everyone, [country.pk], everyone.upper, *whole),
        "signs": [(state, SIGNS[state]) for state in Searched],
        "statements": _statements(country, quarters),
        "earlier": first - 1 if whole[0].year < first else None,
        "later": min(last + YEARS, whole[1].year) if last < whole[1].year else None,
        "runs": public_numbers(index, country.pk).of_years(first, last),
        "estimate": public_estimate(index, country.pk),
        "metadata": Metadata(address=address, title=title),
    }
    return render(request, "measures/coverage.html", context, status=400 if problems else 200)


def _statements(country: Country, quarters: list[Quarter]) -> list[Statement]:
    """What the ledger says of these quarters, each text once; one query."""
    rows = Coverage.objects.public().filter(
        country=country,
        period_range__endswith__gt=quarters[0].first,
        period_range__startswith__lte=quarters[-1].last,
    )
    said: dict[Any, list[Coverage]] = {}
    for row in rows.select_related("topic").order_by("topic__position", "topic__key", "period"):
        said.setdefault((row.topic.label, str(row.checked_on or ""), row.checked_by, row.searched), []).append(row)
    return [
        Statement(topic, tuple(_in_runs(own)), _day_in_words(own[0]), by, where)
        for (topic, _on, by, where), own in said.items()
    ]


def _day_in_words(row: Coverage) -> str:
    """When it was checked, and what of that was inferred."""
    day = row.checked_on
    return ", ".join(part for part in (day.in_words(), day.inferred_in_words()) if part) if day else ""


def _in_runs(rows: Iterable[Coverage]) -> list[tuple[str, str]]:
    """Quarters of the same state that follow each other, in words."""
    runs: list[tuple[str, Quarter, Quarter]] = []
    for row in rows:
        assert row.period
        quarter, state = Quarter.of_period(row.period), str(row.get_state_display())
        if runs and runs[-1][0] == state and quarter == runs[-1][2].plus(1):
            runs[-1] = (state, runs[-1][1], quarter)
        else:
            runs.append((state, quarter, quarter))
    return [(state, span_in_words(first, last)) for state, first, last in runs]
