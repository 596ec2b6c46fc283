"""Rows of the public ledger of numbers that a query string selects, for its file and the API."""

from django.http import QueryDict
from django.utils.translation import gettext as _

from countries.models import Country
from foundation.keys import whole_number
from foundation.typed_dates import LAST_YEAR
from measures.choices import NumberState
from measures.listing.filters import Problem, unknown_parameter
from measures.models import SeenNumber
from measures.models.seen_number import STATES_OF_ROWS

PARAMETERS = ("country", "year", "state")
_STATES = tuple(state.value for state in STATES_OF_ROWS if state != NumberState.NEVER_SEEN)


class SeenNumberFilter:
    """The rows of some countries, years and states. Values of one parameter are combined with OR.

    `others` are parameters that somebody else reads.
    """

    def __init__(self, data: QueryDict, *, others: tuple[str, ...] = ()) -> None:
        known = (*PARAMETERS, *others)
        self.problems: list[Problem] = [unknown_parameter(name, known) for name in data if name not in known]
        self.found = SeenNumber.objects.public()
        if countries := self._known(data, "country", set(Country.objects.covered().values_list("pk", flat=True))):
            self.found = self.found.filter(country__in=countries)
        if states := self._known(data, "state", set(_STATES)):
            self.found = self.found.filter(state__in=states)
        if years := [value for value in dict.fromkeys(data.getlist("year")) if value]:
            numbers = [number for year in years if (number := whole_number(year)) and number <= LAST_YEAR]
            if len(numbers) < len(years):
                self.problems.append(Problem("year", _("Write a year, such as 2020.")))
            self.found = self.found.filter(year__in=numbers)

    def _known(self, data: QueryDict, name: str, known: set[str]) -> list[str]:
        """The values of a parameter; a problem for each that the ledger cannot have."""
        values = [value for value in dict.fromkeys(data.getlist(name)) if value]
        message = _("“%(value)s” is not available here.")
        self.problems += [Problem(name, message % {"value": value[:80]}) for value in values if value not in known]
        return values
