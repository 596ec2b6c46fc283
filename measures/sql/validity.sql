-- What is true of an act on a day; see docs/decisions/validity.md and the package `measures/validity`.
--
-- `measures_validity` has a row for each norm, action and bill: the certain, possible and presumed days, and the states
-- in the order of days. Statement triggers on what they are derived from put the acts touched into a queue, and a
-- constraint trigger on the queue writes the rows of these and of all whose validity depends on them: at the end of each
-- statement, or once for who says `set constraints measures_validity_derive deferred`. A plain act, on which nothing
-- acts and whose course has nothing unusual, is derived here, by `measures_validity_plain`. Any other row is marked as
-- stale, and `measures.validity.store` derives it: readers do so at once for themselves, a worker for good.

-- The acts whose validity may follow from that of the given ones, and these.
create or replace function measures_validity_reached(seeds bigint[]) returns setof bigint
language sql stable set enable_nestloop = on as $$
    with recursive reached(id) as (
        select unnest(seeds)
        union
        select following.id from reached cross join lateral (
            select r.object_id as id from measures_relation r
            where r.subject_id = reached.id and r.type in (
                'annuls', 'repeals', 'supersedes', 'suspends', 'extends', 'resumes', 'revives', 'amends')
            union all
            select r.subject_id from measures_relation r where r.object_id = reached.id and r.type = 'while_in_force'
        ) following
    )
    select id from reached
$$;

-- The state of a measure on a day; null for a row that is stale, whose state nobody knows before it is derived.
create or replace function state_on(measure_id bigint, day date) returns text
language sql stable parallel safe as $$
    select case
        when v.measure_id is null then 'statement'
        when not v.is_stale then v.states[width_bucket(day, v.days) + 1]
    end
    from (select $1 as id) asked left join measures_validity v on v.measure_id = asked.id
$$;

