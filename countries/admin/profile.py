"""The inlines of the country page: the roles with their editions, and the figures."""

import re
from collections import defaultdict
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.forms.utils import ErrorDict
from django.http import HttpRequest, QueryDict
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from countries.models import Country, Indicator, MobilityRole, Observation, Role
from countries.shares import pass_the_whole, stored_parts
from foundation.characters import ReadableCharField
from foundation.keys import whole_number
from foundation.numbers import NumberFormField, plain
from foundation.partial_dates import PartialDate, Period
from foundation.records.edit_conflict_admin import MergingForm
from foundation.records.edit_conflicts import Values, posted_rows
from foundation.records.record_admin import KnownRows, NumberInput, RecordForm, tell
from foundation.records.second_reader import may_change, may_publish
from foundation.records.second_reader_admin import is_proposal, refusal_of
from foundation.texts import LANGUAGES, translated

MOST_OF_TEXT = 90
"""Characters of an edition that stand beside its role and date."""
MOST_FIGURES = 100
"""Figures that stand in the form, the newest first; the others, and daily values, are in their list."""
FIGURES_ARE_PUBLIC = gettext_lazy(
    "Figures appear on the map and in its file as soon as they are saved. Only editors may enter or change them."
)
RULES_OF_ROLES = {
    "countries_mobilityrole_unique": "as_of",
    "countries_mobilityrole_has_narrative": "narrative_en",
}
RULES_OF_FIGURES = {
    "countries_observation_unique": "period",
    "countries_observation_codes_known": "qualifier",
    "countries_observation_value_or_reason": "value",
    "countries_observation_counterpart_differs": "counterpart",
}
"""The form field at which a violated constraint is reported."""
NOTES = ("note", "note_es", "note_pt")
SOURCES = ("source_name", "source_name_es", "source_name_pt")
"""Texts in three languages, the English one first."""
TEXTS = ("narrative_en", "narrative_es", "narrative_pt", *SOURCES, "source_url")
"""The fields that a new edition copies from the newest one."""

SENT_FIGURE = re.compile(r"observations-[0-9]{1,4}-id")


class RowForm(RecordForm):
    """A row that is neither validated nor checked against the database unless it was changed."""

    @property
    def is_folded_open(self) -> bool:
        """Whether what is folded in the row shows: it was typed and is not saved, or has an error."""
        return bool(self.errors) or (self.is_bound and self.has_changed())

    def full_clean(self) -> None:
        if self.is_bound and self.instance.pk and not self.has_changed():
            self._errors, self.cleaned_data = ErrorDict(), {"id": self.instance}
            return
        super().full_clean()


# Roles


class RoleForm(RowForm):
    field_of_rule = RULES_OF_ROLES

    @property
    def summary(self) -> list[Any]:
        """Of the stored edition: its role, its date, the languages in which it has its text, and how that begins."""
        edition = self.instance
        languages = (language.upper() for language in LANGUAGES if getattr(edition, f"narrative_{language}"))
        beginning = Truncator(translated(edition, "narrative").text).chars(MOST_OF_TEXT)
        return [edition.role, edition.as_of.in_words() if edition.as_of else "", " · ".join(languages), beginning]


class RoleFormSet(forms.BaseInlineFormSet):
    """The roles. If a role has several editions, each needs a date, or the newest cannot be determined."""

    def clean(self) -> None:
        super().clean()
        editions: dict[str, list[Any]] = defaultdict(list)
        for form in self.forms:
            if (form.instance.pk or form.has_changed()) and not self._should_delete_form(form):  # type: ignore[attr-defined]  # not in the stubs
                editions[form.instance.role_id].append(form)
        for rows in editions.values():
            for form in rows:
                if len(rows) > 1 and form.has_changed() and not form.errors and not form.instance.as_of:
                    form.add_error("as_of", _("This role has several editions. Enter a date for this one."))


