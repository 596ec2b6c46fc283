"""The columns of the files of vocabulary, sources and measures, by name."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy

from countries.models import Named
from foundation.files.columns import Column, ColumnKind, ReadOnlyColumn, moment
from foundation.files.dataset_resource import DatasetResource
from foundation.files.field_columns import PublicKeyColumn, ReferenceColumn
from foundation.files.resources import Computed, ImportOptions, Rule
from foundation.texts import LANGUAGES
from measures.choices import Kind, Status
from measures.files import common_names, examples, identifiers, matching, standing, states
from measures.files.bodies import BodiesColumn
from measures.files.external_ids import ExternalIdsColumn
from measures.files.identifiers import RelationsColumn
from measures.files.places import LevelColumn, place_rules
from measures.files.states import CheckedColumn, HistoryColumn
from measures.files.tags_and_sources import (
    CitationsColumn,
    TagsColumn,
    TermsColumn,
    TopicsColumn,
    twin_rules,
)
from measures.files.withdrawing import Withdrawing
from measures.models import IssuingBody, Measure, Source, TargetGroup, Topic, countries_of
from measures.search.matching import wait_until_commit


class TopicResource(DatasetResource):
    """topics.csv"""

    replaced_by = PublicKeyColumn(Topic._meta.get_field("replaced_by"))

    adds_only = True
    keys = (("key",),)
    names = ("label_en",)
    examples = examples.OF_TERMS

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

    replaced_by = PublicKeyColumn(TargetGroup._meta.get_field("replaced_by"))

    adds_only = True
    keys = (("key",),)
    names = ("label_en",)
    examples = examples.OF_GROUPS

    class Meta:
        model = TargetGroup
        name = "target_groups"
        fields = tuple(name for name in TopicResource._meta.fields if name != "parent")


class IssuingBodyResource(DatasetResource):
    """issuing_bodies.csv"""

    adds_only = True
    keys = (("country", "key"),)
    names = ("native_name",)
    examples = examples.OF_BODIES

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


class SourceResource(Withdrawing, DatasetResource):
    """sources.csv"""

    keys = (("key",),)
    names = ("title",)
    common_names = common_names.OF_SOURCES
    by_cells = {"address": "url"}
    examples = examples.OF_SOURCES

    class Meta:
        model = Source
        name = "sources"
        fields = ("key", "url", "kind", "title", "publisher", "language", "published", "accessed_on", "rights")

    @classmethod
    def import_rules(cls, options: ImportOptions) -> list[Rule]:
        """Refuse the address of another source in another spelling, but for a backup, which may have two of one."""
        return [] if options.keep_identifiers else twin_rules()


class ArchiveResource(SourceResource):
    """archive.csv: the public sources, the captures of each, and the health of its link."""

    cited = "measures_citation c join measures_measure m on m.id = c.measure_id"
    is_public = f"exists (select from {cited} where c.source_id = r.id and m.workflow = 'published')"
    _link = "(select {} from measures_link l where l.source_id = r.id)"
    _last = "select {} from measures_capture k where k.source_id = r.id order by k.captured_at desc, k.id desc limit 1"

    countries = ReadOnlyColumn(
        "countries",
        f"(select string_agg(distinct n.country, '|') from {cited} cross join lateral ({countries_of('m')}) n"
        " where c.source_id = r.id and m.workflow = 'published')",
        kind=ColumnKind.LIST,
    )
    measures = ReadOnlyColumn(
        "measures",
        f"(select count(distinct m.id)::text from {cited} where c.source_id = r.id and m.workflow = 'published')",
        kind=ColumnKind.WHOLE,
    )
    captures = ReadOnlyColumn(
        "captures", "(select count(*)::text from measures_capture k where k.source_id = r.id)", kind=ColumnKind.WHOLE
    )
    captured_at = ReadOnlyColumn("captured_at", f"({_last.format(moment('k.captured_at'))})")
    sha256 = ReadOnlyColumn("sha256", f"({_last.format('k.sha256')})")
    size = ReadOnlyColumn("size", f"({_last.format('k.size::text')})", kind=ColumnKind.WHOLE)
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
    """The identifier, assigned to a new record without one; `new` says that the row is no act that is here."""

    is_trimmed = True
    written_as = gettext_lazy("PER-00007; empty for a new record, or “new” if it is none that is here")

    def __init__(self) -> None:
        super().__init__(_field("public_id"))
        self.is_required = False

    def read(self, text: str) -> str:
        return matching.NEW if text.lower() == matching.NEW else text

    def stored(self) -> tuple[str, str]:
        return self.db_column, f"coalesce(nullif({self.cell}, ''), r.public_id)"

    def settled(self) -> list[str]:
        """An empty cell keeps the identifier of the record that the row was matched with."""
        return [
            "update staged s set public_id = r.public_id from outcome o join measures_measure r on r.id = o.id"
            " where o.line = s.line and not o.is_new and s.public_id = ''"
        ]

    def matches(self) -> str:
        return f"{self.cell} not in ('', '{matching.NEW}') and r.public_id = {self.cell}"


class AddressColumn(Column):
    """The address of the public page, in English."""

    def __init__(self) -> None:
        super().__init__(name="url", readonly=True)

    def written(self, *, public: bool = False) -> str:
        with translation.override("en"):
            before, after = reverse("measure", kwargs={"public_id": "PER-00001"}).split("PER-00001")
        return f"'{settings.PUBLIC_URL}{before}' || r.public_id || '{after}'"


class MeasureResource(Withdrawing, DatasetResource):
    """measures.csv"""

    public_id = PublicIdColumn()
    issuing_body = BodiesColumn()
    reference = ReferenceColumn(_field("reference"))
    provision = ReferenceColumn(_field("provision"))
    topics = TopicsColumn(_field("topics"), Named.TOPIC)
    target_groups = TermsColumn(_field("target_groups"), Named.TARGET_GROUP)
    origin_countries = TagsColumn(_field("origin_countries"))
    level = LevelColumn(_field("level"))
    areas = TagsColumn(_field("areas"), key="code")
    binds = TagsColumn(_field("binds"))
    checked_on = CheckedColumn(_field("checked_on"))
    status_history = HistoryColumn()
    relations = RelationsColumn()
    sources = CitationsColumn()
    external_ids = ExternalIdsColumn()
    status = ReadOnlyColumn("status", "r.status", Status.choices)
    workflow = ReadOnlyColumn("workflow", "r.workflow")
    url = AddressColumn()
    updated_at = ReadOnlyColumn("updated_at", moment("r.updated_at"))
    state = standing.STATE
    in_force_from = standing.IN_FORCE_FROM
    in_force_until = standing.IN_FORCE_UNTIL
    date_first = standing.DATE_FIRST
    date_last = standing.DATE_LAST
    date_precision = standing.DATE_PRECISION
    introduced = standing.INTRODUCED
    enacted = standing.ENACTED

    common_names = common_names.OF_MEASURES
    by_cells = {"address": "sources", "date": "valid_from", "prose": "summary_en"}
    first_sentences = {f"title_{language}": f"summary_{language}" for language in LANGUAGES}
    constants = {"kind": Kind.UNSPECIFIED.value}
    examples = examples.OF_MEASURES
    meanings = {
        "status": gettext_lazy("The status after the last event of the history."),
        "workflow": gettext_lazy("Where the record is on its way to the public: draft, in review, published, retired."),
        "url": gettext_lazy("The address of the public page."),
        "updated_at": gettext_lazy(
            "When the record was last changed. An import does not change it, but leaves records alone that are newer."
        ),
        "state": gettext_lazy("Whether it is in force on the day of the export."),
        "in_force_from": gettext_lazy("The first day on which it is in force."),
        "in_force_until": gettext_lazy("The last day on which it is in force."),
        "date_first": gettext_lazy("The first day that its date can mean."),
        "date_last": gettext_lazy("The last day that its date can mean."),
        "date_precision": gettext_lazy("How precise its date is: day, month or year."),
        "introduced": gettext_lazy("The date of its first introduction."),
        "enacted": gettext_lazy("The date of its first signing."),
    }

    keys = (("public_id",), ("external_ids",), ("country", "kind"))
    names = ("title_en", "title_es", "title_pt")
    needs = {"issuing_body": "country", "status_history": "kind"}
    local: tuple[str, ...] = (
        *("workflow", "updated_at", "state", "in_force_from", "in_force_until"),
        *("date_first", "date_last", "date_precision", "introduced", "enacted"),
    )
    told_at = "updated_at"
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
            "external_ids",
            "status",
            "workflow",
            "url",
            "updated_at",
            "state",
            "in_force_from",
            "in_force_until",
            "date_first",
            "date_last",
            "date_precision",
            "introduced",
            "enacted",
            "level",
            "areas",
            "binds",
            "plain_en",
            "plain_es",
            "plain_pt",
        )

    @classmethod
    def matching(cls) -> list[str]:
        """Match by identifier; for rows without one, see `match_others`."""
        return [cls.fields["public_id"].matches()]

    @classmethod
    def match_others(cls) -> None:
        matching.match()

    @classmethod
    def import_rules(cls, options: ImportOptions) -> list[Rule]:
        """Refuse identifiers beyond their series, and what the workflow does not allow."""
        return [*identifiers.rules(keep=options.keep_identifiers), *place_rules(), *states.rules(cls, options)]

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
