"""Topics, target groups, issuing bodies: rows in use are deprecated, not deleted."""

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from countries.admin.country import three_languages
from countries.models import Country, Named
from foundation.characters import ReadableCharField
from foundation.records.edit_conflict_admin import MergingForm
from measures.admin.fields import like_bodies_in_words
from measures.admin.filters import FoldedFilter
from measures.admin.merging import MergeableAdmin, merge_selected
from measures.definitions.versions import COLUMNS, Meaning, saying
from measures.duplicates import like_bodies
from measures.models import IssuingBody, PublicIdSequence, TargetGroup, Topic

ANOTHER_COUNTRY = re.compile(r"([A-Za-z]{3}):\s*(.*)")
"""`VEN: embassy` searches the bodies of Venezuela, as in files."""


class TermForm(MergingForm):
    """A term; who changes its definition says what that does to its meaning, and why. Readers see both."""

    definition_meaning = forms.ChoiceField(
        required=False, label=_("What the new definition means"), choices=[("", "---------"), *Meaning.choices]
    )
    definition_why = ReadableCharField(
        required=False,
        max_length=1000,
        label=_("Why the definition is changed"),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_(
            "The codebook shows it. With a new meaning, the acts that it concerns come into the work queue of those who"
            " are to code them again."
        ),
    )
    own_fields = ("loaded", "definition_meaning", "definition_why")

    @property
    def redefines(self) -> bool:
        """Whether the definition of a stored term is changed."""
        return self.instance.pk is not None and any(name in COLUMNS for name in self.changed_data)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.redefines:
            for name in ("definition_meaning", "definition_why"):
                if name in self.fields and not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, _("You have changed the definition: say this too."))
        return cleaned


