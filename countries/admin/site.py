"""The one page of the site's own texts, and the roles that countries can have."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from countries.admin.country import three_languages
from countries.models import Role, Site
from countries.models.site import known_site
from foundation.publication import forget_version
from foundation.records.edit_conflict_admin import MergingAdmin


@admin.register(Site)
class SiteAdmin(MergingAdmin):
    """The single row of site texts: the list redirects to it; it can be added if no file brought it, never deleted."""

    field_of_rule = {
        "countries_site_has_name": "name_en",
        "countries_site_area_known": "area",
        "countries_site_contact_form": "contact",
        "countries_site_share_is_per_cent": "double_coding_share",
    }
    public_advice = _("These texts appear on every public page. Only editors may change them.")
    actions = None
    fieldsets = [
        (_("Name"), {"fields": [*three_languages("name", "tagline"), ("citation_name", "contact")]}),
        (_("Home page"), {"fields": [*three_languages("headline", "lead"), "area"]}),
        (_("Subject"), {"fields": [*three_languages("subject", "about"), "roles"]}),
        (_("Double coding"), {"fields": ["double_coding_share"]}),
    ]
    readonly_fields = ["roles"]

    @admin.display(description=_("roles"))
    def roles(self, site: Site) -> SafeString:
        """The existing roles, with the link to their list, which the menu leaves out while there are none."""
        labels = ", ".join(str(role) for role in Role.objects.all()) or _("None, so no page mentions roles.")
        return format_html('<a href="{}">{}</a>', reverse("admin:countries_role_changelist"), labels)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Use a box wide enough to show a whole sentence."""
        if db_field.name.startswith(("tagline_", "headline_", "lead_")):
            kwargs["widget"] = AdminTextareaWidget(attrs={"rows": 3})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Redirect to the only row."""
        only = Site.objects.first()
        if only is None and not self.has_add_permission(request):
            return super().changelist_view(request, extra_context)
        return redirect("admin:countries_site_change", only.pk) if only else redirect("admin:countries_site_add")

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """The menu of every page asks this, so it costs no query: the list leads to the form that adds the row."""
        rights = {"view": self.has_view_permission(request), "change": self.has_change_permission(request)}
        return {**rights, "add": False, "delete": False}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Site.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Site | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Site, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        transaction.on_commit(forget_version)


@admin.register(Role)
class RoleAdmin(MergingAdmin):
    """The roles that a country can have. A site whose field has no roles has none and shows none."""

    field_of_rule = {"countries_role_key_form": "key", "countries_role_icon_known": "icon"}
    list_display = ["key", "label_en", "label_es", "label_pt", "position", "icon"]
    list_display_links = ["key", "label_en"]
    search_fields = ["key", "label_en", "label_es", "label_pt"]
    public_advice = _("Countries with a public page have this role. Only editors may change it.")
    in_use_advice = _("Countries have this role, or its card shows an indicator. Change those first.")
    fieldsets = [(None, {"fields": [("key", "position", "icon"), *three_languages("label")]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Role | None = None) -> tuple[str, ...]:
        """The key is read-only after creation: files refer to a role by it."""
        return ("key",) if obj else ()

    def has_module_permission(self, request: HttpRequest) -> bool:
        """The menu offers roles once there are some; the first is added from the page of the site."""
        return super().has_module_permission(request) and known_site().has_roles

    def save_model(self, request: HttpRequest, obj: Role, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        transaction.on_commit(forget_version)
