"""A filter of the list of measures by a query string of the public site, which here finds drafts too."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from measures.listing.filters import MeasureFilter, Problem
from measures.models import Measure

LONGEST = 4000
"""Maximum number of characters; no URL of the site's lists is that long."""


class QueryFilter(admin.ListFilter):
    """The entries of the list that match a `MeasureFilter`, in any workflow state."""

    title = _("public query")
    parameter_name = "query"
    template = "admin/measures/measure/query_filter.html"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: type[Any], model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        given = params.pop(self.parameter_name, [""])
        self.text = str(given[-1]).strip()[:LONGEST]
        if self.text:
            self.used_parameters[self.parameter_name] = self.text

    @cached_property
    def asked(self) -> MeasureFilter:
        """The filter for the query string."""
        return MeasureFilter.of_text(self.text, among=Measure.objects.all())

    @property
    def problems(self) -> list[Problem]:
        """Every invalid parameter; if there is one, the list is empty."""
        return self.asked.problems if self.text else []

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return [self.parameter_name]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.text:
            return queryset
        return queryset.none() if self.problems else self.asked.filter_queryset(queryset)

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        """For the template: the list's other parameters, which the form submits, and the link without this filter."""
        others = changelist.get_query_string(remove=[self.parameter_name, "p"])
        yield {"hidden": parse_qsl(others.removeprefix("?"), keep_blank_values=True), "without": others}


def problems_of(changelist: Any) -> list[Problem]:
    """The problems with the query string of a list; empty without a list."""
    specs = changelist.filter_specs if changelist else []
    return [problem for spec in specs if isinstance(spec, QueryFilter) for problem in spec.problems]
