from django.db import migrations

from foundation.sql_files import run_sql_file


class Migration(migrations.Migration):
    dependencies = [
        ("observatory", "0001_background_jobs"),
        ("axes", "0010_accessattemptexpiration"),
    ]
    operations = [run_sql_file("observatory", "sign_ins")]
