"""Writing the ledger, many cells at once: who may publish writes it, others propose; nobody overwrites unseen."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pghistory
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from countries.models import Country
from foundation.partial_dates import PartialDate
from foundation.records.changes import versions
from foundation.records.second_reader import may_publish
from measures.choices import WHOLLY_SEARCHED, Searched
from measures.coverage.quarters import Quarter
from measures.models import Coverage, Topic

MOST_CELLS = 2000
"""Cells that one act may change."""
_TOPIC = re.compile(r"[a-z0-9_.]{1,60}")
SAID = ("state", "checked_on", "checked_by", "searched")
"""The fields of a row that say something."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A cell of the ledger of a country: the key of a topic and a quarter."""

    topic: str
    quarter: Quarter

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        """Read `health:2020-Q1`; None for anything else."""
        topic, _colon, quarter = text.rpartition(":")
        read = Quarter.parse(quarter)
        return cls(topic, read) if read and _TOPIC.fullmatch(topic) else None

    def __str__(self) -> str:
        return f"{self.topic}:{self.quarter}"


@dataclass(frozen=True, slots=True)
class Mark:
    """What is said of cells."""

    state: Searched
    checked_on: PartialDate | None = None
    checked_by: str = ""
    searched: str = ""


class ChangedMeanwhile(Exception):
    """Somebody else has changed some of the cells since they were shown; nothing was written."""

    def __init__(self, places: Collection[Place]) -> None:
        super().__init__(places)
        self.places = frozenset(places)


def seen_of(country: Country) -> dict[str, int]:
    """The version of each cell that has a row or a proposal, to be sent back with what is marked."""
    rows = list(Coverage.objects.filter(country=country).order_by().values_list("pk", "topic__key", "period"))
    known = versions(Coverage, [pk for pk, _topic, _period in rows])
    found: dict[str, int] = {}
    for pk, topic, period in rows:
        assert period
        name = str(Place(topic, Quarter.of_period(period)))
        found[name] = max(found.get(name, 0), known.get(pk, 0))
    return found


def mark(country: Country, places: Collection[Place], said: Mark, *, by: Any, seen: Mapping[str, int]) -> int:
    """Say the same of some cells, and return how many changed.

    Raise ValidationError if it cannot be said of them, and ChangedMeanwhile for cells that are not as they were `seen`.
    """
    _refuse_impossible(places, said)
    with transaction.atomic():
        rows = _locked(country, places, seen)
        if may_publish(by):
            return _write(country, places, said, rows)
        return _propose(country, places, said, rows)


def approve(country: Country, places: Collection[Place], *, by: Any, seen: Mapping[str, int]) -> int:
    """Put what is proposed of some cells into the ledger, and return of how many; errors as in `mark`.

    Raise PermissionDenied for who may not publish.
    """
    if not may_publish(by):
        raise PermissionDenied
    _refuse_number(places)
    with transaction.atomic():
        rows = _locked(country, places, seen)
        waiting = {place: own[True] for place, own in rows.items() if True in own}
        by_said: dict[Mark, list[Place]] = {}
        for place, row in waiting.items():
            by_said.setdefault(Mark(Searched(row.state), row.checked_on, row.checked_by, row.searched), []).append(
                place
            )
        with pghistory.context(note=_("approved")):
            for said, own in by_said.items():
                _write(country, own, said, {place: rows[place] for place in own})
        return len(waiting)


def take_back(country: Country, places: Collection[Place], *, seen: Mapping[str, int]) -> int:
    """Delete what is proposed of some cells, and return of how many; errors as in `mark`."""
    _refuse_number(places)
    with transaction.atomic():
        rows = _locked(country, places, seen)
        waiting = [own[True].pk for own in rows.values() if True in own]
        Coverage.objects.filter(pk__in=waiting).delete()
        return len(waiting)


def _refuse_number(places: Collection[Place]) -> None:
    if not places:
        raise ValidationError(_("Tick cells first."), code="none")
    if len(places) > MOST_CELLS:
        raise ValidationError(_("At most %(most)d cells can be marked at once."), params={"most": MOST_CELLS})


