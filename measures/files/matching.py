"""Which record a row without an identifier is: that of its external identifier, else that of its legal number.

Two acts never become one. A row is the record of a number only where the grammar of references says that both are the
same, kind, provision and country are equal, and neither body nor title contradicts. Where that is in doubt, or a row
without any number has the title and date of a record, the row is refused with the question; whoever answers it writes
an identifier, or `new`, in the column `public_id`.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from foundation.sql import execute, rows
from foundation.texts import LANGUAGES
from measures.files.bodies import BodiesColumn
from measures.files.external_ids import OF_ITEM
from measures.models import IssuingBody
from measures.reference_lookup import names_of
from measures.references.acts import Act, Answer, Typed
from measures.references.comparing import judge

NEW = "new"
"""What a row says in `public_id` that is another act than those that it might be taken for."""
UNLIKE, LIKE = 0.25, 0.5
"""Likeness of titles (0 to 1) below which they contradict, and from which they may be those of one act."""
BATCH = 2_000

_OPEN = "o.is_new and coalesce(s.public_id, '') = ''"


def match() -> None:
    """Match the rows that are still new in `outcome`; record a problem for each that is in doubt."""
    _match_external_ids()
    if execute(f"create temp table wanted on commit drop as {_WANTED}"):
        execute("analyze wanted")
        execute(f"create temp table pair on commit drop as {_PAIRS}")
        _judge()
        _settle()
        execute("drop table pair")
    execute("drop table wanted")
    _ask(
        _WITHOUT_NUMBER,
        "public_id",
        _("Neither this row nor {records} has a number, and their titles and dates are the same."),
    )
    execute("update staged set public_id = '' where public_id = %s", [NEW])


# External identifiers


_NAMED = (
    "select s.line, t.measure_id from outcome o join staged s using (line)"
    " cross join lateral unnest(string_to_array(s.external_ids, '|')) i(item)"
    f" cross join lateral (select x.measure_id from {OF_ITEM.format('i.item')}) t"
    f" where {_OPEN} and s.external_ids <> ''"
)


def _match_external_ids() -> None:
    execute(
        f"update outcome o set id = n.id, is_new = false from (select line, min(measure_id) as id from ({_NAMED}) f"
        " group by line having count(distinct measure_id) = 1) n where n.line = o.line"
    )
    _ask(
        f"select line, measure_id as id from ({_NAMED}) f",
        "external_ids",
        _("The external identifiers of this row are those of several entries: {records}."),
    )


# Legal numbers


def _titles(of: str) -> str:
    return ", ".join(f"{of}.title_{language}" for language in LANGUAGES)


_NO_YEAR = "not (length(n) = 4 and n >= '1821' and n <= '2035')"
_KEYS = (
    "case when {0}.numbers = '{{}}' then array[{0}.key]"
    f" when exists (select from unnest({{0}}.numbers) n where {_NO_YEAR})"
    f" then array(select n from unnest({{0}}.numbers) n where {_NO_YEAR}) else {{0}}.numbers end"
)
"""Numbers of a reference by which its record is looked for: a year alone would find too many."""
_YEARS = f"array(select n from unnest({{0}}.numbers) n where not ({_NO_YEAR}))"

_WANTED = f"""
select s.line, s.reference, coalesce(s.country, '') as country, s.kind, coalesce(s.provision, '') as provision,
    {_titles("s")}, j_issuing_body.id as body_id,
    reference_numbers(s.reference) as numbers, reference_key(s.reference) as key,
    array(select split_part(i, '/', 1) from unnest(string_to_array(s.external_ids, '|')) i) as datasets
from staged s join outcome o using (line)
{BodiesColumn().join()}
where {_OPEN} and s.reference <> '' and s.kind <> ''
"""


def _likeness(language: str) -> str:
    one, other = f"lower(w.title_{language})", f"lower(r.title_{language})"
    return (
        f"case when w.title_{language} <> '' and r.title_{language} <> '' then greatest(similarity({one}, {other}),"
        f" word_similarity({one}, {other}), word_similarity({other}, {one})) end"
    )


_PAIRS = f"""
with w as (select *, {_KEYS.format("v")} as keys, {_YEARS.format("v")} as years from wanted v),
recorded as (
    select r.*, {_KEYS.format("r")} as keys, {_YEARS.format("r")} as years from (
        select id, coalesce(country_id, '') as country, kind, provision, reference, issuing_body_id, {_titles("m")},
            reference_numbers as numbers, reference_key as key
        from measures_measure m
        where reference <> '' and workflow <> 'retired'
        and coalesce(country_id, '') in (select distinct country from wanted)
    ) r
),
shared as (
    select distinct a.line, b.id from (select line, country, kind, provision, unnest(keys) as n from w) a
    join (select id, country, kind, provision, unnest(keys) as n from recorded) b using (country, kind, provision, n)
)
select w.line, w.reference, w.country, w.kind, w.body_id, r.id, r.reference as recorded,
    r.issuing_body_id as recorded_body_id, upper(trim(w.reference)) = upper(trim(r.reference)) as is_literal,
    greatest({", ".join(map(_likeness, LANGUAGES))}) as likeness, null::text as answer
