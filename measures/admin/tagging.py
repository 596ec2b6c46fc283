"""Bulk tagging: set-based, and each entry's version is raised so that open forms notice."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from countries.models import Country
from foundation.records.second_reader import changeable
from foundation.sql import take_time
from measures.admin.fields import TermCheckboxes, offered, topics_by_parent
from measures.choices import Direction, Evidence
from measures.models import Measure, TargetGroup, Topic
from measures.models.measure_rules import STATE_KINDS

TAGS = {"topics": Topic, "target_groups": TargetGroup, "origin_countries": Country}


class TaggingForm(forms.Form):
    """What to add to, take from and set on every selected entry."""

    add_topics = forms.ModelMultipleChoiceField(Topic.objects.all(), required=False, widget=TermCheckboxes)
    remove_topics = forms.ModelMultipleChoiceField(Topic.objects.all(), required=False, widget=TermCheckboxes)
    add_target_groups = forms.ModelMultipleChoiceField(TargetGroup.objects.all(), required=False, widget=TermCheckboxes)
    remove_target_groups = forms.ModelMultipleChoiceField(
        TargetGroup.objects.all(), required=False, widget=TermCheckboxes
    )
    add_origin_countries = forms.ModelMultipleChoiceField(Country.objects.all(), required=False)
    remove_origin_countries = forms.ModelMultipleChoiceField(Country.objects.all(), required=False)
    direction = forms.ChoiceField(
        required=False, choices=[("", gettext_lazy("Leave as it is")), *Direction.choices], widget=forms.RadioSelect
    )
    evidence = forms.ChoiceField(
        required=False, choices=[("", gettext_lazy("Leave as it is")), *Evidence.choices], widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every: dict[str, Any] = dict(self.fields)
        topics, groups = list(Topic.objects.all()), list(TargetGroup.objects.all())
        every["add_topics"].choices = [(str(a), b) for a, b in topics_by_parent(offered(Topic, set()))]
        every["remove_topics"].choices = [(str(a), b) for a, b in topics_by_parent(topics)]
        every["add_target_groups"].choices = [(g.pk, g.label) for g in offered(TargetGroup, set())]
        every["remove_target_groups"].choices = [(g.pk, g.label) for g in groups]
        for verb, words in (("add", _("Add %(tags)s")), ("remove", _("Remove %(tags)s"))):
            for tag in TAGS:
                field = Measure._meta.get_field(tag)
                every[f"{verb}_{tag}"].label = words % {"tags": str(field.verbose_name)}  # type: ignore[union-attr]  # never None
        for verb in ("add", "remove"):
            widget = AutocompleteSelectMultiple(Measure._meta.get_field("origin_countries"), admin.site)
            widget.choices = every[f"{verb}_origin_countries"].choices
            every[f"{verb}_origin_countries"].widget = widget
        every["direction"].label, every["evidence"].label = _("direction"), _("evidence")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not any(cleaned.values()):
            raise forms.ValidationError(_("Choose what to add, remove or set."), code="nothing")
        for tag in TAGS:
            both = set(cleaned.get(f"add_{tag}", ())) & set(cleaned.get(f"remove_{tag}", ()))
            if both:
                message = _("You chose to both add and remove: %(tags)s.") % {"tags": ", ".join(map(str, both))}
                self.add_error(f"remove_{tag}", message)
        return cleaned


@admin.action(description=gettext_lazy("Tag…"), permissions=["change"])
def tag_selected(model_admin: Any, request: HttpRequest, queryset: QuerySet[Measure]) -> HttpResponse | None:
    """Ask what to tag, then tag; users who may not publish cannot tag published entries."""
    allowed = changeable(request.user, queryset)
    form = TaggingForm(request.POST if "_tag" in request.POST else None)
    ids = list(allowed.values_list("pk", flat=True))
    closed = queryset.count() - len(ids)
    if not form.is_valid():
        return _ask(model_admin, request, queryset, form, closed)
    without_direction = tag(ids, by=request.user, **form.cleaned_data)
    done = ngettext("%(count)d entry was tagged.", "%(count)d entries were tagged.", len(ids))
    messages.success(request, done % {"count": len(ids)})
    if closed:
        messages.warning(request, closed_in_words(closed))
    if without_direction:
        text = _("Only norms, bills and actions have a direction. It is still empty on: %(ids)s.")
        messages.warning(request, text % {"ids": ", ".join(without_direction)})
    return None


def closed_in_words(count: int) -> str:
    """How many of the selected entries stay as they are, since only editors may change them."""
    text = ngettext(
        "%(count)d selected entry is published or retired and did not change. Only editors may change it.",
        "%(count)d selected entries are published or retired and did not change. Only editors may change them.",
        count,
    )
    return text % {"count": count}


def _ask(
    model_admin: Any, request: HttpRequest, queryset: QuerySet[Measure], form: TaggingForm, closed: int
) -> HttpResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Tag the selected entries"),
        "opts": model_admin.opts,
        "form": form,
        "media": model_admin.media + form.media,
        "measures": queryset,
        "closed": closed_in_words(closed) if closed else "",
        "action": request.POST["action"],
        "checkbox": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/measures/measure/tag_selected.html", context)


@transaction.atomic
def tag(ids: list[int], *, by: Any, direction: str = "", evidence: str = "", **tags: Any) -> list[str]:
    """Tag the entries `ids`; return the identifiers of those that cannot have a direction.

    If an entry's primary topic is removed, the first of its other topics in vocabulary order replaces it.
    """
    take_time()
    measures = Measure.objects.filter(pk__in=ids)
    list(measures.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk"))
    for name in TAGS:
        _retag(name, ids, tags.get(f"add_{name}", ()), tags.get(f"remove_{name}", ()))
    measures.mark_changed(by=by, **({"evidence": evidence} if evidence else {}))
    _choose_primary_topics(ids)
    if not direction:
        return []
    measures.filter(kind__in=STATE_KINDS).update(direction=direction)
    return list(measures.exclude(kind__in=STATE_KINDS).values_list("public_id", flat=True))


def _retag(name: str, ids: list[int], added: Any, removed: Any) -> None:
    through: Any = getattr(Measure, name).through
    column = f"{TAGS[name]._meta.model_name}_id"
    through.objects.filter(**{"measure_id__in": ids, f"{column}__in": [row.pk for row in removed]}).delete()
    rows = [through(**{"measure_id": pk, column: row.pk}) for pk in ids for row in added]
    through.objects.bulk_create(rows, ignore_conflicts=True)


def _choose_primary_topics(ids: list[int]) -> None:
    tags = Measure.topics.through.objects.filter(measure=OuterRef("pk"))
    is_tagged = Exists(tags.filter(topic=OuterRef("primary_topic")))
    first = tags.order_by("topic__position", "topic__key").values("topic")[:1]
    orphans = Measure.objects.filter(Q(primary_topic=None) | ~Q(is_tagged), pk__in=ids)
    orphans.update(primary_topic=Subquery(first))
