"""Passwords must not consist of well-known words about the person or the site."""

import io
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from foundation.records.audit import AuditEntry
from observatory.accounts.demo import create_demo_accounts
from tests import factories
from tests.clients import signed_in

KNOWN = [
    "mariaquispe1",
    "quispe.maria2020",
    "MariaQuispe2020!",
    "maria-quispe-lima-2020",
    "airam.epsiuq",
    "ma1ri2aqui3spe",
    "maria1maria1",
    "quispe2020quispe",
    "maria20202020",
    "M4r1a.Qu1sp3.2020",
    "institute2020!",
    "observatory2020",
    "observatorio2020",
    "yrotavresbo-2020",
]
FIELDS = {"first_name": "María", "last_name": "Quispe", "email": "mq@institute.example"}


@pytest.mark.parametrize("password", KNOWN)
@pytest.mark.parametrize("username", ["maria.quispe", "mquispe"])
def test_password_made_of_names_is_refused(username: str, password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, User(username=username, **FIELDS))


@pytest.mark.parametrize(
    "password",
    ["four horses left Ayacucho", "maria-prefers-other-mangoes", "x7Kd-92mQ_4zT1w", "el quipu de la abuela"],
)
def test_password_of_its_own_is_accepted(password: str) -> None:
    validate_password(password, User(username="maria.quispe", **FIELDS))
    validate_password(password)


def test_short_names_stand_in_no_way() -> None:
    """Two-letter names occur in every second password."""
    validate_password("el quipu de la abuela", User(username="el", first_name="La", last_name="De"))


@given(st.text("abcdefghijklmnñopqrstuvwxyzáéíóú", min_size=4, max_size=9), st.integers(0, 9999))
def test_name_twice_around_a_number_is_refused(name: str, number: int) -> None:
    with pytest.raises(ValidationError):
        validate_password(f"{name}{number}{name}", User(username="mq", last_name=name.title()))


@pytest.mark.django_db
def test_form_that_adds_a_person_knows_the_whole_name() -> None:
    client = signed_in(User.objects.create_superuser("admin"))
    form = {
        "username": "mquispe",
        **FIELDS,
        "usable_password": "true",
        "password1": "mariaquispe2020",
        "password2": "mariaquispe2020",
    }
    page = client.post("/admin/auth/user/add/", form)
    assert "little more than the name" in page.text
    assert not User.objects.filter(username="mquispe").exists()
    form |= {"password1": factories.PASSWORD, "password2": factories.PASSWORD}
    assert client.post("/admin/auth/user/add/", form).status_code == 302
    person = User.objects.get(username="mquispe")
    assert {name: getattr(person, name) for name in FIELDS} == FIELDS
    assert [entry.account for entry in AuditEntry.objects.filter(act="password_set")] == [person]


@pytest.mark.django_db
def test_command_that_adds_an_administrator_asks_no_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """Django's command does not validate a password from the environment."""
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "mariaquispe1")
    options = {"username": "maria.quispe", "email": "mq@institute.example", "interactive": False, "verbosity": 0}
    with pytest.raises(CommandError, match=r"DJANGO_SUPERUSER_PASSWORD: .*similar"):
        call_command("createsuperuser", **options)
    assert not User.objects.filter(username="maria.quispe").exists()
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", factories.PASSWORD)
    call_command("createsuperuser", **options, stdout=io.StringIO())
    assert User.objects.get(username="maria.quispe").check_password(factories.PASSWORD)


@pytest.mark.django_db
def test_passwords_of_the_demo_pass(tmp_path: Path) -> None:
    for name, password in create_demo_accounts(tmp_path).items():
        validate_password(password, User.objects.get(username=name))
