"""The views that show the record of earlier days, created by the owner at the end of each migration."""

from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from foundation.records.past import SCHEMA
from foundation.sql import execute
from measures.past_views import create_views


def drop_views() -> None:
    """Remove the views: a column that a view reads cannot be changed."""
    execute(f"drop schema if exists {SCHEMA} cascade")


def make_views() -> None:
    """Create the views, unless some migrations are not applied, so that columns are missing."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    with transaction.atomic():
        for statement in create_views():
            execute(statement)
