"""The SQL of functions, triggers and views, a file for each subject in the folder `sql` of its package.

A migration runs such a file; a later one that changes it runs it again. So each statement can be run twice: `create or
replace`, `if not exists`, `drop … if exists`.
"""

from pathlib import Path

from django.conf import settings
from django.db import migrations


def sql_files() -> list[Path]:
    """All of them."""
    return sorted(settings.BASE_DIR.glob("*/sql/*.sql"))


def run_sql_file(package: str, name: str) -> migrations.RunSQL:
    """An operation of a migration: bring what the file defines to its text of today. Cannot be undone."""
    return migrations.RunSQL((settings.BASE_DIR / package / "sql" / f"{name}.sql").read_text(), migrations.RunSQL.noop)
