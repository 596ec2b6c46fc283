"""The work queues on the admin index."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.days import today
from foundation.records.revision_list_admin import waiting_revisions
from foundation.records.teams import of_own_countries
from measures.admin.inbox import COMMENT_AGE, comments_for, failed_publications
from measures.admin.queues import waiting
from measures.corrections.reports import to_answer_by
from measures.double_coding.coding import to_code, to_decide
from measures.models import Coverage, SeenNumber

register = template.Library()


@register.inclusion_tag("admin/_work_queues.html", takes_context=True)
def work_queues(context: template.Context) -> dict[str, Any]:
    """The counts of proposed changes, and those of the work queues for users who may view measures; eight queries."""
    user = context["user"]
    may_read = user.has_perm("measures.view_measure")
    parts = (_in_inbox, _waiting, _in_ledger, _in_numbers, _in_double_coding) if may_read else ()
    queues = [queue for part in parts for queue in part(user)]
    return {
        "queues": [*waiting_revisions(user), *queues],
        "may_read": may_read,
        "may_add": user.has_perm("measures.add_measure"),
    }


def _waiting(user: Any) -> list[dict[str, Any]]:
    return list(waiting(user, today()))


def _in_ledger(user: Any) -> list[dict[str, Any]]:
    """What is proposed to the coverage ledger of the countries of a person."""
    count = of_own_countries(user, Coverage.objects.filter(is_proposed=True)).count()
    url = reverse("admin:measures_coverage_changelist") + "?is_proposed__exact=1"
    return [{"label": _("Searches proposed to the coverage ledger"), "count": count, "url": url}] if count else []


def _in_double_coding(user: Any) -> list[dict[str, Any]]:
    """What a second coder may take or has taken, and the differences that an editor may decide."""
    address = reverse("admin:measures_doublecoding_changelist")
    counts = (
        (_("Acts to code a second time"), to_code(user).count(), f"{address}?state__in=waiting,taken"),
        (_("Codings that differ, to decide"), to_decide(user).count(), f"{address}?state__exact=differs"),
    )
    return [{"label": label, "count": count, "url": url} for label, count, url in counts if count]


def _in_numbers(user: Any) -> list[dict[str, Any]]:
    """What is proposed to the ledger of numbers of the countries of a person."""
    count = of_own_countries(user, SeenNumber.objects.filter(is_proposed=True)).count()
    url = reverse("admin:measures_seennumber_changelist") + "?is_proposed__exact=1"
    return [{"label": _("Seen numbers proposed"), "count": count, "url": url}] if count else []


def _in_inbox(user: Any) -> list[dict[str, Any]]:
    inbox, reports = reverse("admin:measures_measure_inbox"), reverse("admin:measures_errorreport_changelist")
    counts = (
        (_("Not published when due"), failed_publications(user).count(), inbox),
        (_("Comments on my records"), len(comments_for(user, since=timezone.now() - COMMENT_AGE)), inbox),
        (_("Reports of errors to answer"), to_answer_by(user).count(), reports),
    )
    return [{"label": label, "count": count, "url": url} for label, count, url in counts if count]
