"""Subscriptions of filters by e-mail: their state and what went wrong; only looked at, and resumed."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, ngettext

from measures.models import Pause, Subscription
from measures.subscriptions.course import resume


@admin.action(description=gettext_lazy("Send letters again"), permissions=["resume"])
def resume_all(model_admin: Any, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
    """Resume those that were paused since the mail server of the address refused it."""
    paused = list(queryset.filter(pause=Pause.REFUSED))
    for subscription in paused:
        resume(subscription)
    text = ngettext("%(count)d subscription is resumed.", "%(count)d subscriptions are resumed.", len(paused))
    messages.success(request, text % {"count": len(paused)})


@admin.register(Subscription)
class SubscriptionAdmin(admin.ModelAdmin):
    """The list has no addresses; who may see subscriptions finds the address on the page of each."""

    list_display = ["__str__", "language", "frequency", "asked_at", "confirmed_at", "told_until", "pause", "error"]
    list_filter = ["pause", "frequency", "language"]
    search_fields = ["query"]
    fields = readonly_fields = (
        *("email", "query", "language", "frequency", "asked_at", "confirmed_at", "told_until", "looked_on"),
        *("refusals", "pause", "error"),
    )
    actions = [resume_all]
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    list_per_page = 50

    def has_resume_permission(self, request: HttpRequest) -> bool:
        """Whether the account may resume what was paused."""
        return request.user.has_perm("measures.resume_subscription")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
