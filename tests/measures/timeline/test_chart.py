"""Entries on a timeline: positions and durations, never more precise than known."""

from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.entries import Entry, Stretch, entries_of, for_list
from measures.models import Measure
from measures.timeline.axis import NARROW, WIDE, Axis
from measures.timeline.chart import Chart, Empty, Lane, PlacedMark, chart
from measures.timeline.joins import Extension, Join, extensions_among, joins_of
from measures.timeline.packing import Bar, Place, Shape, extent, pack
from tests import factories as make

DAY = date(2021, 6, 1)
TOPICS = [("health", "Health"), ("work", "Work")]


def drawn(**fields: Any) -> Chart:
    """The timeline of all measures, including a new one with `fields`."""
    if fields:
        make.measure(**{"topics": ("health.access",), "events": ()} | fields)
    return chart(entries_of(for_list(Measure.objects.all()), DAY), TOPICS)


def only_lane(found: Chart) -> Lane:
    [lane] = found.lanes
    return lane


def only_mark(found: Chart) -> PlacedMark:
    [mark] = only_lane(found).marks
    return mark


def dated(date: str, **fields: Any) -> Measure:
    return make.measure(kind="bill", topics=("health.access",), events=(("introduced", date),), **fields)


@pytest.mark.django_db
def test_lanes_are_topics_of_the_upper_level_in_their_order() -> None:
    make.measure(topics=("work.permit", "health.access"))
    make.measure(topics=("health.access",))
    make.measure(topics=("health",))
    found = drawn()
    assert [(lane.label, lane.count) for lane in found.lanes] == [("Health", 2), ("Work", 1)]


@pytest.mark.django_db
def test_entry_without_topic_has_a_lane_and_empty_topics_are_named() -> None:
    found = drawn(topics=())
    assert [lane.label for lane in found.lanes] == ["No topic"]
    assert found.empty == (Empty(None, ("Health", "Work")),)


@pytest.mark.django_db
def test_axis_has_whole_months_and_at_least_six() -> None:
    dated("2020-03-30")
    found = drawn()
    assert [tick.label for tick in found.ticks] == ["Mar", "Apr", "May", "Jun", "Jul", "Aug"]
    assert [tick.year for tick in found.ticks] == ["2020", "", "", "", "", ""]
    assert found.ticks[0].line == "0.00%"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        ("2020-01-01", "2020-12-31", 12),
        ("2018-11-01", "2020-12-31", 9),
        ("2010-01-01", "2020-12-31", 11),
        ("1951-05-01", "2020-12-31", 15),
    ],
)
def test_axis_divides_into_months_quarters_years_or_five_years(first: str, last: str, labels: int) -> None:
    for day in (first, last):
        dated(day)
    assert len(drawn().ticks) == labels


@pytest.mark.django_db
def test_few_early_entries_do_not_squeeze_the_others() -> None:
    early = dated("1998-02-03")
    for day in range(1, 13):
        dated(f"2020-05-{day:02d}")
    found = drawn()
    assert found.ticks[0].year == "2020"
    [mark] = [mark for mark in only_lane(found).marks if mark.is_earlier]
    assert (mark.mark.public_id, mark.x) == (early.public_id, "0.00%")
    assert "3 February 1998" in mark.mark.name


@pytest.mark.django_db
def test_month_without_day_spans_the_month_and_year_alone_stands_in_the_margin() -> None:
    dated("2020-03")
    dated("2020-08-31")
    dated("2019")
    dated("")
    lane = only_lane(drawn())
    assert lane.marks[0].dots == ("0.00%", "16.30%")
    assert lane.marks[0].x == "8.15%"
    assert lane.marks[1].dots is None
    assert [(margin.label, len(margin.marks)) for margin in lane.margins] == [("2019", 1), ("Date not recorded", 1)]


def bars(**fields: Any) -> tuple[Bar, ...]:
    return only_mark(drawn(**fields)).bars


