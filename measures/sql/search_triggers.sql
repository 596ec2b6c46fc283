-- Each statement that changes what a vector is made of puts the entries concerned into the queue. That for changes of
-- an entry's own columns stands beside the view that reads them, in search.sql.

create or replace function measures_search_measures_measure_insert() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select id from new_rows) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_measure_insert after insert on measures_measure
    referencing new table as new_rows
    for each statement execute function measures_search_measures_measure_insert();

create or replace function measures_search_measures_measure_topics_insert() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from new_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_measure_topics_insert after insert on measures_measure_topics
    referencing new table as new_rows
    for each statement execute function measures_search_measures_measure_topics_insert();

create or replace function measures_search_measures_measure_topics_update() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from old_rows union all select * from new_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_measure_topics_update after update on measures_measure_topics
    referencing old table as old_rows new table as new_rows
    for each statement execute function measures_search_measures_measure_topics_update();

create or replace function measures_search_measures_measure_topics_delete() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from old_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_measure_topics_delete after delete on measures_measure_topics
    referencing old table as old_rows
    for each statement execute function measures_search_measures_measure_topics_delete();

create or replace function measures_search_measures_measure_target_groups_insert()
    returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from new_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_measure_target_groups_insert after insert on measures_measure_target_groups
    referencing new table as new_rows
    for each statement execute function measures_search_measures_measure_target_groups_insert();

create or replace function measures_search_measures_measure_target_groups_update()
    returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from old_rows union all select * from new_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_measure_target_groups_update after update on measures_measure_target_groups
    referencing old table as old_rows new table as new_rows
    for each statement execute function measures_search_measures_measure_target_groups_update();

create or replace function measures_search_measures_measure_target_groups_delete()
    returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from old_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_measure_target_groups_delete after delete on measures_measure_target_groups
    referencing old table as old_rows
    for each statement execute function measures_search_measures_measure_target_groups_delete();

create or replace function measures_search_measures_measure_origin_countries_insert()
    returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from new_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_measure_origin_countries_insert after insert on measures_measure_origin_countries
    referencing new table as new_rows
    for each statement execute function measures_search_measures_measure_origin_countries_insert();

create or replace function measures_search_measures_measure_origin_countries_update()
    returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from old_rows union all select * from new_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_measure_origin_countries_update after update on measures_measure_origin_countries
    referencing old table as old_rows new table as new_rows
    for each statement execute function measures_search_measures_measure_origin_countries_update();

create or replace function measures_search_measures_measure_origin_countries_delete()
    returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from old_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_measure_origin_countries_delete after delete on measures_measure_origin_countries
    referencing old table as old_rows
    for each statement execute function measures_search_measures_measure_origin_countries_delete();

create or replace function measures_search_measures_citation_insert() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from new_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_citation_insert after insert on measures_citation
    referencing new table as new_rows
    for each statement execute function measures_search_measures_citation_insert();

create or replace function measures_search_measures_citation_update() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from old_rows union all select * from new_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_citation_update after update on measures_citation
    referencing old table as old_rows new table as new_rows
    for each statement execute function measures_search_measures_citation_update();

create or replace function measures_search_measures_citation_delete() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from old_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_citation_delete after delete on measures_citation
    referencing old table as old_rows
    for each statement execute function measures_search_measures_citation_delete();

create or replace function measures_search_measures_referencealias_insert() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from new_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_referencealias_insert after insert on measures_referencealias
    referencing new table as new_rows
    for each statement execute function measures_search_measures_referencealias_insert();

create or replace function measures_search_measures_referencealias_update() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from old_rows union all select * from new_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_referencealias_update after update on measures_referencealias
    referencing old table as old_rows new table as new_rows
    for each statement execute function measures_search_measures_referencealias_update();

create or replace function measures_search_measures_referencealias_delete() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from old_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_referencealias_delete after delete on measures_referencealias
    referencing old table as old_rows
    for each statement execute function measures_search_measures_referencealias_delete();

