"""Former values of parameters: `?topic=old` means the topic that took its place, and the page says so."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from countries.models import FormerAddress, Named
from measures.listing.columns import INTERNATIONAL
from measures.listing.index import PublicIndex
from measures.models import IssuingBody, TargetGroup, Topic, now_of

VOCABULARIES: dict[str, tuple[Any, Named]] = {"topic": (Topic, Named.TOPIC), "group": (TargetGroup, Named.TARGET_GROUP)}
BODY = "body"
NAMES = (*VOCABULARIES, BODY)
"""The parameters whose values may be renamed."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """A value that was asked for by a former name: that name, and the label of what is shown for it."""

    former: str
    now: str


@dataclass(frozen=True, slots=True)
class _Now:
    """The value of today, with the words for both."""

    value: str
    renamed: Renamed


def in_current_values(
    asked: Mapping[str, Sequence[str]], index: PublicIndex
) -> tuple[dict[str, list[str]], list[Renamed]]:
    """The values of today of those parameters whose values may be renamed, and those that were."""
    current: dict[str, list[str]] = {}
    renamed: list[Renamed] = []
    for name in NAMES:
        if name not in asked:
            continue
        known: dict[str, _Now] = index.get_or_cache(f"former values of {name}", partial(_former_values, name))
        found = [(value, known.get(value.strip())) for value in asked[name]]
        renamed += [now.renamed for _value, now in found if now]
        current[name] = list(dict.fromkeys(now.value if now else value for value, now in found))
    return current, renamed


def _former_values(name: str) -> dict[str, _Now]:
    return dict(_former_bodies() if name == BODY else _former_terms(name))


def _former_terms(name: str) -> Iterator[tuple[str, _Now]]:
    """Terms that others replaced, and keys that terms once had."""
    model, kind = VOCABULARIES[name]
    terms = {term.pk: term for term in model.objects.all()}
    keys = {term.key for term in terms.values()}
    for term in terms.values():
        now = now_of(term, terms)
        if now is not term:
            yield term.key, _Now(now.key, Renamed(term.label, now.label))
    for former, record in _formers(kind):
        if record in terms and former not in keys:
            now = now_of(terms[record], terms)
            yield former, _Now(now.key, Renamed(former, now.label))


def _former_bodies() -> Iterator[tuple[str, _Now]]:
    """Codes that bodies once had, with and without their country."""
    formers = _formers(Named.ISSUING_BODY)
    bodies = IssuingBody.objects.in_bulk([record for _former, record in formers])
    keys = set(IssuingBody.objects.values_list("key", flat=True)) if formers else set()
    codes = {f"{c or INTERNATIONAL}:{key}" for c, key in IssuingBody.objects.values_list("country_id", "key")}
    for former, record in formers:
        if body := bodies.get(record):
            now = _Now(f"{body.country_id or INTERNATIONAL}:{body.key}", Renamed(former, str(body)))
            if former not in codes:
                yield former, now
            if (bare := former.partition(":")[2]) not in keys:
                yield bare, now


def _formers(kind: Named) -> list[tuple[str, int]]:
    found = FormerAddress.objects.filter(kind=kind).values_list("former", "record")
    return [(former, int(record)) for former, record in found]
