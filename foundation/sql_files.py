"""The SQL of functions, triggers and views, a file for each subject in the folder `sql` of its package.

A migration runs such a file. What runs is the file's text of today, which may name columns that an older migration does
not know, so one migration runs each file: whoever changes a file takes its line out of the older migration and puts it
into the new one. Each statement can be run twice: `create or replace`, `if not exists`, `drop … if exists`.
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
