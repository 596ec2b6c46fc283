"""The log of public changes and the function that writes to it; see `countries/public_changes.py`."""

from django.db import migrations

LOG = """
create table countries_publicchange (
    id bigint generated always as identity primary key,
    xid xid8 not null default pg_current_xact_id(),
    noted_at timestamptz not null default clock_timestamp(),
    measures bigint[]
);
create index countries_publicchange_xid on countries_publicchange (xid);
create index countries_publicchange_noted_at on countries_publicchange (noted_at);
"""

NOTE = """
create function note_public_change(changed bigint[]) returns void
language plpgsql as $$
begin
    delete from countries_publicchange where id in (
        select id from countries_publicchange where noted_at < now() - interval '1 day'
        order by noted_at limit 100 for update skip locked
    );
    insert into countries_publicchange (measures) values (changed);
end
$$
"""


class Migration(migrations.Migration):
    dependencies = [("countries", "0003_values_fit_their_unit")]
    operations = [
        migrations.RunSQL(LOG, "drop table countries_publicchange"),
        migrations.RunSQL(NOTE, "drop function note_public_change(bigint[])"),
    ]
