"""A slow reference for what is true of an act on a day, to hold the product to account.

It enumerates readings. A reading fills every gap of the record in one way that fits it: a partial date becomes one day,
an undated event becomes a day, an end that nobody recorded becomes a day or never, unstated days become calendar or
working days. For one reading the story is exact, and `Story` plays it day by day for the act and all acts that it
depends on. An act is certainly in force on a day if it is so in every reading, possibly if in one, presumably if in
every reading in which ends that are open on purpose never come.

Not every day of a span is tried: the first, the middle and the last, the days asked about and the days named in the
records, each with its neighbours. A history with more readings than MOST is refused. Days are ordinals.
"""

# mypy: allow-untyped-defs, allow-untyped-calls

import itertools

from tests.measures.validity.reading_played import (
    Story,
)
from tests.measures.validity.readings import (
    ACTING,
    FOREVER,
    MOST,
    OPEN_ON_PURPOSE,
    Readings,
    TooManyReadings,
    upon,
)

# -- All readings of an act


class Answer:
    """What is true of one act, as far as the given days are concerned."""

    def __init__(self, act, acts, days, today):
        self.act, self.today = act, today
        # the act last
        order = self.depends_on(act, acts)
        cone = {a.id: a for a in order}
        ended = {
            act.id,
            *(r.target for a in order for r in a.relations if r.kind == "while_in_force"),
            *(
                r.subject.id
                for a in order
                for r in upon(a, cone, {"extends"})
                if not r.subject.valid_until and not r.subject.duration
            ),
        }
        tried = {d + k for d in days for k in (-1, 0, 1)}
        named = {
            d + k
            for a in order
            for span in [a.valid_from, a.valid_until, *(e.date for e in a.events), *(r.date for r in a.relations)]
            if span
            for d in span
            for k in (-1, 0)
        }
        named |= {a.checked_on for a in order if a.checked_on}
        lists = []
        total = 1
        for a in order:
            end_days = tried | named if a is act else named if a.id in ended else None
            readings = Readings(a, cone, tried | named, end_days, today)
            lists.append(list(itertools.islice(readings, MOST // max(total, 1) + 1)))
            total *= len(lists[-1])
            if total > MOST:
                raise TooManyReadings
        product = itertools.product(*lists)
        stories = [
            (Story(cone, {a.id: c for a, c in zip(order, picked, strict=True)}, tried), picked) for picked in product
        ]
        self.stories: list = [s for s in stories if not s[0].broken] or stories
        self.keep_known_days(order)
        self.presumed_stories = [
            s
            for s, picked in self.stories
            if all(
                a.end_kind not in OPEN_ON_PURPOSE or all(e == FOREVER for e in c.ends)
                for a, c in zip(order, picked, strict=True)
            )
        ]
        self.stories = [s for s, _ in self.stories]
        spans = [i for s in self.stories for i in s.intervals(act.id)]
        self.first = min((a for a, _ in spans), default=None)
        self.last = max((b for _, b in spans), default=None)

    def depends_on(self, act, acts):
        """The act and all that its validity depends on, those first that the others depend on."""
        out, seen = [], set()

        def visit(a):
            if a.id in seen:
                return
            seen.add(a.id)
            for r in upon(a, acts, set(ACTING) | {"amends"}):
                visit(r.subject)
            for r in a.relations:
                if r.kind == "while_in_force" and r.target in acts:
                    visit(acts[r.target])
            out.append(a)

        visit(act)
        return out

    def keep_known_days(self, order):
        """Only readings count in which each act is in force on its known days; one that fits no reading is ignored."""
        for act in order:
            labels = dict.fromkeys(label for s, _ in self.stories for label in s.known[act.id])
            checks: list = [lambda s, id=act.id, label=label: s.known[id].get(label) for label in labels]
            if act.checked_on:
                checks.append(lambda s, day=act.checked_on: day)
            for day_of in checks:
                fitting = [(s, p) for s, p in self.stories if day_of(s) is None or s.at(act.id, day_of(s))[1]]
                # it fits where it is a day at all, not where nothing happened on it
                if any(day_of(s) is not None for s, _ in fitting):
                    self.stories = fitting

    def certain(self, day):
        return self.every(day, 1)

    def presumed(self, day):
        return bool(self.presumed_stories) and all(s.at(self.act.id, day)[1] for s in self.presumed_stories)

    def possible(self, day):
        return any(s.at(self.act.id, day)[1] for s in self.stories)

    def every(self, day, column):
        return bool(self.stories) and all(s.at(self.act.id, day)[column] for s in self.stories)

    def state_on(self, day):
        act = self.act
        if act.family == "action" and self.every(day, 3):
            return "announced"
        if self.certain(day) or self.presumed(day):
            return "in_force"
        if self.possible(day):
            return "possibly"
        if self.every(day, 2):
            return "suspended"
        if self.first is not None:
            return "not_yet" if day < self.first else "ended"
        # an end comes before a planned start that it forestalls
        over = self.every(day, 4)
        if not over:
            dated = [e.date.last for e in act.events if e.date]
            if (act.valid_from and day < act.valid_from.first) or (not act.valid_from and dated and day < min(dated)):
                return "not_yet"
        return "ended" if over else "unknown"
