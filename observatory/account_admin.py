"""Accounts in the admin: as Django has them, with the whole name asked for beside the first password."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User

admin.site.unregister(User)


@admin.register(User)
class AccountAdmin(UserAdmin):
    # Else the password is held against the username alone, and the names come a page later
    add_fieldsets = (
        *UserAdmin.add_fieldsets,
        (None, {"classes": ("wide",), "fields": ("first_name", "last_name", "email")}),
    )
