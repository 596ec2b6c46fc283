"""What an import may not write for users who work on some countries alone; see `foundation.records.teams`."""

from typing import Any

from django.utils.translation import gettext as _

from foundation.files.resources import FileResource, Rule
from foundation.records.teams import is_shared_vocabulary, team_condition


def rules_of_stored(resource: type[FileResource], *, by: Any, publish: bool) -> list[Rule]:
    """Rules for rows that would change or publish records of other countries, or whose preview would show these."""
    condition = _condition(resource, by)
    if condition is None:
        return []
    if is_shared_vocabulary(resource.model()):
        written = f"select line, {_key(resource)} from checked"
        return [_rule(resource, written, _("All countries share these records. Only a coordinator changes them."))]
    table, pk = resource.table(), resource.pk()
    concerned = "true" if publish else "(o.changed <> '{}' or o.older <> '{}')"
    foreign = (
        f"select s.line, s.{_key(resource)} from staged s join outcome o using (line)"
        f" join {table} on {table}.{pk} = o.id"
        f" where not o.is_new and {concerned} and not coalesce(({condition}), false)"
    )
    return [_rule(resource, foreign, _("This row would change a record that is not of your countries."))]


def rules_of_candidates(resource: type[FileResource], *, by: Any) -> list[Rule]:
    """Rules for rows whose record would not be of the user's countries once written."""
    condition = _condition(resource, by)
    if condition is None or is_shared_vocabulary(resource.model()):
        return []
    table = resource.table()
    foreign = (
        f"select {table}.line, s.{_key(resource)} from candidate_rows {table} join staged s using (line)"
        f" where not coalesce(({condition}), false)"
    )
    return [_rule(resource, foreign, _("The record of this row would not be of your countries."))]


def _rule(resource: type[FileResource], sql: str, problem: str) -> Rule:
    remedy = _("Remove the row, or ask a coordinator to import the file.")
    return Rule(_key(resource), sql, problem, remedy)


def _condition(resource: type[FileResource], by: Any) -> str | None:
    condition = team_condition(by, resource.model())
    return None if condition is None else condition.replace("%", "%%")  # the statement has its own parameters


def _key(resource: type[FileResource]) -> str:
    """The cell that says whose the record is: its country, else its key."""
    return "country" if "country" in resource.fields else resource.keys[0][0]
