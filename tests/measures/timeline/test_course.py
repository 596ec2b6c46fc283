"""The course of one act on its own small time line."""

from datetime import date
from typing import Any

import pytest

from measures.details import details_of, for_page
from measures.models import Measure
from measures.timeline.course import CourseChart, course_chart
from tests import factories as make

pytestmark = pytest.mark.django_db

DAY = date(2021, 6, 1)


def drawn(measure: Measure, day: date = DAY) -> CourseChart | None:
    """The time line on the page of a measure."""
    return course_chart(details_of(for_page(Measure.objects.all()).get(pk=measure.pk), day).course, day)


def decree(**fields: Any) -> Measure:
    defaults = {
        "valid_from": "2020-03-16",
        "valid_until": "2020-03-30",
        "end_kind": "fixed_date",
        "events": (("enacted", "2020-03-15"),),
    }
    return make.measure(**defaults | fields)


def test_days_in_force_end_with_a_cap_and_events_are_marks() -> None:
    found = drawn(decree())
    assert found
    [bar] = found.bars
    assert (bar.fade, bar.has_arrow, bar.cap != "") == ("", False, True)
    [event] = found.lines
    assert (event.wide_label, event.dots, event.joins, event.bars) == ("Enacted or signed", None, False, ())
    assert event.x == "7.61%"


def test_extension_is_joined_and_shows_its_own_days() -> None:
    act = decree()
    later = make.measure(
        reference="51-2020-PCM", valid_from="2020-03-31", valid_until="2020-04-12", end_kind="fixed_date", events=()
    )
    make.relation(subject=later, object=act, type="extends")
    found = drawn(act)
    assert found
    assert [(bar.fade, bar.cap) for bar in found.bars] == [("", "23.37%")]
    by, _event = found.lines
    assert (by.wide_label, by.joins, by.x) == ("Extended by Executive decree or order 51-2020-PCM", True, "16.30%")
    assert [(bar.x, bar.cap) for bar in by.bars] == [("16.30%", "23.37%")]
    assert found.has_acts


def test_suspension_is_a_gap_and_possible_days_fade() -> None:
    act = decree(
        valid_until=None,
        end_kind="",
        events=(("in_force", "2020-03-16"), ("suspended", "2020-05"), ("in_force", "2020-08-01")),
    )
    found = drawn(act)
    assert found
    assert len(found.gaps) == 1
    assert [bar.fade for bar in found.bars] == ["", "out", "", "out"]
    assert [line.dots is not None for line in found.lines] == [False, True, False]
    assert found.has_dots


def test_year_alone_spans_the_year_and_what_has_no_date_is_named() -> None:
    act = make.measure(kind="bill", events=(("introduced", "2019"), ("in_committee", ""), ("archived", "2020-06-01")))
    found = drawn(act)
    assert found
    assert [(line.wide_label, line.dots) for line in found.lines] == [
        ("Introduced", ("0.00%", "39.91%")),
        ("Archived", None),
    ]
    assert found.undated == ("In committee",)
    assert found.bars == ()


@pytest.mark.parametrize(
    ("day", "is_shown"), [(date(2020, 3, 20), True), (date(2021, 3, 1), True), (date(2026, 11, 29), False)]
)
def test_today_is_marked_where_it_is_near(day: date, is_shown: bool) -> None:
    found = drawn(decree(), day)
    assert found
    assert bool(found.today) == is_shown


def test_act_that_may_last_until_today_reaches_it() -> None:
    found = drawn(decree(valid_until=None, end_kind="indefinite"), date(2026, 11, 29))
    assert found
    assert found.today
    assert found.bars[0].has_arrow


@pytest.mark.parametrize("fields", [{"events": ()}, {"kind": "bill", "events": (("introduced", "2020-03-30"),)}])
def test_too_little_for_a_picture(fields: dict[str, Any]) -> None:
    assert drawn(make.measure(valid_from=None, **fields)) is None


def test_labels_are_cut_to_the_room_that_they_have() -> None:
    act = decree()
    name = "N° 000104-2020-MIGRACIONES-DIRECCIÓN-GENERAL-DE-ASUNTOS-INTERNOS-Y-EXTERNOS-DE-LA-REPÚBLICA"
    make.relation(subject=make.measure(reference=name, valid_from="2020-03-20"), object=act, type="repeals")
    found = drawn(act)
    assert found
    [repeal] = [line for line in found.lines if line.joins]
    assert repeal.wide_label.endswith("…")
    assert len(repeal.narrow_label) < len(repeal.wide_label)


def test_measure_while_which_it_lasts_stands_beside_it() -> None:
    emergency = decree(reference="44-2020-PCM")
    rule = make.measure(valid_from="2020-03-18", end_kind="while_measure", events=())
    make.relation(subject=rule, object=emergency, type="while_in_force")
    found = drawn(rule)
    assert found
    [line] = found.lines
    assert (line.wide_label, line.x, line.joins, len(line.bars)) == (
        "Valid while Executive decree or order 44-2020-PCM",
        "",
        False,
        1,
    )


def test_draft_acts_are_not_drawn() -> None:
    act = decree()
    make.relation(subject=make.draft(valid_from="2020-03-20"), object=act, type="repeals")
    found = drawn(act)
    assert found
    assert [line.wide_label for line in found.lines] == ["Enacted or signed"]
