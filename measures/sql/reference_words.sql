-- The words before a legal number, without accents, blanks and number signs: `PORTARIAINTERMINISTERIAL` of `Portaria
-- Interministerial nº 8/2020`. `reference_key` leaves them out, although acts of one number can differ in them alone.
create or replace function reference_words(reference text) returns text
language sql immutable strict parallel safe
return regexp_replace(
    regexp_replace(
        substring(upper(fold_accents(translate(trim(reference), 'ºª', '°°'))) from '^[^0-9]*'),
        '\m(N|NO|NRO|NUM|NUMERO|NUMBER)\M[.]?\s*°*', '', 'g'),
    '[^[:alpha:]]+', '', 'g');
