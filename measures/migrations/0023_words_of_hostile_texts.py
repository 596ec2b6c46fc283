"""The parser of PostgreSQL reads a long text again from each `<` that ends no tag, and from each `_` in what might be
an address: a megabyte of `<!--` keeps it for hours, beyond the life of whoever asked, and one of `a1@1a` ends in an
error.
Long texts come without the signs that do this, `@` and the like only where they hold words that nobody writes. Vectors
that are there already were made in time and stay.
"""

from django.db import migrations

WORDS = """
create or replace function measures_search_words(configuration regconfig, body text, weight "char") returns tsvector
language sql immutable parallel safe
return case
    when body is null or body = '' then ''::tsvector
    when octet_length(body) > 2000 then measures_search_words_of_long(configuration, measures_readable(body), weight)
    when octet_length(body) = length(body) then setweight(to_tsvector(configuration, body), weight)
    else setweight(to_tsvector(configuration, body), weight)
        || setweight(to_tsvector(configuration, fold_accents(body)), weight)
end
"""
READABLE = """
create function measures_readable(body text) returns text
language sql immutable parallel safe
return case
    when body ~ '[^[:space:]]{250}' then translate(body, '<>_@~/:', '       ')
    else translate(body, '<>_', '   ')
end
"""
OF_LONG = """
create function measures_search_words_of_long(configuration regconfig, body text, weight "char") returns tsvector
language sql immutable parallel safe
return case
    when octet_length(body) = length(body) then setweight(to_tsvector(configuration, body), weight)
    else setweight(to_tsvector(configuration, body), weight)
        || setweight(to_tsvector(configuration, fold_accents(body)), weight)
end
"""
BEFORE = """
create or replace function measures_search_words(configuration regconfig, body text, weight "char") returns tsvector
language sql immutable parallel safe
return case
    when body is null or body = '' then ''::tsvector
    when octet_length(body) = length(body) then setweight(to_tsvector(configuration, body), weight)
    else setweight(to_tsvector(configuration, body), weight)
        || setweight(to_tsvector(configuration, fold_accents(body)), weight)
end
"""


class Migration(migrations.Migration):
    dependencies = [("measures", "0022_series_follow_identifiers")]

    operations = [
        migrations.RunSQL(READABLE, "drop function measures_readable(text)"),
        migrations.RunSQL(OF_LONG, 'drop function measures_search_words_of_long(regconfig, text, "char")'),
        migrations.RunSQL(WORDS, BEFORE),
    ]