-- The norms and actions among the given measures that are plain, with what is true of them.
--
-- Plain: no other act acts upon it, and it does not last while another lasts; its term is a date; its course is
-- announced, signed, in force, ended, in this order; and no date leaves open which of two facts came first. A date that
-- is no day, or is missing, is a span of days, which the dates before and after it narrow (`earliest`, `latest`): a day
-- apart where one of two has no date, for that one may not be the day of the other.
create or replace function measures_validity_plain(ids bigint[])
returns table (
    measure_id bigint, certain datemultirange, possible datemultirange, presumed datemultirange,
    days date[], states text[], facts text[]
)
language sql stable set enable_nestloop = on as $$
    with starts as (
        select m.id, c.announced, c.announcement, c.ended_first, c.ended_last, c.ending, m.checked_on as checked,
            lower(m.valid_until_range) as until_first, upper(m.valid_until_range) - 1 as until_last,
            m.end_kind in ('further_notice', 'indefinite') as is_open,
            m.valid_from = '' and m.valid_until = '' and m.checked_on is null and c.course is null as is_unknown,
            c.announced is not null and c.begun_first is null as is_only_announced,
            m.valid_from = '' and not c.has_date as has_no_date,
            m.valid_from = '' and c.begun_first is null and c.signed_first is not null and m.kind <> 'court_decision'
                as is_only_signed,
            coalesce(c.begun_first, lower(m.valid_from_range),
                case when m.kind = 'court_decision' then coalesce(c.published_first, c.signed_first) end,
                c.signed_first) as first,
            coalesce(c.begun_last, upper(m.valid_from_range) - 1,
                case when m.kind = 'court_decision' then coalesce(c.published_last, c.signed_last) end,
                c.signed_last) as last,
            case
                when c.begun_first is not null then 'event:' || c.beginning
                when m.valid_from <> '' then 'start'
                when m.kind = 'court_decision' then 'event:' || coalesce(c.publication, c.signature)
                else 'event:' || c.signature
            end as fact
        from measures_measure m cross join lateral (  -- by the index, however few rows are expected
            select
                bool_and(e.earliest <= e.latest and e.has_room) as is_in_order,
                bool_or(e.has_date) as has_date,
                string_agg(e.status, ' ' order by e.position) as course,
                (array_agg(e.latest order by e.position) filter (where e.status in ('announced', 'in_preparation')))[1] as announced,
                (array_agg(e.id order by e.position) filter (where e.status in ('announced', 'in_preparation')))[1] as announcement,
                (array_agg(e.earliest order by e.position) filter (where e.status in ('enacted', 'published')))[1] as signed_first,
                (array_agg(e.latest order by e.position) filter (where e.status in ('enacted', 'published')))[1] as signed_last,
                (array_agg(e.id order by e.position) filter (where e.status in ('enacted', 'published')))[1] as signature,
                (array_agg(e.earliest order by e.position) filter (where e.status = 'published'))[1] as published_first,
                (array_agg(e.latest order by e.position) filter (where e.status = 'published'))[1] as published_last,
                (array_agg(e.id order by e.position) filter (where e.status = 'published'))[1] as publication,
                min(e.earliest) filter (where e.status in ('in_force', 'in_operation')) as begun_first,
                min(e.latest) filter (where e.status in ('in_force', 'in_operation')) as begun_last,
                min(e.id) filter (where e.status in ('in_force', 'in_operation')) as beginning,
                min(case when e.status in ('expired', 'fulfilled') then e.earliest else e.earliest - 1 end)
                    filter (where e.status in ('repealed', 'annulled', 'superseded', 'expired', 'fulfilled')) as ended_first,
                min(case when e.status in ('expired', 'fulfilled') then e.latest else e.latest - 1 end)
                    filter (where e.status in ('repealed', 'annulled', 'superseded', 'expired', 'fulfilled')) as ended_last,
                min(e.id) filter (where e.status in ('repealed', 'annulled', 'superseded', 'expired', 'fulfilled')) as ending
            from (
                select d.id, d.position, d.status, d.has_date, d.has_room,
                    d.steps + max(d.first - d.steps) over (order by d.position) as earliest,
                    d.steps + min(d.last - d.steps) over (
                        order by d.position rows between current row and unbounded following) as latest
                from (
                    select w.*, sum(w.apart) over (order by w.position)::int as steps,
                        -- the start, recorded twice, is one day; in both, or else it is not plain
                        case when w.is_start then greatest(w.own_first, lower(m.valid_from_range)) else w.own_first end as first,
                        case when w.is_start then least(w.own_last, upper(m.valid_from_range) - 1) else w.own_last end as last,
                        coalesce(w.has_date or lag(w.own_last) over (order by w.position) < w.own_last, true)
                            and (not w.is_start or w.has_date and m.valid_from_range && x_range) as has_room
                    from (
                        select x.id, x.position, x.status, x.date <> '' as has_date, x.date_range as x_range,
                            x.status in ('in_force', 'in_operation') and m.valid_from <> '' as is_start,
                            case when x.date = '' or lag(x.date) over (order by x.position) = '' then 1 else 0 end as apart,
                            case when x.date = '' then date '1700-01-01' else lower(x.date_range) end as own_first,
                            case when x.date = '' then least(
                                min(x.recorded_on) over (
                                    order by x.position rows between current row and unbounded following),
                                min(upper(x.date_range) - 2) over (
                                    order by x.position rows between 1 following and unbounded following)
                            ) else upper(x.date_range) - 1 end as own_last
                        from measures_statusevent x where x.measure_id = m.id
                    ) w
                ) d
            ) e
        ) c
        where m.id = any(ids) and m.family in ('norm', 'action') and (m.duration = '' or m.valid_until <> '')
            and (c.course is null or (c.is_in_order and c.course ~ (
                '^((announced|in_preparation)( |$))*((enacted|published)( |$))*((in_force|in_operation)( |$))?'
                '(repealed|annulled|superseded|expired|fulfilled)?$')))
            and not exists (
                select from measures_relation r join measures_measure s on s.id = r.subject_id
                where r.object_id = m.id and s.workflow = 'published' and s.family in ('norm', 'action') and r.type in (
                    'annuls', 'repeals', 'supersedes', 'suspends', 'extends', 'resumes', 'revives', 'amends'))
            and not exists (
                select from measures_relation r where r.subject_id = m.id and r.type = 'while_in_force')
    ), plain as (
        select s.*,
            case
                when is_unknown or is_only_announced or is_only_signed then null
                else coalesce(ended_first, until_first, checked, first)
            end as certain_last,
            coalesce(ended_last, until_last) as possible_last,
            is_open and ended_first is null and until_last is null
                and not (is_unknown or is_only_announced or is_only_signed) as is_presumed,
            case
                when ended_first is not null then 'event:' || ending
                when until_last is not null then 'until'
                when checked is not null then 'check'
                else 'end'
            end as end_fact,
            first <= date '1700-01-01' as has_no_bound
        from starts s
        where case
            when is_unknown then true
            when is_only_announced then ended_first is null and checked is null and until_first is null
                and coalesce(first >= announced, true)
            when is_only_signed then ended_first is null and checked is null and coalesce(until_first >= last, true)
            else first is not null and coalesce(until_first >= last, true) and coalesce(ended_first >= last, true)
                and coalesce(until_first >= ended_last, true) and coalesce(checked >= last, true)
                and coalesce(checked <= coalesce(ended_first, until_first), true)
        end
    ), shown as (
        select id,
            case when certain_last >= last then datemultirange(daterange(last, certain_last, '[]')) else '{}' end as certain,
            case when is_unknown or is_only_announced then '{}'
                else datemultirange(daterange(case when not has_no_bound then first end, possible_last, '[]')) end as possible,
            case
                when is_presumed then datemultirange(daterange(last, null))
                when certain_last >= last then datemultirange(daterange(last, certain_last, '[]'))
                else '{}'
            end as presumed,
            case when is_unknown or is_only_announced and has_no_date then 'unknown'
                when has_no_bound and not is_only_announced then 'possibly'
                else 'not_yet' end as state_before,
            case when announced < first or is_only_announced then announced end as from_announced,
            case when not has_no_bound and not is_unknown and not is_only_announced and (
                first < last or not is_presumed and coalesce(certain_last < last, true)) then first end as from_first,
            case when certain_last >= last or is_presumed then last end as from_certain,
            case when certain_last >= last and not is_presumed and coalesce(certain_last < possible_last, true)
                then certain_last + 1 end as from_doubt,
            case when not is_only_announced then possible_last + 1 end as from_end,
            'event:' || announcement as announced_fact, fact, end_fact
        from plain
    )
    select id, certain, possible, presumed,
        array_remove(array[from_announced, from_first, from_certain, from_doubt, from_end], null),
        state_before::text || array_remove(array[
            case when from_announced is not null then 'announced' end, case when from_first is not null then 'possibly' end,
            case when from_certain is not null then 'in_force' end, case when from_doubt is not null then 'possibly' end,
            case when from_end is not null then 'ended' end
        ], null),
        ''::text || array_remove(array[
            case when from_announced is not null then announced_fact end, case when from_first is not null then fact end,
            case when from_certain is not null then fact end, case when from_doubt is not null then end_fact end,
            case when from_end is not null then end_fact end
        ], null)
    from shown
