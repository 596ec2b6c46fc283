from django.db import migrations

from foundation.sql_files import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("measures", "0008_release_name_length")]
    operations = [run_sql_file("measures", "search")]
