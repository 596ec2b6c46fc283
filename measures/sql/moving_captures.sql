-- The captures of a source that gives way to another become those of the other. Only a merge may do that: otherwise a
-- capture is never edited and kept for good. Where both have the same document, that of the other is kept. What rests on
-- the source must have moved before: a cited source keeps its captures.

create or replace function measures_move_captures(gone bigint, kept bigint) returns bigint
language plpgsql as $$
declare
    twin record;
    moved bigint;
begin
    if exists (select from public.measures_citation c where c.source_id = measures_move_captures.gone) then
        raise exception 'Source % is cited and keeps its captures.', gone
            using errcode = 'integrity_constraint_violation';
    end if;
    perform set_config('observatory.removes_captures', 'yes', true);
    perform set_config('observatory.moves_captures', 'yes', true);
    for twin in
        select g.id as gone, k.id as kept from public.measures_capture g join public.measures_capture k using (sha256)
        where g.source_id = measures_move_captures.gone and k.source_id = measures_move_captures.kept
    loop
        update public.measures_link set capture_id = twin.kept where capture_id = twin.gone;
        update public.measures_quotecheck set capture_id = twin.kept where capture_id = twin.gone;
        delete from public.measures_documenttext where capture_id = twin.gone;
        delete from public.measures_capture where id = twin.gone;
    end loop;
    update public.measures_capture set source_id = measures_move_captures.kept
    where source_id = measures_move_captures.gone;
    get diagnostics moved = row_count;
    perform set_config('observatory.removes_captures', '', true);
    perform set_config('observatory.moves_captures', '', true);
    perform public.measures_source_refresh(array[measures_move_captures.kept]);
    return moved;
end $$;

-- When a merge is undone, the source that gave way is there again, and gets its captures back. A source that was never
-- deleted gets none.

create or replace function measures_return_captures(captures bigint[], source bigint) returns bigint
language plpgsql as $$
declare
    moved bigint;
    others bigint[];
begin
    if not exists (
        select from public.measures_sourceevent e
        where e.id = measures_return_captures.source and e.pgh_label = 'delete'
    ) then
        raise exception 'Source % was never merged.', source using errcode = 'integrity_constraint_violation';
    end if;
    select array_agg(distinct c.source_id) into others from public.measures_capture c
    where c.id = any(measures_return_captures.captures);
    perform set_config('observatory.moves_captures', 'yes', true);
    update public.measures_capture c set source_id = measures_return_captures.source
    where c.id = any(measures_return_captures.captures);
    get diagnostics moved = row_count;
    perform set_config('observatory.moves_captures', '', true);
    perform public.measures_source_refresh(others || measures_return_captures.source);
    return moved;
end $$;
