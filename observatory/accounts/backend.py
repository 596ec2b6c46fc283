"""Django's accounts, read with their countries."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User

from foundation.records.teams import with_team


class AccountBackend(ModelBackend):
    """Reads who is signed in with their countries in one query, since nearly every page of the admin asks for them."""

    def get_user(self, user_id: Any) -> User | None:
        user = with_team(User.objects.filter(pk=user_id)).first()
        return user if user is not None and self.user_can_authenticate(user) else None
