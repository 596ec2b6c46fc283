"""measures.csv as a data package has it: with the state of each record, while its parts are in files of their own."""

from typing import Any

from foundation.files.cells import one_of
from foundation.files.columns import Column
from foundation.files.resources import FromRow, ImportOptions, Rule
from measures.choices import Workflow
from measures.files import identifiers, states
from measures.files.identifiers import MEASURES, RelationsColumn
from measures.files.places import place_rules
from measures.files.resources import MeasureResource
from measures.files.tags_and_sources import CitationsColumn
from measures.models import Measure

_OF_NEW = "delete from changed_rows where is_new"


class WorkflowColumn(Column):
    """The state of a new record; one that exists keeps its own."""

    is_trimmed = True

    def read(self, text: str) -> str:
        return one_of(list(Workflow.values), text)

    def settled(self) -> list[str]:
        return [
            f"update staged s set workflow = r.workflow from outcome o join {MEASURES} r on r.id = o.id"
            " where o.line = s.line"
        ]


class OtherRelationsColumn(RelationsColumn):
    """The relations of records that exist; relations.csv has those of new ones, with every field."""

    def saved(self) -> list[str]:
        return [_OF_NEW, *super().saved()]


class OtherCitationsColumn(CitationsColumn):
    """The sources of records that exist; citations.csv has those of new ones, with every field."""

    def saved(self) -> list[str]:
        return [_OF_NEW, *super().saved()]


class PackagedMeasureResource(MeasureResource):
    """measures.csv of a package"""

    workflow = WorkflowColumn(Measure._meta.get_field("workflow"))
    relations = OtherRelationsColumn()
    sources = OtherCitationsColumn()

    local = tuple(name for name in MeasureResource.local if name != "workflow")
    companions = ("status_events", "relations", "citations")

    class Meta(MeasureResource.Meta):
        pass

    @classmethod
    def import_rules(cls, options: ImportOptions) -> list[Rule]:
        """As whoever may publish; the retired records of a package may be new."""
        return [
            *identifiers.rules(keep=True),
            *place_rules(),
            *states.rules_of_all(),
            *states.rules_of_public(cls, "coalesce(r.workflow, s.workflow, 'draft') = 'published'"),
        ]

    @classmethod
    def values_of_new(cls, options: ImportOptions) -> dict[str, Any]:
        """A record that is or was public was published by whoever imports it."""
        by = options.by.pk
        was_public = "case when s.workflow in ('published', 'retired') then {} end"
        now, who = FromRow(was_public.format("now()")), FromRow(was_public.format("%s"), (by,))
        return {
            "created_by": by,
            "updated_by": by,
            "reviewed_at": now,
            "reviewed_by": who,
            "published_at": now,
            "published_by": who,
        }
