"""From the entry that another one acts upon to the form of that other one, where the relation is recorded."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.admin.sites import AdminSite
from django.urls import reverse
from django.utils.translation import gettext as _

from foundation.keys import whole_number
from foundation.records.record_admin import Autocomplete
from foundation.records.teams import of_own_countries
from measures.models import Measure, Relation

RELATES_TO = "relates_to"
"""The parameter of a form's address that names the object of a relation to be added."""


class RelatingForm(forms.Form):
    """Which entry acts upon `measure`."""

    def __init__(self, site: AdminSite, measure: Measure, data: Any = None, *, by: Any) -> None:
        super().__init__(data)
        self.measure = measure
        self.fields["by"] = forms.ModelChoiceField(
            of_own_countries(by, Measure.objects.exclude(pk=measure.pk)),
            label=_("The other entry"),
            widget=Autocomplete(Relation._meta.get_field("subject"), site),
        )

    @property
    def address(self) -> str:
        """The form of the chosen entry, with a row for the relation; for a valid form."""
        url = reverse("admin:measures_measure_change", args=[self.cleaned_data["by"].pk])
        return f"{url}?{urlencode({RELATES_TO: self.measure.pk})}#relations-group"


def relation_as_asked(query: Any) -> list[dict[str, Any]]:
    """The first values of new rows: the object that the address of the form names."""
    asked = whole_number(query.get(RELATES_TO, ""))
    return [{"object": asked}] if asked is not None else []