$$;

-- The bills among the given measures whose events all have a date, in order, with their states.
create or replace function measures_validity_bills(ids bigint[])
returns table (measure_id bigint, days date[], states text[], facts text[])
language sql stable set enable_nestloop = off as $$
    with events as (
        select e.measure_id, e.id, e.position, upper(e.date_range) - 1 as day,
            lag(upper(e.date_range) - 1) over course as before, lead(upper(e.date_range) - 1) over course as after,
            case
                when e.status in ('enacted', 'published', 'in_force') then 'enacted'
                when e.status in ('rejected', 'withdrawn', 'archived', 'lapsed') then 'rejected_or_withdrawn'
                else 'in_legislature'
            end as state
        from measures_statusevent e where e.measure_id = any(array(
            select m.id from measures_measure m where m.id = any(ids) and m.family = 'bill'))
        window course as (partition by e.measure_id order by e.position)
    ), last_of_day as (
        select *, lag(state, 1, 'not_yet') over (partition by events.measure_id order by position) as state_before
        from events where after is distinct from day
    ), steps as (
        select s.measure_id, array_agg(day order by position) as days, array_agg(state order by position) as states,
            array_agg('event:' || id order by position) as facts
        from last_of_day s where state <> state_before group by s.measure_id
    )
    select m.id, coalesce(s.days, '{}'), 'not_yet'::text || coalesce(s.states, '{}'), ''::text || coalesce(s.facts, '{}')
    from measures_measure m left join steps s on s.measure_id = m.id
    where m.id = any(ids) and m.family = 'bill'
        and not exists (select from events e where e.measure_id = m.id and (e.day is null or e.before > e.day))
