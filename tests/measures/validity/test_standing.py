"""How acts stand on a day: what pages put into words."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from measures.models import Measure
from measures.validity.standing import Standing, standings
from tests import factories

pytestmark = pytest.mark.django_db

DAY = date(2022, 6, 1)


def law(**fields: Any) -> Measure:
    """A law in force since 2010 and until repealed."""
    defaults: dict[str, Any] = {"kind": "law", "events": (("in_force", "2010-01-01"),), "end_kind": "indefinite"}
    return factories.measure(**defaults | fields)


def standing(measure: Measure, day: date = DAY) -> Standing:
    return standings([measure], day)[measure.pk]


def test_repealed_by_another_act() -> None:
    old, new = law(), law(events=(("in_force", "2021-03-01"),))
    relation = factories.relation(subject=new, object=old, type="repeals")
    now = standing(old)
    assert (now.state, now.since, now.until) == ("ended", date(2021, 3, 1), None)
    assert now.because is not None
    assert (now.because.kind, now.because.relation, now.because.by) == ("relation", relation, new)
    assert now.last_known == date(2021, 2, 28)
    before = standing(old, date(2020, 1, 1))
    assert (before.state, before.until, before.then) == ("in_force", date(2021, 2, 28), "ended")
    assert before.then_because == now.because
    assert before.is_certain


def test_suspended_by_an_event() -> None:
    act = law(events=(("in_force", "2010-01-01"), ("suspended", "2020-02-01")))
    now = standing(act)
    assert (now.state, now.since) == ("suspended", date(2020, 2, 1))
    assert now.because is not None
    assert now.because.event == act.status_events.get(status="suspended")
    assert now.because.by is None


def test_lasts_while_another_lasts() -> None:
    declaration = law(end_kind="", valid_until="2020-12-31")
    rule = law(end_kind="while_measure")
    factories.relation(subject=rule, object=declaration, type="while_in_force")
    now = standing(rule)
    assert (now.state, now.since) == ("ended", date(2021, 1, 1))
    assert now.because is not None
    assert (now.because.kind, now.because.by) == ("relation", declaration)


def test_the_end_of_what_suspended_it() -> None:
    act, decree = law(), law(end_kind="", valid_until="2020-12-31", events=(("in_force", "2020-03-01"),))
    factories.relation(subject=decree, object=act, type="suspends")
    now = standing(act)
    assert (now.state, now.since, now.is_certain) == ("in_force", date(2021, 1, 1), False)
    assert now.because is not None
    assert (now.because.kind, now.because.by) == ("lifted", decree)


def test_no_end_recorded() -> None:
    act = law(end_kind="unknown", checked_on=date(2020, 7, 22))
    now = standing(act)
    assert (now.state, now.since, now.last_known) == ("possibly", date(2020, 7, 23), date(2020, 7, 22))
    assert now.because is not None
    assert now.because.kind == "check"
    assert now.checked_on == date(2020, 7, 22)
    unchecked = standing(law(end_kind="unknown"))
    assert (unchecked.state, unchecked.last_known) == ("possibly", date(2010, 1, 1))
    assert unchecked.because is not None
    assert unchecked.because.kind == "end"


def test_signed_only() -> None:
    act = law(events=(("enacted", "2020-04-12"),), end_kind="")
    now = standing(act)
    assert (now.state, now.since, now.last_known) == ("possibly", date(2020, 4, 12), None)
    assert now.because is not None
    assert now.because.event is not None
    assert now.because.event.status == "enacted"


def test_before_the_start_and_up_to_the_term() -> None:
    act = law(valid_from="2027-01-01", valid_until="2027-06-30", events=(), end_kind="fixed_date")
    now = standing(act)
    assert (now.state, now.since, now.until, now.then) == ("not_yet", None, date(2026, 12, 31), "in_force")
    assert now.then_because is not None
    assert now.then_because.kind == "start"
    later = standing(act, date(2027, 6, 30))
    assert (later.state, later.until, later.then) == ("in_force", date(2027, 6, 30), "ended")
    assert later.then_because is not None
    assert later.then_because.kind == "until"


def test_bills_and_statements() -> None:
    bill = law(kind="bill", end_kind="", events=(("introduced", "2020-01-05"), ("archived", "2021-05-01")))
    now = standing(bill)
    assert (now.state, now.since) == ("rejected_or_withdrawn", date(2021, 5, 1))
    assert now.because is not None
    assert now.because.event == bill.status_events.get(status="archived")
    statement = factories.measure(kind="criticism")
    assert standing(statement) == Standing("statement")


def test_the_number_of_queries_is_fixed() -> None:
    def repealed() -> list[Measure]:
        old, new = law(), law(events=(("in_force", "2021-03-01"),))
        factories.relation(subject=new, object=old, type="repeals")
        return [old, new]

    def number(measures: list[Measure]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            standings(measures, DAY)
        return len(queries)

    few = repealed()
    many = [*few, *repealed(), *repealed()]
    assert number(few) == number(many) == 7
