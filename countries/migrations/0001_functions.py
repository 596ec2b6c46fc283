"""Functions that generated columns and checks rest on; they come before every table."""

from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension, UnaccentExtension
from django.db import migrations

FOLD_ACCENTS = """
create function fold_accents(value text) returns text
language sql immutable strict parallel safe
return unaccent('unaccent'::regdictionary, value)
"""

SORT_KEY = """
create function sort_key(value text) returns text
language sql immutable strict parallel safe
return lower(fold_accents(value))
"""

PARTIAL_DATE_RANGE = """
create function partial_date_range(value text) returns daterange
language sql immutable strict parallel safe
return case when value <> '' then daterange(
    make_date(substr(value, 1, 4)::int, substr(rtrim(value, '?') || '-01-01', 6, 2)::int,
        case when length(value) >= 10 then substr(value, 9, 2)::int else 1 end),
    (make_date(substr(value, 1, 4)::int, substr(rtrim(value, '?') || '-01-01', 6, 2)::int,
        case when length(value) >= 10 then substr(value, 9, 2)::int else 1 end)
        + case length(rtrim(value, '?')) when 4 then interval '1 year' when 7 then interval '1 month'
            else interval '1 day' end)::date
) end
"""

PERIOD_RANGE = """
create function period_range(value text) returns daterange
language sql immutable strict parallel safe
return case
    when value = '' then null
    when position('/' in value) = 0 then partial_date_range(value)
    else daterange(
        lower(partial_date_range(split_part(value, '/', 1))),
        upper(partial_date_range(split_part(value, '/', 2))))
end
"""


def _create(definition: str, signature: str) -> migrations.RunSQL:
    return migrations.RunSQL(definition, f"drop function {signature}")


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        UnaccentExtension(),
        TrigramExtension(),
        BtreeGistExtension(),
        _create(FOLD_ACCENTS, "fold_accents(text)"),
        _create(SORT_KEY, "sort_key(text)"),
        _create(PARTIAL_DATE_RANGE, "partial_date_range(text)"),
        _create(PERIOD_RANGE, "period_range(text)"),
    ]