class SecondReaderRows(KnownRows, InlineModelAdmin):
    """Rows that only editors can write once they are public; others see them read-only."""

    def may_write(self, request: HttpRequest, country: Country | None) -> bool:
        """Return whether the second-reader rule lets this user write rows of `country`."""
        raise NotImplementedError  # each subclass has its own

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and self.may_write(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self.may_write(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self.may_write(request, obj)


def roles_of(request: Any) -> list[Role]:
    """All roles, read once per request."""
    if not hasattr(request, "roles"):
        request.roles = list(Role.objects.all())
    found: list[Role] = request.roles
    return found


class RoleInline(SecondReaderRows, admin.StackedInline):
    model = MobilityRole
    form = RoleForm
    formset = RoleFormSet
    ordering = ["role", F("as_of_range").desc(nulls_last=True)]
    classes = ["roles"]
    template = "admin/folded_rows.html"
    verbose_name = gettext_lazy("role")
    verbose_name_plural = gettext_lazy("roles")
    fieldsets = [
        (None, {"fields": [("role", "as_of")]}),
        (None, {"fields": [TEXTS[:3]], "classes": ["languages"]}),
        (None, {"fields": [SOURCES, "source_url"]}),
    ]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The roles are read once for all rows."""
        formfield: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if formfield and db_field.name == "role":
            formfield.choices = [("", formfield.empty_label), *((role.pk, str(role)) for role in roles_of(request))]
        return formfield

    def get_queryset(self, request: HttpRequest) -> QuerySet[MobilityRole]:
        return super().get_queryset(request).select_related("role")

    def may_write(self, request: HttpRequest, country: Country | None) -> bool:
        """Roles are public once the country has a page; what was typed before then is shown again, but not saved."""
        is_open = is_proposal(request) or refusal_of(request) is not None
        return country is None or is_open or may_change(request.user, country)


def with_new_edition(data: QueryDict, role: str) -> tuple[QueryDict, int]:
    """Return the posted form with a new row prefilled from the newest edition of `role`, and the index of that row."""
    data, rows = data.copy(), posted_rows(data, "roles")
    newest = max((row for row in rows if row.get("role") == [role]), key=_age, default={})
    typed = ("id", "role", "as_of", *TEXTS)
    free = (n for n, row in enumerate(rows) if not any(row.get(name, [""])[0] for name in typed))
    place = next(free, len(rows))
    if place == len(rows):
        data["roles-TOTAL_FORMS"] = str(len(rows) + 1)
    for name, values in {"role": [role], "as_of": [""], **{name: newest.get(name, [""]) for name in TEXTS}}.items():
        data.setlist(f"roles-{place}-{name}", values)
    return data, place


def _age(row: Values) -> str:
    try:
        return PartialDate.parse(row.get("as_of", [""])[0]).first.isoformat()
    except ValidationError:
        return ""


# Figures


class FigureField(NumberFormField):
    """The value of a figure; a percent sign may follow if its indicator is in percent, see `refuse_percent_sign`."""

    takes_percent = True


def refuse_percent_sign(form: Any) -> None:
    """Add an error to a figure that has a percent sign although its indicator is in another unit."""
    indicator = form.cleaned_data.get("indicator")
    typed = str(form.data.get(form.add_prefix("value"), ""))
    if indicator and not indicator.unit.is_percent and "%" in typed and "value" not in form.errors:
        form.add_error(
            "value",
            _("The values of this indicator are in %(unit)s. Write the number without the percent sign.")
            % {"unit": indicator.unit},
        )


class ShareForm(MergingForm):
    """A figure; a share is held against the other shares of the same whole."""

    field_of_rule = RULES_OF_FIGURES

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        refuse_percent_sign(self)
        indicator, country, counterpart = (cleaned.get(name) for name in ("indicator", "country", "counterpart"))
        if indicator and country and counterpart and cleaned.get("value") and indicator.unit.is_share:
            stored = stored_parts(country, indicator, cleaned.get("period"))
            stored.pop(self.instance.pk, None)
            parts = dict([*stored.values(), (counterpart, cleaned["value"])])
            if problem := pass_the_whole(indicator, cleaned.get("period"), parts):
                self.add_error("value", problem)
        return cleaned


class FigureForm(RowForm):
    field_of_rule = RULES_OF_FIGURES

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            tell(self.fields["indicator"].widget, self.instance.indicator)
            tell(self.fields["counterpart"].widget, self.instance.counterpart)

    def clean(self) -> None:
        super().clean()
        refuse_percent_sign(self)


class FigureFormSet(forms.BaseInlineFormSet):
    """The figures. Shares of one whole are checked together as they would be stored, including rows not in the form."""

    def clean(self) -> None:
        super().clean()
        wholes: dict[tuple[Indicator, Period | None], list[Any]] = defaultdict(list)
        for form in self.forms:
            figure = form.instance
            is_part = form.is_valid() and figure.indicator_id and figure.counterpart_id and figure.value
            if is_part and figure.is_share and not self._should_delete_form(form):  # type: ignore[attr-defined]  # not in the stubs
                wholes[(figure.indicator, figure.period)].append(form)
        for (indicator, period), forms_of_whole in wholes.items():
            if any(form.has_changed() for form in forms_of_whole):
                self._check_whole(indicator, period, forms_of_whole)

    def save(self, commit: bool = True) -> Any:
        """Save decreases first: the database checks the total of the shares after each row."""
        number = self.initial_form_count()
        self.forms[:number] = sorted(self.forms[:number], key=self._growth)
        return super().save(commit)

    def _growth(self, form: Any) -> Decimal:
        if self._should_delete_form(form):  # type: ignore[attr-defined]  # not in the stubs
            return Decimal("-Infinity")
        if {"indicator", "counterpart", "period"} & set(form.changed_data):
            return Decimal("Infinity")
        return (form.instance.value or Decimal(0)) - (form.initial["value"] or Decimal(0))

    def _check_whole(self, indicator: Indicator, period: Period | None, rows: list[Any]) -> None:
        on_page = {form.instance.pk for form in self.forms}
        stored = stored_parts(self.instance, indicator, period)
        parts = {form.instance.counterpart: form.instance.value for form in rows}
        parts |= dict(part for pk, part in stored.items() if pk not in on_page)
        if problem := pass_the_whole(indicator, period, parts):
            for form in rows:
                if form.has_changed():
                    form.add_error("value", problem)


class PlainValue:
    """Mixin: show the value of a figure without the trailing decimals of the column."""

    @admin.display(description=gettext_lazy("value"))
    def plain_value(self, figure: Observation) -> str:
        return "" if figure.value is None else plain(figure.value)


def with_plain_value(fields: Any) -> list[Any]:
    """Replace the value field by its plain form, for users who can only read it."""
    return [
        tuple(with_plain_value(each)) if isinstance(each, tuple) else "plain_value" if each == "value" else each
        for each in fields
    ]


class FigureInline(PlainValue, SecondReaderRows, admin.TabularInline):
    model = Observation
    fk_name = "country"
    form = FigureForm
    formset = FigureFormSet
    fieldsets = [
        (None, {"fields": ["indicator", "counterpart", "period", "qualifier", "value", "status"]}),
        (gettext_lazy("Source and note"), {"fields": [*SOURCES, "source_url", *NOTES]}),
    ]
    """The cells of a row, and what is folded in the last one."""
    autocomplete_fields = ["indicator", "counterpart"]
    formfield_overrides = {
        **KnownRows.formfield_overrides,
        models.DecimalField: {"form_class": FigureField, "widget": NumberInput},
        models.TextField: {
            "form_class": ReadableCharField,
            "widget": AdminTextareaWidget(attrs={"rows": 2, "cols": 24}),
        },
    }
    classes = ["figures"]
    template = "admin/countries/country/figures.html"
    verbose_name = gettext_lazy("figure")
    verbose_name_plural = gettext_lazy("figures")

    def may_write(self, request: HttpRequest, country: Country | None) -> bool:
        """Figures are public for every country, since the map shows them."""
        return may_publish(request.user) or is_proposal(request)

    def get_fieldsets(self, request: HttpRequest, obj: Country | None = None) -> Any:
        (words, cells), rest = super().get_fieldsets(request, obj)
        if self.may_write(request, obj):
            return [(words, cells), rest]
        return [(words, {"fields": with_plain_value(cells["fields"])}), rest]

    def get_readonly_fields(self, request: HttpRequest, obj: Country | None = None) -> Any:
        return () if self.may_write(request, obj) else ("plain_value",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Observation]:
        """The newest figures of the country that are not daily, plus those in the submitted form."""
        assert request.resolver_match
        own = Observation.objects.filter(country=unquote(request.resolver_match.kwargs["object_id"]))
        newest = own.filter(indicator__is_daily=False).order_by(F("period_range").desc(nulls_last=True), "pk")
        keys = {*newest.values_list("pk", flat=True)[:MOST_FIGURES], *_sent_keys(request)}
        figures: QuerySet[Observation] = super().get_queryset(request).select_related("indicator__unit", "counterpart")
        return figures.filter(pk__in=keys).order_by("indicator__key", "period_range", "counterpart", "pk")


def _sent_keys(request: HttpRequest) -> list[int]:
    sent = (whole_number(str(value)) for name, value in request.POST.items() if SENT_FIGURE.fullmatch(name))
    return [number for number in sent if number is not None]


def daily_indicators(country: Country) -> list[Indicator]:
    """The daily indicators with values for the country; their values are not in the form."""
    values = Observation.objects.filter(indicator=OuterRef("pk"), country=country, counterpart=None)
    return list(Indicator.objects.filter(Exists(values), is_daily=True))


def number_left_out(country: Country) -> int:
    """Number of figures that are not daily and appear only in the list."""
    counted = Observation.objects.filter(Q(indicator__is_daily=False), country=country).count()
    return max(counted - MOST_FIGURES, 0)
