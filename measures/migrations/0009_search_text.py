"""The search vector moves to a table of its own, which also holds the words of tags, bodies, countries and sources.

`measures_searchvector`, a view, says what the vector of an entry is; `measures_searchtext` keeps it. Statement triggers
on every table that the view reads put the entries touched into a queue, and a constraint trigger on the queue brings
their vectors up to date: at the end of each statement, or once at commit for who says
`set constraints measures_search_rebuild deferred`. PostgreSQL lets no transaction commit before, so that no committed
vector is stale. Not seen: TRUNCATE of a single table and sessions with `session_replication_role = replica`, after
which `measures_search_rebuild_all()` puts everything right.

Two transactions at once (READ COMMITTED): the vectors of an entry are locked before they are computed, so that the
second sees what the first wrote. Who changes a label waits for all who have changed entries, and they for him: neither
would see the other's rows.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

CONFIGURATIONS = {"en": "english", "es": "spanish", "pt": "portuguese"}

# Stemmed as written, and where it has more than ASCII once more with the accents folded: folding before stemming would
# part `educación` from `educaciones`, and a reader without accents on the keyboard would find neither.
WORDS = """
create function measures_search_words(configuration regconfig, body text, weight "char") returns tsvector
language sql immutable parallel safe
return case
    when body is null or body = '' then ''::tsvector
    when octet_length(body) = length(body) then setweight(to_tsvector(configuration, body), weight)
    else setweight(to_tsvector(configuration, body), weight)
        || setweight(to_tsvector(configuration, fold_accents(body)), weight)
end
"""


def _in_each_language(weight: str, text: str) -> str:
    return " || ".join(
        f"measures_search_words('{configuration}', {text.format(la=language)}, '{weight}')"
        for language, configuration in CONFIGURATIONS.items()
    )


KNOWN = "('en', 'es', 'pt')"
TITLES = _in_each_language("A", "m.title_{la}")
SHORT_TITLES = _in_each_language(
    "B",
    "concat_ws(' ', nullif(m.short_title_{la}, ''),"
    f" case when split_part(m.original_language, '-', 1) = '{{la}}'"
    f" or split_part(m.original_language, '-', 1) not in {KNOWN} then nullif(m.official_title, '') end)",
)
SUMMARIES = _in_each_language("C", "m.summary_{la}")
NAMES = _in_each_language(
    "D", "concat_ws(' ', t.{la}, g.{la}, b.name_{la}, c.name_{la}, o.{la}, s.{la})"
)


def _labels(alias: str, through: str, table: str, key: str, column: str = "label", pk: str = "id") -> str:
    texts = ", ".join(f"string_agg(x.{column}_{la}, ' ' order by x.{pk}) as {la}" for la in CONFIGURATIONS)
    return f"""
left join lateral (
    select {texts} from {through} r join {table} x on x.{pk} = r.{key} where r.measure_id = m.id
) {alias} on true"""


SOURCES = "".join(
    f"string_agg(body, ' ' order by id) filter (where language = '{la}') as {la}, " for la in CONFIGURATIONS
)

VIEW = f"""
create view measures_searchvector as
select m.id as measure_id,
    {TITLES}
    || case when m.reference = '' then ''::tsvector else setweight(
        to_tsvector('simple', translate(m.reference || ' ' || m.reference_key, '/-', '  ')), 'A') end
    || {SHORT_TITLES}
    || {SUMMARIES}
    || {NAMES}
    || measures_search_words('simple', concat_ws(' ', b.native_name, b.acronym, b.aliases, s.other), 'D') as vector
