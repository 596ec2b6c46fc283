"""Countries of accounts in the admin: given on the page of an account, and chosen with the role of who is invited.

Coordinators give countries and invite; everything else about accounts is left to those who may change accounts. What a
coordinator may not touch are accounts with more rights than a role of `observatory/rights.py` has.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from countries.models import Country
from foundation.characters import ReadableCharField, ReadableEmailField
from foundation.records.record_admin import RelatedByChoice
from observatory.accounts.models import Membership
from observatory.rights import RIGHTS

CHANGE, GIVE = "auth.change_user", "observatory.give_teams"
OF_COORDINATORS = ("username", "first_name", "last_name", "email", "groups", "is_active", "last_login")
"""What a coordinator reads of an account."""
TEAMS_HELP = gettext_lazy(
    "Analysts and editors work on the records of these countries. Once any account has a country, those without one "
    "read what is public and change only what is shared, such as sources. Coordinators and auditors have all countries."
)


def may_manage(user: Any) -> bool:
    """Whether `user` may change accounts in every way."""
    return bool(user.has_perm(CHANGE))


def may_give(user: Any, account: User | None = None) -> bool:
    """Whether `user` may give countries, and invite; to `account` only if it has the rights of a role and no more."""
    if may_manage(user):
        return True
    return bool(user.has_perm(GIVE)) and (account is None or _has_only_roles(account))


def _has_only_roles(account: User) -> bool:
    has_more = account.is_superuser or account.user_permissions.exists()
    return not has_more and not account.groups.exclude(name__in=RIGHTS).exists()


class InvitationForm(forms.ModelForm):
    """Who is invited, as what, and for which countries."""

    groups = forms.ModelMultipleChoiceField(
        Group.objects.order_by("name"), label=gettext_lazy("Role"), widget=forms.CheckboxSelectMultiple
    )
    countries = forms.ModelMultipleChoiceField(
        Country.objects.all(), label=gettext_lazy("Countries"), required=False, help_text=TEAMS_HELP
    )

    class Meta:
        model = User
        fields = ["email", "first_name", "last_name", "username", "groups"]
        field_classes = {
            "username": UsernameField,
            "email": ReadableEmailField,
            "first_name": ReadableCharField,
            "last_name": ReadableCharField,
        }

    def __init__(self, *arguments: Any, by: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        fields: dict[str, Any] = dict(self.fields)
        fields["email"].required = True
        if not may_manage(by):
            fields["groups"].queryset = Group.objects.filter(name__in=RIGHTS).order_by("name")
        widget = AutocompleteSelectMultiple(Membership._meta.get_field("country"), admin.site)
        widget.choices = fields["countries"].choices
        fields["countries"].widget = widget

    def save(self, commit: bool = True) -> User:
        """Create the account, which nobody can sign in to before the link was followed."""
        self.instance.is_staff = True
        self.instance.set_unusable_password()
        user: User = super().save(commit)
        Membership.objects.bulk_create(
            Membership(user=user, country=country) for country in self.cleaned_data["countries"]
        )
        return user


class MembershipInline(RelatedByChoice, admin.TabularInline):
    """The countries of an account."""

    model = Membership
    autocomplete_fields = ["country"]
    extra = 1
    verbose_name = gettext_lazy("country")
    verbose_name_plural = gettext_lazy("countries")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # whoever sees the account

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_give(request.user, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_give(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_give(request.user, obj)


class TeamAccounts(admin.ModelAdmin):
    """The part of the admin of accounts that deals with countries."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        may_add = not may_manage(request.user) or self.has_add_permission(request)
        context = {"may_invite": may_give(request.user) and may_add}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def get_list_display(self, request: HttpRequest) -> Any:
        return [*super().get_list_display(request), "countries"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("memberships")

    @admin.display(description=gettext_lazy("countries"))
    def countries(self, account: User) -> str:
        return ", ".join(membership.country_id for membership in account.memberships.all())

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Countries are given once the account exists."""
        return [MembershipInline] if obj else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) or may_give(request.user, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None or may_manage(request.user):
            return super().get_fieldsets(request, obj)
        return [(None, {"fields": OF_COORDINATORS, "description": TEAMS_HELP})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_readonly_fields(request, obj) if may_manage(request.user) else OF_COORDINATORS

    def may_open_access(self, request: HttpRequest, account: User) -> bool:
        """Whether the sessions and links of an account are open to a person; coordinators invite once more."""
        is_invited = not account.has_usable_password()
        return may_manage(request.user) or (is_invited and may_give(request.user, account))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        account = context["original"]
        context["may_open_access"] = account is not None and self.may_open_access(request, account)
        return super().render_change_form(request, context, *args, **kwargs)


def duties_of(user: User) -> str:
    """The role and the countries of an account, in words, for the letter of an invitation."""
    roles = ", ".join(user.groups.order_by("name").values_list("name", flat=True))
    countries = ", ".join(membership.country.name for membership in user.memberships.select_related("country"))
    if not countries:
        return _("Your role: %(roles)s.") % {"roles": roles}
    return _("Your role: %(roles)s. Your countries: %(countries)s.") % {"roles": roles, "countries": countries}
