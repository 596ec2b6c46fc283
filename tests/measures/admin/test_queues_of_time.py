"""Work queues of acts whose end, check, effect or course somebody should look at."""

import datetime
from typing import Any

import pytest
from pytest_django import Settings

from foundation.days import today
from measures.admin.queues import QUEUES, waiting
from measures.models import Measure
from measures.validity.selecting import StatesOn
from tests import factories
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

JULY = datetime.date(2026, 7, 1)


def _in_queue(key: str, on: datetime.date = JULY) -> set[str]:
    """The English titles of the entries of a queue; its list and its count agree."""
    queue = next(queue for queue in QUEUES if queue.key == key)
    editor = factories.editor()
    found = Measure.objects.filter(queue.condition(editor, StatesOn(on)))
    counted = {each["url"].partition("queue=")[2]: each["count"] for each in waiting(editor, on)}
    assert counted[key] == found.count()
    return {measure.title_en for measure in found}


def _act(title: str, **fields: Any) -> Measure:
    return factories.measure(title_en=title, **fields)


def test_end_that_has_passed_without_a_word() -> None:
    _act("passed", valid_until="2026-06-30")
    _act("month", valid_until="2026-06")
    _act("today", valid_until="2026-07-01")
    _act("year", valid_until="2026")
    _act("expired", valid_until="2026-05", events=(("in_force", "2020"), ("expired", "2026-05-31")))
    _act("suspended", valid_until="2026-05", events=(("in_force", "2020"), ("suspended", "2021")))
    _act("in force again", valid_until="2026-05", events=(("in_force", "2020"), ("in_force", "2026-06-10")))
    _act("retired", valid_until="2026-05", workflow="retired")
    _act("thirty days", valid_from="2026-05-01", duration="P30D", duration_basis="calendar")
    repealed = _act("repealed by another", valid_from="2020")
    factories.relation(subject=_act("repeals", valid_from="2021"), object=repealed, type="repeals")
    in_part = _act("repealed in part", valid_until="2026-05")
    factories.relation(subject=_act("repeals a part", valid_from="2021"), object=in_part, type="repeals", scope="part")
    extended = _act("extended", valid_until="2026-05")
    factories.relation(subject=_act("extends"), object=extended)
    assert _in_queue("end_passed") == {"passed", "month", "suspended", "thirty days", "repealed in part"}


def test_act_in_force_that_nobody_has_checked_for_long(settings: Settings) -> None:
    _act("checked long ago", checked_on=datetime.date(2026, 1, 2))
    _act("checked of late", checked_on=datetime.date(2026, 1, 3))
    _act("repealed", checked_on=datetime.date(2026, 1, 2), events=(("repealed", "2020"),))
    _act("ended by its date", checked_on=datetime.date(2020, 1, 2), valid_until="2020")
    _act("bill", kind="bill", checked_on=datetime.date(2020, 1, 2))
    assert _in_queue("unchecked") == {"checked long ago"}
    settings.CHECK_DAYS = 179
    assert _in_queue("unchecked") == {"checked long ago", "checked of late"}


def test_act_that_was_never_checked_counts_from_its_recording() -> None:
    _act("never checked")
    assert _in_queue("unchecked", today() + datetime.timedelta(days=179)) == set()
    assert _in_queue("unchecked", today() + datetime.timedelta(days=182)) == {"never checked"}


def test_act_upon_another_from_a_day_that_nobody_recorded() -> None:
    law = _act("law")
    for title, date, kind, fields in (
        ("undated", "", "suspends", {"events": (("enacted", "2020-04"),)}),
        ("dated relation", "2020-05", "suspends", {"events": (("enacted", "2020-04"),)}),
        ("own start", "", "repeals", {"valid_from": "2020"}),
        ("own event", "", "extends", {"events": (("in_force", "2020"),)}),
        ("undated event", "", "annuls", {"events": (("in_force", ""),)}),
        ("no act upon it", "", "cites", {"events": ()}),
        ("bill", "", "repeals", {"kind": "bill"}),
        ("judgment", "", "annuls", {"kind": "court_decision", "events": (("published", "2020"),)}),
    ):
        factories.relation(subject=_act(title, **fields), object=law, type=kind, date=date)
    assert _in_queue("acts_undated") == {"undated", "undated event"}


def test_course_that_is_unusual() -> None:
    _act("second chamber", kind="bill", events=(("passed_chamber", "2020"), ("in_committee", "2021")))
    _act("revived", events=(("in_force", "2020"), ("repealed", "2021"), ("in_force", "2022")))
    _act("usual", events=(("enacted", "2020"), ("in_force", "2020"), ("repealed", "2021")))
    _act("unknown between", events=(("repealed", "2020"), ("unknown", ""), ("in_force", "2021")))
    _act("usual bill", kind="bill", events=(("introduced", "2020"), ("archived", ""), ("in_committee", "2021")))
    assert _in_queue("unusual") == {"second chamber", "revived"}


def test_first_page_of_the_admin_leads_to_each_queue() -> None:
    client, act = signed_in(factories.editor()), _act("passed", valid_until="2020")
    page = client.get("/admin/").content.decode()
    for key in ("end_passed", "unchecked", "acts_undated", "unusual"):
        assert f"/admin/measures/measure/?queue={key}" in page
    found = client.get("/admin/measures/measure/?queue=end_passed").context["cl"].result_list
    assert list(found) == [act]
