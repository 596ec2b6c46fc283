-- The numbers that stand in a legal reference, each without leading zeros: those as written, and those whose groups of
-- three are joined (`1.466`). More than its own number (the year, an article), so that whatever number a typed text may
-- mean is among them; `measures.references` then decides in Python.
create or replace function reference_numbers(reference text) returns text[]
language sql immutable strict parallel safe
return (
    with plain (body) as (
        select translate(normalize(reference, NFKC), U&'\00AD\200B\200C\200D\200E\200F\2060\FEFF', '')
    ),
    written (body) as (
        select body from plain
        union all
        select regexp_replace(body, '([0-9])[., ](?=[0-9]{3}(?![0-9]))', '\1', 'g') from plain
    )
    select coalesce(array_agg(distinct coalesce(nullif(ltrim(found[1], '0'), ''), '0')), '{}')
    from written, regexp_matches(body, '[0-9]+', 'g') found
);
