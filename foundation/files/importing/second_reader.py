"""What an import may not change for users who may not publish; see `foundation.records.second_reader`."""

from django.utils.translation import gettext as _

from foundation.files.resources import FileResource, Rule
from foundation.records.second_reader import public_condition


def rules_of_stored(resource: type[FileResource]) -> list[Rule]:
    """Rules for rows that would change public records, applied to the staged rows."""
    table, pk = resource.table(), resource.pk()
    public = (
        f"select s.line, '' from checked s join {table} on {table}.{pk} = s.id"
        f" where not s.is_new and ({_condition(resource)})"
    )
    return [
        Rule(
            resource.keys[0][0],
            public,
            _("This row would change a record that is public or that published entries use."),
            _("Ask an editor to import the file, or remove the row."),
        )
    ]


def rules_of_candidates(resource: type[FileResource]) -> list[Rule]:
    """Rules for rows that would be public once written, applied to the candidate rows."""
    return [
        Rule(
            resource.keys[0][0],
            f"select line, '' from candidate_rows {resource.table()} where {_condition(resource)}",
            _("The record of this row would be public at once."),
            _("Ask an editor to import the file, or remove the row."),
        )
    ]


def _condition(resource: type[FileResource]) -> str:
    return public_condition(resource.model()).replace("%", "%%")  # the statement has its own parameters
