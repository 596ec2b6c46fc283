-- The words of a kept document, stemmed by its language, as those of an entry are. PostgreSQL takes no more than a
-- megabyte into one vector: of a longer document the beginning is found, its end is not.

create or replace function measures_documenttext_vector()
    returns trigger language plpgsql set client_min_messages = warning as $$
declare
    body text := new.text;
    configuration regconfig := case split_part(new.language, '-', 1)
        when 'en' then 'english' when 'es' then 'spanish' when 'pt' then 'portuguese' else 'simple' end;
begin
    loop
        begin
            new.vector := measures_search_words(configuration, body, 'D');
            return new;
        exception when program_limit_exceeded then
            body := left(body, length(body) / 2);
        end;
    end loop;
end $$;
create or replace trigger measures_documenttext_vector before insert or update of text, language on measures_documenttext
    for each row execute function measures_documenttext_vector();
