"""Links to the form that reports an error."""

from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse

register = template.Library()


@register.simple_tag
def report_url(about: str, field: str = "") -> str:
    """The address of the form for a page, given by its path, and for one statement on it."""
    asked = {"about": about, **({"field": field} if field else {})}
    return f"{reverse('report')}?{urlencode(asked, safe='/')}"


@register.inclusion_tag("measures/_report_field.html")
def report_field(about: str, field: str, label: Any) -> dict[str, Any]:
    """A small link beside one statement."""
    return {"url": report_url(about, field), "label": label}
