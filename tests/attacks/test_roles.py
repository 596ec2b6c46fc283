"""An attacker who runs SQL as the running role cannot change history, captures or logs."""

import re
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.models import ADDITION, LogEntry
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from countries.models import FeedRun, RunState
from foundation.files.models import FileImport
from measures.models import Capture, Measure
from measures.workflow import submit
from observatory.database.owner import as_owner
from tests import factories
from tests.observatory.test_settings import PRODUCTION, manage

pytestmark = pytest.mark.django_db

ALL = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
APPENDED = {
    *("django_admin_log", "foundation_auditentry"),
    *("measures_capture", "measures_coding", "measures_qualityfigure", "measures_release"),
}
LOGS = {"axes_accesslog", "axes_accessfailurelog", "countries_feedrun"}
READ = {
    "foundation_publicchange",
    "pghistory_context",
    "django_migrations",
    "measures_searchvector",
    "measures_freetext",
}


def rows(sql: str, *parameters: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


def tables() -> list[str]:
    return [name for (name,) in rows("select relname from pg_class where relkind in ('r', 'v', 'm', 'p')"
                                     " and relnamespace = 'public'::regnamespace order by 1")]  # fmt: skip


def history_tables() -> list[str]:
    return [table for table in tables() if re.fullmatch(r"(countries|measures)_\w+event", table)
            and table not in ("measures_statusevent",)]  # fmt: skip


def expected_rights(table: str) -> set[str]:
    if table in history_tables() or table in READ:
        return {"SELECT"}
    if table in APPENDED:
        return {"SELECT", "INSERT"}
    if table in LOGS:
        return {"SELECT", "INSERT", "UPDATE"}
    return {"SELECT", "INSERT", "UPDATE", "DELETE"}


def first_column(table: str) -> str:
    sql = "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 order by attnum limit 1"
    return str(rows(sql, table)[0][0])


def refused(sql: str, because: str = "permission denied|must be owner") -> None:
    """The running role is refused for that reason, and not for a different one such as a typing error."""
    with pytest.raises(DatabaseError, match=because), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


# What the role may do


def test_the_tests_have_the_role_that_runs_the_site() -> None:
    ((name, *mights),) = rows(
        "select current_user, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,"
        " exists (select from pg_auth_members where member = r.oid),"
        " exists (select from pg_class where relowner = r.oid and relpersistence <> 't'),"
        " has_schema_privilege('public', 'create'),"
        " has_database_privilege(current_database(), 'create')"
        " from pg_roles r where rolname = current_user"
    )
    assert name == settings.DATABASES["default"]["USER"] != settings.DATABASE_OWNER["USER"]
    assert not any(mights)


def test_each_table_gives_the_rights_of_its_kind_and_no_other() -> None:
    found = {
        table: {
            right
            for right in ALL
            if rows("select has_table_privilege(%s, %s)", table, right)[0][0]
            or (right in ALL[:3] + ALL[5:6] and rows("select has_any_column_privilege(%s, %s)", table, right)[0][0])
        }
        for table in tables()
    }
    assert len(history_tables()) == 30
    assert found == {table: expected_rights(table) for table in found}


def test_no_foreign_key_empties_or_rewrites_what_is_kept() -> None:
    """Foreign key actions run as the owner of the table."""
    kept = [*history_tables(), *APPENDED, *LOGS, *READ, "foundation_fileimport"]
    assert not rows(
        "select conname from pg_constraint where contype = 'f' and conrelid::regclass::text = any(%s)"
        " and (confdeltype not in ('a', 'r') or confupdtype not in ('a', 'r'))",
        kept,
    )


def test_no_function_of_the_owner_can_be_called_or_hung_on_a_table_of_ones_own() -> None:
    callable_ones = rows(
        "select proname from pg_proc where prosecdef and pronamespace = 'public'::regnamespace"
        " and has_function_privilege(oid, 'execute') order by 1"
    )
    assert callable_ones == [
        ("measures_move_captures",),
        ("measures_return_captures",),
        ("measures_search_rebuild_all",),
        ("note_public_change",),
        ("observatory_forget_sign_ins",),
    ]
    unsafe = rows(
        "select proname from pg_proc where pronamespace = 'public'::regnamespace and"
        " (prosecdef or prorettype = 'trigger'::regtype)"
        " and not coalesce('search_path=public, pg_temp' = any(proconfig), false)"
    )
    assert not unsafe


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_new_table_of_events_is_covered_without_a_word() -> None:
    with as_owner():
        rows("create table measures_newevent (pgh_id bigserial primary key, pgh_obj_id bigint)")
    try:
        call_command("grant_rights")
        refused("insert into measures_newevent (pgh_obj_id) values (1)")
        refused("select nextval('measures_newevent_pgh_id_seq')")
        assert rows("select * from measures_newevent") == []
    finally:
        with as_owner():
            rows("drop table measures_newevent")


# Attacks


@pytest.mark.parametrize(
    "statement",
    [
        "truncate {table} cascade",
        "delete from {table}",
        "delete from only {table} where false",
        "alter table {table} disable trigger all",
        "alter table {table} drop column {column}",
        "alter table {table} rename to gone",
        "alter table {table} set unlogged",
        "alter table {table} owner to current_user",
        "drop table {table} cascade",
        "create trigger t before insert on {table} for each row execute function suppress_redundant_updates_trigger()",
        "create rule r as on insert to {table} do instead nothing",
        "create index on {table} (({column}::text))",
        "merge into {table} using (values (1)) v on false when not matched by source then delete",
        "create policy p on {table} using (false)",
        "comment on table {table} is 'gone'",
        "cluster {table}",
    ],
)
def test_nothing_kept_is_removed_or_altered(statement: str) -> None:
    for table in [*history_tables(), *APPENDED, *LOGS, "pghistory_context", "foundation_publicchange"]:
        ((column,),) = rows(
            "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 order by attnum limit 1",
            table,
        )
        refused(statement.format(table=table, column=column))


def test_nobody_gives_himself_a_right() -> None:
    for table in history_tables():
        with suppress(DatabaseError), transaction.atomic():
            rows(f"grant all on {table} to current_user")  # PostgreSQL may refuse with a mere warning
    test_each_table_gives_the_rights_of_its_kind_and_no_other()


def test_nothing_written_once_is_changed() -> None:
    for table in [*history_tables(), *APPENDED, *READ - {"measures_searchvector", "measures_freetext"}]:
        ((column,),) = rows(
            "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 order by attnum limit 1",
            table,
        )
        refused(f"update {table} set {column} = default")


def test_history_is_not_forged() -> None:
    for table in [*history_tables(), "pghistory_context", "foundation_publicchange"]:
        refused(f"insert into {table} default values")
        refused(f"copy {table} from stdin")


@pytest.mark.parametrize(
    "statement",
    [
        "set session_replication_role = 'replica'",
        "set session authorization observatory_owner",
        "set role observatory_owner",
        "create table public.mine (id integer)",
        "create function public.mine() returns integer language sql return 1",
        "create schema mine",
        "create extension hstore",
        "create role mine",
        "alter role observatory_owner password 'known'",
        "alter role current_user superuser",
        "alter system set archive_mode = off",
        "alter database {database} set session_replication_role = 'replica'",
        "alter function note_public_change(bigint[]) security invoker",
        "drop function _pgh_attach_context() cascade",
        "create event trigger mine on ddl_command_end execute function pg_catalog.suppress_redundant_updates_trigger()",
        "copy measures_measure to program 'cat'",
        "select pg_read_file('/etc/passwd')",
        "set pgaudit.log = 'none'; set session_replication_role = 'local'",
        "load 'mine.so'",
        "vacuum full measures_measureevent",
        "drop database {database}",
    ],
)
def test_it_becomes_nobody_else(statement: str) -> None:
    ((database,),) = rows("select current_database()")
    because = "permission denied|must be|may alter|only roles|cannot (run|drop)|not permitted|access to (library|file)"
    refused(statement.format(database=database), f"(?i){because}|cannot be executed|currently open|can only")


def test_a_capture_stays_though_one_says_that_it_is_to_go() -> None:
    capture = factories.capture()
    rows("set local observatory.removes_captures = 'yes'")
    refused(f"delete from measures_capture where id = {capture.pk}")
    refused(f"update measures_capture set sha256 = repeat('0', 64) where id = {capture.pk}")
    assert Capture.objects.get() == capture


@pytest.mark.owner
def test_the_owner_takes_a_capture_out_on_purpose_only() -> None:
    capture = factories.capture()
    refused(f"delete from measures_capture where id = {capture.pk}", "is kept for good")
    rows("set local observatory.removes_captures = 'yes'")
    rows(f"delete from measures_capture where id = {capture.pk}")
    assert not Capture.objects.exists()


def events_of(measure: Measure) -> list[str]:
    sql = "select pgh_label from public.measures_measureevent where pgh_obj_id = %s order by pgh_id"
    return [label for (label,) in rows(sql, measure.pk)]


def test_no_setting_turns_history_off() -> None:
    measure = factories.draft()
    before = events_of(measure)
    names = ",".join(name for (name,) in rows("select tgname from pg_trigger where not tgisinternal"))
    rows("select set_config('pgtrigger.ignore', %s, true)", f"{{{names}}}")
    rows("update measures_measure set title_en = 'Unseen' where id = %s", measure.pk)
    assert events_of(measure) == [*before, "update"]


@pytest.mark.parametrize("hidden", ["measures_measureevent", "foundation_publicchange", "pghistory_context"])
def test_no_temporary_table_takes_what_belongs_into_history(hidden: str) -> None:
    measure = factories.measure()
    before, noted = events_of(measure), rows("select count(*) from public.foundation_publicchange")[0][0]
    rows(f"create temporary table {hidden} (like public.{hidden} including all) on commit drop")
    rows("select set_config('pghistory.context_id', gen_random_uuid()::text, true),"
         " set_config('pghistory.context_metadata', '{\"user\": 1}', true)")  # fmt: skip
    rows("update measures_measure set title_en = 'Unseen' where id = %s", measure.pk)
    assert events_of(measure) == [*before, "update"]
    assert rows("select count(*) from public.foundation_publicchange")[0][0] == noted + 1
    assert rows("select count(*) from pg_temp." + hidden) == [(0,)]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_nobody_else_is_named_beside_an_old_change() -> None:
    measure = factories.draft()
    tell = "select set_config('pghistory.context_id', %s, true), set_config('pghistory.context_metadata', %s, true)"
    number = "11111111-2222-3333-4444-555555555555"
    for user in (7, 8):
        with transaction.atomic():
            rows(tell, number, f'{{"user": {user}}}')
            rows("update measures_measure set title_en = title_en || 'x' where id = %s", measure.pk)
    assert rows(
        "select c.metadata->>'user' from measures_measureevent e join pghistory_context c on c.id = e.pgh_context_id"
        " where e.pgh_obj_id = %s order by e.pgh_id",
        measure.pk,
    ) == [("7",), ("8",)]
    assert rows("select metadata->>'user' from pghistory_context where id = %s", number) == [("7",)]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_flush_empties_the_tables_as_their_owner() -> None:
    factories.measure()
    refused("truncate measures_measure cascade", "permission denied")
    call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)
    assert not Measure.objects.exists()