class TermAdmin(MergeableAdmin):
    """A vocabulary: key for files, labels and definitions for people."""

    form = TermForm
    actions = [merge_selected]

    list_display = ["key", "label_en", "label_es", "label_pt", "position", "deprecated_on"]
    list_display_links = ["key", "label_en"]
    list_filter = [("deprecated_on", admin.EmptyFieldListFilter)]
    search_fields = ["key", "label_en", "label_es", "label_pt"]
    autocomplete_fields = ["replaced_by"]
    list_per_page = 100
    public_advice = _("Published entries use this term. Only editors may change it.")
    in_use_advice = _(
        "Entries use this term. Deprecate it instead: enter a date in “deprecated on”. It will no longer be offered, "
        "and the entries that use it keep it; if you also enter the term that replaces it, they get that one."
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The key is read-only after creation: files refer to a term by it."""
        return ("key",) if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """For who changes a term, with what is to be said of a new definition."""
        fieldsets: Any = super().get_fieldsets(request, obj)
        if obj is None or not self.has_change_permission(request, obj):
            return fieldsets
        said = (_("If you change the definition"), {"fields": ["definition_meaning", "definition_why"]})
        return [fieldsets[0], said, *fieldsets[1:]]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The history keeps with a new definition what was said of it."""
        if change and form.redefines:
            with saying(form.cleaned_data["definition_meaning"], form.cleaned_data["definition_why"]):
                super().save_model(request, obj, form, change)
        else:
            super().save_model(request, obj, form, change)


@admin.register(Topic)
class TopicAdmin(TermAdmin):
    merged_as = Named.TOPIC
    field_of_rule = {
        "measures_topic_key_form": "key",
        "measures_topic_replaced_when_deprecated": "replaced_by",
        "measures_topic_two_levels": "key",
    }
    autocomplete_fields = ["parent", "replaced_by"]
    list_select_related = ["parent"]
    fieldsets = [
        (None, {"fields": [("key", "parent", "position"), *three_languages("label", "definition")]}),
        (_("Deprecation"), {"fields": [("deprecated_on", "replaced_by")]}),
    ]


@admin.register(TargetGroup)
class TargetGroupAdmin(TermAdmin):
    merged_as = Named.TARGET_GROUP
    field_of_rule = {
        "measures_targetgroup_key_form": "key",
        "measures_targetgroup_replaced_when_deprecated": "replaced_by",
    }
    fieldsets = [
        (None, {"fields": [("key", "position"), *three_languages("label", "definition")]}),
        (_("Deprecation"), {"fields": [("deprecated_on", "replaced_by")]}),
    ]


class BodyCountryFilter(FoldedFilter):
    """The countries that have bodies."""

    title = _("country")
    parameter_name = "country"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        bodies = IssuingBody.objects.filter(country=OuterRef("pk"))
        found = Country.objects.by_name().filter(Exists(bodies))
        return [*((c.iso3, c.name) for c in found), (PublicIdSequence.INTERNATIONAL, _("International"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[IssuingBody]) -> QuerySet[IssuingBody]:
        if self.value() == PublicIdSequence.INTERNATIONAL:
            return queryset.filter(country=None)
        return queryset.filter(country=self.value()) if self.value() else queryset


class IssuingBodyForm(MergingForm):
    """A body; one with the name or acronym of another is saved only when the person says that it is not that one."""

    another_body = forms.BooleanField(
        required=False, widget=forms.HiddenInput, label=_("This is another body. Save it.")
    )
    own_fields = ("loaded", "another_body")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "key" in self.fields:
            self.fields["key"].required = False
            self.fields["key"].help_text = _("Files name the body by it. Empty: made from the name.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "key" in cleaned and not cleaned["key"]:
            named = IssuingBody(country=cleaned.get("country"), native_name=cleaned.get("native_name", ""))
            cleaned["key"] = named.free_key()
        return cleaned

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # not in the stubs
        if self.errors or not self.instance._state.adding or self.cleaned_data.get("another_body"):
            return
        if found := like_bodies(self.instance):
            self.fields["another_body"].widget = forms.CheckboxInput()
            self.add_error("another_body", like_bodies_in_words(found))


@admin.register(IssuingBody)
class IssuingBodyAdmin(MergeableAdmin):
    actions = [merge_selected]
    merged_as = Named.ISSUING_BODY
    form = IssuingBodyForm
    field_of_rule = {"measures_issuingbody_unique": "key"}
    list_display = ["native_name", "acronym", "country", "kind", "active"]
    list_filter = [BodyCountryFilter, "kind"]
    list_select_related = ["country"]
    search_fields = ["sort_name", "native_name", "name_en", "name_es", "name_pt", "acronym", "aliases", "key"]
    autocomplete_fields = ["country"]
    public_advice = _("Published entries name this body. Only editors may change it.")
    in_use_advice = _("Entries name this body. If it has been dissolved, enter the period in “active”: 2007/2015.")
    fieldsets = [
        (None, {"fields": [("country", "key"), "kind", "native_name", "acronym"]}),
        (_("Names"), {"fields": [*three_languages("name"), "aliases"]}),
        (_("Period of activity"), {"fields": ["active"]}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: IssuingBody | None = None) -> Any:
        """A new body has the box that says that it is none of those with a like name."""
        fieldsets: Any = super().get_fieldsets(request, obj)
        return fieldsets if obj else [*fieldsets, (None, {"fields": ["another_body"], "classes": ["another-body"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: IssuingBody | None = None) -> tuple[str, ...]:
        """Country and key are read-only after creation: files refer to a body by them."""
        return ("country", "key") if obj else ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[IssuingBody], search_term: str
    ) -> tuple[QuerySet[IssuingBody], bool]:
        """For a measure's form: the bodies of its country and the international ones, or those of `VEN:`."""
        if match := ANOTHER_COUNTRY.fullmatch(search_term.strip()):
            queryset, search_term = queryset.filter(country=match[1].upper()), match[2]
        elif country := request.GET.get("for_country"):
            queryset = queryset.filter(Q(country=country) | Q(country=None))
        return super().get_search_results(request, queryset, search_term)
