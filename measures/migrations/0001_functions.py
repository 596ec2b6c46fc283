"""Functions that generated columns, checks and triggers rest on; they come before every table."""

from django.db import migrations

from measures.references import KEY_FUNCTION

CONFIGURATIONS = {"en": "english", "es": "spanish", "pt": "portuguese"}
VECTOR_FIELDS = (
    *(f"{field}_{language}" for field in ("title", "short_title", "summary") for language in CONFIGURATIONS),
    "official_title",
    "reference",
)


def _vector(text: str, weight: str, *configurations: str) -> str:
    folded = (f"setweight(to_tsvector('{c}', fold_accents({text})), '{weight}')" for c in configurations)
    stemmed = (f"setweight(to_tsvector('{c}', {text}), '{weight}')" for c in configurations)
    return " || ".join((*stemmed, *folded))


VECTOR_FUNCTION = f"""
create function measure_search({", ".join(f"{field} text" for field in VECTOR_FIELDS)}) returns tsvector
language sql immutable parallel safe
return {
    " || ".join(
        (
            *(_vector(f"title_{la} || ' ' || short_title_{la}", "A", c) for la, c in CONFIGURATIONS.items()),
            _vector("official_title", "B", "spanish", "portuguese", "english"),
            "setweight(to_tsvector('simple', "
            "translate(reference || ' ' || reference_key(reference), '/-', '  ')), 'A')",
            *(_vector(f"summary_{la}", "C", c) for la, c in CONFIGURATIONS.items()),
        )
    )
}
"""

IN_FORCE = """
create function in_force_{name}(valid_from text, valid_until text, end_kind text, ended_on text, date text)
returns daterange
language sql immutable parallel safe
return {body}
"""

# From the latest start to the earliest end. An end that nobody recorded is no end "today": only the day of the start
# is certain then. `ended_on` is null while the act has not ended, '' when it ended nobody knows when.
CERTAIN = """
case when valid_from <> '' and coalesce(
    least(lower(period_range(valid_until)), lower(period_range(ended_on))) >= upper(period_range(valid_from)) - 1, true)
then daterange(
    upper(period_range(valid_from)) - 1,
    case
        when valid_until <> '' or ended_on <> ''
            then least(lower(period_range(valid_until)), lower(period_range(ended_on))) + 1
        when ended_on is null and end_kind in ('further_notice', 'indefinite') then null
        else upper(period_range(valid_from))
    end)
end
"""

# From the earliest start to the latest end; unbounded where nothing is known.
POSSIBLE = """
case when coalesce(
    least(upper(period_range(valid_until)), upper(period_range(ended_on)))
    > lower(period_range(coalesce(nullif(valid_from, ''), date))), true)
then daterange(
    lower(period_range(coalesce(nullif(valid_from, ''), date))),
    least(upper(period_range(valid_until)), upper(period_range(ended_on))))
end
"""

LEADS_TO = """
create function relation_leads_to(relation text, start_id bigint, target_id bigint) returns boolean
language plpgsql stable as $$
begin
    return exists (
        with recursive reached(id) as (
            select start_id
            union
            select r.object_id from measures_relation r join reached on r.subject_id = reached.id
            where r.type = relation
        )
        select from reached where id = target_id
    );
end $$
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("countries", "0001_functions")]
    operations = [
        migrations.RunSQL(KEY_FUNCTION, "drop function reference_key(text)"),
        migrations.RunSQL(VECTOR_FUNCTION, f"drop function measure_search({', '.join(['text'] * len(VECTOR_FIELDS))})"),
        migrations.RunSQL(
            IN_FORCE.format(name="certain", body=CERTAIN), "drop function in_force_certain(text, text, text, text, text)"
        ),
        migrations.RunSQL(
            IN_FORCE.format(name="possible", body=POSSIBLE),
            "drop function in_force_possible(text, text, text, text, text)",
        ),
        migrations.RunSQL(LEADS_TO, "drop function relation_leads_to(text, bigint, bigint)"),
    ]
