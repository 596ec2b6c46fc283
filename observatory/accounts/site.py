"""The site of the admin: Django's, with a second step of sign-in, links to set a password, and one's own account."""

from http import HTTPStatus
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from foundation.records.audit import Act
from observatory.accounts import account_pages, password_pages, second_step
from observatory.accounts.devices import remember_browser
from observatory.accounts.entering import AGAIN, enter, lead_on
from observatory.accounts.mail import note_change
from observatory.accounts.models import AccountSession
from observatory.accounts.second_factor import has_second_factor, needs_second_factor
from observatory.accounts.sign_in import SignInForm
from observatory.accounts.steps import begin_step


class SignInView(LoginView):
    """Django's page; who has or needs a second factor is not signed in by the password."""

    def form_valid(self, form: Any) -> HttpResponse:
        user, next_url = form.get_user(), self.get_success_url()
        if has_second_factor(user) or needs_second_factor(user):
            response = HttpResponseRedirect(reverse("admin:second_step"))
            begin_step(response, user, next_url)
            return response
        enter(self.request, user)
        return lead_on(self.request, next_url)


class AccountSite(AdminSite):
    login_form = SignInForm

    def get_urls(self) -> list[Any]:
        """Django's, and before its catch-all those of sign-in and accounts."""
        view = self.admin_view
        return [
            path("second-step/", second_step.page, {"site": self}, name="second_step"),
            path("password-reset/", password_pages.forgotten, {"site": self}, name="password_reset"),
            path("password-reset/done/", password_pages.reset_done, {"site": self}, name="password_reset_done"),
            path("password-reset/complete/", password_pages.complete, {"site": self}, name="password_reset_complete"),
            path(
                "password-reset/<uidb64>/<token>/",
                password_pages.reset_confirm,
                {"site": self},
                name="password_reset_confirm",
            ),
            path("invitation/<uidb64>/<token>/", password_pages.invitation, {"site": self}, name="invitation"),
            path("account/", view(account_pages.account), {"site": self}, name="account"),
            path("account/app/", view(account_pages.add_app), {"site": self}, name="add_app"),
            path("account/passkey/", view(account_pages.add_passkey), {"site": self}, name="add_passkey"),
            path("account/codes/", view(account_pages.new_codes), {"site": self}, name="new_codes"),
            path("account/remove/", view(account_pages.remove), {"site": self}, name="remove_factor"),
            path("account/digest/", view(account_pages.choose_digest), {"site": self}, name="choose_digest"),
            path("account/sessions/", view(account_pages.end_sessions), {"site": self}, name="end_sessions"),
            *super().get_urls(),
        ]

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Django's page, which asks again who is about to change their second factor."""
        if request.method == "GET" and self.has_permission(request) and AGAIN not in request.GET:
            return HttpResponseRedirect(reverse("admin:index"))
        context = {
            **self.each_context(request),
            "title": _("Log in"),
            "subtitle": None,
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
            **(extra_context or {}),
        }
        if "next" not in request.GET and "next" not in request.POST:
            context["next"] = reverse("admin:index")
        request.current_app = self.name
        view = SignInView.as_view(
            extra_context=context, authentication_form=self.login_form, template_name="admin/login.html"
        )
        return view(request)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Django's page; the new password ends all other sessions and known browsers, so this one becomes known."""
        response = super().password_change(request, extra_context)
        if request.method == "POST" and response.status_code == HTTPStatus.FOUND:
            others = AccountSession.objects.filter(user=request.user.pk).exclude(
                session_key=request.session.session_key
            )
            others.delete()
            note_change(request, Act.PASSWORD_SET, request.user, by=request.user)
            remember_browser(response, request.user)
        return response
