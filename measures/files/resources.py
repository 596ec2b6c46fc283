"""The columns of the files of vocabulary, sources and measures, by name."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from foundation.files.columns import Column, ReadOnlyColumn, ReferenceColumn, moment
from foundation.files.dataset_resource import DatasetResource
from foundation.files.resources import Computed, ImportOptions, Rule
from measures.files import identifiers, states
from measures.files.identifiers import RelationsColumn
from measures.files.states import CheckedColumn, HistoryColumn
from measures.files.tags_and_sources import BodyColumn, CitationsColumn, TagsColumn, TopicsColumn
from measures.listing.columns import INTERNATIONAL
from measures.models import IssuingBody, Measure, Source, TargetGroup, Topic
from measures.search.matching import wait_until_commit


class TopicResource(DatasetResource):
    """topics.csv"""

    keys = (("key",),)
    names = ("label_en",)

    class Meta:
        model = Topic
        name = "topics"
        fields = (
            "key",
            "parent",
            "position",
            "label_en",
            "label_es",
            "label_pt",
            "definition_en",
            "definition_es",
            "definition_pt",
            "deprecated_on",
            "replaced_by",
        )


class TargetGroupResource(DatasetResource):
    """target_groups.csv"""

    keys = (("key",),)
    names = ("label_en",)

    class Meta:
        model = TargetGroup
        name = "target_groups"
        fields = tuple(name for name in TopicResource._meta.fields if name != "parent")


class IssuingBodyResource(DatasetResource):
    """issuing_bodies.csv"""

    keys = (("country", "key"),)
    names = ("native_name",)

    class Meta:
        model = IssuingBody
        name = "issuing_bodies"
        fields = (
            "country",
            "key",
            "kind",
            "name_en",
            "name_es",
            "name_pt",
            "native_name",
            "acronym",
            "aliases",
            "active",
        )


class SourceResource(DatasetResource):
    """sources.csv"""

    keys = (("key",),)
    names = ("title",)

    class Meta:
        model = Source
        name = "sources"
        fields = ("key", "url", "kind", "title", "publisher", "language", "published", "accessed_on", "rights")


class ArchiveResource(SourceResource):
    """archive.csv: the public sources, the captures of each, and the health of its link."""

    cited = "measures_citation c join measures_measure m on m.id = c.measure_id"
    is_public = f"exists (select from {cited} where c.source_id = r.id and m.workflow = 'published')"
    _link = "(select {} from measures_link l where l.source_id = r.id)"
    _last = "select {} from measures_capture k where k.source_id = r.id order by k.captured_at desc, k.id desc limit 1"

    countries = ReadOnlyColumn(
        "countries",
        f"(select string_agg(distinct coalesce(m.country_id, '{INTERNATIONAL}'), '|') from {cited}"
        " where c.source_id = r.id and m.workflow = 'published')",
    )
    measures = ReadOnlyColumn(
        "measures",
        f"(select count(distinct m.id)::text from {cited} where c.source_id = r.id and m.workflow = 'published')",
    )
    captures = ReadOnlyColumn("captures", "(select count(*)::text from measures_capture k where k.source_id = r.id)")
    captured_at = ReadOnlyColumn("captured_at", f"({_last.format(moment('k.captured_at'))})")
    sha256 = ReadOnlyColumn("sha256", f"({_last.format('k.sha256')})")
    size = ReadOnlyColumn("size", f"({_last.format('k.size::text')})")
    link_state = ReadOnlyColumn("link_state", _link.format("coalesce(max(l.state), 'unknown')"))
    link_since = ReadOnlyColumn("link_since", _link.format(moment("max(l.since)")))
    link_checked_at = ReadOnlyColumn("link_checked_at", _link.format(moment("max(l.checked_at)")))

    class Meta:
        model = Source
        name = "archive"
        fields = (
            *SourceResource.Meta.fields,
            "countries",
            "measures",
            "captures",
            "captured_at",
            "sha256",
            "size",
            "link_state",
            "link_since",
            "link_checked_at",
        )


def _field(name: str) -> Any:
    return Measure._meta.get_field(name)


class PublicIdColumn(Column):
    """The identifier, assigned to a new record without one."""

    is_trimmed = True

    def __init__(self) -> None:
        super().__init__(_field("public_id"))
        self.is_required = False

    def stored(self) -> tuple[str, str]:
        return self.db_column, f"coalesce(nullif({self.cell}, ''), r.public_id)"

    def matches(self) -> str:
        return f"{self.cell} <> '' and r.public_id = {self.cell}"


class AddressColumn(Column):
    """The address of the public page, in English."""

    def __init__(self) -> None:
        super().__init__(name="url", readonly=True)

    def written(self, *, public: bool = False) -> str:
        with translation.override("en"):
            before, after = reverse("measure", kwargs={"public_id": "PER-00001"}).split("PER-00001")
        return f"'{settings.PUBLIC_URL}{before}' || r.public_id || '{after}'"


class MeasureResource(DatasetResource):
    """measures.csv"""

    public_id = PublicIdColumn()
    issuing_body = BodyColumn(_field("issuing_body"))
    reference = ReferenceColumn(_field("reference"))
    provision = ReferenceColumn(_field("provision"))
    topics = TopicsColumn(_field("topics"))
    target_groups = TagsColumn(_field("target_groups"))
    origin_countries = TagsColumn(_field("origin_countries"))
    checked_on = CheckedColumn(_field("checked_on"))
    status_history = HistoryColumn()
    relations = RelationsColumn()
    sources = CitationsColumn()
    status = ReadOnlyColumn("status", "r.status")
    workflow = ReadOnlyColumn("workflow", "r.workflow")
    url = AddressColumn()
    updated_at = ReadOnlyColumn("updated_at", moment("r.updated_at"))

    keys = (("public_id",), ("country", "kind"))
    joined = ("issuing_body",)
    names = ("title_en", "title_es", "title_pt")
    needs = {"issuing_body": "country", "status_history": "kind"}
    local = ("workflow", "updated_at")
    is_public = "r.workflow = 'published'"
    is_reviewed = True

    class Meta:
        model = Measure
        name = "measures"
        fields = (
            "public_id",
            "country",
            "kind",
            "issuing_body",
            "reference",
            "provision",
            "official_title",
            "original_language",
            "title_en",
            "title_es",
            "title_pt",
            "short_title_en",
            "short_title_es",
            "short_title_pt",
            "summary_en",
            "summary_es",
            "summary_pt",
            "topics",
            "target_groups",
            "origin_countries",
            "direction",
            "valid_from",
            "valid_until",
            "end_kind",
            "duration",
            "duration_basis",
            "checked_on",
            "status_history",
            "relations",
            "evidence",
            "sources",
            "status",
            "workflow",
            "url",
            "updated_at",
        )

    @classmethod
    def matching(cls) -> list[str]:
        """Match by identifier; without one, by the normalized reference, like the table's unique constraint."""
        by_reference = (
            "coalesce(s.public_id, '') = '' and s.reference <> '' and r.workflow <> 'retired'"
            " and r.reference_key = reference_key(s.reference) and r.kind = s.kind"
            " and r.provision = coalesce(s.provision, '') and coalesce(r.country_id, '') = s.country"
            " and r.issuing_body_id is not distinct from j_issuing_body.id"
        )
        return [cls.fields["public_id"].matches(), by_reference]

    @classmethod
    def import_rules(cls, options: ImportOptions) -> list[Rule]:
        """Refuse identifiers beyond their series, and what the workflow does not allow."""
        return [*identifiers.rules(keep=options.keep_identifiers), *states.rules(cls, publish=options.publish)]

    @classmethod
    def values_of_new(cls, options: ImportOptions) -> dict[str, Any]:
        return states.values_of_new(options)

    @classmethod
    def computed(cls) -> Computed:
        return states.STATUS

    @classmethod
    def number_new(cls, *, within: bool) -> None:
        identifiers.number(within=within)

    @classmethod
    def before_writing(cls) -> None:
        wait_until_commit()

    @classmethod
    def after_writing(cls, options: ImportOptions) -> int:
        return states.finish(options)
