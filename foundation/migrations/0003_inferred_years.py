"""Dates whose year alone was inferred: `2020?-05-29`.

The functions are run here for databases that have the tables, and by 0001 for new ones, whose generated columns
cannot be made without them.
"""

from django.db import migrations

from foundation.sql_files import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("foundation", "0002_imports")]
    operations = [run_sql_file("foundation", "partial_dates")]
