"""Countries of accounts: from the first one on they matter, and coordinators give them."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.template.loader import render_to_string
from pytest_django import Settings

from foundation.records.audit import Act, AuditEntry
from foundation.records.teams import may_work_on, team_of, visible_to
from measures.models import Measure
from observatory.accounts.teams import duties_of
from observatory.models import Membership
from tests import admin_forms, factories
from tests.attacks.second_reader import url
from tests.attacks.teams import ecuador, secret
from tests.clients import signed_in

pytestmark = pytest.mark.django_db


def test_without_any_team_everybody_works_everywhere() -> None:
    draft = secret()
    analyst, member = factories.analyst(), factories.analyst()
    assert (team_of(analyst), may_work_on(analyst, draft)) == (None, True)
    membership = Membership.objects.create(user=member, country=factories.country())
    analyst, member = (User.objects.get(pk=user.pk) for user in (analyst, member))
    assert (may_work_on(analyst, draft), may_work_on(member, draft)) == (False, False)
    assert not visible_to(analyst, Measure.objects.all()).exists()
    membership.delete()
    assert may_work_on(User.objects.get(pk=analyst.pk), draft)


def test_countries_are_given_on_the_page_of_the_account(people: dict[str, User]) -> None:
    ecuador()
    client, account = signed_in(people["coordinator"]), people["other analyst"]
    address = url(account, "change", account.pk)
    sent = admin_forms.shown(client, address, "user_form")
    assert {name for name in sent if "-" not in name} == {"csrfmiddlewaretoken"}
    sent |= {"memberships-TOTAL_FORMS": "2", "memberships-1-country": "ECU", "is_superuser": "on", "username": "taken"}
    assert client.post(address, sent).status_code == 302
    account.refresh_from_db()
    assert (account.username, account.is_superuser) == ("other analyst", False)
    assert {membership.country_id for membership in account.memberships.all()} == {"ECU", "PER"}
    assert AuditEntry.objects.get(act=Act.RIGHTS_CHANGED).note == "+ECU"
    for role in ("own editor", "auditor"):
        assert signed_in(people[role]).post(address, sent).status_code == 403
    root = people["superuser"]
    assert client.post(url(root, "change", root.pk), sent).status_code == 403
    assert client.post(url(account, "password_change", account.pk), {}).status_code in (302, 403)
    registered: Any = admin.site._registry[User]
    request: Any = client.get("/admin/").wsgi_request
    assert not registered.may_open_access(request, account)
    account.set_unusable_password()  # invited, and not here yet
    assert registered.may_open_access(request, account)
    assert not registered.may_open_access(request, factories.user(is_superuser=True))


def test_invitation_names_role_and_countries(
    people: dict[str, User], mailoutbox: list[Any], settings: Settings
) -> None:
    settings.SENDS_MAIL = True
    ecuador()
    Group.objects.create(name="operators")
    client = signed_in(people["coordinator"])
    sent = {"email": "ana@example.org", "username": "ana", "countries": ["ECU", "PER"]}
    group = {group.name: group.pk for group in Group.objects.all()}
    refused: Any = client.post(url("auth.User", "invite"), sent | {"groups": group["operators"]})
    assert set(refused.context["form"].errors) == {"groups"}
    client.post(url("auth.User", "invite"), sent | {"groups": group["analyst"]})
    ana = User.objects.get(username="ana")
    assert {membership.country_id for membership in ana.memberships.all()} == {"ECU", "PER"}
    assert "Your role: analyst. Your countries: Ecuador, Peru." in render_to_string(
        "admin/account/invitation_letter.txt", {"user": ana, "duties": duties_of(ana)}
    )
