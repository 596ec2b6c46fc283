"""The feeds that need a person's attention, for the admin index."""

from typing import Any

from django import template
from django.urls import reverse

from countries.feeds.state import failing_feeds
from countries.models import WAITING, FeedRun, RunState
from foundation.records.teams import works_everywhere

register = template.Library()


@register.inclusion_tag("admin/countries/_feeds_that_wait.html", takes_context=True)
def feeds_that_wait(context: Any) -> dict[str, Any]:
    """The number of held runs and of failing feeds, for users who may see them."""
    user = context["request"].user
    if not (user.has_perm("countries.view_feedrun") and works_everywhere(user)):
        return {}
    runs = reverse("admin:countries_feedrun_changelist")
    return {
        "held": FeedRun.objects.filter(state__in=WAITING).count(),
        "held_url": f"{runs}?state__in={','.join(WAITING)}",
        "failing": failing_feeds().count(),
        "failing_url": f"{runs}?state__exact={RunState.FAILED}",
    }
