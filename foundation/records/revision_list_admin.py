"""The list of proposed changes; the page of each is that of its record's admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.keys import whole_number
from foundation.records import revisions
from foundation.records.models import Revision, RevisionQuerySet
from foundation.records.second_reader import may_publish
from foundation.records.team_admin import TeamAdmin
from foundation.records.teams import of_own_countries

QUEUE = "queue"


class RevisionQueueFilter(admin.SimpleListFilter):
    """Those that wait for the person who asks."""

    title = gettext_lazy("work queue")
    parameter_name = QUEUE

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(key, f"{label} ({found.count()})") for key, (label, found) in _queues_of(request.user).items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        _label, found = _queues_of(request.user).get(self.value() or "", ("", None))
        return queryset if found is None else queryset.filter(pk__in=found.values("pk"))


def _queues_of(user: Any) -> dict[str, tuple[str, RevisionQuerySet]]:
    """The label and the revisions of each queue of a person."""
    return {
        "to_review": (_("To review"), revisions.to_review_by(user)),
        "sent_back": (_("Sent back to me"), of_own_countries(user, Revision.objects.sent_back_to(user))),
        "mine": (_("Proposed by me"), Revision.objects.open().filter(proposed_by=user)),
    }


def waiting_revisions(user: Any) -> list[dict[str, Any]]:
    """The proposed changes on which `user` has to go on, with their number and the address of their list.

    Those sent back come first, and only if there are some; reviewers always see how many wait for them.
    """
    url, queues = reverse("admin:foundation_revision_changelist"), []
    if count := of_own_countries(user, Revision.objects.sent_back_to(user)).count():
        queues.append(
            {"label": _("Proposed changes sent back to me"), "count": count, "url": f"{url}?{QUEUE}=sent_back"}
        )
    if may_publish(user):
        count = revisions.to_review_by(user).count()
        queues.append({"label": _("Proposed changes to review"), "count": count, "url": f"{url}?{QUEUE}=to_review"})
    return queues


@admin.register(Revision)
class RevisionAdmin(TeamAdmin):
    """Proposed changes, the oldest first."""

    list_display = ["name", "kind", "reason", "proposed_by", "proposed_at", "state", "reviewed_by"]
    list_filter = [RevisionQueueFilter, "state", "reason"]
    list_select_related = ["content_type", "proposed_by", "reviewed_by"]
    search_fields = ["name", "proposed_by__username"]
    ordering = ["proposed_at", "pk"]
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    list_per_page = 50
    actions = None

    @admin.display(description=gettext_lazy("kind of record"))
    def kind(self, revision: Revision) -> str:
        model: Any = revision.content_type.model_class()
        return str(capfirst(model._meta.verbose_name))

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """Lead to the page on which it is reviewed."""
        revision = get_object_or_404(self.get_queryset(request), pk=whole_number(object_id))
        model: Any = revision.content_type.model_class()
        reviewed: Any = self.admin_site._registry[model]
        return HttpResponseRedirect(reviewed.revision_url(revision))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The history of what became of it is on its page."""
        answer: HttpResponse = self.change_view(request, object_id)
        return answer

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Revision | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Revision | None = None) -> bool:
        return False
