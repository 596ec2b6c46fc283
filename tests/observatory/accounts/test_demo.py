from pathlib import Path

import pytest
from django.contrib.auth.models import User

from observatory.accounts.demo import create_demo_accounts

pytestmark = pytest.mark.django_db


def test_demo_accounts_are_staff_of_their_group_with_the_kept_passwords(tmp_path: Path) -> None:
    passwords = create_demo_accounts(tmp_path)
    users = {user.username: user for user in User.objects.prefetch_related("groups")}
    assert set(users) == set(passwords) == {"editor", "analyst"}
    for name, user in users.items():
        assert (user.is_staff, user.is_superuser) == (True, False)
        assert user.check_password(passwords[name])
        assert [group.name for group in user.groups.all()] == [name]
    assert (tmp_path / "demo_accounts").stat().st_mode & 0o777 == 0o600


def test_demo_accounts_made_again_keep_a_changed_password(tmp_path: Path) -> None:
    passwords = create_demo_accounts(tmp_path)
    editor = User.objects.get(username="editor")
    editor.set_password("one of her own")
    editor.save()
    assert create_demo_accounts(tmp_path) == passwords
    assert User.objects.get(username="editor").check_password("one of her own")
    assert User.objects.count() == 2
