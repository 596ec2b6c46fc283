-- Texts as they are sorted and compared.

create or replace function fold_accents(value text) returns text
language sql immutable strict parallel safe
return unaccent('unaccent'::regdictionary, value);

create or replace function sort_key(value text) returns text
language sql immutable strict parallel safe
return lower(fold_accents(value));
