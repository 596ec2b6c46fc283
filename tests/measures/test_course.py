"""The course of an act as plain values: events, what acts upon it, and the periods in words."""

from datetime import date
from typing import Any

import pytest

from measures.course import Course, days_in_words
from measures.details import details_of, for_page
from measures.models import Measure
from tests import factories as make

DAY = date(2021, 6, 1)


def course(measure: Measure) -> Course:
    return details_of(for_page(Measure.objects.all()).get(pk=measure.pk), DAY).course


def periods(measure: Measure) -> list[tuple[str, str]]:
    return [(period.group.value, period.text) for period in course(measure).periods]


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2020, 3, 16), date(2020, 3, 30), "16 March 2020 to 30 March 2020"),
        (date(2020, 3, 16), date(2020, 3, 16), "16 March 2020"),
        (date(2020, 3, 16), None, "from 16 March 2020 on"),
        (None, date(2020, 3, 30), "up to 30 March 2020"),
        (None, None, "start and end not recorded"),
    ],
)
def test_days_in_words(first: date | None, last: date | None, words: str) -> None:
    assert days_in_words(first, last) == words


@pytest.mark.django_db
def test_periods_say_what_holds_when() -> None:
    act = make.measure(
        valid_from="2020-03",
        valid_until="2020-06-30",
        end_kind="fixed_date",
        events=(("in_force", "2020-03"), ("suspended", "2020-05-01"), ("in_force", "2020-06-01")),
    )
    assert periods(act) == [
        ("possibly", "1 March 2020 to 30 March 2020"),
        ("in_force", "31 March 2020 to 30 April 2020"),
        ("suspended", "1 May 2020 to 31 May 2020"),
        ("in_force", "1 June 2020 to 30 June 2020"),
        ("ended", "from 1 July 2020 on"),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{"kind": "bill", "events": (("introduced", "2020-03-30"),)}, {"kind": "criticism"}])
def test_what_is_never_in_force_has_no_periods(fields: dict[str, Any]) -> None:
    act = make.measure(**fields)
    assert periods(act) == []
    assert course(act).stretches == ()


@pytest.mark.django_db
def test_act_upon_takes_effect_on_its_own_first_day_if_no_date_is_recorded() -> None:
    act = make.measure(valid_from="2010-01-01", events=())
    stated = make.measure(valid_from="2020-05-01", events=())
    by_event = make.measure(events=(("enacted", "2020-06-01"), ("in_force", "2020-06-15")))
    by_month = make.measure(events=(("in_force", "2020-07"),))
    for subject, type_ in ((stated, "amends"), (by_event, "suspends"), (by_month, "resumes")):
        make.relation(subject=subject, object=act, type=type_)
    found = {by.label: (by.date.iso if by.date else "", by.days) for by in course(act).acts}
    assert found["Amended by"][0] == "2020-05-01"
    assert found["Suspended by"][0] == "2020-06-15"
    assert found["Resumed by"][0] == "2020-07"
    days = found["Resumed by"][1]
    assert days
    assert (days.first, days.last) == (date(2020, 7, 1), date(2020, 7, 31))


@pytest.mark.django_db
def test_of_an_act_that_is_only_named_the_name_alone_is_shown() -> None:
    emergency = make.measure(title_en="State of emergency", valid_from="2020-03-16", workflow="stub")
    rule = make.measure(valid_from="2020-03-18", end_kind="while_measure", events=())
    make.relation(subject=rule, object=emergency, type="while_in_force")
    [by] = course(rule).acts
    assert (by.name.text, by.stretches) == ("State of emergency", ())
