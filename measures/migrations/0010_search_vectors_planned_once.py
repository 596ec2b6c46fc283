from django.db import migrations

from foundation.sql_files import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("measures", "0009_error_reports")]
    operations = [run_sql_file("measures", "search")]
