-- The search vectors of the entries.
-- `measures_searchvector`, a view, says what the vector of an entry is; `measures_searchtext` keeps it. Statement triggers
-- on every table that the view reads put the entries touched into a queue, and a constraint trigger on the queue brings
-- their vectors up to date: at the end of each statement, or once at commit for who says
-- `set constraints measures_search_rebuild deferred`. PostgreSQL lets no transaction commit before, so that no committed
-- vector is stale. Not seen: TRUNCATE of a single table and sessions with `session_replication_role = replica`, after
-- which `measures_search_rebuild_all()` puts everything right.
--
-- Two transactions at once (READ COMMITTED): the vectors of an entry are locked before they are computed, so that the
-- second sees what the first wrote. Who changes a label waits for all who have changed entries, and they for him: neither
-- would see the other's rows.

create or replace view measures_searchvector as
select m.id as measure_id,
    measures_search_words('english', m.title_en, 'A')
    || measures_search_words('spanish', m.title_es, 'A')
    || measures_search_words('portuguese', m.title_pt, 'A')
    || case when m.reference = '' then ''::tsvector else setweight(
        to_tsvector('simple', translate(m.reference || ' ' || m.reference_key, '/-', '  ')), 'A') end
    || coalesce(setweight(to_tsvector('simple', translate(a.body, '/-', '  ')), 'A'), '')
   
    || measures_search_words('english', concat_ws(' ', nullif(m.short_title_en, ''),
        case when split_part(m.original_language, '-', 1) = 'en' or split_part(m.original_language, '-', 1)
            not in ('en', 'es', 'pt') then nullif(m.official_title, '') end), 'B')
    || measures_search_words('spanish', concat_ws(' ', nullif(m.short_title_es, ''),
        case when split_part(m.original_language, '-', 1) = 'es' or split_part(m.original_language, '-', 1)
            not in ('en', 'es', 'pt') then nullif(m.official_title, '') end), 'B')
    || measures_search_words('portuguese', concat_ws(' ', nullif(m.short_title_pt, ''),
        case when split_part(m.original_language, '-', 1) = 'pt' or split_part(m.original_language, '-', 1)
            not in ('en', 'es', 'pt') then nullif(m.official_title, '') end), 'B')
   
    || measures_search_words('english', concat_ws(' ', nullif(m.summary_en, ''), nullif(m.plain_en, '')), 'C')
    || measures_search_words('spanish', concat_ws(' ', nullif(m.summary_es, ''), nullif(m.plain_es, '')), 'C')
    || measures_search_words('portuguese', concat_ws(' ', nullif(m.summary_pt, ''), nullif(m.plain_pt, '')), 'C')
   
    || measures_search_words('english', concat_ws(' ', t.en, g.en, b.name_en, f.en, c.name_en, p.en, d.en, o.en, s.en), 'D')
    || measures_search_words('spanish', concat_ws(' ', t.es, g.es, b.name_es, f.es, c.name_es, p.es, d.es, o.es, s.es), 'D')
    || measures_search_words('portuguese', concat_ws(' ', t.pt, g.pt, b.name_pt, f.pt, c.name_pt, p.pt, d.pt, o.pt, s.pt), 'D')
    || measures_search_words('simple', concat_ws(' ', b.native_name, b.acronym, b.aliases, f.other, p.other, s.other), 'D') as vector
from measures_measure m
left join countries_country c on c.iso3 = m.country_id
left join measures_issuingbody b on b.id = m.issuing_body_id
left join lateral (
    select string_agg(x.name_en, ' ' order by r.position) as en, string_agg(x.name_es, ' ' order by r.position) as es,
        string_agg(x.name_pt, ' ' order by r.position) as pt,
        string_agg(concat_ws(' ', x.native_name, x.acronym, x.aliases), ' ' order by r.position) as other
    from measures_furtherbody r join measures_issuingbody x on x.id = r.body_id where r.measure_id = m.id
) f on true
left join lateral (
    select string_agg(x.name_en, ' ' order by x.id) as en, string_agg(x.name_es, ' ' order by x.id) as es,
        string_agg(x.name_pt, ' ' order by x.id) as pt, string_agg(x.native_name, ' ' order by x.id) as other
    from measures_measure_areas r join countries_countryarea x on x.id = r.countryarea_id where r.measure_id = m.id
) p on true
left join lateral (
    select string_agg(x.name_en, ' ' order by x.iso3) as en, string_agg(x.name_es, ' ' order by x.iso3) as es,
        string_agg(x.name_pt, ' ' order by x.iso3) as pt
    from measures_measure_binds r join countries_country x on x.iso3 = r.country_id where r.measure_id = m.id
) d on true

left join lateral (
    select string_agg(x.label_en, ' '
        order by x.id) as en, string_agg(x.label_es, ' '
        order by x.id) as es, string_agg(x.label_pt, ' '
        order by x.id) as pt from measures_measure_topics r join measures_topic x on x.id = r.topic_id where r.measure_id = m.id
) t on true

