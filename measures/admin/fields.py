"""Fields and widgets of the measure's form: terms as grouped checkboxes."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from foundation.texts import translated
from measures.choices import KINDS, Family, Workflow
from measures.models import IssuingBody, TargetGroup, Topic

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


def like_bodies_in_words(found: list[IssuingBody]) -> SafeString:
    """That a new body may be one of these, with links to them."""
    named = format_html_join(
        ", ",
        '<a href="{}" target="_blank">{}</a>',
        ((reverse("admin:measures_issuingbody_change", args=[body.pk]), body) for body in found),
    )
    message = gettext("This body may be recorded already: {}. Use that one, or tick this box.")
    return format_html(message, named)


class TermCheckboxes(forms.CheckboxSelectMultiple):
    """Checkboxes in columns, under headings."""

    template_name = "admin/widgets/term_checkboxes.html"


class TermPicker(TermCheckboxes):
    """Checkboxes of which the ticked ones and those that one looks for stand in the form, and the others on request.

    `terms` are the terms offered, by key; each is shown with its definition and the number of published entries.
    """

    template_name = "admin/widgets/term_picker.html"
    terms: dict[Any, Any]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        self.uses = uses_of(type(next(iter(self.terms.values())))) if self.terms else {}
        return {**super().get_context(name, value, attrs), "number": len(self.terms)}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        definition = translated(self.terms[value], "definition") if value in self.terms else ""
        told = {"definition": definition, "uses": self.uses.get(value, 0)}
        return {**super().create_option(name, value, *args, **kwargs), **told}


def uses_of(model: type[Topic] | type[TargetGroup]) -> dict[int, int]:
    """The number of published entries of each term that has some."""
    published = model._default_manager.filter(measures__workflow=Workflow.PUBLISHED)
    return dict(published.order_by().values_list("pk").annotate(Count("measures")))
