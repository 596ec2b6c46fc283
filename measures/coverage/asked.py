"""Rows of the public ledger that a query string selects, for its file and the API."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from countries.models import Country
from foundation.partial_dates import PartialDate, PartialDateFormField
from measures.choices import Searched
from measures.listing.filters import Problem, unknown_parameter
from measures.models import Coverage, Topic

PARAMETERS = ("country", "topic", "state", "from", "to")


class CoverageFilter:
    """The rows of some countries, topics with those below them, and states, in quarters that overlap a period.

    Values of one parameter are combined with OR. `others` are parameters that somebody else reads.
    """

    def __init__(self, data: QueryDict, *, others: tuple[str, ...] = ()) -> None:
        known = (*PARAMETERS, *others)
        self.problems: list[Problem] = [unknown_parameter(name, known) for name in data if name not in known]
        self.found = Coverage.objects.public()
        countries = self._known(data, "country", set(Country.objects.covered().values_list("pk", flat=True)))
        topics = self._known(data, "topic", set(Topic.objects.public().values_list("key", flat=True)))
        states = self._known(data, "state", {state.value for state in Searched if state != Searched.NOT_CHECKED})
        if countries:
            self.found = self.found.filter(country__in=countries)
        if topics:
            self.found = self.found.filter(Q(topic__key__in=topics) | Q(topic__parent__key__in=topics))
        if states:
            self.found = self.found.filter(state__in=states)
        if since := self._date(data, "from"):
            self.found = self.found.filter(period_range__endswith__gt=since.first)
        if until := self._date(data, "to"):
            self.found = self.found.filter(period_range__startswith__lte=until.last)

    def _known(self, data: QueryDict, name: str, known: set[str]) -> list[str]:
        """The values of a parameter; a problem for each that the ledger cannot have."""
        values = [value for value in dict.fromkeys(data.getlist(name)) if value]
        message = _("“%(value)s” is not available here.")
        self.problems += [Problem(name, message % {"value": value[:80]}) for value in values if value not in known]
        return values

    def _date(self, data: QueryDict, name: str) -> PartialDate | None:
        if len(data.getlist(name)) > 1:
            self.problems.append(Problem(name, _("This parameter may be given only once.")))
        try:
            found: Any = PartialDateFormField(required=False).clean(data.get(name, ""))
        except ValidationError as error:
            self.problems += [Problem(name, message) for message in error.messages]
            return None
        return found or None
