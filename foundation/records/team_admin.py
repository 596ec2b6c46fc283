"""Country teams in the admin: what a person may read is listed and offered, what is of their countries is saved.

See `teams.py` for the rule. What may be read and not changed is shown with the reason.
"""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from foundation.records.teams import (
    may_discuss,
    may_see,
    may_work_on,
    may_write,
    named_to,
    of_own_countries,
    reads_all,
)

FOREIGN = gettext_lazy("This record is not of your countries. You may read it, since it is public, but not change it.")

SHARED = gettext_lazy("All countries share this. You may read it and propose a change; coordinators change it.")


class TeamAdmin(admin.ModelAdmin):
    """The admin of records that may belong to countries."""

    team_fields: tuple[str, ...] = ()
    """The fields that say to which country a record belongs: only one's own can be chosen."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return named_to(request.user, super().get_queryset(request))

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Only its own filters ask through relations; else a term would tell which hidden entries have it."""
        name = lookup.partition(LOOKUP_SEP)[0]
        return name not in self._led_to() and super().lookup_allowed(lookup, value, request)

    def _led_to(self) -> set[str]:
        """The relations that lead to many records and that no filter of the list is about."""
        filters = [entry[0] if isinstance(entry, tuple) else entry for entry in self.list_filter]
        asked = {entry.partition(LOOKUP_SEP)[0] for entry in filters if isinstance(entry, str)}
        fields = self.opts.get_fields(include_hidden=True)
        return {f.name for f in fields if f.is_relation and (f.auto_created or f.many_to_many)} - asked

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Answer 404 for a record that the person may not read."""
        found = super().get_object(request, object_id, from_field)
        if found is None and not reads_all(request.user, self.model):
            raise Http404
        return found

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and may_write(request.user, self.model)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) and (obj is None or may_see(request.user, obj))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or may_work_on(request.user, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or may_work_on(request.user, obj))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The history has what a record was before it was public, so that only its team reads it here."""
        record = self.get_object(request, object_id)
        if record is not None and not may_discuss(request.user, record):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)


def choices_of(request: HttpRequest, field: Any, team_fields: Any) -> QuerySet[Any] | None:
    """What may be chosen for a foreign key in a form; None for everything."""
    model = field.remote_field.model
    if reads_all(request.user, model):
        return None
    records: QuerySet[Any] = model._default_manager.all()
    if field.name in team_fields:
        return of_own_countries(request.user, records)
    return named_to(request.user, records)
