"""measures.csv as a data package has it: with the state of each record, while its parts are in files of their own."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from foundation.files.cells import one_of
from foundation.files.columns import Column
from foundation.files.resources import FromRow, ImportOptions, Rule
from foundation.sql import rows
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
    def lacking_in_package(cls, context: UUID) -> str:
        """Sources: the rules ask for them in `sources`, and citations.csv has those of new records."""
        added = cls.model()._meta.db_table
        without = rows(
            f"select m.public_id from {added} m where m.workflow = 'published'"
            f" and m.id in (select id from {added}event where pgh_context_id = %s and pgh_label = 'insert')"
            " and not exists (select from measures_citation c where c.measure_id = m.id) order by m.public_id limit 5",
            [context],
        )
        if not without:
            return ""
        words = _("citations.csv has no source of these published records: %(records)s.")
        return words % {"records": ", ".join(public_id for (public_id,) in without)}

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
