"""The account that stands for the installation itself."""

from django.contrib.auth.models import Group, User
from django.core.management.base import CommandError

NAME = "observatory"


def system_account() -> User:
    """Return the account used by the command line. It has an editor's rights; nobody can sign in with it."""
    account, is_new = User.objects.get_or_create(username=NAME, defaults={"first_name": "Observatory"})
    if is_new:
        account.set_unusable_password()
        account.save()
        account.groups.add(Group.objects.get(name="editor"))
    return account


def account_named(name: str | None) -> User:
    """The account that a command names, by default that of the installation; raise CommandError if there is none."""
    if name is None:
        return system_account()
    try:
        return User.objects.get(username=name)
    except User.DoesNotExist as error:
        raise CommandError(f"There is no account {name}.") from error
