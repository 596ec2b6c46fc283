"""The work queues on the admin index."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.days import today
from foundation.records.revision_list_admin import waiting_revisions
from measures.admin.inbox import COMMENT_AGE, comments_for
from measures.admin.queues import waiting

register = template.Library()


@register.inclusion_tag("admin/_work_queues.html", takes_context=True)
def work_queues(context: template.Context) -> dict[str, Any]:
    """The counts of proposed changes, and those of the work queues for users who may view measures; five queries."""
    user = context["user"]
    queues = waiting(user, today()) if user.has_perm("measures.view_measure") else []
    comments = comments_for(user, since=timezone.now() - COMMENT_AGE).count()
    inbox = {"label": _("Comments at my records"), "count": comments, "url": reverse("admin:measures_measure_inbox")}
    return {
        "queues": [*waiting_revisions(user), *([inbox] if comments else []), *queues],
        "may_read": user.has_perm("measures.view_measure"),
        "may_add": user.has_perm("measures.add_measure"),
    }
