"""The inlines of the measure form: status events, citations, relations, other numbers, keys in data sets."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.characters import ReadableCharField, ReadableURLField
from foundation.days import today
from foundation.records.record_admin import KnownRows, tell
from foundation.records.teams import reads_all, visible_to
from measures.admin.carrying import carried
from measures.archive.addresses import source_at, typed
from measures.archive.choices import SourceKind
from measures.archive.details import evidence_of
from measures.choices import SYMMETRIC_RELATIONS, Kind
from measures.entry_rules import Events, check_problem, year_problem
from measures.models import (
    Citation,
    ExternalId,
    FurtherBody,
    Measure,
    ReferenceAlias,
    Relation,
    Source,
    StatusEvent,
)
from measures.workflow import check_history, last_possible_day_of


class MeasureInline(KnownRows, admin.TabularInline):
    """An inline of a measure; a new form has a row for each one that is taken over from another entry."""

    def get_extra(self, request: HttpRequest, obj: Measure | None = None, **kwargs: Any) -> int:
        taken = carried(request) if obj is None else None
        return max(self.empty_rows(obj), len(taken.rows.get(self.model, ())) if taken else 0)

    def empty_rows(self, obj: Measure | None) -> int:
        """The number of empty rows below those of `obj`, None for a new entry."""
        return self.extra


class OrderedForm(forms.ModelForm):
    """A row with a number; `named` is the field in which it names a record."""

    named = ""
    position = forms.IntegerField(
        label=gettext_lazy("No."), required=False, min_value=1, widget=forms.NumberInput(attrs={"class": "position"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["position"] = self.instance.position + 1
        chosen = getattr(self.instance, self.named) if self.instance.pk else self.initial.get(self.named)
        tell(self.fields[self.named].widget, chosen)

    def has_changed(self) -> bool:
        """A row that has only a number counts as empty."""
        return bool(set(self.changed_data) - {"position"})


class OrderedFormSet(forms.BaseInlineFormSet):
    """Rows in the order of their numbers, which count from 0 in the database."""

    def clean(self) -> None:
        super().clean()
        self.in_order = self._in_order()
        for position, form in enumerate(self.in_order):
            form.instance.position = position

    def _in_order(self) -> list[Any]:
        """The remaining rows by number, unnumbered ones last."""
        rows = [
            form
            for form in self.forms
            if (form.instance.pk or form.has_changed()) and not self._should_delete_form(form)  # type: ignore[attr-defined]  # not in the stubs
        ]
        return sorted(rows, key=lambda form: getattr(form, "cleaned_data", {}).get("position") or len(rows) + 1000)

    def save(self, commit: bool = True) -> Any:
        """Save, and renumber all rows, including unchanged ones."""
        saved = super().save(commit=commit)
        model: Any = self.model
        rows = [form.instance for form in self.in_order if form.instance.pk]
        model._default_manager.bulk_update(rows, ["position"])
        return saved


class FurtherBodyForm(OrderedForm):
    named = "body"

    class Meta:
        model = FurtherBody
        fields = ["position", "body"]


class FurtherBodyFormSet(OrderedFormSet):
    """The bodies after the one that leads."""

    def clean(self) -> None:
        super().clean()
        first = self.instance.issuing_body
        if self.in_order and first is None:
            raise ValidationError(_("Choose the issuing body that leads, then those that issued the act with it."))
        for form in self.in_order:
            body = getattr(form, "cleaned_data", {}).get("body")
            if body and body == first:
                form.add_error("body", _("This body leads already. Choose another one, or remove this row."))


class FurtherBodyInline(MeasureInline):
    model = FurtherBody
    form = FurtherBodyForm
    formset = FurtherBodyFormSet
    autocomplete_fields = ["body"]
    ordering = ["position"]
    classes = ["further-bodies"]
    extra = 0


class StatusEventForm(OrderedForm):
    named = "source"

    class Meta:
        model = StatusEvent
        fields = ["position", "status", "date", "note", "note_es", "note_pt", "source"]


class StatusEventFormSet(OrderedFormSet):
    """The status history, in row order, checked against what the kind's family allows."""

    def clean(self) -> None:
        super().clean()
        kind = self.instance.kind
        if kind not in Kind.values or any(form.errors for form in self.in_order):
            return
        problems = check_history(Kind(kind).family, self.events, on=today(), start=self.instance.valid_from)
        for problem in problems:
            self.in_order[problem.index].add_error(problem.field, problem.message)
        if problems:
            raise ValidationError(_("The status history is not consistent. See the rows marked below."))
        if message := self._check_problem():
            raise ValidationError(message, code="check_after_end")

    @property
    def events(self) -> Events:
        """The events as typed, in their order; for a valid formset."""
        return [(form.cleaned_data["status"], form.cleaned_data.get("date")) for form in self.in_order]

    def _check_problem(self) -> str:
        """Why the last check of the entry cannot have been on its day, '' if it can."""
        measure: Measure = self.instance
        if measure.checked_on is None:
            return ""
        return check_problem(measure.checked_on, last_possible_day_of(measure, self.events), on=today())


