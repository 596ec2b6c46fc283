"""The SQL of functions, triggers and views, one file per subject in the folder `sql` of each package.

Migrations run these files. What runs is the current text of the file, which may name columns that an older migration
does not have, so each file is run by exactly one migration: if you change a file, remove it from the older migration
and add it to your new one. Only functions that generated columns rest on are run by the first migration as well, since
a new database needs them before its tables. Every statement can be run twice: `create or replace`, `if not exists`,
`drop … if exists`.
"""

from pathlib import Path

from django.conf import settings
from django.db import migrations


def sql_files() -> list[Path]:
    """All SQL files."""
    return sorted(settings.BASE_DIR.glob("*/sql/*.sql"))


def run_sql_file(package: str, name: str) -> migrations.RunSQL:
    """A migration operation that runs the current text of a file. It cannot be reversed."""
    return migrations.RunSQL((settings.BASE_DIR / package / "sql" / f"{name}.sql").read_text(), migrations.RunSQL.noop)
