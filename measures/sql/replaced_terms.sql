-- A term that another replaced is no tag any more: whatever writes one writes that other. Triggers on the tables of tags
-- and of terms (`measures/models/replaced_terms.py`) call these functions.

create or replace function current_topic(topic bigint) returns bigint
language sql stable strict parallel safe as $$
    with recursive leads (id, steps) as (
        select topic, 0
        union all
        select t.replaced_by_id, l.steps + 1 from leads l join measures_topic t on t.id = l.id
        where t.replaced_by_id is not null and l.steps < 20
    )
    select id from leads order by steps desc limit 1
$$;

create or replace function current_target_group(target_group bigint) returns bigint
language sql stable strict parallel safe as $$
    with recursive leads (id, steps) as (
        select target_group, 0
        union all
        select t.replaced_by_id, l.steps + 1 from leads l join measures_targetgroup t on t.id = l.id
        where t.replaced_by_id is not null and l.steps < 20
    )
    select id from leads order by steps desc limit 1
$$;
