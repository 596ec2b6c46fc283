"""Query parameters: how each is parsed, and which entries it selects, in SQL and in memory."""

import copy
import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from foundation.days import calendar_day, today
from foundation.partial_dates import PartialDate, PartialDateFormField
from measures.listing.facets import Property
from measures.listing.index import Mask, PublicIndex
from measures.models import MeasureQuerySet


class KnownValues(forms.Field):
    """Any number of values of a facet; an unknown one is named, with the nearest that exists."""

    widget = forms.MultipleHiddenInput

    def __init__(self, *, subject: Property, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.subject = subject

    def to_python(self, value: Sequence[str] | None) -> list[str]:
        return list(dict.fromkeys(v.strip() for v in value or () if v.strip()))

    def validate(self, value: list[str]) -> None:
        problems = [self._problem(v, nearest) for v, nearest in self.subject.unknown(value).items()]
        if problems:
            raise ValidationError(problems)

    @staticmethod
    def _problem(value: str, nearest: str) -> ValidationError:
        if nearest:
            message = _("“%(value)s” is not available here. Did you mean “%(nearest)s”?")
        else:
            message = _("“%(value)s” is not available here.")
        return ValidationError(message, code="unknown", params={"value": value, "nearest": nearest})


class AskedDateField(PartialDateFormField):
    """A date in a question. Unlike one in a record, nobody marks it as inferred."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except ValidationError as error:
            if error.code != "invalid_date":
                raise
            message = _("“%(text)s” is not a date. Write a year, month or day: 2020, 2020-05 or 2020-05-29.")
            raise ValidationError(message, code=error.code, params=error.params) from error


class DayField(AskedDateField):
    """A date known to the day; “in force in 2020” has no meaning."""

    def to_python(self, value: Any) -> Any:
        date: PartialDate | None = super().to_python(value)
        if date and not date.day:
            raise ValidationError(
                _("“%(date)s” is not a date. Write it as 2020-05-29."), code="not_a_day", params={"date": date}
            )
        return date


class KnownDayField(DayField):
    """A day of which all is recorded: one that has ended."""

    def to_python(self, value: Any) -> Any:
        date: PartialDate | None = super().to_python(value)
        if date and date.first >= calendar_day():
            message = _("%(date)s has not ended yet. Leave this out for the record of today.")
            raise ValidationError(message, code="not_ended", params={"date": date.in_words()})
        return date


KNOWN = "known"
"""The parameter that names the day at whose end the record is read."""


def known_day(data: Mapping[str, str]) -> datetime.date | None:
    """The day that a query string names as `KNOWN`; None without one, or if it is invalid."""
    try:
        date: PartialDate | None = KnownDayField(required=False).clean(data.get(KNOWN, ""))
    except ValidationError:
        return None
    return date.first if date else None


class Parameter(django_filters.Filter):
    """A filter that is copied per request, but shares its immutable parts."""

    def __deepcopy__(self, _memo: dict[int, Any]) -> "Parameter":
        return copy.copy(self)


class PropertyFilter(Parameter):
    """Entries that have one of the selected values of a facet."""

    field_class = KnownValues

    def filter(self, qs: MeasureQuerySet, value: list[str]) -> MeasureQuerySet:
        return qs.filter(self.extra["subject"].as_q(value)) if value else qs

    def mask(self, index: PublicIndex, value: list[str]) -> Mask:
        """The matching rows of the index."""
        mask: Mask = self.extra["subject"].as_mask(index, value)
        return mask


class StatusFilter(PropertyFilter):
    """Entries in one of the selected status groups on the day of the filter “in force on”, or today."""

    def filter(self, qs: MeasureQuerySet, value: list[str]) -> MeasureQuerySet:
        subject = self.extra["subject"]
        return qs.filter(subject.on_day(value, self.parent.day or today())) if value else qs


class ConditionFilter(Parameter):
    """The entries that fulfil a condition made of the value: `condition` in SQL, `selected` in memory."""

    def __init__(
        self,
        field: type[forms.Field],
        condition: Callable[[Any], Q],
        selected: Callable[[PublicIndex, Any], Mask],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.field_class = field
        self.condition = condition
        self.selected = selected

    def filter(self, qs: MeasureQuerySet, value: Any) -> MeasureQuerySet:
        return qs.filter(self.condition(value)) if value else qs

    def mask(self, index: PublicIndex, value: Any) -> Mask:
        """The matching rows of the index."""
        return self.selected(index, value)


class Presentation(Parameter):
    """A parameter that changes how entries are displayed, or what is shown with them, but not which are."""

    def __init__(self, field: type[forms.Field], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.field_class = field

    def filter(self, qs: MeasureQuerySet, value: Any) -> MeasureQuerySet:
        return qs