from measures_measure m
left join countries_country c on c.iso3 = m.country_id
left join measures_issuingbody b on b.id = m.issuing_body_id
{_labels("t", "measures_measure_topics", "measures_topic", "topic_id")}
{_labels("g", "measures_measure_target_groups", "measures_targetgroup", "targetgroup_id")}
{_labels("o", "measures_measure_origin_countries", "countries_country", "country_id", "name", "iso3")}
left join lateral (
    select {SOURCES} string_agg(body, ' ' order by id) filter (where language not in {KNOWN}) as other
    from (
        select i.id, split_part(x.language, '-', 1) as language, concat_ws(' ', x.title, nullif(i.quote, '')) as body
        from measures_citation i join measures_source x on x.id = i.source_id where i.measure_id = m.id
    ) cited
) s on true
"""

# Unlogged: a row never outlives its transaction.
QUEUE = """
create unlogged table measures_searchqueue (
    measures bigint[], topics bigint[], target_groups bigint[], issuing_bodies bigint[], countries text[],
    sources bigint[]
)
"""

REBUILD = """
create function measures_search_rebuild() returns trigger language plpgsql as $$
declare touched bigint[];
begin
    if not exists (select from measures_searchqueue) then  -- the first row of a transaction has done it for all
        return null;
    end if;
    if exists (select from measures_searchqueue where measures is null) then
        perform pg_advisory_xact_lock(hashtext('measures_search'));
    else
        perform pg_advisory_xact_lock_shared(hashtext('measures_search'));
    end if;
    with queued as (delete from measures_searchqueue returning *)
    select array_agg(id order by id) into touched from (
        select unnest(measures) as id from queued
        union select measure_id from measures_measure_topics where topic_id in (select unnest(topics) from queued)
        union select measure_id from measures_measure_target_groups
            where targetgroup_id in (select unnest(target_groups) from queued)
        union select id from measures_measure where issuing_body_id in (select unnest(issuing_bodies) from queued)
        union select id from measures_measure where country_id in (select unnest(countries) from queued)
        union select measure_id from measures_measure_origin_countries
            where country_id in (select unnest(countries) from queued)
        union select measure_id from measures_citation where source_id in (select unnest(sources) from queued)
    ) found;
    perform from measures_searchtext where measure_id = any(touched) order by measure_id for update;
    insert into measures_searchtext as kept (measure_id, vector)
    select measure_id, vector from measures_searchvector where measure_id = any(touched)
    on conflict (measure_id) do update set vector = excluded.vector where kept.vector <> excluded.vector;
    return null;
end $$;
create constraint trigger measures_search_rebuild after insert on measures_searchqueue
    deferrable initially immediate for each row execute function measures_search_rebuild()
"""

FILL = "insert into measures_searchtext (measure_id, vector) select measure_id, vector from measures_searchvector"

REBUILD_ALL = f"""
create function measures_search_rebuild_all() returns void language plpgsql as $$
begin
    drop index measures_searchtext_vector;
    truncate measures_searchtext;
    {FILL};
    create index measures_searchtext_vector on measures_searchtext using gin (vector);
end $$
"""

OWN_TEXTS = (
    "title_en title_es title_pt short_title_en short_title_es short_title_pt summary_en summary_es summary_pt"
    " official_title original_language reference country_id issuing_body_id"
).split()
# One typed word or phrase, as any of the three languages reads it, with its accents and without; as a beginning of a
# word, also every word that begins so. `is_filler`: a language drops it ("de", "the"), so that nobody may require it.
ITEM = """
create function measures_search_item(item text, is_beginning boolean, out query tsquery, out is_filler boolean)
language sql immutable parallel safe as $$
    with readings as (
        select phraseto_tsquery(configuration, body) as reading, configuration
        from unnest('{english,spanish,portuguese,simple}'::regconfig[]) configuration,
            (select item union select fold_accents(item)) typed (body)
        union all select phraseto_tsquery('simple', translate(item, '/-', '  ')), 'simple' where item ~ '[0-9]'
    ),
    beginnings as (
        select (reading::text || ':*')::tsquery as reading from readings
        where is_beginning and configuration = 'simple'::regconfig and numnode(reading) > 0
    )
    select coalesce(
        (
            select string_agg(distinct '(' || reading::text || ')', ' | ')::tsquery
            from (select reading from readings union all select reading from beginnings) readings
            where numnode(reading) > 0
        ), ''),
        (select bool_or(numnode(reading) = 0) from readings)
$$
"""

# Everything wanted and nothing excluded; finds nothing where nothing is wanted. Fillers count where there is no more.
QUERY = """
create function measures_search_query(wanted text[], excluded text[], ends_in_beginning boolean) returns tsquery
language plpgsql immutable parallel safe set client_min_messages = warning as $$
declare
    found tsquery := '';
    fillers tsquery := '';
    item record;
