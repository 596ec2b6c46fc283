"""What an import may not write: public records for users who may not publish, and those of other countries.

See `foundation.records.second_reader` and `foundation.records.teams`.
"""

from typing import Any

from django.utils.translation import gettext as _

from foundation.files.resources import FileResource, Rule
from foundation.records.second_reader import may_publish, public_condition
from foundation.records.teams import is_shared_vocabulary, team_condition


def rules_of_stored(resource: type[FileResource], *, by: Any, publish: bool) -> list[Rule]:
    """Rules for the staged rows, by the records that they would change."""
    rules = []
    table, pk = resource.table(), resource.pk()
    condition = _of_team(resource, by)
    if condition is not None and is_shared_vocabulary(resource.model()):
        written = f"select line, {_key(resource)} from checked"
        problem = _("All countries share these records. Only a coordinator changes them.")
        rules.append(_team_rule(resource, written, problem))
    elif condition is not None:
        # rows that would change or publish records of other countries, or whose preview would show these
        concerned = "true" if publish else "(o.changed <> '{}' or o.older <> '{}')"
        foreign = (
            f"select s.line, s.{_key(resource)} from staged s join outcome o using (line)"
            f" join {table} on {table}.{pk} = o.id"
            f" where not o.is_new and {concerned} and not coalesce(({condition}), false)"
        )
        rules.append(_team_rule(resource, foreign, _("This row would change a record that is not of your countries.")))
    if (condition := _of_public(resource, by)) is not None:
        public = (
            f"select s.line, '' from checked s join {table} on {table}.{pk} = s.id where not s.is_new and ({condition})"
        )
        problem = _("This row would change a record that is public or that published entries use.")
        rules.append(_public_rule(resource, public, problem))
    return rules


def rules_of_candidates(resource: type[FileResource], *, by: Any) -> list[Rule]:
    """Rules for the candidate rows, by the records that they would be once written."""
    rules = []
    table = resource.table()
    condition = _of_team(resource, by)
    if condition is not None and not is_shared_vocabulary(resource.model()):
        foreign = (
            f"select {table}.line, s.{_key(resource)} from candidate_rows {table} join staged s using (line)"
            f" where not coalesce(({condition}), false)"
        )
        rules.append(_team_rule(resource, foreign, _("The record of this row would not be of your countries.")))
    if (condition := _of_public(resource, by)) is not None:
        public = f"select line, '' from candidate_rows {table} where {condition}"
        rules.append(_public_rule(resource, public, _("The record of this row would be public at once.")))
    return rules


def _of_team(resource: type[FileResource], by: Any) -> str | None:
    """SQL of whether a record is of the user's countries; None if all are."""
    condition = team_condition(by, resource.model())
    return None if condition is None else _escaped(condition)


def _of_public(resource: type[FileResource], by: Any) -> str | None:
    """SQL of whether a record is public; None if the user may write public ones, or the resource sees to that."""
    return None if resource.is_reviewed or may_publish(by) else _escaped(public_condition(resource.model()))


def _escaped(condition: str) -> str:
    return condition.replace("%", "%%")  # the statement has its own parameters


def _team_rule(resource: type[FileResource], sql: str, problem: str) -> Rule:
    return Rule(_key(resource), sql, problem, _("Remove the row, or ask a coordinator to import the file."))


def _public_rule(resource: type[FileResource], sql: str, problem: str) -> Rule:
    return Rule(resource.keys[0][0], sql, problem, _("Ask an editor to import the file, or remove the row."))


def _key(resource: type[FileResource]) -> str:
    """The cell that says whose the record is: its country, else its key."""
    return "country" if "country" in resource.fields else resource.keys[0][0]
