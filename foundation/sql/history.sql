-- The context of a change (who, where, why) stays as it was when its transaction ends.
--
-- `pghistory` writes over the context whose number a session names, so that anybody who can run SQL could put another's
-- name beside old changes. A context that was told something else in an earlier transaction now gets a number of its own.

create or replace function _pgh_attach_context() returns uuid language plpgsql as $$
declare
    context uuid := nullif(current_setting('pghistory.context_id', true), '');
    described jsonb := nullif(current_setting('pghistory.context_metadata', true), '');
begin
    if context is null or described is null then
        return null;
    end if;
    insert into pghistory_context as kept (id, metadata, created_at, updated_at)
    values (context, described, now(), now())
    on conflict (id) do update set metadata = excluded.metadata, updated_at = excluded.updated_at
        where kept.metadata <> excluded.metadata and kept.created_at = now();
    if found or exists (select from pghistory_context where id = context and metadata = described) then
        return context;
    end if;
    context := md5(context::text || described::text)::uuid;
    insert into pghistory_context (id, metadata, created_at, updated_at)
    values (context, described, now(), now()) on conflict (id) do nothing;
    return context;
end $$;