class StatusEventInline(MeasureInline):
    model = StatusEvent
    form = StatusEventForm
    formset = StatusEventFormSet
    autocomplete_fields = ["source"]
    ordering = ["position"]
    classes = ["history"]

    def empty_rows(self, obj: Measure | None) -> int:
        """Two for a new entry: most acts begin with two events, signed and in force."""
        return 1 if obj else 2


class CitationForm(forms.ModelForm):
    """A citation; its source is looked up, or created from a pasted URL or the title of a printed document."""

    new_url = ReadableURLField(
        label=gettext_lazy("Or paste an address"),
        required=False,
        assume_scheme="https",
        widget=forms.URLInput(attrs={"class": "vURLField"}),
    )
    new_title = ReadableCharField(
        label=gettext_lazy("Title of the new source"), required=False, max_length=600, widget=AdminTextInputWidget()
    )
    new_kind = forms.ChoiceField(
        label=gettext_lazy("Kind of the new source"),
        required=False,
        choices=SourceKind,
        initial=SourceKind.UNSPECIFIED,
    )
    own_fields = ("new_url", "new_title", "new_kind")

    class Meta:
        model = Citation
        fields = ["source", "locator", "quote", "field"]
        widgets = {"quote": forms.Textarea(attrs={"rows": 2, "maxlength": 600})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.new_source: Source | None = None
        source = self.fields["source"]
        source.required = source.widget.is_required = False  # so that it can be cleared, too
        tell(source.widget, self.instance.source if self.instance.pk else self.initial.get("source"))

    @property
    def summary(self) -> list[Any]:
        """What a stored citation is known by, above its boxes."""
        return [self.instance.source]

    @property
    def is_folded_open(self) -> bool:
        """Whether the boxes show: all but those of an empty row after another one."""
        is_first = str(self.prefix).rpartition("-")[2] in ("0", "__prefix__")
        is_typed = bool(self.initial or self.errors) or (self.is_bound and self.has_changed())
        return bool(self.instance.pk) or is_first or is_typed

    def has_changed(self) -> bool:
        """A row that has only the kind of an unnamed source counts as empty."""
        return bool(set(self.changed_data) - {"new_kind"})

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        pasted = typed(cleaned.get("new_url") or "")
        url = pasted.url
        if pasted.locator and "locator" in cleaned:
            cleaned["locator"] = cleaned["locator"] or pasted.locator
        if url and cleaned.get("source"):
            self.add_error("new_url", _("Choose a source or paste an address, not both."))
        elif url or (cleaned.get("new_title") and not cleaned.get("source") and "new_url" not in self.errors):
            self._take_source(cleaned, url)
        elif not cleaned.get("source") and not self.errors and self.has_changed():
            self.add_error("source", _("Name the source: search for it, or paste its address."))
        return cleaned

    def _take_source(self, cleaned: dict[str, Any], url: str) -> None:
        """Cite the source at the URL, or prepare a new one to be saved with the citation.

        A document that only exists in print has a title and no URL.
        """
        title = cleaned.get("new_title") or url.partition("://")[2].rstrip("/")
        if existing := _known(url, title):
            cleaned["source"] = existing
            return
        self.new_source = Source(url=url, title=title[:500], kind=cleaned.get("new_kind") or SourceKind.UNSPECIFIED)
        try:
            self.new_source.full_clean()
        except ValidationError as error:
            self.add_error("new_url" if url else "new_title", error.messages)

    def save(self, commit: bool = True) -> Any:
        """Save a new source first; two rows with one new address or printed title share it."""
        if self.new_source:
            self.instance.source = _known(self.new_source.url, self.new_source.title) or self.new_source
            if self.instance.source.pk is None:
                self.instance.source.save()
        return super().save(commit=commit)


def _known(url: str, title: str) -> Source | None:
    return source_at(url) if url else Source.objects.filter(url="", title=title).first()


class CitationInline(MeasureInline, admin.StackedInline):
    model = Citation
    form = CitationForm
    template = "admin/folded_rows.html"
    autocomplete_fields = ["source"]
    verbose_name = gettext_lazy("source")
    verbose_name_plural = gettext_lazy("sources")
    classes = ["sources"]
    readonly_fields = ["evidence"]
    fieldsets = [
        (
            None,
            {"fields": [("source", "locator", "field"), ("new_url", "new_title", "new_kind"), ("quote", "evidence")]},
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Citation]:
        return super().get_queryset(request).select_related("quote_check")

    @admin.display(description=gettext_lazy("found in the source"))
    def evidence(self, citation: Citation) -> str:
        """Whether the quote was found in the captures of the source, and on which page; '' without a quote."""
        found = evidence_of(citation)
        if found is None:
            return ""
        page = [_("page %(page)s") % {"page": found.page}] if found.page else []
        return ", ".join([found.label, *page])


class RelationForm(forms.ModelForm):
    class Meta:
        model = Relation
        fields = ["type", "object", "date", "scope", "provision"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            tell(self.fields["object"].widget, self.instance.object)

    def clean(self) -> dict[str, Any]:
        """Check that a mutual relation is not already recorded from the other side."""
        cleaned: dict[str, Any] = super().clean() or {}
        subject, other, kind = self.instance.subject_id, cleaned.get("object"), cleaned.get("type")
        if kind in SYMMETRIC_RELATIONS and other and subject:
            mirrored = Relation.objects.filter(type=kind, subject=other, object_id=subject).exclude(pk=self.instance.pk)
            if mirrored.exists():
                self.add_error("object", _("This relation is already recorded, on the other entry."))
        if other and subject == other.pk:
            self.add_error("object", _("An entry may not be related to itself."))
        if message := year_problem(cleaned.get("date"), on=today()):
            self.add_error("date", message)
        return cleaned


class RelationFormSet(forms.BaseInlineFormSet):
    def save_new(self, form: Any, commit: bool = True) -> Any:
        """A mutual relation is stored from its older side, known only once this entry is saved."""
        form.instance.object = form.cleaned_data["object"]
        relation = super().save_new(form, commit=False)
        relation.clean()
        if commit:
            relation.save()
        return relation


class RelationInline(MeasureInline):
    model = Relation
    form = RelationForm
    formset = RelationFormSet
    fk_name = "subject"
    autocomplete_fields = ["object"]
    classes = ["relations"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Relation]:
        """Without relations to entries that the person may not read; saving the form leaves them as they are."""
        found: QuerySet[Relation] = super().get_queryset(request)
        if reads_all(request.user, Measure):
            return found
        return found.filter(object__in=visible_to(request.user, Measure.objects.all()))


class ReferenceAliasInline(MeasureInline):
    model = ReferenceAlias
    fields = ["kind", "reference"]
    extra = 1
    classes = ["aliases"]


class ExternalIdInline(MeasureInline):
    model = ExternalId
    fields = ["dataset", "key"]
    extra = 1


INLINES: list[type[admin.options.InlineModelAdmin]] = [
    FurtherBodyInline,
    StatusEventInline,
    CitationInline,
    RelationInline,
    ReferenceAliasInline,
    ExternalIdInline,
]
