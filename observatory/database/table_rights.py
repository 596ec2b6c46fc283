"""The rights of the running role on each table, and how the owner grants exactly these.

Rights depend on a category. A table not listed below is a record that people edit; event tables are recognized by their
columns, so that a new one is covered automatically. Only the owner may truncate or alter a table.

History is written by triggers that run as the owner, not by a right to insert: the running role can thus neither forge
an event nor suppress one. If they ran with the caller's rights, a temporary table of the same name, which PostgreSQL
finds first, would suppress events; the fixed `search_path` prevents that.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction

from foundation.records.past import SCHEMA
from foundation.sql import execute, lock_until_commit, rows, value
from observatory.database.owner import has_two_roles, running_role

RECORD = ("SELECT", "INSERT", "UPDATE", "DELETE")
"""Records that people edit, and data derived from them."""
HISTORY = ("SELECT",)
"""Read by the site, written by triggers alone."""
APPENDED = ("SELECT", "INSERT")
"""Never updated or deleted."""
LOG = ("SELECT", "INSERT", "UPDATE")
"""Rows that are updated as something progresses; triggers restrict the changes."""

CATEGORIES = {
    "foundation_publicchange": HISTORY,
    "pghistory_context": HISTORY,
    "django_migrations": HISTORY,
    "django_admin_log": APPENDED,
    "foundation_auditentry": APPENDED,
    "measures_capture": APPENDED,
    "measures_coding": APPENDED,
    "measures_qualityfigure": APPENDED,
    "measures_release": APPENDED,
    "axes_accesslog": LOG,
    "axes_accessfailurelog": LOG,
    "countries_feedrun": LOG,
}

CALLED = (
    "note_public_change(bigint[])",
    "measures_search_rebuild_all()",
    "measures_move_captures(bigint, bigint)",
    "measures_return_captures(bigint[], bigint)",
    "observatory_forget_sign_ins()",
)
"""Functions that run as the owner without being triggers: they are called by the site or by one of its triggers."""

SEARCH_PATH = "public, pg_temp"

# pgtrigger's own function lets any session disable any trigger through a setting; here only the owner may
IGNORE = """
create or replace function public._pgtrigger_should_ignore(trigger_name name) returns boolean
language plpgsql stable set search_path = {path} as $$
begin
    return pg_has_role(session_user, {owner}, 'member')
        and trigger_name = any(coalesce(nullif(current_setting('pgtrigger.ignore', true), ''), '{{}}')::text[]);
end $$
"""


NOT_OF_EXTENSION = "not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')"
TABLES = (
    f"pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm') and {NOT_OF_EXTENSION}"
)
# Including those of deleted models, whose history stays
IS_HISTORY = (
    "(c.relkind in ('v', 'm') or exists"
    " (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'pgh_obj_id' and not a.attisdropped))"
)
SEQUENCES = f"""
select s.oid::regclass::text, c.relname, {IS_HISTORY} from pg_class s
join pg_depend o on o.classid = 'pg_class'::regclass and o.objid = s.oid and o.deptype in ('a', 'i')
join pg_class c on c.oid = o.refobjid
where s.relkind = 'S' and s.relnamespace = 'public'::regnamespace
"""


class RightsError(Exception):
    """The rights cannot be granted; the message gives the reason and the remedy."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the database."""

    signature: str
    is_ours: bool
    """A `pgtrigger` trigger, or one of the functions that are called."""
    is_trigger: bool


def grant_rights() -> None:
    """Grant the running role what it needs and revoke everything else; run by the owner, idempotent."""
    if not has_two_roles():
        return
    with transaction.atomic():
        lock_until_commit("grant_rights")
        _refuse_mighty(running_role())
        _refuse_strange_owners()
        role = connection.ops.quote_name(running_role())
        for statement in (*_of_schema(role), *_of_tables(role), *_of_functions(role), *_of_earlier_days(role)):
            execute(statement)


