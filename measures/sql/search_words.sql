-- The words by which entries and documents are found, and what a typed search asks for.

create or replace function measures_readable(body text) returns text
language sql immutable parallel safe
return case
    when body ~ '[^[:space:]]{250}' then translate(body, '<>_@~/:', '       ')
    else translate(body, '<>_', '   ')
end;

create or replace function measures_search_words_of_long(configuration regconfig, body text, weight "char")
    returns tsvector
language sql immutable parallel safe
return case
    when octet_length(body) = length(body) then setweight(to_tsvector(configuration, body), weight)
    else setweight(to_tsvector(configuration, body), weight)
        || setweight(to_tsvector(configuration, fold_accents(body)), weight)
end;

-- Stemmed as written, and where it has more than ASCII once more with the accents folded: folding before stemming would
-- part `educación` from `educaciones`, and a reader without accents on the keyboard would find neither.
create or replace function measures_search_words(configuration regconfig, body text, weight "char") returns tsvector
language sql immutable parallel safe
return case
    when body is null or body = '' then ''::tsvector
    when octet_length(body) > 2000 then measures_search_words_of_long(configuration, measures_readable(body), weight)
    when octet_length(body) = length(body) then setweight(to_tsvector(configuration, body), weight)
    else setweight(to_tsvector(configuration, body), weight)
        || setweight(to_tsvector(configuration, fold_accents(body)), weight)
end;

-- One typed word or phrase, as any of the three languages reads it, with its accents and without; as a beginning of a
-- word, also every word that begins so. `is_filler`: a language drops it ("de", "the"), so that nobody may require it.
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
$$;

-- Everything wanted and nothing excluded; finds nothing where nothing is wanted. Fillers count where there is no more.
create or replace function measures_search_query(wanted text[], excluded text[], ends_in_beginning boolean) returns tsquery
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
end $$;
