create or replace function reference_key(reference text) returns text
language sql immutable strict parallel safe
return regexp_replace(
    regexp_replace(
        regexp_replace(
            regexp_replace(
                upper(fold_accents(translate(trim(reference), 'ºª', '°°'))),
                '^[^0-9/]*[\s.°:#](?=\d)|\m(N|NO|NRO|NUM|NUMERO|NUMBER)?[.]?\s*°+\s*|#',
                '', 'g'),
            '[\s.,]+', '', 'g'),
        '[/\\_‐‑–—-]+', '-', 'g'),
    '(^|-)0+(?=\d)', '\1', 'g');