from shared join w using (line) join recorded r using (id)
where (w.years = '{{}}' or r.years = '{{}}' or w.years && r.years)
and (w.body_id is null or r.issuing_body_id is null or w.body_id = r.issuing_body_id)
and not exists (
    select from measures_externalid x join measures_dataset d on d.id = x.dataset_id
    where x.measure_id = r.id and d.key = any (w.datasets)
)
"""
"""Rows and records of one country, kind and provision that share a number.

A record that has another key in the data set of a row is another act.
"""


def _judge() -> None:
    """Write the answer of the grammar for each pair that is not plainly the same."""
    execute("update pair set answer = %s where is_literal and likeness >= %s", [Answer.SAME.value, LIKE])
    bodies = _names_of_bodies()
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            "select line, id, reference, country, kind, body_id, recorded, recorded_body_id from pair where answer is"
            " null order by country, reference"
        )
        while batch := list(islice(_answers(cursor, bodies), BATCH)):
            lines, ids, answers = zip(*batch, strict=True)
            execute(
                "update pair p set answer = a.answer from unnest(%s::integer[], %s::bigint[], %s::text[])"
                " a(line, id, answer) where (a.line, a.id) = (p.line, p.id)",
                [list(lines), list(ids), list(answers)],
            )


def _names_of_bodies() -> dict[int | None, tuple[str, ...]]:
    wanted = [row[0] for row in rows("select distinct recorded_body_id from pair where recorded_body_id is not null")]
    return {body.pk: names_of(body) for body in IssuingBody.objects.filter(pk__in=wanted)}


def _answers(cursor: Any, bodies: dict[int | None, tuple[str, ...]]) -> Iterator[tuple[int, int, str]]:
    for line, pk, typed, country, kind, body_id, recorded, recorded_body_id in cursor:
        is_same_body = True if body_id and recorded_body_id else None  # others are no pairs
        act = Act(country, kind, recorded, bodies.get(recorded_body_id, ()))
        yield line, pk, judge(act, Typed(typed, kind, is_same_body)).answer.value


def _settle() -> None:
    """Match rows that are certainly one record, and ask about those that may be one."""
    same = f"answer = '{Answer.SAME.value}'"
    agrees = f"{same} and coalesce(likeness, 1) >= {UNLIKE}"
    best = f"select p.*, rank() over (partition by line order by not is_literal) as place from pair p where {agrees}"
    execute(
        f"update outcome o set id = n.id, is_new = false from (select line, min(id) as id from ({best}) b"
        " where place = 1 group by line having count(*) = 1) n where n.line = o.line"
    )
    _ask(
        f"select line, id from ({best}) b where place = 1",
        "reference",
        _("Several entries have this number: {records}."),
    )
    _ask(
        f"select line, id from pair where {same} and likeness < {UNLIKE}",
        "reference",
        _("This is the number of {records}, which has another title."),
    )
    _ask(
        f"select line, id from pair where answer = '{Answer.CANDIDATE.value}'"
        f" and (likeness >= {LIKE} or (is_literal and likeness is null))",
        "reference",
        _("This may be the number of {records}."),
    )


# Rows without a number

_TITLES = f"unnest(array[{_titles('{0}')}]) t(title) where t.title <> ''"
_WITHOUT_NUMBER = f"""
select distinct w.line, r.id from (
    select s.line, coalesce(s.country, '') as country, s.kind, lower(trim(t.title)) as title, replace(coalesce(
        substring(s.status_history from '@([^|]+)'), nullif(s.valid_from, ''), ''), '?', '') as date
    from staged s join outcome o using (line) cross join lateral {_TITLES.format("s")}
    and {_OPEN} and coalesce(s.reference, '') = '' and coalesce(s.external_ids, '') = ''
) w
join (
    select m.id, coalesce(m.country_id, '') as country, m.kind, lower(trim(t.title)) as title,
        replace(m.date, '?', '') as date
    from measures_measure m cross join lateral {_TITLES.format("m")}
    and m.reference = '' and m.workflow <> 'retired'
) r using (country, kind, title)
where starts_with(w.date, r.date) or starts_with(r.date, w.date)
"""
"""Rows that say nothing by which they could be found again, and records of the same country, kind and title.

Their dates are the same, or one of them is less precise or missing.
"""


def _ask(pairs: str, column: str, words: str) -> None:
    """Refuse the rows of `pairs`, SQL of (line, id), that are still new, with the records that each may be."""
    execute(
        'insert into problem (line, "column", value, problem, remedy)'
        f" select f.line, %s, left(min(to_jsonb(s) ->> %s), 200), replace(%s, '{{records}}', string_agg(distinct"
        " r.public_id || ' “' || left(coalesce(nullif(r.title_en, ''), nullif(r.title_es, ''), r.title_pt), 80)"
        f" || '”', ', ')), %s from ({pairs}) f join outcome o using (line) join staged s using (line)"
        " join measures_measure r on r.id = f.id where o.is_new"
        " and not exists (select from problem p where p.line = f.line) group by f.line",
        [
            column,
            column,
            words,
            _(
                "If it is that act, write its identifier in the column public_id; if it is another act, write “new” "
                "there."
            ),
        ],
    )
