-- The days on which an act was in force.
--
-- Certain: from the latest start to the earliest end. An end that nobody recorded is no end "today": only the day of the
-- start is certain then. `ended_on` is null while the act has not ended, '' when it ended nobody knows when.
-- Possible: from the earliest start to the latest end; unbounded where nothing is known.

create or replace function in_force_certain(valid_from text, valid_until text, end_kind text, ended_on text, date text)
returns daterange
language sql immutable parallel safe
return case when valid_from <> '' and coalesce(
    least(lower(period_range(valid_until)), lower(period_range(ended_on))) >= upper(period_range(valid_from)) - 1, true)
then daterange(
    upper(period_range(valid_from)) - 1,
    case
        when valid_until <> '' or ended_on <> ''
            then least(lower(period_range(valid_until)), lower(period_range(ended_on))) + 1
        when ended_on is null and end_kind in ('further_notice', 'indefinite') then null
        else upper(period_range(valid_from))
    end)
end;

create or replace function in_force_possible(valid_from text, valid_until text, end_kind text, ended_on text, date text)
returns daterange
language sql immutable parallel safe
return case when coalesce(
    least(upper(period_range(valid_until)), upper(period_range(ended_on)))
    > lower(period_range(coalesce(nullif(valid_from, ''), date))), true)
then daterange(
    lower(period_range(coalesce(nullif(valid_from, ''), date))),
    least(upper(period_range(valid_until)), upper(period_range(ended_on))))
end;
