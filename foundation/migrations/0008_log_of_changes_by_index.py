from django.db import migrations

from foundation.sql_files import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("foundation", "0007_digests")]
    operations = [run_sql_file("foundation", "public_changes")]
