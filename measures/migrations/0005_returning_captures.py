from django.db import migrations

from foundation.sql_files import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("measures", "0004_plain_words")]
    operations = [run_sql_file("measures", "moving_captures")]
