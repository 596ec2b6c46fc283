"""The profile of a country: headline figures, one card per role, and all other figures.

Each indicator says where it is shown: at the top of the profile, on the card of a role, or among the other figures if
it says neither or the country does not have that role. Only the newest value of an indicator and counterpart is shown;
for shares of one whole, those of the newest period.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby, islice, zip_longest
from typing import TypeAlias

from django.db.models import F
from django.utils.translation import gettext as _

from countries.figures import in_unit, qualified, stated_period, stated_remark, stated_value
from countries.models import Country, Indicator, MobilityRole, Observation, ObservationStatus, Qualifier, Role
from countries.newest import newest_observations
from foundation.partial_dates import PartialDate
from foundation.texts import LANGUAGES, Text, translated

WHOLE = Decimal(100)
MOST_KEY_FIGURES = 5


@dataclass(frozen=True, slots=True)
class Origin:
    """The source of a figure or text."""

    name: Text
    url: str


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be known about a figure: its name, then a text that may be in another language."""

    about: str
    text: Text


@dataclass(frozen=True, slots=True)
class Figure:
    """One value with its context: `about` is the counterpart, `of` the whole that it is a share or part of."""

    name: str
    about: str
    of: str
    value: str
    is_missing: bool
    period: str = ""
    has_period: bool = False
    remark: str = ""
    note: Text | None = None
    source: Origin | None = None


@dataclass(frozen=True, slots=True)
class ShareRow:
    """One part; `bar` is its length, of the whole or of the longest count, '' without a number."""

    name: str
    value: str
    bar: str
    is_rest: bool = False


