"""The vocabularies of the public record: the keys of choices in code, and of rows that the public sees.

The definitions of keys in code are those of `docs/data.md`, in English; rows have theirs in three languages.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy

from countries.models import Indicator, ObservationStatus, Qualifier, Role, Unit
from foundation.texts import LANGUAGES
from measures import choices
from measures.archive.choices import LinkState, SourceKind
from measures.data_document import meaning_of
from measures.definitions.in_code import versions_in_code
from measures.definitions.versions import Version, versions_of
from measures.listing.columns import INTERNATIONAL
from measures.models import DataSet, IssuingBody, TargetGroup, Topic

Texts = dict[str, str]
"""Texts by language, without those that are missing."""


@dataclass(frozen=True, slots=True)
class Term:
    """A key with what it means, and the versions of that; `more` are further columns of the file of its rows."""

    key: str
    labels: Texts
    definitions: Texts = field(default_factory=dict)
    more: dict[str, str] = field(default_factory=dict)
    versions: Sequence[Version] = ()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A list of keys. `is_code` if it is the same in every installation."""

    name: str
    title: Any
    terms: Callable[[], list[Term]]
    is_code: bool = False


def _in_code(name: str, title: Any, chosen: Any, heading: str) -> Vocabulary:
    def terms() -> list[Term]:
        return [_coded(name, choice, meaning_of(heading, choice.value)) for choice in chosen]

    return Vocabulary(name, title, terms, is_code=True)


def _coded(name: str, choice: Any, meaning: str) -> Term:
    labels = {}
    for language in LANGUAGES:
        with translation.override(language):
            labels[language] = str(choice.label)
    key = str(choice.value)
    return Term(key, labels, {"en": meaning} if meaning else {}, versions=versions_in_code(name, key, meaning))


def _texts(row: Any, stem: str) -> Texts:
    found = {language: getattr(row, f"{stem}_{language}", "") for language in LANGUAGES}
    return {language: text for language, text in found.items() if text}


def _of_terms(model: Any) -> list[Term]:
    """Topics and groups, also those that are no longer offered; what replaces one is named if it is public itself."""
    rows = list(model.objects.public().select_related("replaced_by"))
    keys, versions = {row.key for row in rows}, versions_of(model, [row.pk for row in rows])
    return [
        Term(
            row.key,
            _texts(row, "label"),
            _texts(row, "definition"),
            _filled(
                parent=row.key.rpartition(".")[0],
                deprecated_on=str(row.deprecated_on or ""),
                replaced_by=row.replaced_by.key if row.replaced_by and row.replaced_by.key in keys else "",
            ),
            versions.get(row.pk, ()),
        )
        for row in rows
    ]


def _bodies() -> list[Term]:
    rows = IssuingBody.objects.public().order_by("country", "key")
    return [
        Term(
            f"{row.country_id or INTERNATIONAL}:{row.key}",
            _texts(row, "name"),
            {},
            _filled(native_name=row.native_name, acronym=row.acronym, kind=row.kind, active=str(row.active or "")),
        )
        for row in rows
    ]


def _indicators() -> list[Term]:
    rows = list(Indicator.objects.public().order_by("key"))
    versions = versions_of(Indicator, [row.pk for row in rows])
    return [
        Term(
            row.key,
            _texts(row, "name"),
            _texts(row, "definition"),
            _filled(unit=str(row.unit_id)),
            versions.get(row.pk, ()),
        )
        for row in rows
    ]


def _labelled(rows: Iterable[Any], stem: str) -> list[Term]:
    return [Term(row.key, _texts(row, stem)) for row in rows]


def _datasets() -> list[Term]:
    return [Term(row.key, {"en": str(row)}) for row in DataSet.objects.public().order_by("key")]


def _filled(**texts: str) -> dict[str, str]:
    return {name: text for name, text in texts.items() if text}


VOCABULARIES: dict[str, Vocabulary] = {
    vocabulary.name: vocabulary
    for vocabulary in (
        Vocabulary("topics", gettext_lazy("Topics"), lambda: _of_terms(Topic)),
        Vocabulary("target_groups", gettext_lazy("People concerned"), lambda: _of_terms(TargetGroup)),
        Vocabulary("issuing_bodies", gettext_lazy("Issuing bodies"), _bodies),
        Vocabulary("datasets", gettext_lazy("Data sets of others"), _datasets),
        Vocabulary("indicators", gettext_lazy("Figures"), _indicators),
        Vocabulary("units", gettext_lazy("Units"), lambda: _labelled(Unit.objects.public().order_by("key"), "name")),
        Vocabulary("roles", gettext_lazy("Roles of countries"), lambda: _labelled(Role.objects.public(), "label")),
        _in_code("kinds", gettext_lazy("Instrument"), choices.Kind, "Kinds"),
        _in_code("families", gettext_lazy("Type of entry"), choices.Family, "Families"),
        _in_code("levels", gettext_lazy("Level"), choices.Level, "Level"),
        _in_code("statuses", gettext_lazy("Recorded status"), choices.Status, "Statuses"),
        _in_code("states", gettext_lazy("Status on a day"), choices.StatusGroup, "States"),
        _in_code("directions", gettext_lazy("Direction"), choices.Direction, "Direction"),
        _in_code("end_kinds", gettext_lazy("Kind of end"), choices.EndKind, "End of validity"),
        _in_code("duration_bases", gettext_lazy("Days of a duration"), choices.DurationBasis, "Days of a duration"),
        _in_code("relation_types", gettext_lazy("Relations"), choices.RelationType, "Relations"),
        _in_code("evidence", gettext_lazy("Evidence"), choices.Evidence, "Evidence"),
        _in_code("precisions", gettext_lazy("Precision of the date"), choices.Precision, "Precision"),
        _in_code("alias_kinds", gettext_lazy("Kinds of other numbers"), choices.AliasKind, "Kinds of other numbers"),
        _in_code("body_kinds", gettext_lazy("Kinds of issuing bodies"), choices.BodyKind, "Kinds of issuing bodies"),
        _in_code("source_kinds", gettext_lazy("Kinds of sources"), SourceKind, "Kinds of sources"),
        _in_code("link_states", gettext_lazy("Links"), LinkState, "Links"),
        _in_code("coverage_states", gettext_lazy("How far it was searched"), choices.Searched, "coverage.csv"),
        _in_code("number_states", gettext_lazy("What is known of a number"), choices.NumberState, "seen_numbers.csv"),
        _in_code("qualifiers", gettext_lazy("Qualifier of a value"), Qualifier, "observations.csv and series.csv"),
        _in_code(
            "observation_statuses",
            gettext_lazy("Status of a value"),
            ObservationStatus,
            "observations.csv and series.csv",
        ),
    )
}
"""Every vocabulary by name, in the order of the codebook."""
