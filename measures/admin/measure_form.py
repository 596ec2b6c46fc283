"""The measure form: validation beyond the constraints of the table, and its messages."""

import json
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.characters import ReadableCharField
from foundation.days import today
from foundation.keys import whole_number
from foundation.partial_dates import PartialDate
from foundation.records.edit_conflict_admin import MergingForm
from foundation.records.edit_conflicts import number_of_rows
from foundation.texts import LANGUAGES, languages_of_site
from measures import duplicates
from measures.admin.fields import TermPicker, kinds_by_family, like_bodies_in_words, offered, topics_by_parent
from measures.choices import FAMILY_OF, STATE_FAMILIES, STATUSES, VALIDITY_FAMILIES, BodyKind, Direction, DurationBasis
from measures.durations import Duration
from measures.entry_rules import check_problem, year_problem
from measures.models import IssuingBody, Measure, TargetGroup, Topic
from measures.places import default_level, place_problems
from measures.references import key_of

FIELD_OF_RULE = {
    "measures_measure_has_country": "country",
    "measures_measure_level_of_kind": "level",
    "measures_measure_direction_of_state": "direction",
    "measures_measure_validity_of_norms": "end_kind",
    "measures_measure_fixed_date_given": "valid_until",
    "measures_measure_open_end_has_no_date": "valid_until",
    "measures_measure_ends_after_start": "valid_until",
    "measures_measure_duration_form": "duration",
    "measures_measure_duration_basis_pair": "duration_basis",
    "measures_measure_duration_basis_of_days": "duration_basis",
    "measures_measure_has_title": "title_en",
    "measures_measure_language_tag": "original_language",
}
"""The form field at which a violated constraint is reported."""

WHAT_IDENTIFIES = {
    "country",
    "kind",
    "issuing_body",
    "reference",
    "provision",
    *(f"title_{language}" for language in LANGUAGES),
}
"""If one of these fields changes, check for duplicates again."""


def link(measure: Measure) -> SafeString:
    """The identifier and title of an entry, linked to its form in another tab."""
    url = reverse("admin:measures_measure_change", args=[measure.pk])
    return format_html('<a href="{}" target="_blank">{}</a>', url, measure)


def typed_dates(data: Any, prefix: str = "status_events") -> tuple[PartialDate, ...]:
    """The valid dates among the events as typed."""
    dates = []
    for index in range(number_of_rows(data, prefix)):
        try:
            dates.append(PartialDate.parse(data.get(f"{prefix}-{index}-date", "")))
        except ValidationError:
            continue
    return tuple(dates)


