"""One's own account: second factor and sessions; and what an administrator may do with those of others."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from foundation.records.audit import AuditEntry
from observatory.accounts.models import AccountSession, AuthenticatorApp, RecoveryCode
from tests import admin_forms, factories
from tests.authenticators import code_of, with_app
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

ACCOUNT = "/admin/account/"


def at_home(name: str, **headers: str) -> Client:
    """A browser in which the account has just signed in by the form."""
    client = Client(headers=headers)
    assert client.post("/admin/login/", {"username": name, "password": factories.PASSWORD}).status_code == 302
    return client


def acts() -> list[tuple[str, str]]:
    return [(entry.act, entry.about) for entry in AuditEntry.objects.order_by("pk") if entry.act != "signed_in"]


@pytest.fixture
def ana() -> User:
    return factories.analyst(username="ana")


def test_sessions_are_shown_to_their_owner_and_ended(ana: User) -> None:
    here, there = (at_home("ana", user_agent=f"Mozilla/5.0 ({where})") for where in ("Android; Firefox", "X11; Linux"))
    other = at_home(factories.analyst(username="eva").username)
    page = here.get(ACCOUNT)
    assert [session.browser_in_words for session in page.context["sessions"]] == ["Linux", "Firefox, Android"]
    keys = list(AccountSession.objects.values_list("session_key", flat=True))
    assert not any(key in page.text for key in keys)
    of_eva = AccountSession.objects.get(user__username="eva")
    here.post("/admin/account/sessions/", {"session": of_eva.number})
    assert other.get(ACCOUNT).status_code == 200
    here.post("/admin/account/sessions/", {"session": page.context["sessions"][0].number})
    assert [client.get(ACCOUNT).status_code for client in (here, there)] == [200, 302]
    assert acts() == [("sessions_ended", "ana")]


def test_idle_session_ends_and_a_used_one_goes_on_until_the_end_of_the_day(ana: User) -> None:
    idle, used = at_home("ana"), at_home("ana")
    long_ago = timezone.now() - timedelta(minutes=239)
    AccountSession.objects.update(seen_at=long_ago)
    assert used.get(ACCOUNT).status_code == 200
    assert AccountSession.objects.filter(seen_at__gt=long_ago).count() == 1
    AccountSession.objects.filter(seen_at=long_ago).update(seen_at=long_ago - timedelta(minutes=2))
    assert [client.get(ACCOUNT).status_code for client in (idle, used)] == [302, 200]
    session = AccountSession.objects.order_by("-seen_at")[0]
    assert session.expire_date - session.began_at < timedelta(hours=12, seconds=1)
    AccountSession.objects.update(expire_date=timezone.now())
    assert used.get(ACCOUNT).status_code == 302


def test_second_factor_is_added_and_removed(ana: User) -> None:
    client = at_home("ana")
    client.get("/admin/account/app/")
    secret = client.session["app_secret"]
    AuthenticatorApp.objects.create(user=ana, secret=secret)
    code = code_of(ana)
    AuthenticatorApp.objects.all().delete()
    assert client.post("/admin/account/app/", {"code": "no code"}).context["has_failed"]
    codes = client.post("/admin/account/app/", {"code": code}).context["codes"]
    again = client.post("/admin/account/codes/").context["codes"]
    assert (len(codes), len(again), set(codes) & set(again)) == (10, 10, set())
    for no_key in ("9" * 5000, "²", "other"):
        assert client.post("/admin/account/remove/", {"passkey": no_key}).status_code == 302
    client.post("/admin/account/remove/", {"app": "yes"})
    assert (AuthenticatorApp.objects.count(), RecoveryCode.objects.count()) == (0, 0)
    assert acts() == [("factor_added", "ana"), ("factor_removed", "ana")]


def test_change_of_the_second_factor_asks_who_signed_in_long_ago_again(ana: User) -> None:
    client = signed_in(with_app(ana))
    again = "/admin/login/?again=yes&next=%2Fadmin%2Faccount%2F"
    for path in ("remove/", "codes/"):
        page: Any = client.post(f"{ACCOUNT}{path}", {"app": "yes"})
        assert page["Location"] == again
    assert client.get(f"{ACCOUNT}app/")["Location"] == "/admin/login/?again=yes&next=%2Fadmin%2Faccount%2Fapp%2F"
    assert "Password" in client.get(again).text
    assert AuthenticatorApp.objects.count() == 1


class TestAdministrator:
    @pytest.fixture
    def admin(self) -> Client:
        User.objects.create_superuser("root", password=factories.PASSWORD)
        return at_home("root")

    def test_ends_the_sessions_of_others_and_removes_a_lost_factor(self, admin: Client, ana: User) -> None:
        client = at_home("ana")
        path = f"/admin/auth/user/{with_app(ana).pk}/access/"
        assert [session.user for session in admin.get(path).context["sessions"]] == [ana]
        admin.post(path, {"session": ""})
        admin.post(path, {"factor": "yes"})
        assert client.get(ACCOUNT).status_code == 302
        assert admin.get(ACCOUNT).status_code == 200
        assert AuthenticatorApp.objects.count() == 0
        assert acts() == [("sessions_ended", "ana"), ("factor_removed", "ana")]

    def test_changes_of_rights_are_in_the_audit_list(self, admin: Client, ana: User) -> None:
        path = f"/admin/auth/user/{ana.pk}/change/"
        editor = Group.objects.get(name="editor").pk
        form = {
            "username": "ana",
            "is_active": "on",
            "groups": [editor],
            "date_joined_0": "2026-01-01",
            "date_joined_1": "00:00",
            "memberships-TOTAL_FORMS": "0",
            "memberships-INITIAL_FORMS": "0",
        }
        assert admin.post(path, form).status_code == 302
        entry = AuditEntry.objects.get(act="rights_changed")
        assert (entry.about, entry.by and entry.by.username) == ("ana", "root")
        assert entry.note == "+editor, -analyst, -is_staff"
        assert "+editor, -analyst, -is_staff" in admin.get("/admin/foundation/auditentry/").text

    def test_closed_account_has_no_sessions_left(self, admin: Client, ana: User) -> None:
        client = at_home("ana")
        path = f"/admin/auth/user/{ana.pk}/change/"
        form = admin_forms.shown(admin, path, "user_form")
        form.pop("is_active")
        assert admin.post(path, form).status_code == 302
        User.objects.filter(pk=ana.pk).update(is_active=True)
        assert client.get(ACCOUNT).status_code == 302
        assert acts() == [("rights_changed", "ana"), ("sessions_ended", "ana")]

    def test_deletions_and_exports_are_in_the_audit_list(self, admin: Client) -> None:
        topic = factories.topic(key="unused")
        assert admin.post(f"/admin/measures/topic/{topic.pk}/delete/", {"post": "yes"}).status_code == 302
        b"".join(admin.get("/admin/measures/measure/export/measures.csv?workflow=draft"))
        assert acts() == [("deleted", str(topic)), ("exported", "measures.csv")]

    def test_bulk_actions_are_in_the_audit_list_as_single_ones_are(self, admin: Client) -> None:
        topics = [factories.topic(key=key) for key in ("one", "two")]
        chosen = {"_selected_action": [topic.pk for topic in topics]}
        admin.post("/admin/measures/topic/", {"action": "delete_selected", "post": "yes", **chosen})
        drafts = [factories.draft() for _n in range(3)]
        listed = "/admin/measures/measure/?workflow=draft"
        for across in ("0", "1"):
            form = {"action": "export_selected_as_csv", "select_across": across}
            b"".join(admin.post(listed, form | {"_selected_action": [draft.pk for draft in drafts[:2]]}))
        assert [(entry.act, entry.about, entry.note) for entry in AuditEntry.objects.order_by("pk")[1:]] == [
            ("deleted", "One", "measures.Topic"),
            ("deleted", "Two", "measures.Topic"),
            ("exported", "measures.csv", f"{drafts[0].public_id}, {drafts[1].public_id}"),
            ("exported", "measures.csv", "workflow=draft"),
        ]

    def test_deletions_by_other_ways_are_in_the_audit_list_too(self, admin: Client, ana: User) -> None:
        """A row of a country's page that is a record, a source that was merged, and a group with its rights."""
        figure = factories.observation()
        path = f"/admin/countries/country/{figure.country_id}/change/"
        form = admin_forms.shown(admin, path, "country_form") | {"observations-0-DELETE": "on"}
        assert admin_forms.errors(admin.post(path, form)) == []
        kept, gone = factories.source(), factories.source()
        form = {"action": "merge_selected", "_selected_action": [kept.pk, gone.pk], "keep": kept.pk}
        admin.post("/admin/measures/source/", form | {"shown": kept.pk, "_merge": "1"})
        group = Group.objects.create(name="interns")
        ana.groups.add(group)
        admin.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"})
        assert [entry.note for entry in AuditEntry.objects.filter(act="deleted").order_by("pk")] == [
            "countries.Observation",
            f"measures.Source: {gone} was merged into {kept}.",
            "auth.Group: ana",
        ]
