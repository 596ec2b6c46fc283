"""Filters of the measure list; long ones are collapsed until they are used."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from countries.models import Country
from foundation.days import day_of, today
from foundation.files.importing.undoing import record_keys
from foundation.files.models import PACKAGE, FileImport
from foundation.keys import whole_number
from foundation.records.teams import visible_to
from measures.choices import Direction, Evidence, Family, Kind, StatusGroup, Workflow
from measures.models import Measure, PublicIdSequence, TargetGroup, Topic, of_countries
from measures.validity.selecting import in_states
from measures.validity.states import states_of

Choices = list[tuple[str, Any]]


class FoldedFilter(admin.SimpleListFilter):
    """A collapsible filter, for a long list."""

    template = "admin/folded_filter.html"


class CountryFilter(FoldedFilter):
    """The countries with entries."""

    title = _("country")
    parameter_name = "country"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        own = Measure.objects.filter(country=OuterRef("pk"))
        binding = Measure.binds.through.objects.filter(country=OuterRef("pk"))
        found = Country.objects.by_name().filter(Q(Exists(own)) | Q(Exists(binding)))
        return [*((c.iso3, c.name) for c in found), (PublicIdSequence.INTERNATIONAL, _("International"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Measure]) -> QuerySet[Measure]:
        return queryset.filter(of_countries([str(self.value())])) if self.value() else queryset


class TopicFilter(FoldedFilter):
    """Filter by topic; a lane includes its topics."""

    title = _("topic")
    parameter_name = "topic"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        topics = list(Topic.objects.all())
        children: dict[int | None, list[Topic]] = {}
        for topic in topics:
            children.setdefault(topic.parent_id, []).append(topic)
        return [
            (topic.key, topic.label if topic.parent_id is None else f"– {topic.label}")
            for lane in children.get(None, [])
            for topic in (lane, *children.get(lane.pk, []))
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Measure]) -> QuerySet[Measure]:
        if not self.value():
            return queryset
        tags = Measure.topics.through.objects.filter(
            Q(topic__key=self.value()) | Q(topic__parent__key=self.value()), measure=OuterRef("pk")
        )
        return queryset.filter(Exists(tags))


class TargetGroupFilter(FoldedFilter):
    title = _("target group")
    parameter_name = "target_group"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(group.key, group.label) for group in TargetGroup.objects.all()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Measure]) -> QuerySet[Measure]:
        if not self.value():
            return queryset
        tags = Measure.target_groups.through.objects.filter(targetgroup__key=self.value(), measure=OuterRef("pk"))
        return queryset.filter(Exists(tags))


class CodeFilter(FoldedFilter):
    """Filter by one code of a fixed list, in the column named like the parameter."""

    choices_of: Any

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return list(self.choices_of.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Measure]) -> QuerySet[Measure]:
        return queryset.filter(**{str(self.parameter_name): self.value()}) if self.value() else queryset


class WorkflowFilter(CodeFilter):
    title, parameter_name, choices_of = _("workflow"), "workflow", Workflow
    template = "admin/filter.html"


class FamilyFilter(CodeFilter):
    title, parameter_name, choices_of = _("family"), "family", Family


class KindFilter(CodeFilter):
    title, parameter_name, choices_of = _("kind"), "kind", Kind


class StatusGroupFilter(CodeFilter):
    """The status group of today."""

    title, parameter_name, choices_of = _("status"), "status_group", StatusGroup

    def queryset(self, request: HttpRequest, queryset: QuerySet[Measure]) -> QuerySet[Measure]:
        """The entries that are in the group today."""
        value = self.value()
        return queryset.filter(in_states(states_of([value]), today())) if value in StatusGroup.values else queryset


class DirectionFilter(CodeFilter):
    title, parameter_name, choices_of = _("direction"), "direction", Direction


class EvidenceFilter(CodeFilter):
    title, parameter_name, choices_of = _("evidence"), "evidence", Evidence


class ImportFilter(FoldedFilter):
    """The entries that an import added or changed."""

    title = _("import")
    parameter_name = "import"
    MOST = 20
    """Number of imports offered, the newest first; any other can be asked for by its number."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        found = self._imports(request)[: self.MOST]
        return [
            (str(made.pk), f"{made.pk}: {made.name} ({day_of(made.applied_at or made.created_at)})") for made in found
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Measure]) -> QuerySet[Measure]:
        number = whole_number(self.value() or "")
        if number is None:
            return queryset
        made = self._imports(request).filter(pk=number).first()
        return queryset.filter(pk__in=record_keys(made, Measure)) if made else queryset.none()

    @staticmethod
    def _imports(request: HttpRequest) -> QuerySet[FileImport]:
        done = FileImport.objects.filter(file_type__in=("measures", PACKAGE), context__isnull=False, undone_at=None)
        return visible_to(request.user, done).order_by("-pk")


class UpdatedByMeFilter(admin.SimpleListFilter):
    """Filter my own entries: a list of all accounts would be of little use."""

    title = _("person")
    parameter_name = "mine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("updated", _("Last changed by me")), ("created", _("Entered by me"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Measure]) -> QuerySet[Measure]:
        if self.value() not in ("updated", "created"):
            return queryset
        return queryset.filter(**{f"{self.value()}_by": request.user})