def _refuse_impossible(places: Collection[Place], said: Mark) -> None:
    _refuse_number(places)
    if said.state == Searched.NOT_CHECKED:
        return
    if not (said.checked_on and said.checked_by and said.searched):
        raise ValidationError(_("Say who looked, when and where."), code="unsaid")
    early = [place for place in places if place.quarter.first > said.checked_on.last]
    if early:
        message = _("Nobody can have searched a quarter before it began: %(quarters)s.")
        raise ValidationError(message, params={"quarters": _named(early)})
    running = [place for place in places if place.quarter.last > said.checked_on.last]
    if running and said.state in WHOLLY_SEARCHED:
        message = _("These quarters were not over on that day, and can only be partly checked: %(quarters)s.")
        raise ValidationError(message, params={"quarters": _named(running)})


def _named(places: Collection[Place]) -> str:
    return ", ".join(quarter.in_words for quarter in sorted({place.quarter for place in places})[:5])


Rows = dict[Place, dict[bool, Coverage]]
"""The rows of cells, by whether they are proposed."""


def _locked(country: Country, places: Collection[Place], seen: Mapping[str, int]) -> Rows:
    """The rows of these cells under a lock; raise ChangedMeanwhile if they are others than those that were seen."""
    Country.objects.select_for_update(no_key=True).get(pk=country.pk)
    topics, periods = {place.topic for place in places}, {place.quarter.period for place in places}
    known = Coverage.objects.filter(country=country, topic__key__in=topics, period__in=periods)
    rows: Rows = {}
    for row in known.select_related("topic").select_for_update(of=("self",), no_key=True).order_by("pk"):
        assert row.period
        place = Place(row.topic.key, Quarter.of_period(row.period))
        if place in places:
            rows.setdefault(place, {})[row.is_proposed] = row
    current = versions(Coverage, [row.pk for own in rows.values() for row in own.values()])
    changed = [
        place
        for place in places
        if max((current.get(row.pk, 0) for row in rows.get(place, {}).values()), default=0) != seen.get(str(place), 0)
    ]
    if changed:
        raise ChangedMeanwhile(changed)
    return rows


def _write(country: Country, places: Collection[Place], said: Mark, rows: Rows) -> int:
    """Say it in the ledger itself; what was proposed of the same cells is settled by it."""
    settled = [own[True].pk for own in rows.values() if True in own]
    stored = {place: own[False] for place, own in rows.items() if False in own}
    if said.state == Searched.NOT_CHECKED:
        gone = [row.pk for row in stored.values()]
        Coverage.objects.filter(pk__in=[*gone, *settled]).delete()
        return len({place for place in places if place in rows})
    changed = _put(country, places, said, stored, is_proposed=False)
    Coverage.objects.filter(pk__in=settled).delete()
    return changed


def _propose(country: Country, places: Collection[Place], said: Mark, rows: Rows) -> int:
    """Propose it; that a cell without a row was not checked need not be said."""
    stored = {place: own[True] for place, own in rows.items() if True in own}
    if said.state != Searched.NOT_CHECKED:
        return _put(country, places, said, stored, is_proposed=True)
    told = [place for place in places if False in rows.get(place, {})]
    untold = [row.pk for place, row in stored.items() if place not in told]
    Coverage.objects.filter(pk__in=untold).delete()
    return _put(country, told, said, stored, is_proposed=True) + len(untold)


def _put(
    country: Country, places: Collection[Place], said: Mark, stored: Mapping[Place, Coverage], *, is_proposed: bool
) -> int:
    """Change or add the rows; return how many are not as they were."""
    values = {name: getattr(said, name) for name in SAID}
    topics = Topic.objects.in_bulk([place.topic for place in places], field_name="key")
    if unknown := sorted({place.topic for place in places} - topics.keys()):
        raise ValidationError(_("There is no topic “%(topic)s”."), params={"topic": unknown[0][:60]})
    fresh, other = [], []
    for place in places:
        row = stored.get(place)
        if row is None:
            place_of_row = {"country": country, "topic": topics[place.topic], "period": place.quarter.period}
            fresh.append(Coverage(**place_of_row, is_proposed=is_proposed, **values))
        elif any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            other.append(row)
    Coverage.objects.bulk_create(fresh)
    Coverage.objects.bulk_update(other, SAID)
    return len(fresh) + len(other)
