-- The words by which the archive finds a source: its title, publisher and address, and the texts of its captures.
--
-- `measures_sourcetext` keeps one vector a source, so that words of the title and of the text find it together. Statement
-- triggers bring it up to date. The newest text has the places of its words, for phrases and for the order of hits; texts
-- before it have the words alone. PostgreSQL ends a vector at a megabyte: older texts that no longer fit are left out.
--
-- Two transactions at once (READ COMMITTED): the sources are locked before their vectors are computed, so that the second
-- sees what the first wrote. Not seen: TRUNCATE of a single table and sessions with `session_replication_role = replica`.

-- A source of another language, or of none recorded, is read in all three: nobody knows how its words are stemmed.
create or replace function measures_source_words(language text, body text, weight "char") returns tsvector
language sql immutable parallel safe
return case split_part(language, '-', 1)
    when 'en' then measures_search_words('english', body, weight)
    when 'es' then measures_search_words('spanish', body, weight)
    when 'pt' then measures_search_words('portuguese', body, weight)
    else measures_search_words('english', body, weight) || measures_search_words('spanish', body, weight)
        || measures_search_words('portuguese', body, weight)
end;

-- An import that knows no more of a source than its address makes that its title, too.
create or replace function measures_source_heading(language text, title text, publisher text, url text)
    returns tsvector
language sql immutable parallel safe
return case when title = url then ''::tsvector else measures_source_words(language, title, 'A') end
    || case when publisher = '' then ''::tsvector else measures_source_words(language, publisher, 'B') end
    || case when url = '' then ''::tsvector else setweight(
        to_tsvector('simple', url) || to_tsvector('simple', regexp_replace(url, '[^[:alnum:]]+', ' ', 'g')), 'C') end;

create or replace function measures_source_vector(id bigint) returns tsvector language plpgsql stable as $$
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
end $$;

create or replace function measures_source_refresh(touched bigint[]) returns void language plpgsql as $$
begin
    if touched is null then
        return;
    end if;
    perform from measures_source where id = any(touched) order by id for no key update;
    insert into measures_sourcetext as kept (source_id, vector)
    select id, measures_source_vector(id) from measures_source where id = any(touched)
    on conflict (source_id) do update set vector = excluded.vector where kept.vector <> excluded.vector;
end $$;

-- A new source has no captures yet
create or replace function measures_sourcetext_new() returns trigger language plpgsql as $$
begin
    insert into measures_sourcetext (source_id, vector)
    select id, measures_source_heading(language, title, publisher, url) from new_rows;
    return null;
end $$;
create or replace trigger measures_sourcetext_new after insert on measures_source referencing new table as new_rows
    for each statement execute function measures_sourcetext_new();

create or replace function measures_sourcetext_measures_source_update() returns trigger language plpgsql as $$
begin
    perform measures_source_refresh((select array_agg(distinct id) from (
    select n.id from old_rows o join new_rows n using (id)
    where (o.title, o.publisher, o.url, o.language) is distinct from (n.title, n.publisher, n.url, n.language)
) touched));
    return null;
end $$;
create or replace trigger measures_sourcetext_measures_source_update after update on measures_source
    referencing old table as old_rows new table as new_rows
    for each statement execute function measures_sourcetext_measures_source_update();

create or replace function measures_sourcetext_measures_documenttext_insert() returns trigger language plpgsql as $$
begin
    perform measures_source_refresh((select array_agg(distinct id) from (select k.source_id as id
        from (select * from new_rows) d join measures_capture k on k.id = d.capture_id) touched));
    return null;
end $$;
create or replace trigger measures_sourcetext_measures_documenttext_insert after insert on measures_documenttext
    referencing new table as new_rows
    for each statement execute function measures_sourcetext_measures_documenttext_insert();

create or replace function measures_sourcetext_measures_documenttext_update() returns trigger language plpgsql as $$
begin
    perform measures_source_refresh((select array_agg(distinct id) from (select k.source_id as id
        from (select * from old_rows union all select * from new_rows) d join measures_capture k on k.id = d.capture_id) touched));
    return null;
end $$;
create or replace trigger measures_sourcetext_measures_documenttext_update after update on measures_documenttext
    referencing old table as old_rows new table as new_rows
    for each statement execute function measures_sourcetext_measures_documenttext_update();

create or replace function measures_sourcetext_measures_documenttext_delete() returns trigger language plpgsql as $$
begin
    perform measures_source_refresh((select array_agg(distinct id) from (select k.source_id as id
        from (select * from old_rows) d join measures_capture k on k.id = d.capture_id) touched));
    return null;
end $$;
create or replace trigger measures_sourcetext_measures_documenttext_delete after delete on measures_documenttext
    referencing old table as old_rows
    for each statement execute function measures_sourcetext_measures_documenttext_delete();

create or replace function measures_sources_found(query tsquery) returns bigint[]
language sql stable parallel safe set enable_seqscan = off set jit = off as $$
    select coalesce(array_agg(source_id), '{}') from measures_sourcetext where vector @@ query
$$;
