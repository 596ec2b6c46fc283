"""What is drawn, as rows of files: each number of a picture or table, by day or by topic."""

from collections.abc import Iterable, Iterator
from datetime import date

from measures.choices import Counted
from measures.comparing.periods import DAY
from measures.comparing.question import Comparison
from measures.comparing.series import CERTAIN, POSSIBLE, begun, in_force
from measures.comparing.tallies import ANNOUNCED, BILL, classes_of, topic_rows
from measures.entries import Stretch, all_stretches
from measures.listing.columns import FIRST_TOPIC, LATEST, PROPERTIES, day_of
from measures.listing.index import Selection
from measures.models import Measure
from measures.timeline.axis import Axis
from measures.validity.store import answers_of

Rows = Iterator[Iterable[object]]
HEADERS = {
    "topics": ("country", "topic", "measures", "more_restrictive", "less_restrictive", "other", "announced", "bills"),
    "direction": (
        "day",
        "country",
        "more_restrictive",
        "more_restrictive_at_most",
        "less_restrictive",
        "less_restrictive_at_most",
        "low",
        "line",
        "high",
    ),
    "in-force": ("day", "country", "lane", "certain", "possible"),
    "timeline": (
        "public_id",
        "country",
        "lane",
        "counted",
        "direction",
        "begun",
        "perhaps_begun",
        "certain",
        "possible",
    ),
}
"""The columns of each file; docs/data.md says what they mean."""


def rows_of(name: str, comparison: Comparison) -> Rows:
    """The rows of a file, with its header first."""
    yield HEADERS[name]
    yield from {"topics": _topics, "direction": _direction, "in-force": _in_force, "timeline": _timeline}[name](
        comparison
    )


def _topics(comparison: Comparison) -> Rows:
    for row in topic_rows(comparison.filter, comparison.codes):
        for code, tally in zip(comparison.codes, row.tallies, strict=True):
            numbers = (tally.measures.number, tally.more, tally.less, tally.other)
            yield code, row.key, *numbers, tally.announced.number, tally.bills.number


def _direction(comparison: Comparison) -> Rows:
    """A row for the first day of the axis and for each on which a number changes, which then holds until the next."""
    if comparison.axis is None:
        return
    for country in comparison.countries:
        for day, b in begun(comparison.of(country)).between(*_ends(comparison.axis)):
            yield day, country.pk, b.more, b.most_more, b.less, b.most_less, b.low, b.line, b.high


def _in_force(comparison: Comparison) -> Rows:
    """The same by lane; a lane has a row where its own numbers change, and one without a name has all measures."""
    if comparison.axis is None:
        return
    lanes = [lane.value for lane in comparison.lanes]
    for country in comparison.countries:
        before: list[int] = [0] * (2 * len(lanes) + 2)
        for day, numbers in in_force(comparison.of(country), comparison.lanes).between(*_ends(comparison.axis)):
            for place, lane in enumerate((*lanes, "")):
                certain, possible = numbers[2 * place : 2 * place + 2]
                if [certain, possible] != before[2 * place : 2 * place + 2]:
                    yield day, country.pk, lane, certain, possible
            before = numbers


def _ends(axis: Axis) -> tuple[date, date]:
    return axis.first, axis.last - DAY


def _timeline(comparison: Comparison) -> Rows:
    """A row for each country of each entry that is counted, with the days on which it is or may be in force."""
    every = comparison.filter.selection
    ids = every.ids().tolist()
    names = dict(Measure.objects.published().filter(pk__in=ids).values_list("pk", "public_id"))
    answers = answers_of(ids)
    for code in comparison.codes:
        selection = every.narrowed(every.index.as_mask("country", [code]))
        for row in _rows_of(selection, comparison):
            pk, class_, *told = row
            if class_ >= 0 and pk in names:
                stretches = all_stretches(answers.get(pk))
                kind = _COUNTED.get(class_, Counted.MEASURE).value
                lane, direction, certain, possible = told
                yield (names[pk], code, lane, kind, direction, certain, possible, *_ranges(stretches))


def _rows_of(selection: Selection, comparison: Comparison) -> Iterator[tuple[int, int, str, str, str, str]]:
    """Of each entry its primary key, its class, its lane, its direction, and the days on which it begins."""
    lanes = {pk: lane.value for lane in comparison.lanes for pk in (lane.pk, *(child.pk for child in lane.children))}
    ids, known = selection.ids(), selection.index.days_begun
    places = selection.index.places_of(ids)
    topics, directions = (selection.column(name).tolist() for name in (FIRST_TOPIC, "direction"))
    days = (array[places].tolist() for array in (known.certain, known.possible))
    classes = classes_of(selection).tolist()
    columns = (ids.tolist(), classes, topics, directions, *days)
    for pk, class_, topic, direction, first, perhaps in zip(*columns, strict=True):
        words = PROPERTIES["direction"].decode(direction) if direction else ""
        yield pk, class_, lanes.get(topic, ""), str(words), _day(first), _day(perhaps)


def _ranges(stretches: Iterable[Stretch]) -> Iterator[str]:
    """The days on which it is certainly, and possibly, in force, as lists of ranges."""
    for state in (CERTAIN, POSSIBLE):
        yield "|".join(f"{s.first or '..'}/{s.last or '..'}" for s in stretches if s.state == state)


_COUNTED = {ANNOUNCED: Counted.ANNOUNCED, BILL: Counted.BILL}


def _day(number: int) -> str:
    return "" if number == LATEST else day_of(number).isoformat()
