-- The address of a document in any spelling -> its key: one document is one source, however its address is written.
--
-- The key has neither scheme, `www.`, default port, last slash, dots in the path, tracking parameters nor place in the
-- page. What tells documents apart stays: other parameters, capitals in the path, a fragment that is a route (`#/a/5`).
-- A copy in the Wayback Machine has the key of what it is a copy of. The key leads nowhere: what is opened is the
-- address as it was typed.

-- A label of a host in ASCII letters, by RFC 3492: `münchen` is `xn--mnchen-3ya`.
create or replace function ascii_label(label text) returns text
language plpgsql immutable strict parallel safe as $$
declare
    digits constant text := 'abcdefghijklmnopqrstuvwxyz0123456789';
    points int[] := array(
        select ascii(c) from regexp_split_to_table(label, '') with ordinality t(c, place) order by place
    );
    basic constant text := regexp_replace(label, '[^\x01-\x7f]', '', 'g');
    done int := length(basic);
    coded text := basic || case when basic <> '' then '-' else '' end;
    current bigint := 128;
    delta bigint := 0;
    bias bigint := 72;
    is_first boolean := true;
    next bigint;
    point int;
    rest bigint;
    k bigint;
    threshold bigint;
begin
    if basic = label or length(label) > 63 then
        return label;
    end if;
    while done < cardinality(points) loop
        select min(p) into next from unnest(points) p where p >= current;
        delta := delta + (next - current) * (done + 1);
        current := next;
        foreach point in array points loop
            if point < current then
                delta := delta + 1;
            elsif point = current then
                rest := delta;
                k := 36;
                loop
                    threshold := greatest(1, least(26, k - bias));
                    exit when rest < threshold;
                    coded := coded || substr(digits, (threshold + (rest - threshold) % (36 - threshold))::int + 1, 1);
                    rest := (rest - threshold) / (36 - threshold);
                    k := k + 36;
                end loop;
                coded := coded || substr(digits, rest::int + 1, 1);
                done := done + 1;
                delta := case when is_first then delta / 700 else delta / 2 end;
                delta := delta + delta / done;
                is_first := false;
                k := 0;
                while delta > 455 loop
                    delta := delta / 35;
                    k := k + 36;
                end loop;
                bias := k + 36 * delta / (delta + 38);
                delta := 0;
            end if;
        end loop;
        delta := delta + 1;
        current := current + 1;
    end loop;
    return 'xn--' || coded;
end $$;

-- A host in other letters, in ASCII.
create or replace function ascii_host(host text) returns text
language sql immutable strict parallel safe
return (
    select string_agg(ascii_label(label), '.' order by place)
    from regexp_split_to_table(normalize(host, NFKC), '[.]') with ordinality t(label, place)
);

-- A path without its last slash and its dots; `ñ` and `%c3%b1` are one letter.
create or replace function path_key(path text) returns text
language plpgsql immutable strict parallel safe as $$
declare
    kept text[] := '{}';
    part text;
    spelt text := path;
begin
    if spelt ~ '[^\x21-\x7e]' then
        spelt := (
            select string_agg(
                case when c ~ '[\x21-\x7e]' then c
                    else regexp_replace(upper(encode(convert_to(c, 'UTF8'), 'hex')), '(..)', '%\1', 'g') end,
                '' order by place)
            from regexp_split_to_table(spelt, '') with ordinality t(c, place)
        );
    end if;
    if spelt ~ '%[0-9A-Fa-f]{2}' then
        spelt := (
            select string_agg(
                case when place = 1 then part_of
                    when part_of !~ '^[0-9A-Fa-f]{2}' then '%' || part_of
                    when upper(left(part_of, 2)) ~ '^(2D|2E|5F|7E|3[0-9]|[46][1-9A-F]|[57][0-9A])$'
                        then chr(('x' || left(part_of, 2))::bit(8)::int) || substr(part_of, 3)
                    else '%' || upper(left(part_of, 2)) || substr(part_of, 3) end,
                '' order by place)
            from regexp_split_to_table(spelt, '%') with ordinality t(part_of, place)
        );
    end if;
    if spelt !~ '/[.]{1,2}(/|$)' then
        return regexp_replace(spelt, '/+$', '');
    end if;
    foreach part in array string_to_array(spelt, '/') loop
        if part = '..' then
            kept := kept[1:greatest(cardinality(kept) - 1, 1)];
        elsif part <> '.' then
            kept := kept || part;
        end if;
    end loop;
    return regexp_replace(array_to_string(kept, '/'), '/+$', '');
end $$;

-- The parameters but those by which mail programs, search engines and social media follow their readers.
create or replace function query_key(query text) returns text
language sql immutable strict parallel safe
return (
    select string_agg(pair, '&' order by place)
    from regexp_split_to_table(query, '&') with ordinality t(pair, place)
    where pair <> '' and pair !~* (
        '^(utm_\w+|mtm_\w+|pk_(campaign|kwd|source|medium|content|cid)|piwik_\w+|matomo_\w+|hsa_\w+|_hs\w+|__hs\w+'
        '|mc_[ce]id|mkt_tok|gclid|gclsrc|dclid|gbraid|wbraid|gad_\w+|_gl|_ga|srsltid|fbclid|fb_action_\w+|fb_source'
        '|fb_ref|mibextid|igshid|igsh|__cft__(\[0\])?|__tn__|msclkid|twclid|ttclid|li_fat_id|rdt_cid|sccid|yclid|ysclid'
        '|_openstat|epik|s_cid|s_kwcid|ef_id|wickedid|_kx|vero_id|oly_(enc|anon)_id|ml_subscriber(_hash)?)(=|$)')
);

-- What is rare in addresses is left to the functions above, by their full names: a restore of a dump computes keys
-- without a search path. Places in a PDF or a page lead to no other document; any other fragment that begins with a
-- slash, a bang or a question mark, or has an equals sign, may.
create or replace function address_key(address text) returns text
language plpgsql immutable strict parallel safe as $$
declare
    url text := trim(E' \t\r\n' from address);
    part text[];
    key text;
begin
    if position('://web.archive.org' in lower(substr(url, 1, 30))) > 0 then
        url := regexp_replace(url,
            '^https?://web[.]archive[.]org(?::(?:80|443))?/web/[0-9]{1,14}(?:[a-z]{2}_)?/(?:(https?):/{1,2})?(.)',
            'http://\2', 'i');
    end if;
    part := regexp_match(url, '^https?://([^/?#]*)([^?#]*)(?:[?]([^#]*))?(?:#(.*))?$', 'i');
    if part is null then
        return url;
    end if;
    key := lower(part[1]);
    if key ~ '[^\x01-\x7f]' then
        key := public.ascii_host(key);
    end if;
    if key ~ '[.:]$|:(80|443)$' then
        key := regexp_replace(key, '[.]?(:(80|443)?)?$', '');
    end if;
    if starts_with(key, 'www.') then
        key := substr(key, 5);
    end if;
    key := key || case when part[2] ~ '[^\x21-\x7e]|%|/[.]' then public.path_key(part[2]) else rtrim(part[2], '/') end;
    if part[3] <> '' then
        key := key || coalesce('?' || nullif(public.query_key(part[3]), ''), '');
    end if;
    if part[4] ~ '^[/!?]|='
        and part[4] !~* '^(page|zoom|view|nameddest|search|toolbar|navpanes|pagemode|:~:text|xpointer)='
    then
        key := key || '#' || part[4];
    end if;
    return key;
end $$;