begin
    for item in
        select i.query, i.is_filler
        from unnest(wanted) with ordinality w (body, position),
            measures_search_item(body, ends_in_beginning and position = cardinality(wanted)) i
    loop
        if item.is_filler then
            fillers := fillers && item.query;
        else
            found := found && item.query;
        end if;
    end loop;
    if numnode(found) = 0 then
        found := fillers;
    end if;
    if numnode(found) > 0 then
        for item in select i.query from unnest(excluded) e (body), measures_search_item(body, false) i
        loop
            if numnode(item.query) > 0 then
                found := found && !!item.query;
            end if;
        end loop;
    end if;
    return found;
end $$
"""

PARTS = (
    "measures_measure_topics", "measures_measure_target_groups", "measures_measure_origin_countries", "measures_citation",
)
LABELS = {
    "measures_topic": ("topics", "id", ("label_en", "label_es", "label_pt")),
    "measures_targetgroup": ("target_groups", "id", ("label_en", "label_es", "label_pt")),
    "measures_issuingbody": (
        "issuing_bodies", "id", ("name_en", "name_es", "name_pt", "native_name", "acronym", "aliases")
    ),
    "countries_country": ("countries", "iso3", ("name_en", "name_es", "name_pt")),
    "measures_source": ("sources", "id", ("title", "language")),
}
ROWS = {
    "insert": ("new table as new_rows", "select * from new_rows"),
    "update": ("old table as old_rows new table as new_rows", "select * from old_rows union all select * from new_rows"),
    "delete": ("old table as old_rows", "select * from old_rows"),
}


def _trigger(table: str, operation: str, column: str, ids: str) -> str:
    name = f"measures_search_{table}_{operation}"
    return f"""
create function {name}() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue ({column})
    select ids from (select array_agg(distinct id) from ({ids}) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create trigger {name} after {operation} on {table} referencing {ROWS[operation][0]}
    for each statement execute function {name}();
"""


def _changed(pk: str, columns: tuple[str, ...] | list[str]) -> str:
    before, after = (", ".join(f"{alias}.{column}" for column in columns) for alias in ("o", "n"))
    return (
        f"select n.{pk} as id from old_rows o join new_rows n using ({pk})"
        f" where ({before}) is distinct from ({after})"
    )


TRIGGERS = [
    ("measures_measure", "insert", "measures", "select id from new_rows"),
    ("measures_measure", "update", "measures", _changed("id", OWN_TEXTS)),
    *(
        (table, operation, "measures", f"select measure_id as id from ({rows}) changed")
        for table in PARTS
        for operation, (_, rows) in ROWS.items()
    ),
    *((table, "update", column, _changed(pk, texts)) for table, (column, pk, texts) in LABELS.items()),
]

# Always out of line where it is long, and not compressed: pglz cost more time than it saved in reading.
STORAGE = """
alter table measures_searchtext alter column vector set storage external, set (toast_tuple_target = 128);
alter table measures_searchtext add constraint measures_searchtext_measure foreign key (measure_id)
    references measures_measure (id) on delete cascade
"""

OLD_TEXTS = [
    *(f"{field}_{language}" for field in ("title", "short_title", "summary") for language in CONFIGURATIONS),
    "official_title",
    "reference",
]


class Migration(migrations.Migration):
    dependencies = [
        ("measures", "0008_note_public_changes"),
        ("countries", "0005_note_public_changes"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="measure", name="measures_measure_search"),
        migrations.RemoveField(model_name="measure", name="search"),
        migrations.RunSQL(f"drop function measure_search({', '.join(['text'] * len(OLD_TEXTS))})"),
        migrations.CreateModel(
            name="SearchText",
            fields=[
                (
                    "measure",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="search_text",
                        serialize=False,
                        to="measures.measure",
                    ),
                ),
                ("vector", django.contrib.postgres.search.SearchVectorField()),
            ],
        ),
        migrations.RunSQL(STORAGE),
        migrations.RunSQL(WORDS),
        migrations.RunSQL(ITEM),
        migrations.RunSQL(QUERY),
        migrations.RunSQL(VIEW),
        migrations.RunSQL(QUEUE),
        migrations.RunSQL(REBUILD),
        migrations.RunSQL(REBUILD_ALL),
        *(migrations.RunSQL(_trigger(*arguments)) for arguments in TRIGGERS),
        migrations.RunSQL(FILL),
        migrations.AddIndex(
            model_name="searchtext",
            index=django.contrib.postgres.indexes.GinIndex(fields=["vector"], name="measures_searchtext_vector"),
        ),
    ]
