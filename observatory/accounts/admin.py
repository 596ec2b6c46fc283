"""The admin of accounts: Django's, but with invitations and access beside it, and without *Delete*; the audit list.

Deleting an account would delete its log; Django's help text recommends making it inactive.
"""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.characters import ReadableCharField, ReadableEmailField
from foundation.keys import whole_number
from foundation.records.audit import Act, AuditEntry, record
from observatory.accounts import second_factor
from observatory.accounts.account_pages import end, ended_words, open_sessions
from observatory.accounts.entering import recently_signed_in
from observatory.accounts.links import link_for, void_invitations
from observatory.accounts.mail import note_change, origin_of, queue_link
from observatory.accounts.teams import InvitationForm, TeamAccounts, may_give, may_manage

READABLE: dict[Any, Any] = {
    models.CharField: {"form_class": ReadableCharField},
    models.EmailField: {"form_class": ReadableEmailField},
}

CLOSED = gettext_lazy("This account is closed. Make it active before you make a link.")

admin.site.unregister([User, Group])


class RecordsRights(admin.ModelAdmin):
    """Records in the audit list which rights a form has given and taken."""

    def rights_of(self, key: Any) -> set[str]:
        """The rights of the saved record, in words."""
        raise NotImplementedError  # each subclass has its own

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        request.rights_before = self.rights_of(obj.pk) if change else set()
        super().save_model(request, obj, form, change)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        before, after = request.rights_before, self.rights_of(form.instance.pk)
        changes = [
            *(f"+{right}" for right in sorted(after - before)),
            *(f"-{right}" for right in sorted(before - after)),
        ]
        if changes:
            record(Act.RIGHTS_CHANGED, form.instance, by=request.user, note=", ".join(changes))


@admin.register(Group)
class ReadableGroupAdmin(RecordsRights, GroupAdmin):
    formfield_overrides = READABLE

    def rights_of(self, key: Any) -> set[str]:
        return set(Permission.objects.filter(group=key).values_list("codename", flat=True))

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Whose rights go with a group is in the audit list too."""
        for group in queryset:
            members = ", ".join(group.user_set.order_by("username").values_list("username", flat=True))
            record(Act.DELETED, group, by=request.user, note=f"{group._meta.label}: {members}")
        return super().log_deletions(request, queryset)


@admin.register(User)
class AccountAdmin(RecordsRights, TeamAccounts, UserAdmin):
    formfield_overrides = READABLE
    # Otherwise the password is compared only with the username, since names are entered on the next page
    add_fieldsets = (
        *UserAdmin.add_fieldsets,
        (None, {"classes": ("wide",), "fields": ("first_name", "last_name", "email")}),
    )
    change_list_template = "admin/account/user_list.html"
    change_form_template = "admin/account/user_form.html"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("invite/", view(self.invite_view), name="auth_user_invite"),
            path("<int:id>/access/", view(recently_signed_in(self.access_view)), name="auth_user_access"),
            *super().get_urls(),
        ]

    def rights_of(self, key: Any) -> set[str]:
        user = User.objects.get(pk=key)
        flags = {name for name in ("is_active", "is_staff", "is_superuser") if getattr(user, name)}
        groups = set(user.groups.values_list("name", flat=True))
        countries = set(user.memberships.values_list("country", flat=True))
        return flags | groups | countries | set(user.user_permissions.values_list("codename", flat=True))

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        """A closed account has no sessions left; the password of a new one is in the audit list."""
        super().save_related(request, form, formsets, change)
        user = form.instance
        if not change and user.has_usable_password():
            note_change(request, Act.PASSWORD_SET, user, by=request.user)
        if not user.is_active:
            end(request, user, "")

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Lead to the links, in place of Django's form: nobody but its owner sets the password of an account."""
        if (number := whole_number(id)) is None:
            raise Http404
        messages.info(request, _("Only the owner of an account sets its password: make a link for that."))
        return HttpResponseRedirect(reverse("admin:auth_user_access", args=[number]))

    # Invitations

    def invite_view(self, request: HttpRequest) -> HttpResponse:
        """Make an account, and a link by which its owner sets the password."""
        if not (may_give(request.user) and (self.has_add_permission(request) or not may_manage(request.user))):
            raise PermissionDenied
        form = InvitationForm(request.POST or None, by=request.user)
        if request.method == "POST" and form.is_valid():
            with transaction.atomic():
                user = form.save()
                self.log_addition(request, user, [{"added": {}}])
                record(Act.INVITED, user, by=request.user, note=", ".join(sorted(self.rights_of(user.pk))))
                return self._send_or_show(request, user)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Invite a person"),
            "opts": self.opts,
            "form": form,
            "media": self.media + form.media,
            "sends_mail": settings.SENDS_MAIL,
        }
        return TemplateResponse(request, "admin/account/invite.html", context)

    def _send_or_show(self, request: HttpRequest, user: User) -> HttpResponse:
        """Send the link; or show it, this once, if no mail can be sent. The audit list has it once it is made."""
        if settings.SENDS_MAIL and user.email:
            queue_link(request, user)
            messages.success(request, _("A letter with the link is on its way to %(email)s.") % {"email": user.email})
            return HttpResponseRedirect(reverse("admin:auth_user_changelist"))
        record(Act.LINK_MADE, user, by=request.user)
        context = {
            **self.admin_site.each_context(request),
            "title": _("A link for %(name)s") % {"name": user},
            "opts": self.opts,
            "link": link_for(user, origin_of(request)),
            "is_invited": not user.has_usable_password(),
        }
        return TemplateResponse(request, "admin/account/link.html", context)

    # Access

    def access_view(self, request: HttpRequest, id: int) -> HttpResponse:
        """Sessions, second factor and links of an account."""
        user = get_object_or_404(User, pk=id)
        if not self.may_open_access(request, user):
            raise PermissionDenied
        if request.method == "POST":
            return self._act_on(request, user)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Access of %(name)s") % {"name": user},
            "opts": self.opts,
            "account": user,
            "has_factor": second_factor.has_second_factor(user),
            "is_invited": not user.has_usable_password(),
            "closed": "" if user.is_active else CLOSED,
            "sessions": open_sessions(user),
            "key": request.session.session_key,
        }
        return TemplateResponse(request, "admin/account/access.html", context)

    @transaction.atomic
    def _act_on(self, request: HttpRequest, user: User) -> HttpResponse:
        if "link" in request.POST and user.is_active:
            if not user.has_usable_password():
                void_invitations(user)
            return self._send_or_show(request, user)
        if "link" in request.POST:
            messages.error(request, CLOSED)
        elif "factor" in request.POST:
            second_factor.remove_second_factor(user)
            note_change(request, Act.FACTOR_REMOVED, user, by=request.user)
            messages.success(request, _("The second factor was removed."))
        else:
            messages.success(request, ended_words(end(request, user, request.POST.get("session", ""))))
        return HttpResponseRedirect(request.path)


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin):
    """The audit list: to be read by those who have the permission to view it, and edited by nobody."""

    list_display = ["at", "act", "by", "about", "note"]
    list_display_links = None
    list_filter = ["act"]
    list_select_related = ["by"]
    search_fields = ["about", "note", "by__username", "account__username"]
    date_hierarchy = "at"
    show_full_result_count = False
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
