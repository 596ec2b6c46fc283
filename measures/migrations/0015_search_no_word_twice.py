"""The beginning of a word finds the word itself, too: a query no longer asks for both.

Of a word in two entries of three the index then merges two lists of a million entries instead of four.
"""

from django.db import migrations

ITEM = """
create or replace function measures_search_item(
    item text, is_beginning boolean, out query tsquery, out is_filler boolean
) language sql immutable parallel safe as $$
    with readings as (
        select phraseto_tsquery(configuration, body)::text as reading, configuration
        from unnest('{english,spanish,portuguese,simple}'::regconfig[]) configuration,
            (select item union select fold_accents(item)) typed (body)
        union all
        select phraseto_tsquery('simple', translate(item, '/-', '  '))::text, 'simple' where item ~ '[0-9]'
    ),
    beginnings as (
        select reading from readings where is_beginning and configuration = 'simple'::regconfig and reading <> ''
    ),
    wanted as (
        select reading from readings where reading <> '' except select reading from beginnings
        union all select reading || ':*' from beginnings
    )
    select coalesce((select string_agg(distinct '(' || reading || ')', ' | ')::tsquery from wanted), ''),
        (select bool_or(reading = '') from readings)
$$
"""


class Migration(migrations.Migration):
    dependencies = [("measures", "0014_order_of_identifiers")]

    operations = [
        migrations.RunSQL(ITEM, migrations.RunSQL.noop),
    ]
