"""What generated columns, checks and triggers of measures rest on; it comes before their tables."""

from django.db import migrations

from foundation.sql_files import run_sql_file


class Migration(migrations.Migration):
    initial = True
    dependencies = [("foundation", "0001_functions")]
    operations = [
        run_sql_file("measures", name)
        for name in ("references", "reference_words", "reference_numbers", "relations", "addresses")
    ]
