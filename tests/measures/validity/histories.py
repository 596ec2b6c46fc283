"""Random histories of connected acts, small enough for the reference."""

import random
from datetime import date, timedelta

from foundation.partial_dates import PartialDate
from measures.validity.facts import ACTING, LASTS_WHILE, Act, Acts, Event, Relation, Span

TODAY = date(2021, 6, 1).toordinal()
NORM = (
    "enacted",
    "published",
    "in_force",
    "suspended",
    "in_force",
    "repealed",
    "annulled",
    "superseded",
    "expired",
    "unknown",
)
ACTION = (
    "announced",
    "in_preparation",
    "in_operation",
    "suspended",
    "in_operation",
    "expired",
    "superseded",
    "fulfilled",
    "abandoned",
)
DURATIONS = ("P10D", "P1M", "P30D", "P2M", "P1M5D", "P2W")


def span(text: str) -> Span:
    """The days of a partial date."""
    parsed = PartialDate.parse(text)
    return Span(parsed.first.toordinal(), parsed.last.toordinal())


class Chance:
    """Makes histories; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311  (chance is to be the same each time)

    def happens(self, share: float) -> bool:
        """True in that share of the calls."""
        return self.random.random() < share

    def date(self, first: date = date(2020, 1, 1), days: int = 200, partial: float = 0.15) -> str:
        """A date, in that share of the calls a partial one."""
        text = (first + timedelta(self.random.randrange(days))).isoformat()
        if not self.happens(partial):
            return text
        return text[:4] if self.happens(0.1) else text[:7]

    def acts(self) -> Acts:
        """One to four acts, of which later ones act upon earlier ones."""
        number = self.random.choice([1, 1, 2, 2, 2, 3, 3, 4])
        return Acts(self._act(id_) for id_ in range(1, number + 1))

    def _act(self, id_: int) -> Act:
        family = "action" if self.happens(0.25) else "norm"
        duration = self.random.choice(DURATIONS) if self.happens(0.2) else ""
        return Act(
            id_,
            family,
            "court_decision" if family == "norm" and self.happens(0.15) else "law",
            self.happens(0.93),
            self.random.choice(["PER", "", "XXX"]),
            span(self.date()) if self.happens(0.5) else None,
            span(self.date(date(2020, 2, 1), 300)) if self.happens(0.35) else None,
            self.random.choice(["", "unknown", "indefinite", "further_notice", "fixed_date"]),
            duration,
            self.random.choice(["calendar", "calendar", "working", "unstated"]) if duration else "",
            span(self.date(partial=0)).first if self.happens(0.2) else None,
            self._course(ACTION if family == "action" else NORM),
            tuple(self._relations(id_)),
        )

    def _course(self, known: tuple[str, ...]) -> tuple[Event, ...]:
        statuses = [self.random.choice(known) for _ in range(self.random.choice([0, 1, 1, 1, 2, 2, 3]))]
        if self.happens(0.5):
            statuses.sort(key=known.index)
        dates = [span(text) for text in sorted(self.date() for _ in statuses)]
        last = max((when.last for when in dates), default=0)
        return tuple(
            Event(status, None if self.happens(0.12) else when, last + self.random.randrange(30), place + 1)
            for place, (status, when) in enumerate(zip(statuses, dates, strict=True))
        )

    def _relations(self, subject: int) -> list[Relation]:
        found: dict[tuple[str, int], Relation] = {}
        for _ in range(self.random.choice([0, 1, 1, 2])):
            if subject == 1:
                break
            type_ = self.random.choice([*ACTING, LASTS_WHILE, LASTS_WHILE, "extends", "suspends", "repeals"])
            object_ = self.random.randrange(1, subject)
            dated = type_ != LASTS_WHILE and self.happens(0.6)
            when = span(self.date()) if dated else None
            is_part, number = self.happens(0.12), 10 * subject + len(found)
            found[type_, object_] = Relation(type_, subject, object_, when, is_part, TODAY, number)
        return list(found.values())

    def days(self, number: int) -> list[int]:
        """Days to ask about."""
        first = date(2019, 12, 1).toordinal()
        return [first + self.random.randrange(480) for _ in range(number)]


class CrowdedChance(Chance):
    """Makes histories of more acts whose dates fall on the same few days, so that much happens on one of them."""

    def date(self, first: date = date(2020, 1, 1), days: int = 200, partial: float = 0.15) -> str:
        """A date, mostly one of sixteen days; in few of the calls a month."""
        later = 8 if first > date(2020, 1, 1) else 0
        text = (date(2020, 1, 24) + timedelta(later + self.random.randrange(12))).isoformat()
        return text[:7] if partial and self.happens(0.02) else text

    def acts(self) -> Acts:
        """Two to five acts, of which later ones act upon earlier ones."""
        return Acts(self._act(id_) for id_ in range(1, self.random.choice([2, 3, 3, 4, 5]) + 1))

    def days(self, number: int) -> list[int]:
        """Days to ask about."""
        first = date(2020, 1, 20).toordinal()
        return [first + self.random.randrange(32) for _ in range(2 * number)]
