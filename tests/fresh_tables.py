"""The tables as migrations leave them, for each test that has transactions of its own.

Django truncates all tables and saves the rows of migrations one by one, which takes longer than most such tests. A
truncated table, and each of its indexes, is another file, of which all sessions are told: so many at once make them
forget what they know of all tables, and plan every statement anew. Here rows are deleted, without triggers, and the
rows of migrations are copied.
"""

import json
from typing import Any

import psycopg
from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, models, transaction
from django.db.backends.postgresql.creation import DatabaseCreation
from django.test import TransactionTestCase

from foundation.sql import execute, value
from observatory.database.owner import running_role
from observatory.embedded.postgres import Role, find_server

# Writers end before, as before a TRUNCATE. Without triggers nothing tells that all is gone: the last row does.
_EMPTY = """
do $$ declare name text; begin
    lock table {tables} in exclusive mode;
    set local session_replication_role = replica;
    foreach name in array array[{names}] loop
        execute 'delete from ' || name;
    end loop;
    delete from foundation_publicchange;
    perform note_public_change(null);
end $$
"""


QUEUE = [f"procrastinate_{name}" for name in ("events", "periodic_defers", "jobs", "workers")]
"""The tables of background work, which are no models of Django's."""


def install() -> None:
    """Have Django's tests empty and fill the tables in this way."""
    creation: Any = DatabaseCreation
    creation.serialize_db_to_string = lambda _self: taken()
    creation.deserialize_db_from_string = lambda _self, text: fill(text)
    test_case: Any = TransactionTestCase
    test_case._fixture_teardown = lambda _self: empty()


def taken() -> str:
    """The rows of every table that the running role may write, as JSON of texts by the start of their COPY."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        if _may_be_written(model):
            names = [_quoted(str(field.column)) for field in model._meta.concrete_fields if _is_written(field)]
            columns = f"{_quoted(model._meta.db_table)} ({', '.join(names)})"
            with connection.cursor() as cursor, cursor.copy(f"copy {columns} to stdout") as copy:
                found[columns] = b"".join(copy).decode()
    return json.dumps({columns: rows for columns, rows in found.items() if rows})


@transaction.atomic
def fill(text: str) -> None:
    """Write the rows that `taken` has returned; a database that no test has emptied has them still."""
    if ContentType.objects.exists():
        return
    for columns, rows in json.loads(text).items():
        with connection.cursor() as cursor, cursor.copy(f"copy {columns} from stdin") as copy:
            copy.write(rows)
    execute("set constraints all immediate")


def empty() -> None:
    """Delete every row of the models; with a server that lends no superuser, by Django's own command."""
    if settings.DATABASES["default"]["ENGINE"] != "observatory.embedded":
        call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)
        return
    server = find_server(settings.DATA_DIR)
    assert server
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    names += QUEUE  # else a job or a worker of one test is there in the next
    statement = _EMPTY.format(tables=", ".join(map(_quoted, names)), names=", ".join(f"'{_quoted(n)}'" for n in names))
    with psycopg.connect(server.url(connection.settings_dict["NAME"], Role.ADMIN)) as admin:
        admin.execute(statement.encode())


def _may_be_written(model: type[models.Model]) -> bool:
    options = model._meta
    if options.proxy or not options.managed:
        return False
    return bool(value("select has_table_privilege(%s, %s, 'insert')", [running_role(), options.db_table]))


def _is_written(field: Any) -> bool:
    """Whether the value of a column is written, and not generated."""
    return not isinstance(field, models.GeneratedField)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
