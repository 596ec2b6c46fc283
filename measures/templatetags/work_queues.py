"""The work queues on the admin index."""

from typing import Any

from django import template

from foundation.days import today
from foundation.records.revision_list_admin import waiting_revisions
from measures.admin.queues import waiting

register = template.Library()


@register.inclusion_tag("admin/_work_queues.html", takes_context=True)
def work_queues(context: template.Context) -> dict[str, Any]:
    """The counts of proposed changes, and those of the work queues for users who may view measures; four queries."""
    user = context["user"]
    queues = waiting(user, today()) if user.has_perm("measures.view_measure") else []
    return {"queues": [*waiting_revisions(user), *queues], "may_add": user.has_perm("measures.add_measure")}