def test_no_trigger_of_the_owner_forges_an_event_from_a_table_of_ones_own() -> None:
    functions = rows("select proname from pg_proc where prosrc ilike '%%insert into \"%%event\"%%'")
    assert len(functions) == 90
    rows("create temporary table mine (like measures_measure) on commit drop")
    for (function,) in functions:
        refused(
            f"create trigger t after insert on mine referencing new table as new_values"
            f" for each statement execute function {function}()",
            "permission denied for function",
        )


# Records with rows that are still updated


def test_the_record_of_an_import_stays() -> None:
    by = factories.editor()
    done = FileImport.objects.create(
        file_type="measures", name="a.csv", created_by=by, state="done", applied_at=timezone.now(), applied_by=by
    )
    for change in ("name = 'b.csv'", f"applied_by_id = {factories.analyst().pk}", "applied_at = null, state = 'failed'",
                   "new = 5"):  # fmt: skip
        refused(f"update foundation_fileimport set {change} where id = {done.pk}", "never edited")
    refused(f"delete from foundation_fileimport where id = {done.pk}", "kept for good")
    refused("truncate foundation_fileimport cascade")
    waiting = FileImport.objects.create(file_type="measures", name="c.csv", created_by=by)
    waiting.delete()


@pytest.mark.parametrize("state", [s for s in RunState.values if s != RunState.RUNNING])
def test_the_note_of_a_run_stays(state: str) -> None:
    at = timezone.now()
    decided = {"decided_at": at, "decided_by": factories.editor()} if state in ("discarded", "rolled_back") else {}
    run = FeedRun.objects.create(
        feed=factories.feed(), state=state, started_at=at, ended_at=at, mapping="m", sha256="0" * 64, body="held/x",
        **decided,
    )  # fmt: skip
    later = timedelta(days=1)
    for change in ("sha256 = repeat('1', 64)", f"started_at = '{at - later}'", f"ended_at = '{at + later}'"):
        refused(f"update countries_feedrun set {change} where id = {run.pk}", "stays")
    refused(f"delete from countries_feedrun where id = {run.pk}")
    if state not in (RunState.HELD, RunState.PARTLY_HELD, RunState.PUBLISHED):  # these still await decisions
        refused(f"update countries_feedrun set state = 'running', ended_at = null where id = {run.pk}", "stays")
        refused(f"update countries_feedrun set problem = 'another' where id = {run.pk}", "stays")