class MeasureForm(MergingForm):
    """One entry, with readable errors; `refusal` is why it may not be saved (a newer version, a lost race)."""

    record_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    new_body = ReadableCharField(
        label=gettext_lazy("Name of the missing body, in its own language"),
        required=False,
        max_length=200,
        widget=AdminTextInputWidget,
        help_text=gettext_lazy("It is saved with the entry, as a body of its country, with a key made from the name."),
    )
    new_body_kind = forms.ChoiceField(
        label=gettext_lazy("Kind of the missing body"), required=False, choices=[("", "---------"), *BodyKind.choices]
    )
    another_body = forms.BooleanField(
        required=False, widget=forms.HiddenInput, label=gettext_lazy("This is another body. Save it.")
    )
    another_act = forms.BooleanField(required=False, label=gettext_lazy("This is another act. Save it."))

    field_of_rule = FIELD_OF_RULE
    own_fields = ("record_version", "loaded", "another_act", "another_body")
    known = Measure.objects.all()
    """The entries that the person may read, of which duplicates are named."""
    kept: Any = None
    """The entries that are being coded a second time and kept from the person; None for none."""

    class Meta:
        model = Measure
        fields = ()  # the admin's fieldsets list and order the fields
        widgets = {
            "topics": TermPicker,
            "target_groups": TermPicker,
            "direction": forms.RadioSelect,
            "official_title": forms.Textarea(attrs={"rows": 2}),
            **{f"summary_{language}": forms.Textarea(attrs={"rows": 5}) for language in LANGUAGES},
            **{f"plain_{language}": forms.Textarea(attrs={"rows": 3}) for language in LANGUAGES},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.duplicates: list[duplicates.Match] = []
        self.missing_body: IssuingBody | None = None
        """The body that is saved with the entry, since it was missing."""
        if not self.instance._state.adding:
            self.initial["record_version"] = self.instance.record_version
        if "kind" in self.fields:
            self._prepare_choices()
            self._mark_missing()

    def _prepare_choices(self) -> None:
        topics = offered(Topic, {topic.pk for topic in self._initial_tags("topics")})
        groups = offered(TargetGroup, {group.pk for group in self._initial_tags("target_groups")})
        by_parent = [(str(lane), options) for lane, options in topics_by_parent(topics)]
        self._field("kind").choices = kinds_by_family()
        self._field("kind").widget.attrs["data-families"] = json.dumps(_what_a_kind_allows())
        self._field("topics").choices = by_parent
        self._field("primary_topic").choices = [("", "---------"), *by_parent]
        self._field("target_groups").choices = [(group.pk, group.label) for group in groups]
        self._field("topics").widget.terms = {topic.pk: topic for topic in topics}
        self._field("target_groups").widget.terms = {group.pk: group for group in groups}
        self._field("direction").choices = [("", _("Not coded")), *Direction.choices]

    def _field(self, name: str) -> Any:
        return self.fields[name]

    def _initial_tags(self, name: str) -> list[Any]:
        return list(getattr(self.instance, name).all()) if self.instance.pk else []

    def _mark_missing(self) -> None:
        """Mark empty fields with a placeholder, so that missing translations are easy to see."""
        for field in ("title", "short_title", "summary"):
            for language in languages_of_site():
                self.fields[f"{field}_{language}"].widget.attrs |= {"placeholder": _("missing"), "lang": language}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if {"topics", "primary_topic"} <= cleaned.keys():
            self._choose_primary_topic(cleaned)
        self._check_dates(cleaned)
        if cleaned.get("new_body"):
            self._take_missing_body(cleaned)
        elif "new_body" not in self.fields and self.data.get(self.add_prefix("new_body"), "").strip():
            self.add_error("issuing_body", _("Only accounts that may add issuing bodies can name a missing one."))
        if {"level", "areas", "binds"} <= cleaned.keys():
            self._check_places(cleaned)
        if Duration.is_calendar_alone(cleaned.get("duration", "")):
            cleaned["duration_basis"] = DurationBasis.CALENDAR
        return cleaned

    def _take_missing_body(self, cleaned: dict[str, Any]) -> None:
        """Prepare the body that is named as missing, to be saved with the entry."""
        kind = cleaned.get("new_body_kind")
        if cleaned.get("issuing_body"):
            self.add_error("new_body", _("Choose an issuing body or name a missing one, not both."))
        elif not kind:
            self.add_error("new_body_kind", _("Choose the kind of the missing body."))
        else:
            body = IssuingBody(country=cleaned.get("country"), kind=kind, native_name=cleaned["new_body"])
            found = duplicates.like_bodies(body)
            if found and not cleaned.get("another_body"):
                self.fields["another_body"].widget = forms.CheckboxInput()
                self.add_error("another_body", like_bodies_in_words(found))
            body.key = body.free_key()
            cleaned["issuing_body"] = self.missing_body = body

    def _check_places(self, cleaned: dict[str, Any]) -> None:
        """Write out the level where it is left to country and kind, and refuse places that do not fit it."""
        country = cleaned.get("country")
        cleaned["level"] = cleaned["level"] or default_level(country, cleaned.get("kind", ""))
        problems = place_problems(cleaned["level"], country, cleaned["areas"], cleaned["binds"])
        for name, message in problems.items():
            self.add_error(name, message)

    def _check_dates(self, cleaned: dict[str, Any]) -> None:
        """Refuse years far ahead, and a check that is still to come; the events look for one after an end."""
        for name in ("valid_from", "valid_until"):
            if message := year_problem(cleaned.get(name), on=today()):
                self.add_error(name, message)
        checked_on = cleaned.get("checked_on")
        if checked_on and (message := check_problem(checked_on, None, on=today())):
            self.add_error("checked_on", message)

    def _choose_primary_topic(self, cleaned: dict[str, Any]) -> None:
        topics, primary = list(cleaned["topics"]), cleaned["primary_topic"]
        if primary and primary not in topics:
            message = _("Tick “%(topic)s” among the topics as well, or choose a ticked topic.")
            self.add_error("primary_topic", ValidationError(message, params={"topic": primary}, code="not_ticked"))
        elif len(topics) == 1:
            cleaned["primary_topic"] = topics[0]
        elif topics and not primary:
            message = _("Choose which of the ticked topics is the primary one: it decides the lane on the timeline.")
            self.add_error("primary_topic", ValidationError(message, code="not_chosen"))

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # not in the stubs
        if "reference" not in self.fields or self.refusal:
            return
        if self._is_kept():
            message = _("This act is being coded a second time. It cannot be entered again.")
            self.add_error("reference", ValidationError(message, code="kept"))
        elif existing := duplicates.same_record(self.instance):
            message = format_html(
                _(
                    "{} already has this kind, body, reference and provision. Open that entry, or name the provision "
                    "here."
                ),
                link(existing) if self.known.contains(existing) else _("An entry of another country"),
            )
            self.add_error("reference", ValidationError(message, code="same_record"))
        else:
            self._ask_about_duplicates()

    def _is_kept(self) -> bool:
        """Whether the act is one of those kept: by its number alone, or the answer would tell how it was coded."""
        act = self.instance
        if self.kept is None or not act.reference:
            return False
        same = self.kept.filter(country=act.country_id, reference_key=key_of(act.reference))
        return bool(same.exclude(pk=act.pk).exists())

    def _ask_about_duplicates(self) -> None:
        is_new = self.instance._state.adding
        if not (is_new or WHAT_IDENTIFIES & set(self.changed_data)):
            return
        self.duplicates = duplicates.matches(candidate(self.data, self.instance.pk), among=self.known)
        if self.duplicates and not self.cleaned_data.get("another_act"):
            message = _(
                "This act may already be recorded. Check the entries listed below, then tick “This is another act”."
            )
            self.add_error(None, ValidationError(message, code="duplicate"))


def candidate(data: Any, pk: int | None) -> duplicates.Candidate:
    """The entry as typed so far, for the duplicate check."""
    said = {name: data.get(name, "").replace("\0", "")[:300] for name in WHAT_IDENTIFIES}
    return duplicates.Candidate(
        country_id=said["country"] or None,
        kind=said["kind"],
        issuing_body_id=whole_number(said["issuing_body"]),
        reference=said["reference"],
        provision=said["provision"],
        titles=tuple(said[f"title_{language}"] for language in LANGUAGES),
        dates=typed_dates(data),
        pk=pk,
    )


def _what_a_kind_allows() -> dict[str, dict[str, Any]]:
    """For the script: the statuses of each kind, and whether it has a direction and a validity."""
    return {
        kind.value: {
            "statuses": [status.value for status in STATUSES[family]],
            "direction": family in STATE_FAMILIES,
            "validity": family in VALIDITY_FAMILIES,
        }
        for kind, family in FAMILY_OF.items()
    }
