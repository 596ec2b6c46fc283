"""The work queues on the admin index."""

from typing import Any

from django import template

from foundation.days import today
from measures.admin.queues import waiting

register = template.Library()


@register.inclusion_tag("admin/_work_queues.html", takes_context=True)
def work_queues(context: template.Context) -> dict[str, Any]:
    """The counts of the work queues, for users who may view measures; two queries."""
    user = context["user"]
    queues = waiting(user, today()) if user.has_perm("measures.view_measure") else []
    return {"queues": queues, "may_add": user.has_perm("measures.add_measure")}