def test_the_acts_of_the_workflow_stay() -> None:
    """A move is a version of the entry with a context that says who and why."""
    measure, editor = factories.draft(), factories.editor()
    submit(measure, by=editor, note="As agreed")
    assert rows("select metadata->>'note' from pghistory_context") == [("As agreed",)]
    refused("update pghistory_context set metadata = '{}'")
    refused(f"delete from measures_measureevent where pgh_obj_id = {measure.pk}")


# Accounts and their logs


def test_an_account_is_made_inactive_and_not_deleted_with_its_log(client: Client) -> None:
    client.force_login(factories.editor(is_superuser=True))
    acted = factories.editor()
    LogEntry.objects.create(user=acted, action_flag=ADDITION, object_repr="a measure")

    assert client.post(reverse("admin:auth_user_delete", args=[acted.pk]), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [acted.pk], "post": "yes"}
    client.post(reverse("admin:auth_user_changelist"), chosen)
    assert LogEntry.objects.filter(user=acted).count() == 1
    page = client.get(reverse("admin:auth_user_change", args=[acted.pk])).content.decode()
    assert "Unselect this instead of deleting accounts." in page


# Installations


def test_one_role_for_all_is_warned_of() -> None:
    one_role = {name: value for name, value in PRODUCTION.items() if name != "MIGRATION_DATABASE_URL"}
    said = manage("check", "--deploy", "--fail-level", "WARNING", **one_role)
    assert said.returncode == 1
    assert "(observatory.W003)" in said.stderr
    assert "may delete history" in said.stderr


def test_the_same_role_twice_is_warned_of() -> None:
    same = {**PRODUCTION, "MIGRATION_DATABASE_URL": PRODUCTION["DATABASE_URL"]}
    assert "(observatory.W003)" in manage("check", "--deploy", "--fail-level", "WARNING", **same).stderr
