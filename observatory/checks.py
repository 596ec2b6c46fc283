"""Additional checks for `check --deploy`."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

from observatory.database.owner import has_two_roles


@register(Tags.security, deploy=True)
def security_contact(**_options: Any) -> list[CheckMessage]:
    """Warn if there is no contact for reporting security problems."""
    if not settings.SECURITY_CONTACT:
        return [
            Warning(
                "SECURITY_CONTACT is not set, so nobody can be told of a flaw: /.well-known/security.txt is missing.",
                hint="Write an e-mail address that somebody reads, and with it SECURITY_CONTACT_UNTIL.",
                id="observatory.W001",
            )
        ]
    until = settings.SECURITY_CONTACT_UNTIL
    if until and until < datetime.now(UTC).date():
        return [
            Warning(
                f"SECURITY_CONTACT_UNTIL={until} is over, so /.well-known/security.txt is taken as out of date.",
                hint="See that SECURITY_CONTACT is still read, then write a day at most a year ahead.",
                id="observatory.W002",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def roles(**_options: Any) -> list[CheckMessage]:
    """Warn if there is only one database role, which can then change the history."""
    if has_two_roles():
        return []
    return [
        Warning(
            "The role that runs the site owns the tables: whoever takes the site over may delete history and captures.",
            hint="Set MIGRATION_DATABASE_URL to the owner's address and DATABASE_URL to that of another role; "
            "docs/operating.md says how.",
            id="observatory.W003",
        )
    ]
