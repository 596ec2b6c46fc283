"""What ``manage.py check --deploy`` asks of a real installation, beside what Django asks."""

from typing import Any

from django.core.checks import CheckMessage, Warning

from observatory.owner import has_two_roles

ONE_ROLE = Warning(
    "The role that runs the site owns the tables: whoever takes the site over may delete history and captures.",
    hint="Set MIGRATION_DATABASE_URL to the owner's address and DATABASE_URL to that of another role; README says how.",
    id="observatory.W001",
)


def roles(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """One role for all works, and leaves history to whoever has it."""
    return [] if has_two_roles() else [ONE_ROLE]
