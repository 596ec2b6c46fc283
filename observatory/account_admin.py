"""Accounts in the admin: none is deleted, since the log would go with it; Django's help says to make it inactive."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.http import HttpRequest

admin.site.unregister(User)


@admin.register(User)
class AccountAdmin(UserAdmin):
    """The stock page without *Delete*."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