@dataclass(frozen=True, slots=True)
class ShareTable:
    """Values by counterpart in one period: shares of one whole, with the rest as a row of its own, or counts.

    `unstated` are the counterparts that the source names without a figure.
    """

    name: str
    rows: tuple[ShareRow, ...]
    unstated: tuple[str, ...]
    period: str
    notes: tuple[Note, ...]
    sources: tuple[Origin, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """What one edition of the profile tells of a role."""

    narrative: Text
    as_of: PartialDate | None
    source: Origin


@dataclass(frozen=True, slots=True)
class RoleCard:
    """A role with its newest narrative, its figures, and the narratives before."""

    role: Role
    newest: Edition
    earlier: tuple[Edition, ...]
    figures: tuple[Figure, ...]
    tables: tuple[ShareTable, ...]

    @property
    def source(self) -> Origin | None:
        """The single source of everything on the card; None if there are several, which are then shown per figure."""
        found = {self.newest.source, *_origins(self.figures, self.tables)}
        return self.newest.source if len(found) == 1 else None

    @property
    def is_wide(self) -> bool:
        """Whether the figures need the width of two cards."""
        return len(self.figures) > 3

    @property
    def notes(self) -> tuple[Note, ...]:
        """Notes on the figures, in their order."""
        return _notes(self.figures, self.tables)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the country, with its alternative text and credit."""

    url: str
    words: Text
    credit: str


@dataclass(frozen=True, slots=True)
class Profile:
    """All that the profile of a country shows."""

    picture: Picture | None
    headlines: tuple[Figure, ...]
    cards: tuple[RoleCard, ...]
    other_figures: tuple[Figure, ...]
    other_tables: tuple[ShareTable, ...]

    @property
    def has_content(self) -> bool:
        """Whether there is anything to show; without roles and headlines there may be nothing."""
        return any((self.picture, self.headlines, self.cards, self.other_figures, self.other_tables))

    @property
    def key_figures(self) -> tuple[Figure, ...]:
        """The few figures that stand for the whole: headlines, then the first of each role, the second, and so on."""
        rounds = zip_longest(*(card.figures for card in self.cards))
        of_roles = (figure for figures in rounds for figure in figures if figure)
        found = (figure for figure in (*self.headlines, *of_roles, *self.other_figures) if not figure.is_missing)
        return tuple(islice(found, MOST_KEY_FIGURES))

    @property
    def source(self) -> Origin | None:
        """The single source of all texts and figures; None if there are several, or none."""
        editions = [edition.source for card in self.cards for edition in (card.newest, *card.earlier)]
        of_cards = [source for card in self.cards for source in _origins(card.figures, card.tables)]
        others = _origins((*self.headlines, *self.other_figures), self.other_tables)
        found = {*editions, *of_cards, *others}
        return found.pop() if len(found) == 1 else None

    @property
    def other_notes(self) -> tuple[Note, ...]:
        """Notes on the other figures."""
        return _notes(self.other_figures, self.other_tables)


Values: TypeAlias = dict[str, list[Observation]]
"""The observations of a country by indicator key."""


def profile_of(country: Country, by: datetime.date | None = None) -> Profile:
    """The profile of `country` in the active language; always three queries.

    With `by`, the profile as of that day: the editions that had begun, and figures whose period had begun or is not
    stated.
    """
    found: Values = defaultdict(list)
    for observation in sorted(newest_observations(country, by), key=_place):
        found[observation.indicator.key].append(observation)
    wholes = _wholes(found)
    headlines = _headlines(found, wholes)
    cards = [_card(role, editions, found, wholes) for role, editions in _editions_by_role(country, by)]
    others = [observation for observations in found.values() for observation in observations]
    return Profile(_picture(country), tuple(headlines), tuple(cards), *_shown(others, wholes))


def _place(observation: Observation) -> tuple[str, bool, bool, Decimal, str]:
    """By indicator; then a majority without a number, the largest values, and last what has none."""
    is_missing = observation.status == ObservationStatus.MISSING
    value = observation.value or Decimal(0)
    has_number = observation.value is not None
    return observation.indicator.key, is_missing, has_number, -value, observation.counterpart_id or ""


Wholes: TypeAlias = Mapping[tuple[int, str | None, str], Observation]


def _wholes(found: Values) -> Wholes:
    """The values that parts may be parts of, by indicator, counterpart and period."""
    return {
        (observation.indicator_id, observation.counterpart_id, str(observation.period or "")): observation
        for observations in found.values()
        for observation in observations
        if observation.value is not None
    }


def _picture(country: Country) -> Picture | None:
    if not country.picture:
        return None
    return Picture(country.picture.url, translated(country, "picture_alt"), country.picture_credit)


def _headlines(found: Values, wholes: Wholes) -> list[Figure]:
    """The first headline even without a value, and the others with one; removed from `found`."""
    indicators = Indicator.objects.headlines().select_related("base", "unit")
    if not indicators:
        return []
    first, *others = indicators
    beside = [observation for indicator in others for observation in found.pop(indicator.key, ())]
    return [
        _headline(first, found.pop(first.key, ())),
        *(_figure(observation, wholes) for observation in beside),
    ]


def _headline(indicator: Indicator, observations: Sequence[Observation]) -> Figure:
    """The value for the country as a whole, or a figure that says that there is none."""
    for observation in observations:
        if observation.counterpart_id is None:
            return _figure(observation, {})
    return Figure(indicator.name, "", _share_of(indicator), _("No value recorded"), is_missing=True)


def _editions_by_role(country: Country, by: datetime.date | None) -> list[tuple[Role, list[Edition]]]:
    """The editions of each role, newest first; with `by`, those that had begun on that day."""
    rows = MobilityRole.objects.filter(country=country).select_related("role")
    found: dict[Role, list[MobilityRole]] = defaultdict(list)
    for row in rows.order_by("role__position", "role", F("as_of_range").desc(nulls_last=True)):
        if by is None or (row.as_of and row.as_of.first <= by):
            found[row.role].append(row)
    return [(role, _editions(rows_of_role)) for role, rows_of_role in found.items()]


def _editions(rows: Sequence[MobilityRole]) -> list[Edition]:
    """The editions that say something new; an edition that changed only other languages keeps the text's older date."""
    return [
        Edition(translated(row, "narrative"), row.as_of, origin_of(row))
        for row, before in zip_longest(rows, rows[1:])
        if before is None or _is_told_anew(row, before)
    ]


def _is_told_anew(row: MobilityRole, before: MobilityRole) -> bool:
    """Whether an edition changes the text that the reader is shown, or confirms the texts of all languages."""
    changed = {name for name in LANGUAGES if getattr(row, f"narrative_{name}") != getattr(before, f"narrative_{name}")}
    return not changed or translated(row, "narrative") != translated(before, "narrative")


def editions_of(country: Country) -> list[PartialDate]:
    """The dates of the editions of the country's profile, newest first, without editions that have no text."""
    rows = MobilityRole.objects.filter(country=country, as_of_range__isnull=False)
    ordered = rows.order_by(F("as_of_range").desc()).values_list("as_of", flat=True)
    return [date for date in dict.fromkeys(ordered) if date]


def _card(role: Role, editions: list[Edition], found: Values, wholes: Wholes) -> RoleCard:
    """The card of a role; its observations are removed from `found`."""
    of_role = {key: seen[0].indicator for key, seen in found.items() if seen[0].indicator.role_id == role.key}
    keys = sorted(of_role, key=lambda key: (of_role[key].role_position, key))
    own = [observation for key in keys for observation in found.pop(key)]
    return RoleCard(role, editions[0], tuple(editions[1:]), *_shown(own, wholes))


def _shown(observations: Sequence[Observation], wholes: Wholes) -> tuple[tuple[Figure, ...], tuple[ShareTable, ...]]:
    """Split into single figures and tables of comparable values: shares, and counts of several counterparts."""
    figures: list[Figure] = []
    tables: list[ShareTable] = []
    for _key, group in groupby(observations, key=_side_by_side):
        parts = list(group)
        if parts[0].counterpart_id and (parts[0].is_share or len(parts) > 1):
            tables.append(_table(parts))
        else:
            figures += [_figure(part, wholes) for part in parts]
    return tuple(figures), tuple(tables)


def _side_by_side(observation: Observation) -> tuple[int, bool, str]:
    return observation.indicator_id, observation.counterpart_id is None, str(observation.period or "")


def _figure(observation: Observation, wholes: Wholes) -> Figure:
    return Figure(
        name=observation.indicator.name,
        about=observation.counterpart.name if observation.counterpart else "",
        of=_share_of(observation.indicator) if observation.is_share else _part_of(observation, wholes),
        value=stated_value(observation),
        is_missing=observation.status == ObservationStatus.MISSING,
        period=stated_period(observation),
        has_period=bool(observation.period),
        remark=stated_remark(observation),
        note=translated(observation, "note") or None,
        source=origin_of(observation),
    )


def _share_of(indicator: Indicator) -> str:
    return _("Share of: %(whole)s") % {"whole": indicator.base.name} if indicator.base else ""


def _part_of(observation: Observation, wholes: Wholes) -> str:
    """The whole that a count is part of, with its number if known for the same counterpart and period."""
    base = observation.indicator.base
    if not base:
        return ""
    whole = wholes.get((base.pk, observation.counterpart_id, str(observation.period or "")))
    if not whole:
        return _("Part of: %(whole)s") % {"whole": base.name}
    return _("Part of: %(whole)s, %(number)s") % {"whole": base.name, "number": stated_value(whole)}


def origin_of(record: Observation | MobilityRole) -> Origin:
    """The source of a value or of an edition."""
    return Origin(translated(record, "source_name"), record.source_url)


def _table(parts: Sequence[Observation]) -> ShareTable:
    stated = [part for part in parts if part.status != ObservationStatus.MISSING]
    indicator = parts[0].indicator
    rest = _rest(stated) if parts[0].is_share else None
    full = WHOLE if parts[0].is_share else max((part.value for part in stated if part.value), default=WHOLE)
    rows = [ShareRow(_counterpart(part), stated_value(part), _bar(part.value, full)) for part in stated]
    if rest:
        number = in_unit(rest, indicator)
        is_exact = all(part.qualifier == Qualifier.EQ for part in stated)
        value = number if is_exact else qualified(number, Qualifier.APPROX)
        rows.append(ShareRow(_("Other or not stated"), value, _bar(rest, full), is_rest=True))
    return ShareTable(
        name=indicator.name if parts[0].is_share else _("%(figure)s, by country") % {"figure": indicator.name},
        rows=tuple(rows),
        unstated=tuple(_counterpart(part) for part in parts if part.status == ObservationStatus.MISSING),
        period=stated_period(parts[0]),
        notes=tuple(Note(_counterpart(part), note) for part in stated if (note := translated(part, "note"))),
        sources=tuple(dict.fromkeys(origin_of(part) for part in parts)),
    )


def _rest(parts: Iterable[Observation]) -> Decimal | None:
    """The remainder of the whole; None if a part has no number or nothing remains."""
    parts = list(parts)
    if any(part.qualifier == Qualifier.MAJORITY for part in parts) or not any(part.value for part in parts):
        return None
    rest = WHOLE - sum((part.value for part in parts if part.value), Decimal(0))
    return rest if rest > 0 else None


def _bar(value: Decimal | None, full: Decimal) -> str:
    """Percentage of a full bar, formatted for SVG: with a decimal point in every language."""
    return f"{value / full * 100:.1f}%" if value and value > 0 else ""


def _counterpart(observation: Observation) -> str:
    assert observation.counterpart is not None
    return observation.counterpart.name


def _origins(figures: Iterable[Figure], tables: Iterable[ShareTable]) -> list[Origin]:
    return [figure.source for figure in figures if figure.source] + [
        source for table in tables for source in table.sources
    ]


def _notes(figures: Iterable[Figure], tables: Iterable[ShareTable]) -> tuple[Note, ...]:
    of_figures = (Note(figure.name, figure.note) for figure in figures if figure.note)
    return (*of_figures, *(note for table in tables for note in table.notes))
