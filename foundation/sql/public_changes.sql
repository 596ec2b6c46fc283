-- The log of public changes and the function that writes to it; see `foundation/publication.py`.
-- `records` are the identifiers of the entries that changed; null says that any may have.
--
-- Each change has a name that no other has, in no copy of the database either. Numbers come again: after a restore, or
-- where a replica that lacks the last transactions takes over, another change gets the number that one had before, and a
-- page would pass for the one that a reader has.

create table if not exists foundation_publicchange (
    id bigint generated always as identity primary key,
    xid xid8 not null default pg_current_xact_id(),
    noted_at timestamptz not null default clock_timestamp(),
    records bigint[],
    name bigint not null default (random() * 9007199254740991)::bigint
);
create index if not exists foundation_publicchange_xid on foundation_publicchange (xid);
create index if not exists foundation_publicchange_noted_at on foundation_publicchange (noted_at);

-- By the index, however few rows there are: what was planned for a few is also run when there are many.
create or replace function note_public_change(changed bigint[]) returns void
language plpgsql set enable_seqscan = off as $$
begin
    if exists (select from foundation_publicchange where noted_at < now() - interval '1 day') then
        delete from foundation_publicchange where id = any(array(
            select id from foundation_publicchange where noted_at < now() - interval '1 day'
            order by noted_at limit 100 for update skip locked
        ));
    end if;
    insert into foundation_publicchange (records) values (changed);
end
$$;
