"""How many entries are missing, where two data sets searched independently: a number with its interval, or why none.

The two are data sets of others that are marked as independent searches. What is estimated are the entries of the time
that both cover. Nothing here knows what neither of the two would ever find.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from measures.listing.completeness import covered_codes
from measures.listing.index import PublicIndex
from measures.missing.chapman import LEAST_BOTH, LEVEL, Overlap, chapman, evenness, interval
from measures.models import ExternalId, Measure, Topic

SIGNIFICANCE = 0.05
"""The chance of finding that the two find different things although they do not; of all tests together."""


@dataclass(frozen=True, slots=True)
class Find:
    """A recorded entry of the time that both data sets cover: which of them has it, its topic and other groups."""

    in_first: bool
    in_second: bool
    topic: str
    others: tuple[str, ...] = ()
    """Its family of kinds, and its country if several are counted."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many entries there are, recorded or not; `total`, `low` and `high` are None where no number is stated."""

    names: tuple[str, str]
    """The two data sets."""
    overlap: Overlap
    recorded: int
    """Entries of the record in that time, also those that neither has."""
    total: int | None
    low: int | None
    high: int | None
    doubts: tuple[str, ...] = ()
    """Why there is no number, or why it may be wrong, in words."""
    silent: tuple[str, ...] = ()
    """The topics, in words, of which neither has an entry: the number says nothing of them."""
    period: str = ""
    """The time that both cover, in words."""

    @property
    def level(self) -> int:
        """The level of the interval in percent."""
        return round(LEVEL * 100)

    @property
    def statement(self) -> str:
        """`37 recorded, about 44 exist (90 %: 40 to 51)`, or that no number is stated."""
        if self.total is None:
            words = ngettext(
                "%(n)d recorded; how many exist cannot be estimated",
                "%(n)d recorded; how many exist cannot be estimated",
                self.recorded,
            )
            return words % {"n": self.recorded}
        words = ngettext(
            "%(n)d recorded, about %(total)d exist (%(level)d %%: %(low)d to %(high)d)",
            "%(n)d recorded, about %(total)d exist (%(level)d %%: %(low)d to %(high)d)",
            self.recorded,
        )
        numbers = {"total": self.total, "level": self.level, "low": self.low, "high": self.high}
        return words % ({"n": self.recorded} | numbers)

    @property
    def caveats(self) -> list[str]:
        """What a reader must know beside the number, each a sentence."""
        found = list(self.doubts)
        if self.silent and self.total is not None:
            words = _("The number says nothing of topics of which neither has an entry: %(topics)s.")
            found.append(words % {"topics": ", ".join(self.silent)})
        return found

    @property
    def basis(self) -> str:
        """`Two independent searches: CoronaNet has 25 of them, OxCGRT 20, both 14.`"""
        words = _(
            "From two independent searches: %(one)s has %(first)d of these, %(other)s %(second)d, and both %(both)d."
        )
        one, other = self.names
        counts = {"first": self.overlap.first, "second": self.overlap.second, "both": self.overlap.both}
        return words % ({"one": one, "other": other} | counts)


def estimate(names: tuple[str, str], finds: Sequence[Find], topics: Mapping[str, str], period: str = "") -> Estimate:
    """Judge two searches by the recorded entries of the time that both cover. `topics` are all, with their labels."""
    seen = [find for find in finds if find.in_first or find.in_second]
    both = sum(1 for find in seen if find.in_first and find.in_second)
    overlap = Overlap(sum(find.in_first for find in seen), sum(find.in_second for find in seen), both)
    found = {find.topic for find in seen}
    silent = tuple(label for key, label in topics.items() if key not in found)
    recorded = len(finds)
    known: dict[str, Any] = {"names": names, "overlap": overlap, "recorded": recorded, "silent": silent}
    known["period"] = period
    if both < LEAST_BOTH:
        return Estimate(**known, total=None, low=None, high=None, doubts=(_too_few(overlap),))
    low, high = interval(overlap)
    if recorded > high or recorded == high > overlap.found:
        doubt = _("The record has more than the two make likely, so they do not find all kinds of entries alike.")
        return Estimate(**known, total=None, low=None, high=None, doubts=(doubt,))
    total = max(recorded, round(chapman(overlap)))
    return Estimate(
        **known, total=total, low=max(recorded, low), high=high, doubts=tuple(_doubts(names, overlap, seen))
    )