# Roles that would bypass all rights


def _refuse_mighty(role: str) -> None:
    """Refuse a role that is a superuser or a member of the owner."""
    sql = "select rolsuper, pg_has_role(rolname, current_user, 'member') from pg_roles where rolname = %s"
    found = rows(sql, [role])
    if not found:
        raise RightsError(f"There is no role {role}, of DATABASE_URL. Make it: createuser {role} --pwprompt")
    if any(found[0]):
        raise RightsError(
            f"The role {role}, of DATABASE_URL, is a superuser or a member of the owner's role, so that no right binds"
            " it. Make another: createuser NAME --pwprompt"
        )


def _refuse_strange_owners() -> None:
    """Refuse if another role owns a table, since an owner has every right on it."""
    found = rows(
        f"select relname, relowner::regrole::text from {TABLES} and not pg_has_role(relowner, 'usage') order by 1"
    )
    if found:
        table, owner = found[0]
        raise RightsError(
            f"{len(found)} tables, such as {table}, belong to {owner} and not to the role of MIGRATION_DATABASE_URL."
            f" Let the superuser say in this database: reassign owned by {owner} to the latter."
        )


# The statements


def _of_schema(role: str) -> Iterator[str]:
    database = connection.ops.quote_name(connection.settings_dict["NAME"])
    yield f"revoke all on database {database} from {role}"
    yield f"grant connect, temporary on database {database} to {role}"
    yield f"revoke all on schema public from {role}"
    yield "revoke create on schema public from public"
    yield f"grant usage on schema public to {role}"


def _of_tables(role: str) -> Iterator[str]:
    for name, table, is_history in rows(f"select oid::regclass::text, relname, {IS_HISTORY} from {TABLES}"):
        rights = HISTORY if is_history else CATEGORIES.get(table, RECORD)
        yield f"revoke all on {name} from public, {role}"
        yield f"grant {', '.join(rights)} on {name} to {role}"
    for name, table, is_history in rows(SEQUENCES):
        yield f"revoke all on sequence {name} from public, {role}"
        if "INSERT" in CATEGORIES.get(table, RECORD) and not is_history:
            yield f"grant usage on sequence {name} to {role}"


def _of_earlier_days(role: str) -> Iterator[str]:
    """The views of the record as it was may be read alone; there are none before the tables are complete."""
    if not value("select to_regnamespace(%s) is null", [SCHEMA]):
        yield f"revoke all on schema {SCHEMA} from public, {role}"
        yield f"grant usage on schema {SCHEMA} to {role}"
        yield f"revoke all on all tables in schema {SCHEMA} from public, {role}"
        yield f"grant select on all tables in schema {SCHEMA} to {role}"


def _of_functions(role: str) -> Iterator[str]:
    """Fix the `search_path` of all trigger functions; those of `pgtrigger` and the called ones run as the owner.

    Nobody else may execute these or attach them to a table of his own: firing a trigger does not require that right.
    """
    ((owner,),) = rows("select quote_literal(current_user)")
    yield IGNORE.format(path=SEARCH_PATH, owner=owner)
    for function in _functions():
        if function.is_trigger or function.is_ours:
            yield f"alter function {function.signature} set search_path = {SEARCH_PATH}"
        if function.is_ours:
            yield f"alter function {function.signature} security definer"
            yield f"revoke all on function {function.signature} from public, {role}"
        if function.is_ours and not function.is_trigger:
            yield f"grant execute on function {function.signature} to {role}"


def _functions() -> list[Function]:
    found = rows(
        "select oid::regprocedure::text, starts_with(proname, 'pgtrigger_') or oid = any(%s::regprocedure[]),"
        " prorettype = 'trigger'::regtype from pg_proc p where pronamespace = 'public'::regnamespace and prokind = 'f'"
        " and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')",
        [list(CALLED)],
    )
    return [Function(*row) for row in found]
