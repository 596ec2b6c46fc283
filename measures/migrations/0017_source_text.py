"""The words by which the archive finds a source: its title, publisher and address, and the texts of its captures.

`measures_sourcetext` keeps one vector a source, so that words of the title and of the text find it together. Statement
triggers bring it up to date. The newest text has the places of its words, for phrases and for the order of hits; texts
before it have the words alone. PostgreSQL ends a vector at a megabyte: older texts that no longer fit are left out.

Two transactions at once (READ COMMITTED): the sources are locked before their vectors are computed, so that the second
sees what the first wrote. Not seen: TRUNCATE of a single table and sessions with `session_replication_role = replica`.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

# A source of another language, or of none recorded, is read in all three: nobody knows how its words are stemmed.
WORDS = """
create function measures_source_words(language text, body text, weight "char") returns tsvector
language sql immutable parallel safe
return case split_part(language, '-', 1)
    when 'en' then measures_search_words('english', body, weight)
    when 'es' then measures_search_words('spanish', body, weight)
    when 'pt' then measures_search_words('portuguese', body, weight)
    else measures_search_words('english', body, weight) || measures_search_words('spanish', body, weight)
        || measures_search_words('portuguese', body, weight)
end
"""

# An import that knows no more of a source than its address makes that its title, too.
HEADING = """
create function measures_source_heading(language text, title text, publisher text, url text) returns tsvector
language sql immutable parallel safe
return case when title = url then ''::tsvector else measures_source_words(language, title, 'A') end
    || case when publisher = '' then ''::tsvector else measures_source_words(language, publisher, 'B') end
    || case when url = '' then ''::tsvector else setweight(
        to_tsvector('simple', url) || to_tsvector('simple', regexp_replace(url, '[^[:alnum:]]+', ' ', 'g')), 'C') end
"""

VECTOR = """
create function measures_source_vector(id bigint) returns tsvector language plpgsql stable as $$
declare
    words tsvector;
    kept record;
    is_newest boolean := true;
begin
    select measures_source_heading(s.language, s.title, s.publisher, s.url) into words
    from measures_source s where s.id = measures_source_vector.id;
    for kept in
        select d.vector from measures_documenttext d join measures_capture k on k.id = d.capture_id
        where k.source_id = measures_source_vector.id and d.vector is not null
        order by k.captured_at desc, k.id desc
    loop
        begin
            words := words || case when is_newest then setweight(kept.vector, 'D') else strip(kept.vector) end;
        exception when program_limit_exceeded then
            continue;
        end;
        is_newest := false;
    end loop;
    return words;
end $$
"""

REFRESH = """
create function measures_source_refresh(touched bigint[]) returns void language plpgsql as $$
begin
    if touched is null then
        return;
    end if;
    perform from measures_source where id = any(touched) order by id for no key update;
    insert into measures_sourcetext as kept (source_id, vector)
    select id, measures_source_vector(id) from measures_source where id = any(touched)
    on conflict (source_id) do update set vector = excluded.vector where kept.vector <> excluded.vector;
end $$
"""

ROWS = {
    "insert": ("new table as new_rows", "select * from new_rows"),
    "update": ("old table as old_rows new table as new_rows", "select * from old_rows union all select * from new_rows"),
    "delete": ("old table as old_rows", "select * from old_rows"),
}
CHANGED = """
    select n.id from old_rows o join new_rows n using (id)
    where (o.title, o.publisher, o.url, o.language) is distinct from (n.title, n.publisher, n.url, n.language)
"""
OF_CAPTURES = "select k.source_id as id from ({rows}) d join measures_capture k on k.id = d.capture_id"


def _trigger(table: str, operation: str, ids: str) -> str:
    name = f"measures_sourcetext_{table}_{operation}"
    return f"""
create function {name}() returns trigger language plpgsql as $$
begin
    perform measures_source_refresh((select array_agg(distinct id) from ({ids}) touched));
    return null;
end $$;
create trigger {name} after {operation} on {table} referencing {ROWS[operation][0]}
    for each statement execute function {name}();
"""


# A new source has no captures yet
INSERTED = """
create function measures_sourcetext_new() returns trigger language plpgsql as $$
begin
    insert into measures_sourcetext (source_id, vector)
    select id, measures_source_heading(language, title, publisher, url) from new_rows;
    return null;
end $$;
create trigger measures_sourcetext_new after insert on measures_source referencing new table as new_rows
    for each statement execute function measures_sourcetext_new();
"""
TRIGGERS = [
    ("measures_source", "update", CHANGED),
    *(("measures_documenttext", operation, OF_CAPTURES.format(rows=rows)) for operation, (_, rows) in ROWS.items()),
]

# Always out of line where it is long, and not compressed: pglz costs more time than it saves in reading.
STORAGE = """
alter table measures_sourcetext alter column vector set storage external, set (toast_tuple_target = 128);
alter table measures_sourcetext add constraint measures_sourcetext_source foreign key (source_id)
    references measures_source (id) on delete cascade
"""
FILL = """
insert into measures_sourcetext (source_id, vector) select id, measures_source_vector(id) from measures_source
"""

# Always by the index, as for entries: the planner does not know that a vector lies out of line.
FOUND = """
create function measures_sources_found(query tsquery) returns bigint[]
language sql stable parallel safe set enable_seqscan = off set jit = off as $$
    select coalesce(array_agg(source_id), '{}') from measures_sourcetext where vector @@ query
$$
"""


class Migration(migrations.Migration):
    dependencies = [("measures", "0016_archive")]

    operations = [
        migrations.CreateModel(
            name="SourceText",
            fields=[
                (
                    "source",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="search_text",
                        serialize=False,
                        to="measures.source",
                    ),
                ),
                ("vector", django.contrib.postgres.search.SearchVectorField()),
            ],
        ),
        migrations.RunSQL(STORAGE),
        migrations.RunSQL(WORDS),
        migrations.RunSQL(HEADING),
        migrations.RunSQL(VECTOR),
        migrations.RunSQL(REFRESH),
        migrations.RunSQL(INSERTED),
        *(migrations.RunSQL(_trigger(*arguments)) for arguments in TRIGGERS),
        migrations.RunSQL(FILL),
        migrations.AddIndex(
            model_name="sourcetext",
            index=django.contrib.postgres.indexes.GinIndex(fields=["vector"], name="measures_sourcetext_vector"),
        ),
        migrations.RunSQL(FOUND),
    ]
