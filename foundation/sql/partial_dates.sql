-- The days that a partial date or a period covers; `foundation/partial_dates.py` is the same in Python.

create or replace function partial_date_range(value text) returns daterange
language sql immutable strict parallel safe
return case when value <> '' then daterange(
    make_date(substr(value, 1, 4)::int, substr(replace(value, '?', '') || '-01-01', 6, 2)::int,
        substr(replace(value, '?', '') || '-01-01', 9, 2)::int),
    (make_date(substr(value, 1, 4)::int, substr(replace(value, '?', '') || '-01-01', 6, 2)::int,
        substr(replace(value, '?', '') || '-01-01', 9, 2)::int)
        + case length(replace(value, '?', '')) when 4 then interval '1 year' when 7 then interval '1 month'
            else interval '1 day' end)::date
) end;

create or replace function period_range(value text) returns daterange
language sql immutable strict parallel safe
return case
    when value = '' then null
    when position('/' in value) = 0 then partial_date_range(value)
    else daterange(
        lower(partial_date_range(split_part(value, '/', 1))),
        upper(partial_date_range(split_part(value, '/', 2))))
end;
