"""Accounts in the admin: as Django has them, but for the names beside the first password, and without *Delete*.

The log would go with a deleted account; Django's help says to make it inactive.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.http import HttpRequest

admin.site.unregister(User)


@admin.register(User)
class AccountAdmin(UserAdmin):
    # Else the password is held against the username alone, and the names come a page later
    add_fieldsets = (
        *UserAdmin.add_fieldsets,
        (None, {"classes": ("wide",), "fields": ("first_name", "last_name", "email")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