$$;

-- Write the rows of these acts and of all that depend on them; what is not plain becomes stale.
-- Without nested loops: of a table that is growing the planner expects few rows, and compares each with each.
create or replace function measures_validity_write(seeds bigint[]) returns void
language plpgsql set enable_nestloop = off as $$
declare touched bigint[];
begin
    select array_agg(m.id order by m.id) into touched
    from measures_validity_reached(seeds) reached(id) join measures_measure m on m.id = reached.id;
    if touched is null then
        return;
    end if;
    perform from measures_validity where measure_id = any(touched) order by measure_id for update;
    delete from measures_validity v using measures_measure m
    where v.measure_id = any(touched) and m.id = v.measure_id and m.family not in ('norm', 'action', 'bill');
    insert into measures_validity as v (measure_id, is_stale, certain, possible, presumed, days, states, facts)
    select m.id, p.states is null, coalesce(p.certain, '{}'), coalesce(p.possible, '{}'), coalesce(p.presumed, '{}'),
        coalesce(p.days, '{}'), coalesce(p.states, '{unknown}'), coalesce(p.facts, '{""}')
    from measures_measure m left join (
        select * from measures_validity_plain(touched)
        union all
        select b.measure_id, '{}', '{}', '{}', b.days, b.states, b.facts from measures_validity_bills(touched) b
    ) p on p.measure_id = m.id
    where m.id = any(touched) and m.family in ('norm', 'action', 'bill')
    on conflict (measure_id) do update set
        is_stale = excluded.is_stale,
        certain = case when excluded.is_stale then v.certain else excluded.certain end,
        possible = case when excluded.is_stale then v.possible else excluded.possible end,
        presumed = case when excluded.is_stale then v.presumed else excluded.presumed end,
        days = case when excluded.is_stale then v.days else excluded.days end,
        states = case when excluded.is_stale then v.states else excluded.states end,
        facts = case when excluded.is_stale then v.facts else excluded.facts end
    where excluded.is_stale or (v.is_stale, v.certain, v.possible, v.presumed, v.days, v.states, v.facts) is distinct from (
        excluded.is_stale, excluded.certain, excluded.possible, excluded.presumed, excluded.days, excluded.states,
        excluded.facts);
end $$;

-- Unlogged: a row never outlives its transaction.
create unlogged table if not exists measures_validityqueue (measures bigint[] not null);

create or replace function measures_validity_derive() returns trigger language plpgsql as $$
declare touched bigint[];
begin
    with queued as (delete from measures_validityqueue returning measures)
    select array_agg(distinct id) into touched from queued cross join unnest(measures) id;
    if touched is not null then  -- else the first row of a transaction has done it for all
        perform measures_validity_write(touched);
    end if;
    return null;
end $$;
drop trigger if exists measures_validity_derive on measures_validityqueue;
create constraint trigger measures_validity_derive after insert on measures_validityqueue
    deferrable initially immediate for each row execute function measures_validity_derive();

create or replace function measures_validity_measure_insert() returns trigger language plpgsql as $$
begin
    insert into measures_validityqueue
    select ids from (
        select array_agg(id) from new_rows where family in ('norm', 'action', 'bill')
    ) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_validity_measure_insert after insert on measures_measure
    referencing new table as new_rows
    for each statement execute function measures_validity_measure_insert();

