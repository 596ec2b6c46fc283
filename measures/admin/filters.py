"""Filters of the measure list; long ones are collapsed until they are used."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from countries.models import Country
from foundation.days import today
from measures.choices import Direction, Evidence, Family, Kind, StatusGroup, Workflow
from measures.models import Measure, PublicIdSequence, TargetGroup, Topic
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
        entries = Measure.objects.filter(country=OuterRef("pk"))
        found = Country.objects.by_name().filter(Exists(entries))
        return [*((c.iso3, c.name) for c in found), (PublicIdSequence.INTERNATIONAL, _("International"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Measure]) -> QuerySet[Measure]:
        if self.value() == PublicIdSequence.INTERNATIONAL:
            return queryset.filter(country=None)
        return queryset.filter(country=self.value()) if self.value() else queryset


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