@pytest.mark.django_db
def test_known_end_is_capped() -> None:
    fields = {"valid_from": "2020-03-01", "valid_until": "2020-05-31", "end_kind": "fixed_date"}
    assert bars(**fields) == (Bar("0.00%", "50.00%", fade="", cap="50.00%", has_arrow=False),)


@pytest.mark.django_db
@pytest.mark.parametrize("end_kind", ["further_notice", "indefinite"])
def test_end_that_is_open_on_purpose_leads_on(end_kind: str) -> None:
    found = bars(valid_from="2020-03-01", end_kind=end_kind)
    assert found == (Bar("0.00%", "100.00%", fade="", cap="", has_arrow=True),)


@pytest.mark.django_db
@pytest.mark.parametrize("end_kind", ["unknown", "until_event", ""])
def test_end_that_is_not_recorded_fades_within_a_stub_after_the_last_known_day(end_kind: str) -> None:
    make.measure(topics=("work",), valid_from="2020-12-01", valid_until="2020-12-31", end_kind="fixed_date", events=())
    found = drawn(valid_from="2020-03-01", end_kind=end_kind, checked_on=date(2020, 7, 14))
    [mark] = found.lanes[0].marks
    assert [(bar.x, bar.width, bar.fade, bar.cap, bar.has_arrow) for bar in mark.bars] == [
        ("0.00%", "44.44%", "", "", False),
        ("44.44%", "5.00%", "out", "", False),
    ]


@pytest.mark.django_db
def test_suspension_is_a_gap_between_bars() -> None:
    mark = only_mark(
        drawn(
            valid_from="2020-01-01",
            valid_until="2020-12-31",
            end_kind="fixed_date",
            events=(("in_force", "2020-01-01"), ("suspended", "2020-04-01"), ("in_force", "2020-07-01")),
        )
    )
    assert [(bar.x, bar.cap, bar.fade) for bar in mark.bars] == [("0.00%", "24.86%", ""), ("49.73%", "100.00%", "")]
    assert mark.gaps == (("24.86%", "49.73%"),)


@pytest.mark.django_db
def test_what_is_only_signed_is_a_stub() -> None:
    [bar] = bars(kind="law", events=(("enacted", "2020-03-01"),))
    assert (bar.x, bar.width, bar.fade, bar.cap, bar.has_arrow) == ("0.00%", "5.00%", "out", "", False)


@pytest.mark.django_db
def test_end_far_off_does_not_stretch_the_axis_and_leads_on() -> None:
    found = drawn(valid_from="2020-03-01", valid_until="2050-12-31", end_kind="fixed_date")
    assert len(found.ticks) == 6
    assert only_mark(found).bars == (Bar("0.00%", "100.00%", fade="", cap="", has_arrow=True),)


@pytest.mark.django_db
def test_start_that_is_not_recorded_rises_to_the_known_end() -> None:
    dated("2020-03-01")
    make.measure(topics=("work",), events=(("in_force", ""),), valid_until="2020-08-31", end_kind="fixed_date")
    found = drawn()
    [mark] = found.lanes[1].marks
    assert [bar.fade for bar in mark.bars] == ["in", ""]
    assert mark.bars[-1].cap == "100.00%"
    assert "start not recorded" in mark.mark.name


@pytest.mark.django_db
def test_legend_has_the_groups_and_lines_that_occur() -> None:
    found = drawn(valid_from="2020-03-01", end_kind="indefinite")
    assert (found.groups, found.fading, found.has_bars, found.has_gaps) == (["in_force"], [], True, False)
    dated("2020")
    found = drawn(kind="law", events=(("enacted", "2020-03-01"),))
    assert found.groups == ["in_force", "possibly", "bill"]
    assert found.fading == ["possibly"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "bill", "events": (("introduced", "2020-03-01"),)},
        {"kind": "criticism", "events": (("issued", "2020-03-01"),)},
        {"kind": "announcement", "events": (("announced", "2020-03-01"),)},
    ],
)
def test_what_was_never_in_force_does_not_last(fields: dict[str, Any]) -> None:
    assert only_mark(drawn(**fields)).bars == ()