left join lateral (
    select string_agg(x.label_en, ' '
        order by x.id) as en, string_agg(x.label_es, ' '
        order by x.id) as es, string_agg(x.label_pt, ' '
        order by x.id) as pt from measures_measure_target_groups r join measures_targetgroup x on x.id = r.targetgroup_id where r.measure_id = m.id
) g on true

left join lateral (
    select string_agg(x.name_en, ' '
        order by x.iso3) as en, string_agg(x.name_es, ' '
        order by x.iso3) as es, string_agg(x.name_pt, ' '
        order by x.iso3) as pt from measures_measure_origin_countries r join countries_country x on x.iso3 = r.country_id where r.measure_id = m.id
) o on true
left join lateral (
    select string_agg(x.reference || ' ' || reference_key(x.reference), ' ' order by x.id) as body
    from measures_referencealias x where x.measure_id = m.id
) a on true
left join lateral (
    select string_agg(body, ' ' order by id) filter (where language = 'en') as en, string_agg(body, ' ' order by id) filter (where language = 'es') as es, string_agg(body, ' ' order by id) filter (where language = 'pt') as pt,  string_agg(body, ' ' order by id) filter (where language
        not in ('en', 'es', 'pt')) as other
    from (
        select i.id, split_part(x.language, '-', 1) as language, concat_ws(' ', x.title, nullif(i.quote, '')) as body
        from measures_citation i join measures_source x on x.id = i.source_id where i.measure_id = m.id
    ) cited
) s on true;

-- The free text of an entry, from which "did you mean" takes its words.
create or replace view measures_freetext as
select id as measure_id, workflow, concat_ws(' ',
    title_en, title_es, title_pt, official_title, summary_en, summary_es, summary_pt,
    plain_en, plain_es, plain_pt) as body
from measures_measure;

-- The columns of an entry that `measures_searchvector` reads: a change of any other leaves its vector alone.
create or replace function measures_search_measures_measure_update() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids from (
        select array_agg(id) from old_rows o join new_rows n using (id)
        where (
            o.title_en, o.title_es, o.title_pt, o.short_title_en, o.short_title_es, o.short_title_pt,
            o.summary_en, o.summary_es, o.summary_pt, o.plain_en, o.plain_es, o.plain_pt, o.official_title, o.original_language,
            o.reference, o.country_id, o.issuing_body_id
        ) is distinct from (
            n.title_en, n.title_es, n.title_pt, n.short_title_en, n.short_title_es, n.short_title_pt,
            n.summary_en, n.summary_es, n.summary_pt, n.plain_en, n.plain_es, n.plain_pt, n.official_title, n.original_language,
            n.reference, n.country_id, n.issuing_body_id
        )
    ) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_measure_update after update on measures_measure
    referencing old table as old_rows new table as new_rows
    for each statement execute function measures_search_measures_measure_update();

-- Unlogged: a row never outlives its transaction.
create unlogged table if not exists measures_searchqueue (
    measures bigint[], topics bigint[], target_groups bigint[], issuing_bodies bigint[], countries text[],
    sources bigint[]
);
alter table measures_searchqueue add column if not exists areas bigint[];

-- Not planned anew for each number of entries, which takes longer than to read one: each is read by the index anyway.
create or replace function measures_search_rebuild() returns trigger
language plpgsql set plan_cache_mode = force_generic_plan as $$
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
        union select measure_id from measures_furtherbody
            where body_id in (select unnest(issuing_bodies) from queued)
        union select measure_id from measures_measure_areas where countryarea_id in (select unnest(areas) from queued)
        union select measure_id from measures_measure_binds where country_id in (select unnest(countries) from queued)
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
drop trigger if exists measures_search_rebuild on measures_searchqueue;
create constraint trigger measures_search_rebuild after insert on measures_searchqueue
    deferrable initially immediate for each row execute function measures_search_rebuild();

create or replace function measures_search_rebuild_all() returns void language plpgsql as $$
begin
    drop index measures_searchtext_vector;
    truncate measures_searchtext;
    insert into measures_searchtext (measure_id, vector) select measure_id, vector from measures_searchvector;
    create index measures_searchtext_vector on measures_searchtext using gin (vector);
end $$;

-- The entries that a query finds, always by the index.
--
-- The planner does not know that a vector lies out of line: for a common word it reads every vector, which took 480 ms of
-- 100,000 entries where the index takes 30.
create or replace function measures_search_found(query tsquery, reference_beginning text) returns bigint[]
language sql stable parallel safe set enable_seqscan = off set jit = off as $$
    select coalesce(array_agg(id), '{}') from (
        select measure_id as id from measures_searchtext where vector @@ query
        union all
        select m.id from measures_measure m
        where m.reference_key like reference_beginning || '%'
            and not exists (select from measures_searchtext s where s.measure_id = m.id and s.vector @@ query)
    ) found
$$;

create or replace function measures_search_packed(query tsquery, reference_beginning text) returns bytea
language plpgsql stable parallel safe set enable_seqscan = off set jit = off as $$
begin
    return coalesce((select string_agg(int8send(measure_id), '') from measures_searchtext where vector @@ query), '')
        || coalesce((
            select string_agg(int8send(id), '') from measures_measure where reference_key like reference_beginning || '%'
        ), '');
end $$;