def _too_few(overlap: Overlap) -> str:
    words = ngettext(
        "Both have only %(n)d entry in common; an estimate needs %(least)d.",
        "Both have only %(n)d entries in common; an estimate needs %(least)d.",
        overlap.both,
    )
    return words % {"n": overlap.both, "least": LEAST_BOTH}


def _doubts(names: tuple[str, str], overlap: Overlap, seen: Sequence[Find]) -> Iterable[str]:
    if overlap.both == min(overlap.first, overlap.second):
        smaller, larger = names if overlap.second > overlap.first else names[::-1]
        words = _("The number may be too low: all that %(smaller)s has is also in %(larger)s, as if drawn from it.")
        yield words % {"smaller": smaller, "larger": larger}
    if is_uneven(seen):
        yield _("The number may be too low or too high: the two find different topics, kinds or countries.")


def is_uneven(seen: Sequence[Find]) -> bool:
    """Whether the two overlap differently by topic or another group, more than chance would have it."""
    finders = [find.in_first + 2 * find.in_second for find in seen]
    groupings = [
        [find.topic for find in seen],
        *(list(groups) for groups in zip(*(f.others for f in seen), strict=True)),
    ]
    groupings = [groups for groups in groupings if len(set(groups)) > 1]
    return any(evenness(groups, finders) < SIGNIFICANCE / len(groupings) for groups in groupings)


# From the record


def public_estimate(index: PublicIndex, country: str = "") -> Estimate | None:
    """What the public record of a country allows to say, or that of all; None without two independent data sets."""
    made = index.get_or_cache_whole(
        ("missing", country), lambda: (_of_record([country] if country else covered_codes()),)
    )
    return made[0]


def _of_record(countries: Collection[str]) -> Estimate | None:
    entries = Measure.objects.published().of_countries(countries)
    members: dict[tuple[str, str], set[int]] = {}  # by key and name: two may have one name
    known = ExternalId.objects.filter(dataset__is_independent=True, measure__in=entries)
    for key, name, measure in known.order_by("dataset__key").values_list("dataset__key", "dataset__name", "measure_id"):
        members.setdefault((key, name), set()).add(measure)
    if len(members) < 2:
        return None
    one, other = sorted(members, key=lambda each: -len(members[each]))[:2]
    rows: Any = entries.order_by().values_list(
        "pk", "date_range", "primary_topic__parent__key", "primary_topic__key", "family", "country"
    )
    dated = [
        (pk, days.lower, upper or own or "", family, place) for pk, days, upper, own, family, place in rows if days
    ]
    days = {pk: first for pk, first, *_rest in dated if first}
    first, last = _common([[days[pk] for pk in members[name] if pk in days] for name in (one, other)])
    finds = [
        Find(pk in members[one], pk in members[other], topic, (family, *([place or ""] if len(countries) > 1 else [])))
        for pk, _day, topic, family, place in dated
        if pk in days and first <= days[pk] <= last
    ]
    upper: Any = Topic.objects.current()
    topics = {topic.key: str(topic.label) for topic in upper.filter(parent=None)}
    return estimate((one[1], other[1]), finds, topics, _in_words(first, last))


def _common(days: Sequence[Collection[date]]) -> tuple[date, date]:
    """The first and the last day of the time in which all have entries; the last before the first if there is none."""
    if not all(days):
        return date.max, date.min
    return max(map(min, days)), min(map(max, days))


def _in_words(first: date, last: date) -> str:
    if first > last:
        return ""
    form = "DATE_FORMAT"
    return _("%(start)s to %(end)s") % {"start": date_format(first, form), "end": date_format(last, form)}
