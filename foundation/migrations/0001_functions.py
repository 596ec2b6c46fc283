"""What generated columns, checks and triggers rest on; it comes before every table."""

from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension, UnaccentExtension
from django.db import migrations

from foundation.sql_files import run_sql_file


class Migration(migrations.Migration):
    initial = True
    dependencies = [("pghistory", "0007_auto_20250421_0444")]
    operations = [
        UnaccentExtension(),
        TrigramExtension(),
        BtreeGistExtension(),
        run_sql_file("foundation", "texts"),
        run_sql_file("foundation", "partial_dates"),
        run_sql_file("foundation", "history"),
    ]
