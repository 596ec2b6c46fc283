"""The database has exactly what the SQL files define."""

import re

import pytest
from django.db import connection

from foundation.sql import execute, rows
from foundation.sql_files import sql_files
from observatory.database.table_rights import grant_rights

pytestmark = [pytest.mark.django_db, pytest.mark.owner]

FUNCTIONS = """
select p.oid::regprocedure::text, pg_get_functiondef(p.oid) from pg_proc p
where pronamespace = 'public'::regnamespace and prokind = 'f'
    and proname !~ '^(pgtrigger|_pgtrigger|procrastinate)_'
    and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
"""
"""Our functions, without those of extensions, the queue, and triggers declared beside models."""
TRIGGERS = """
select tgname, pg_get_triggerdef(oid) from pg_trigger
where not tgisinternal and tgname !~ '^(pgtrigger|procrastinate)_'
"""
VIEWS = "select viewname, definition from pg_views where schemaname = 'public'"


def defined() -> dict[str, dict[str, str]]:
    """The definitions in the database, by kind and name."""
    return {kind: dict(rows(sql)) for kind, sql in (("f", FUNCTIONS), ("t", TRIGGERS), ("v", VIEWS))}


def named(pattern: str) -> set[str]:
    """The names that statements of this form define in the files."""
    return {name for file in sql_files() for name in re.findall(pattern, file.read_text(), re.MULTILINE)}


def test_files_run_again_change_nothing() -> None:
    before = defined()
    for file in sql_files():
        execute(file.read_text())
    grant_rights()  # like `migrate`, which decides which functions run as their owner
    assert defined() == before


def test_every_function_trigger_and_view_stands_in_a_file() -> None:
    found = defined()
    assert {name.partition("(")[0] for name in found["f"]} == named(r"^create or replace function (\w+)")
    assert set(found["t"]) == named(r"^create (?:or replace |constraint )trigger (\w+)")
    assert set(found["v"]) == named(r"^create or replace view (\w+)")


def test_changed_file_is_noticed() -> None:
    before = defined()
    with connection.cursor() as cursor:
        cursor.execute(
            "create or replace function sort_key(value text) returns text language sql immutable strict"
            " parallel safe return upper(value)"
        )
    assert defined() != before