create or replace function measures_search_measures_topic_update() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (topics)
    select ids
        from (select array_agg(distinct id) from (select n.id as id from old_rows o
        join new_rows n using (id)
        where (o.label_en, o.label_es, o.label_pt)
        is distinct from (n.label_en, n.label_es, n.label_pt)) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_topic_update after update on measures_topic
    referencing old table as old_rows new table as new_rows
    for each statement execute function measures_search_measures_topic_update();

create or replace function measures_search_measures_targetgroup_update() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (target_groups)
    select ids
        from (select array_agg(distinct id) from (select n.id as id from old_rows o
        join new_rows n using (id)
        where (o.label_en, o.label_es, o.label_pt)
        is distinct from (n.label_en, n.label_es, n.label_pt)) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_targetgroup_update after update on measures_targetgroup
    referencing old table as old_rows new table as new_rows
    for each statement execute function measures_search_measures_targetgroup_update();

create or replace function measures_search_measures_issuingbody_update() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (issuing_bodies)
    select ids
        from (select array_agg(distinct id) from (select n.id as id from old_rows o
        join new_rows n using (id)
        where (o.name_en, o.name_es, o.name_pt, o.native_name, o.acronym, o.aliases)
        is distinct from (n.name_en, n.name_es, n.name_pt, n.native_name, n.acronym, n.aliases)) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_issuingbody_update after update on measures_issuingbody
    referencing old table as old_rows new table as new_rows
    for each statement execute function measures_search_measures_issuingbody_update();

create or replace function measures_search_countries_country_update() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (countries)
    select ids
        from (select array_agg(distinct id) from (select n.iso3 as id from old_rows o
        join new_rows n using (iso3)
        where (o.name_en, o.name_es, o.name_pt)
        is distinct from (n.name_en, n.name_es, n.name_pt)) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_countries_country_update after update on countries_country
    referencing old table as old_rows new table as new_rows
    for each statement execute function measures_search_countries_country_update();

create or replace function measures_search_measures_source_update() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (sources)
    select ids
        from (select array_agg(distinct id) from (select n.id as id from old_rows o
        join new_rows n using (id)
        where (o.title, o.language)
        is distinct from (n.title, n.language)) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_source_update after update on measures_source
    referencing old table as old_rows new table as new_rows
    for each statement execute function measures_search_measures_source_update();

create or replace function measures_search_measures_furtherbody_insert() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from new_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_furtherbody_insert after insert on measures_furtherbody
    referencing new table as new_rows
    for each statement execute function measures_search_measures_furtherbody_insert();

create or replace function measures_search_measures_furtherbody_update() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from old_rows union all select * from new_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_furtherbody_update after update on measures_furtherbody
    referencing old table as old_rows new table as new_rows
    for each statement execute function measures_search_measures_furtherbody_update();

create or replace function measures_search_measures_furtherbody_delete() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from old_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_furtherbody_delete after delete on measures_furtherbody
    referencing old table as old_rows
    for each statement execute function measures_search_measures_furtherbody_delete();

create or replace function measures_search_measures_measure_areas_insert() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from new_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_measure_areas_insert after insert on measures_measure_areas
    referencing new table as new_rows
    for each statement execute function measures_search_measures_measure_areas_insert();

create or replace function measures_search_measures_measure_areas_update() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from old_rows union all select * from new_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_measure_areas_update after update on measures_measure_areas
    referencing old table as old_rows new table as new_rows
    for each statement execute function measures_search_measures_measure_areas_update();

create or replace function measures_search_measures_measure_areas_delete() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from old_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_measure_areas_delete after delete on measures_measure_areas
    referencing old table as old_rows
    for each statement execute function measures_search_measures_measure_areas_delete();

create or replace function measures_search_measures_measure_binds_insert() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from new_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_measure_binds_insert after insert on measures_measure_binds
    referencing new table as new_rows
    for each statement execute function measures_search_measures_measure_binds_insert();

create or replace function measures_search_measures_measure_binds_update() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from old_rows union all select * from new_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_measure_binds_update after update on measures_measure_binds
    referencing old table as old_rows new table as new_rows
    for each statement execute function measures_search_measures_measure_binds_update();

create or replace function measures_search_measures_measure_binds_delete() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (measures)
    select ids
        from (select array_agg(distinct id) from (select measure_id as id
        from (select * from old_rows) changed) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_measures_measure_binds_delete after delete on measures_measure_binds
    referencing old table as old_rows
    for each statement execute function measures_search_measures_measure_binds_delete();

create or replace function measures_search_countries_countryarea_update() returns trigger language plpgsql as $$
begin
    insert into measures_searchqueue (areas)
    select ids
        from (select array_agg(distinct id) from (select n.id as id from old_rows o
        join new_rows n using (id)
        where (o.name_en, o.name_es, o.name_pt, o.native_name)
        is distinct from (n.name_en, n.name_es, n.name_pt, n.native_name)) touched) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_search_countries_countryarea_update after update on countries_countryarea
    referencing old table as old_rows new table as new_rows
    for each statement execute function measures_search_countries_countryarea_update();
