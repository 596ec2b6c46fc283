"""Each SQL file is run by exactly one migration, the last that changed it, since its current text is run."""

from collections import Counter

from django.conf import settings
from django.db.migrations import RunSQL
from django.db.migrations.loader import MigrationLoader

from foundation.sql_files import sql_files


def test_every_sql_file_is_run_by_one_migration() -> None:
    migrations = MigrationLoader(None).disk_migrations.values()
    texts = Counter(operation.sql for m in migrations for operation in m.operations if isinstance(operation, RunSQL))
    runs = {str(path.relative_to(settings.BASE_DIR)): texts[path.read_text()] for path in sql_files()}
    assert runs == dict.fromkeys(runs, 1)
    assert "measures/sql/search.sql" in runs