@pytest.mark.django_db
def test_name_of_a_mark_begins_with_its_label() -> None:
    mark = only_mark(
        drawn(
            kind="bill", title_en="Bill to leave", short_title_en="Bill 5349", events=(("introduced", "2020-05-25?"),)
        )
    ).mark
    assert mark.name == "Bill 5349. 25 May 2020 (date inferred). Introduced 25 May 2020 (date inferred)."
    assert mark.is_shortened


@pytest.mark.django_db
def test_label_in_another_language_says_so() -> None:
    mark = only_mark(drawn(title_en="", title_es="Cierre", kind="bill", events=(("introduced", "2020-05-25"),))).mark
    assert (mark.label, mark.language) == ("Cierre", "es")


@pytest.mark.django_db
def test_only_undated_entries_have_no_axis() -> None:
    dated("2020")
    found = drawn()
    assert found.ticks == ()
    assert [margin.label for margin in only_lane(found).margins] == ["2020"]


SHAPES = st.lists(
    st.builds(
        Shape,
        icon=st.floats(0, 100),
        bar=st.none() | st.floats(0, 100).map(lambda end: (0.0, end)),
        label=st.floats(20, 180),
        is_earlier=st.booleans(),
    ).map(lambda s: Shape(s.icon, s.bar and (s.icon, max(s.icon, s.bar[1])), s.label, s.is_earlier)),
    max_size=30,
)


@given(SHAPES)
def test_marks_and_labels_of_a_row_never_meet(shapes: list[Shape]) -> None:
    ordered = sorted(shapes, key=lambda shape: shape.icon)
    for plot in (WIDE, NARROW):
        places, rows = pack(ordered, plot)
        assert {place.row for place in places} == set(range(rows))
        for row in range(rows):
            extents = [extent(s, plot)[:2] for s, p in zip(ordered, places, strict=True) if p.row == row]
            assert all(left[1] + plot.gap <= right[0] for left, right in pairwise(extents))


@pytest.mark.django_db
def test_extension_is_joined_to_what_it_extends() -> None:
    fixed: dict[str, Any] = {"topics": ("health",), "events": (), "end_kind": "fixed_date"}
    extended = make.measure(valid_from="2020-01-01", valid_until="2020-03-31", **fixed)
    extends = make.measure(valid_from="2020-04-01", valid_until="2020-06-30", **fixed)
    make.relation(subject=extends, object=extended, type="extends")
    entries = entries_of(for_list(Measure.objects.all()), DAY)
    found = chart(entries, TOPICS, extensions=extensions_among(entries))
    assert only_lane(found).joins == (Join("50.00%", (25, 37), (25, 36)),)
    assert (found.has_joins, chart(entries, TOPICS).has_joins) == (True, False)


@pytest.mark.django_db
def test_nothing_is_joined_to_what_is_not_drawn() -> None:
    make.measure(title_en="by"), make.measure(title_en="of")
    by, of = entries_of(for_list(Measure.objects.order_by("pk")), DAY)
    axis, day = Axis(date(2020, 1, 1), date(2021, 1, 1), 1), date(2020, 6, 1)
    on_axis, before = Stretch("in_force", day, None), Stretch("in_force", date(2001, 4, 1), date(2001, 5, 31))
    upper, lower = Place(0, False, 9), Place(1, False, 9)
    extensions = [Extension(by.number, of.number, day)]

    def joined(*placed: tuple[Entry, Stretch, Place]) -> int:
        rows = {entry.number: (replace(entry, stretches=(seen,)), place, place) for entry, seen, place in placed}
        return len(joins_of(rows, extensions, axis))

    assert joined((by, on_axis, upper), (of, on_axis, lower)) == 1
    assert joined((by, on_axis, upper)) == 0  # a filter leaves out the other
    assert joined((by, on_axis, upper), (of, before, lower)) == 0
    assert joined((by, on_axis, upper), (of, on_axis, upper)) == 0  # bars of one row