create or replace function measures_validity_measure_update() returns trigger language plpgsql as $$
begin
    insert into measures_validityqueue
    select ids from (
        select array_agg(id) from old_rows o join new_rows n using (id)
        where (
            o.kind, o.country_id, o.workflow = 'published', o.valid_from, o.valid_until, o.end_kind, o.duration,
            o.duration_basis, o.checked_on
        ) is distinct from (
            n.kind, n.country_id, n.workflow = 'published', n.valid_from, n.valid_until, n.end_kind, n.duration,
            n.duration_basis, n.checked_on
        )
    ) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_validity_measure_update after update on measures_measure
    referencing old table as old_rows new table as new_rows
    for each statement execute function measures_validity_measure_update();

create or replace function measures_validity_event_insert() returns trigger language plpgsql as $$
begin
    insert into measures_validityqueue
    select ids from (select array_agg(distinct measure_id) from new_rows) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_validity_event_insert after insert on measures_statusevent
    referencing new table as new_rows
    for each statement execute function measures_validity_event_insert();

create or replace function measures_validity_event_update() returns trigger language plpgsql as $$
begin
    insert into measures_validityqueue
    select ids from (
        select array_agg(distinct measure_id) from (
            select o.measure_id from old_rows o join new_rows n using (id)
            where (o.measure_id, o.position, o.status, o.date, o.recorded_on)
                is distinct from (n.measure_id, n.position, n.status, n.date, n.recorded_on)
            union all
            select n.measure_id from old_rows o join new_rows n using (id)
            where (o.measure_id, o.position, o.status, o.date, o.recorded_on)
                is distinct from (n.measure_id, n.position, n.status, n.date, n.recorded_on)
        ) changed
    ) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_validity_event_update after update on measures_statusevent
    referencing old table as old_rows new table as new_rows
    for each statement execute function measures_validity_event_update();

create or replace function measures_validity_event_delete() returns trigger language plpgsql as $$
begin
    insert into measures_validityqueue
    select ids from (select array_agg(distinct measure_id) from old_rows) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_validity_event_delete after delete on measures_statusevent
    referencing old table as old_rows
    for each statement execute function measures_validity_event_delete();

-- Which relations matter: those that act upon another act, and those that bind an act to the life of another.
create or replace function measures_validity_is_acting(type text) returns boolean
language sql immutable parallel safe
return type in (
    'annuls', 'repeals', 'supersedes', 'suspends', 'extends', 'resumes', 'revives', 'amends', 'while_in_force');

create or replace function measures_validity_relation_insert() returns trigger language plpgsql as $$
begin
    insert into measures_validityqueue
    select ids from (
        select array_agg(id) from (
            select subject_id as id from new_rows where measures_validity_is_acting(type)
            union select object_id from new_rows where measures_validity_is_acting(type)
        ) ends
    ) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_validity_relation_insert after insert on measures_relation
    referencing new table as new_rows
    for each statement execute function measures_validity_relation_insert();

create or replace function measures_validity_relation_update() returns trigger language plpgsql as $$
begin
    insert into measures_validityqueue
    select ids from (
        select array_agg(id) from (
            select subject_id as id from old_rows where measures_validity_is_acting(type)
            union select object_id from old_rows where measures_validity_is_acting(type)
            union select subject_id from new_rows where measures_validity_is_acting(type)
            union select object_id from new_rows where measures_validity_is_acting(type)
        ) ends
    ) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_validity_relation_update after update on measures_relation
    referencing old table as old_rows new table as new_rows
    for each statement execute function measures_validity_relation_update();

create or replace function measures_validity_relation_delete() returns trigger language plpgsql as $$
begin
    insert into measures_validityqueue
    select ids from (
        select array_agg(id) from (
            select subject_id as id from old_rows where measures_validity_is_acting(type)
            union select object_id from old_rows where measures_validity_is_acting(type)
        ) ends
    ) of_statement (ids) where ids is not null;
    return null;
end $$;
create or replace trigger measures_validity_relation_delete after delete on measures_relation
    referencing old table as old_rows
    for each statement execute function measures_validity_relation_delete();

-- For what no trigger sees: TRUNCATE of a single table, and sessions with `session_replication_role = replica`.
create or replace function measures_validity_rebuild_all() returns void language plpgsql as $$
begin
    delete from measures_validity;
    perform measures_validity_write(array(select id from measures_measure where family in ('norm', 'action', 'bill')));
end $$;
