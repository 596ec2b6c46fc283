"""The outline of a country, for pages of a country without a picture."""

from typing import Any

from django import template

from countries.models import Country
from countries.outline import outline_of

register = template.Library()


@register.inclusion_tag("countries/_outline.html")
def outline(country: Country) -> dict[str, Any]:
    """The country among its neighbours as a drawing, or nothing if it is on no map."""
    return {"outline": outline_of(country), "country": country}
