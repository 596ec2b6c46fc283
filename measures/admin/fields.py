"""Fields and widgets of the measure's form: terms as grouped checkboxes."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from measures.choices import KINDS, Family
from measures.models import TargetGroup, Topic

Option = tuple[Any, Any]


def kinds_by_family() -> list[Option]:
    """The kinds as option groups, by family."""
    return [("", "---------"), *((family.label, [(k.value, k.label) for k in KINDS[family]]) for family in Family)]


def topics_by_parent(topics: list[Topic]) -> Iterator[tuple[Any, list[Option]]]:
    """Topics grouped by lane; the lane itself comes first, as the general topic."""
    for lane in (topic for topic in topics if topic.parent_id is None):
        own = [(lane.pk, _("%(topic)s (in general)") % {"topic": lane.label})]
        yield lane.label, own + [(topic.pk, topic.label) for topic in topics if topic.parent_id == lane.pk]


def offered(model: type[Topic] | type[TargetGroup], kept: set[int]) -> list[Any]:
    """The current terms of a vocabulary, plus deprecated ones among `kept`, in order."""
    return list(model.objects.filter(Q(deprecated_on=None) | Q(pk__in=kept)))


class TermCheckboxes(forms.CheckboxSelectMultiple):
    """Checkboxes in columns, under headings."""

    template_name = "admin/widgets/term_checkboxes.html"
