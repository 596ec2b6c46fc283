-- Whether relations of one type lead from one entry to another: no circle is allowed.

create or replace function relation_leads_to(relation text, start_id bigint, target_id bigint) returns boolean
language plpgsql stable as $$
begin
    return exists (
        with recursive reached(id) as (
            select start_id
            union
            select r.object_id from measures_relation r join reached on r.subject_id = reached.id
            where r.type = relation
        )
        select from reached where id = target_id
    );
end $$;
