"""The account that the installation itself works under."""

from django.contrib.auth.models import Group, User

NAME = "observatory"


def system_account() -> User:
    """Whoever has the command line may do what an editor may; nobody can sign in as this account."""
    account, is_new = User.objects.get_or_create(username=NAME, defaults={"first_name": "Observatory"})
    if is_new:
        account.set_unusable_password()
        account.save()
        account.groups.add(Group.objects.get(name="editor"))
    return account
