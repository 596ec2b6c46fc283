"""``manage.py createsuperuser``: Django's, which also looks at a password from the environment."""

import os
from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError

VARIABLE = "DJANGO_SUPERUSER_PASSWORD"


class Command(createsuperuser.Command):
    def handle(self, *arguments: Any, **options: Any) -> None:
        if not options["interactive"] and VARIABLE in os.environ:
            known = {field: options.get(field) or "" for field in ("username", "email")}
            try:
                validate_password(os.environ[VARIABLE], User(**known))
            except ValidationError as error:
                raise CommandError(f"{VARIABLE}: {' '.join(error.messages)}") from error
        super().handle(*arguments, **options)
