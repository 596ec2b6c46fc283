"""Acts that were coded by a definition which means something else now: which they are, and who has decided on them.

Whoever changes the topics of an act decides on all of its topics; whoever confirms its codes, on topics and groups.
A narrower definition concerns the acts that have the term; a wider or another one all that have any term of its field,
since they may belong to it now.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.db.models.expressions import RawSQL

from foundation.records.changes import CONFIRMS
from foundation.sql import rows
from measures.choices import Workflow
from measures.definitions.versions import Redefined, Version, redefined, version_at
from measures.models import Measure

_TAGS = {
    "topics": ("measures_measure_topics", "topic_id", "measures_measuretopicevent"),
    "target_groups": ("measures_measure_target_groups", "targetgroup_id", "measures_measuretargetgroupevent"),
}
"""For each field: the table of tags, its column with the term, and the table of its events."""
_CONFIRMED = (
    "select from measures_measureevent e join pghistory_context x on x.id = e.pgh_context_id"
    f" where e.pgh_obj_id = t.measure_id and e.pgh_created_at >= c.at and x.metadata ? '{CONFIRMS}'"
)
_STALE = (
    "select t.measure_id from {tags} t join unnest(%s::bigint[], %s::timestamptz[]) c (term, at)"  # noqa: S608
    " on c.term = t.{column} or c.term is null"
    " where not exists (select from {events} e where e.measure_id = t.measure_id and e.pgh_created_at >= c.at)"
    f" and not exists ({_CONFIRMED})"
)


def to_recode(changes: Iterable[Redefined] | None = None) -> Q:
    """The entries that wait for a decision on their codes. Reads the history of the vocabulary, not that of entries."""
    changes = redefined() if changes is None else list(changes)
    found = Q(pk__in=[])
    for field, (tags, column, events) in _TAGS.items():
        latest = _latest(each for each in changes if each.field == field)
        if latest:
            sql = _STALE.format(tags=tags, column=column, events=events)
            found |= Q(pk__in=RawSQL(sql, [list(latest), list(latest.values())]))  # noqa: S611  (values are parameters)
    return found & ~Q(workflow__in=[Workflow.RETIRED, Workflow.STUB])


def _latest(changes: Iterable[Redefined]) -> dict[int | None, datetime]:
    """The last new meaning of each term, and under None the last that concerns acts without the term."""
    found: dict[int | None, datetime] = {}
    for each in changes:
        for key in (each.key, *([None] if each.concerns_all else [])):
            found[key] = max(each.at, found.get(key, each.at))
    return found


def waiting_for(measure: Measure) -> list[Redefined]:
    """The new meanings on which nobody has decided for an act, the newest first."""
    changes = redefined()
    if not changes or measure.workflow in (Workflow.RETIRED, Workflow.STUB):
        return []
    decided, own = decided_at(measure), _terms(measure)
    return sorted(
        (
            each
            for each in changes
            if own[each.field] and (each.concerns_all or each.key in own[each.field])
            if (at := decided[each.field]) is None or at < each.at
        ),
        key=lambda each: each.at,
        reverse=True,
    )


def _terms(measure: Measure) -> dict[str, set[int]]:
    return {
        "topics": {topic.pk for topic in measure.topics.all()},
        "target_groups": {group.pk for group in measure.target_groups.all()},
    }


_DECIDED = """
    select (select max(pgh_created_at) from measures_measuretopicevent where measure_id = %(id)s),
        (select max(pgh_created_at) from measures_measuretargetgroupevent where measure_id = %(id)s),
        (select max(e.pgh_created_at) from measures_measureevent e join pghistory_context x on x.id = e.pgh_context_id
            where e.pgh_obj_id = %(id)s and x.metadata ? %(confirms)s)
"""


def decided_at(measure: Measure) -> dict[str, datetime | None]:
    """When the topics and the groups of an act were last chosen or confirmed, None for never; one query."""
    ((topics, groups, confirmed),) = rows(_DECIDED, {"id": measure.pk, "confirms": CONFIRMS})
    return {
        "topics": max(filter(None, (topics, confirmed)), default=None),
        "target_groups": max(filter(None, (groups, confirmed)), default=None),
    }


@dataclass(frozen=True, slots=True)
class CodedBy:
    """A term of an act with the version of its definition by which the act was coded."""

    field: str
    key: str
    name: str
    version: Version
    is_newest: bool


def coded_by(measure: Measure, versions: dict[str, dict[int, list[Version]]]) -> list[CodedBy]:
    """For each topic and group of an act, the version by which it was coded; `versions` by field and key."""
    decided, found = decided_at(measure), []
    for field, terms in (("topics", measure.topics.all()), ("target_groups", measure.target_groups.all())):
        for term in terms:
            known = versions[field].get(term.pk, [])
            version = version_at(known, decided[field] or measure.created_at)
            if version:
                found.append(CodedBy(field, term.key, term.label, version, version is known[-1]))
    return found
