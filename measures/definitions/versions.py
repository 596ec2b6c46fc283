"""The versions of the definitions of terms, as the history has them: since when, what before, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _

from countries.models import Indicator
from foundation.days import day_of
from foundation.partial_dates import PartialDate
from foundation.records.changes import event_models
from foundation.texts import LANGUAGES
from measures.models import TargetGroup, Topic

MEANING, WHY = "definition_meaning", "definition_why"
"""Under these names the context of the history says what a new definition means, and why there is one."""
DEFINED: Mapping[str, Any] = {"topics": Topic, "target_groups": TargetGroup, "indicators": Indicator}
"""The vocabularies whose terms have definitions, by their names in the codebook."""
COLUMNS = tuple(f"definition_{language}" for language in LANGUAGES)


class Meaning(models.TextChoices):
    """What a new wording of a definition does to what it means."""

    WORDING = "wording", _("Wording only: it means the same")
    NARROWER = "narrower", _("Narrower: some acts do not belong here any more")
    WIDER = "wider", _("Wider: further acts belong here")
    OTHER = "other", _("Another meaning")


@dataclass(frozen=True, slots=True)
class Version:
    """A definition in the languages that it has, from a moment on, None for one of which that is not known.

    `meaning` and `reason` are '' where nobody said.
    """

    number: int
    at: datetime | None
    texts: dict[str, str]
    meaning: str = ""
    reason: str = ""
    before: dict[str, str] = field(default_factory=dict)

    @property
    def day(self) -> PartialDate | None:
        """Its first day, where the site is."""
        return day_of(self.at) if self.at else None

    @property
    def meaning_in_words(self) -> str:
        """What it does to the meaning, in words; '' for the first one."""
        if self.number == 1:
            return ""
        return str(Meaning(self.meaning).label if self.meaning in Meaning.values else _("not stated"))

    @property
    def is_new_meaning(self) -> bool:
        """Whether what was coded by the version before must be looked at again."""
        return self.meaning in (Meaning.NARROWER, Meaning.WIDER, Meaning.OTHER)

    @property
    def changed(self) -> list[tuple[str, str, str]]:
        """The languages whose text differs from that of the version before, with both texts."""
        pairs = ((language, self.before.get(language, ""), self.texts.get(language, "")) for language in LANGUAGES)
        return [(language, old, new) for language, old, new in pairs if old != new]


def versions_of(model: type[models.Model], keys: Iterable[Any] | None = None) -> dict[Any, list[Version]]:
    """The versions of the definitions of records, oldest first, by primary key; one query.

    A term that never had a definition has one version without texts, the day on which it was recorded.
    """
    events = _events(model)
    if keys is not None:
        events = events.filter(pgh_obj__in=list(keys))
    read = events.values_list("pgh_obj_id", "pgh_created_at", "pgh_context__metadata", *COLUMNS)
    found: dict[Any, list[Version]] = {}
    for key, at, metadata, *texts in read.iterator():
        stated = {language: text for language, text in zip(LANGUAGES, texts, strict=True) if text}
        versions = found.setdefault(key, [])
        if not versions:
            versions.append(Version(1, at, stated))
        elif versions[-1].texts != stated:
            said = metadata or {}
            reason = str(said.get(WHY) or said.get("public_note") or "")
            versions.append(
                Version(len(versions) + 1, at, stated, str(said.get(MEANING, "")), reason, versions[-1].texts)
            )
    return found


def version_at(versions: Iterable[Version], moment: datetime) -> Version | None:
    """The version that was in force at a moment; None before the first."""
    return next((version for version in reversed(list(versions)) if version.at and version.at <= moment), None)


def saying(meaning: str, why: str) -> Any:
    """The context of the history in which a definition is changed."""
    return pghistory.context(**{MEANING: meaning, WHY: why, "note": f"{Meaning(meaning).label}. {why}"})


@dataclass(frozen=True, slots=True)
class Redefined:
    """A term of which a version means something else than the one before."""

    field: str
    """The field of an act that has the term: `topics` or `target_groups`."""
    key: int
    name: str
    at: datetime
    version: Version

    @property
    def concerns_all(self) -> bool:
        """Whether acts without the term may belong to it now."""
        return self.version.meaning in (Meaning.WIDER, Meaning.OTHER)


def redefined() -> list[Redefined]:
    """Every new meaning of a topic or group that is still offered; two queries, and two for each kind that has any."""
    found = []
    for name, model in (("topics", Topic), ("target_groups", TargetGroup)):
        said = _events(model).filter(pgh_context__metadata__has_key=MEANING)
        keys = set(said.values_list("pgh_obj_id", flat=True))
        terms = {term.pk: str(term) for term in model._default_manager.filter(pk__in=keys, deprecated_on=None)}
        for key, versions in versions_of(model, terms).items() if terms else ():
            found += [Redefined(name, key, terms[key], v.at, v) for v in versions if v.at and v.is_new_meaning]
    return found


def _events(model: Any) -> Any:
    event_model: Any = next(events for events, owner in event_models(model) if owner is None)
    return event_model._default_manager.exclude(pgh_label="delete").order_by("pgh_id")
