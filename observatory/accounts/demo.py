"""The two accounts of the demo, one per group, with random passwords for each installation."""

import secrets
from pathlib import Path

from django.contrib.auth.models import Group, User
from django.db import transaction

from observatory.secret_file import read_or_create

NAMES = ("editor", "analyst")


@transaction.atomic
def create_demo_accounts(data_dir: Path) -> dict[str, str]:
    """Create missing accounts and return each name with its password.

    The passwords are stored in ``demo_accounts``. A password that was changed in the admin stays changed.
    """
    lines = read_or_create(data_dir / "demo_accounts", make=_new_passwords).splitlines()
    passwords = dict(line.split(" ", 1) for line in lines)
    for name, password in passwords.items():
        user, is_new = User.objects.get_or_create(username=name, defaults={"is_staff": True})
        if is_new:
            user.set_password(password)
            user.save()
            user.groups.add(Group.objects.get(name=name))
    return passwords


def _new_passwords() -> str:
    return "\n".join(f"{name} {secrets.token_urlsafe(12)}" for name in NAMES)
