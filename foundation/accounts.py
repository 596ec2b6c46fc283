"""The account that stands for the installation itself."""

from django.contrib.auth.models import Group, User

NAME = "observatory"


def system_account() -> User:
    """Return the account used by the command line. It has an editor's rights; nobody can sign in with it."""
    account, is_new = User.objects.get_or_create(username=NAME, defaults={"first_name": "Observatory"})
    if is_new:
        account.set_unusable_password()
        account.save()
        account.groups.add(Group.objects.get(name="editor"))
    return account
