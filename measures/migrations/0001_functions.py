"""What generated columns, checks and triggers of measures rest on; it comes before their tables."""

from django.db import migrations

from foundation.sql_files import run_sql_file

IN_FORCE = """
create or replace function in_force_certain(valid_from text, valid_until text, end_kind text, ended_on text, date text)
returns daterange
language sql immutable parallel safe
return case when valid_from <> '' and coalesce(
    least(lower(period_range(valid_until)), lower(period_range(ended_on))) >= upper(period_range(valid_from)) - 1, true)
then daterange(
    upper(period_range(valid_from)) - 1,
    case
        when valid_until <> '' or ended_on <> ''
            then least(lower(period_range(valid_until)), lower(period_range(ended_on))) + 1
        when ended_on is null and end_kind in ('further_notice', 'indefinite') then null
        else upper(period_range(valid_from))
    end)
end;

create or replace function in_force_possible(valid_from text, valid_until text, end_kind text, ended_on text, date text)
returns daterange
language sql immutable parallel safe
return case when coalesce(
    least(upper(period_range(valid_until)), upper(period_range(ended_on)))
    > lower(period_range(coalesce(nullif(valid_from, ''), date))), true)
then daterange(
    lower(period_range(coalesce(nullif(valid_from, ''), date))),
    least(upper(period_range(valid_until)), upper(period_range(ended_on))))
end;
"""
"""Two functions that later migrations no longer need; see `0010_drop_former_states`."""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("foundation", "0001_functions")]
    operations = [
        run_sql_file("measures", "references"),
        migrations.RunSQL(IN_FORCE, migrations.RunSQL.noop),
        run_sql_file("measures", "relations"),
    ]
