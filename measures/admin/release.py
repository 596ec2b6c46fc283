"""The list of releases, which nobody edits: `manage.py make_release` makes them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from measures.models import Release


@admin.register(Release)
class ReleaseAdmin(admin.ModelAdmin):
    """Releases, to be read by those who have the permission to view them."""

    list_display = ["name", "moment", "made_at", "public_version"]
    list_display_links = ["name"]
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
