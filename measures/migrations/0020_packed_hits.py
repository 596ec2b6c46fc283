"""What `measures_search_found` finds, packed: eight bytes an identifier, which takes a fifth less time than an array."""

from django.db import migrations

PACKED = """
create function measures_search_packed(query tsquery, reference_beginning text) returns bytea
language sql stable parallel safe set enable_seqscan = off set jit = off as $$
    select string_agg(int8send(id), '') from (
        select measure_id as id from measures_searchtext where vector @@ query
        union all
        select m.id from measures_measure m
        where m.reference_key like reference_beginning || '%'
            and not exists (select from measures_searchtext s where s.measure_id = m.id and s.vector @@ query)
    ) found
$$
"""


class Migration(migrations.Migration):
    dependencies = [("measures", "0019_claim_links_by_host")]

    operations = [
        migrations.RunSQL(PACKED, "drop function measures_search_packed(tsquery, text)"),
    ]
