"""Which tables of measures have a version of each earlier day, and what of it is public: see `foundation.records.past`.

What follows from the history are records and their parts. Terms, bodies and areas bear the names that they have today;
those that are gone are there too, since records of that day have them. All other tables are those of today.
"""

from collections.abc import Iterator
from typing import Any

from countries.models import CountryArea
from foundation.records.past import SCHEMA, WHOLE, views_of
from measures.choices import VALIDITY_FAMILIES, Family, Workflow
from measures.models import (
    Citation,
    Coverage,
    DataSet,
    ExternalId,
    FurtherBody,
    IssuingBody,
    Measure,
    ReferenceAlias,
    Relation,
    SeenNumber,
    Source,
    StatusEvent,
    TargetGroup,
    Topic,
    Validity,
)

RECORDS: tuple[Any, ...] = (
    *(Measure, StatusEvent, Relation, FurtherBody, ReferenceAlias, ExternalId, Source, Citation, Coverage, SeenNumber),
    *(field.remote_field.through for field in Measure._meta.many_to_many),
)
TERMS = (Topic, TargetGroup, IssuingBody, DataSet, CountryArea)

_NOW = "(select n.workflow from public.measures_measure n where n.id = e.pgh_obj_id)"
_WORKFLOW = f"""
    case
        when e.workflow not in ('{Workflow.PUBLISHED}', '{Workflow.STUB}')
            or (select coalesce(current_setting('{WHOLE}', true), '') = 'on')
            or coalesce({_NOW} in ('{Workflow.PUBLISHED}', e.workflow), false) then e.workflow
        else '{Workflow.RETIRED}'
    end
"""
"""A record that was public and no longer is, for whatever reason, is retired: its content is not served again."""

_DERIVED = [*VALIDITY_FAMILIES, Family.BILL]
_VALIDITY = f"""
    create view {SCHEMA}.{Validity._meta.db_table} as
    select m.id as measure_id, true as is_stale, '{{}}'::datemultirange as certain, '{{}}'::datemultirange as possible,
        '{{}}'::datemultirange as presumed, '{{}}'::date[] as days, '{{}}'::text[] as states, '{{}}'::text[] as facts
    from {SCHEMA}.measures_measure m where m.family in ({", ".join(f"'{family}'" for family in _DERIVED)})
"""  # noqa: S608  (names in our own code)
"""What was true of each act is kept for today alone, and so derived by whoever reads it, like that of a stale row."""


def create_views() -> Iterator[str]:
    """The statements that create the schema of earlier days, where there is none."""
    yield f"create schema {SCHEMA}"
    yield from views_of(RECORDS, TERMS, {(Measure, "workflow"): _WORKFLOW})
    yield _VALIDITY
