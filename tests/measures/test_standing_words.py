"""How an act stands on a day, in words: each sentence from a real record, and never more than is recorded."""

from datetime import date
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils.translation import override

from measures.models import Measure
from measures.standing_words import Words, words_for
from tests import factories as make

pytestmark = pytest.mark.django_db

DAY = date(2026, 6, 1)
LAW: dict[str, Any] = {"kind": "law", "events": (("in_force", "2010-01-01"),), "end_kind": "indefinite"}
"""In force since 2010 and until repealed."""

THREE_MONTHS = {"duration": "P3M", "duration_basis": "calendar", "end_kind": "duration"}


def law(**fields: Any) -> Measure:
    made = make.measure(**LAW | fields)
    made.status_events.update(recorded_on=date(2025, 1, 1))
    return made


def words(measure: Measure, day: date = DAY) -> Words:
    return words_for([measure], day)[measure.pk]


@pytest.mark.parametrize(
    ("fields", "group", "sentence"),
    [
        ({}, "in_force", "In force, not checked since it was recorded"),
        ({"checked_on": date(2026, 5, 3)}, "in_force", "In force (last checked 3 May 2026)"),
        ({"checked_on": date(2020, 5, 3)}, "in_force", "In force (last checked 3 May 2020)"),
        ({"valid_until": "2026-12-31", "end_kind": "fixed_date"}, "in_force", "In force until 31 December 2026"),
        (
            {"valid_until": "2026-12", "end_kind": "fixed_date"},
            "in_force",
            "In force until December 2026 (day not recorded)",
        ),
        (
            {"valid_until": "2026-12-31?", "end_kind": "fixed_date"},
            "in_force",
            "In force until 31 December 2026 (date inferred)",
        ),
        (
            {"valid_until": "2026-12-31", "end_kind": "fixed_date", "checked_on": date(2020, 5, 3)},
            "in_force",
            "In force until 31 December 2026 (last checked 3 May 2020)",
        ),
        (
            {"valid_until": "2026-12-31", "end_kind": "fixed_date", "checked_on": date(2026, 5, 3)},
            "in_force",
            "In force until 31 December 2026",
        ),
        (
            {
                "valid_from": "2026-05-01",
                "events": (),
                "duration": "P3M",
                "duration_basis": "calendar",
                "end_kind": "duration",
            },
            "in_force",
            "In force until 31 July 2026",
        ),
        (
            {
                "valid_from": "2026-05",
                "events": (),
                "duration": "P3M",
                "duration_basis": "calendar",
                "end_kind": "duration",
            },
            "in_force",
            "In force until 31 July 2026 or later",
        ),
        ({"end_kind": "unknown"}, "possibly", "No end recorded: last known in force 1 January 2010"),
        (
            {"end_kind": "unknown", "checked_on": date(2020, 7, 22)},
            "possibly",
            "No end recorded: last known in force 22 July 2020",
        ),
        (
            {"end_kind": "", "events": (("enacted", "2020-04-12"),)},
            "possibly",
            "Signed 12 April 2020, start not recorded",
        ),
        (
            {"end_kind": "", "events": (("enacted", "2020-04"),)},
            "possibly",
            "Signed April 2020, start not recorded (day not recorded)",
        ),
        ({"end_kind": "", "events": (("enacted", ""),)}, "possibly", "Signed, date and start not recorded"),
        (
            {"end_kind": "", "events": (("published", "2020-04-12"),)},
            "possibly",
            "Published 12 April 2020, start not recorded",
        ),
        (
            {"kind": "court_decision", "end_kind": "", "events": (("enacted", "2020-10"),)},
            "possibly",
            "From October 2020, no end recorded (day not recorded)",
        ),
        (
            {"end_kind": "", "events": (("in_force", "2020"),)},
            "possibly",
            "From 2020, no end recorded (day and month not recorded)",
        ),
        (
            {"valid_until": "2026", "end_kind": "fixed_date"},
            "possibly",
            "End: 2026 (day and month not recorded)",
        ),
        (
            {"events": (("in_force", "2010-01-01"), ("repealed", ""))},
            "ended",
            "Repealed, date not recorded",
        ),
        (
            {"events": (("in_force", "2010-01-01"), ("repealed", "2021-03"))},
            "ended",
            "Repealed from March 2021 (day not recorded)",
        ),
        (
            {"events": (("in_force", "2010-01-01"), ("expired", "2020-12-31"))},
            "ended",
            "Ended 31 December 2020",
        ),
        ({"valid_until": "2020-12-31", "end_kind": "fixed_date"}, "ended", "Ended 31 December 2020"),
        (
            {
                "valid_from": "2020-05",
                "events": (),
                "duration": "P3M",
                "duration_basis": "calendar",
                "end_kind": "duration",
            },
            "ended",
            "Ended 30 August 2020 or earlier",
        ),
        (
            {"events": (("in_force", "2010-01-01"), ("suspended", "2020-02-01"))},
            "suspended",
            "Suspended since 1 February 2020",
        ),
        (
            {"events": (("in_force", "2010-01-01"), ("suspended", "2020-02"))},
            "suspended",
            "Suspended since February 2020 (day not recorded)",
        ),
        (
            {"valid_from": "2027-01-01", "events": (("enacted", "2026-05-01"),)},
            "not_yet",
            "From 1 January 2027",
        ),
        (
            {"kind": "announcement", "end_kind": "", "events": (("announced", "2020-05-29"),)},
            "announced",
            "Announced 29 May 2020",
        ),
        (
            {"kind": "programme", "end_kind": "", "events": (("announced", ""),)},
            "announced",
            "Announced, date not recorded",
        ),
        ({"end_kind": "", "events": (("unknown", ""),)}, "unknown", "Status not recorded"),
        (
            {"kind": "bill", "end_kind": "", "events": (("introduced", "2020-01-05"), ("in_committee", "2020-02-01?"))},
            "bill",
            "In committee 1 February 2020 (date inferred)",
        ),
        (
            {"kind": "bill", "end_kind": "", "events": (("introduced", "2020-01-05"), ("archived", ""))},
            "rejected",
            "Archived, date not recorded",
        ),
        (
            {"kind": "bill", "end_kind": "", "events": (("enacted", "2020-01-05"),)},
            "enacted",
            "Enacted or signed 5 January 2020",
        ),
        (
            {"kind": "criticism", "end_kind": "", "events": (("issued", "2020-01-05"),)},
            "statement",
            "Statement or finding",
        ),
    ],
)
def test_sentence_from_a_record(fields: dict[str, Any], group: str, sentence: str) -> None:
    found = words(law(**fields))
    assert (found.group.value, found.sentence) == (group, sentence)


def test_check_is_named_once_it_is_old(settings: LazySettings) -> None:
    settings.CHECK_DAYS = 29
    act = law(valid_until="2026-12-31", end_kind="fixed_date", checked_on=date(2026, 5, 3))
    assert words(act, date(2026, 6, 1)).note == ""
    assert words(act, date(2026, 6, 2)).note == "last checked 3 May 2026"


def test_check_after_the_day_says_nothing_of_it() -> None:
    assert words(law(checked_on=date(2026, 5, 3)), date(2020, 1, 1)).sentence == "In force"


def test_repealed_by_an_act_with_a_page() -> None:
    old, new = law(), law(reference="Law 30 of 2021", events=(("in_force", "2021-03-01"),))
    make.relation(subject=new, object=old, type="repeals")
    found = words(old)
    assert found.sentence == "Repealed by Law 30 of 2021 from 1 March 2021"
    assert found.act is not None
    assert (found.act.text, found.act.url) == ("Law 30 of 2021", new.get_absolute_url())
    assert found.until is not None
    assert str(found.until) == "2021-02-28"
    assert words(old, date(2020, 1, 1)).sentence == "In force until 28 February 2021"
    with override("es"):
        assert words(old).text == "Derogado por Law 30 of 2021 (desde: 1 de marzo de 2021)"


def test_number_without_a_word_is_named_with_the_kind_of_act() -> None:
    old, new = law(), law(reference="30 de 2021", events=(("in_force", "2021-03-01"),))
    make.relation(subject=new, object=old, type="repeals", date="2021-04")
    assert words(old).sentence == "Repealed by Law 30 de 2021 from April 2021 (day not recorded)"


def test_repealed_by_an_act_that_may_never_begin() -> None:
    old = law()
    new = law(reference="Law 30", end_kind="", events=(("enacted", "2021-03-01"),))
    make.relation(subject=new, object=old, type="repeals")
    found = words(old)
    assert (found.group.value, found.text) == ("possibly", "Possibly repealed by Law 30")


def test_suspended_by_another_act_up_to_its_end() -> None:
    act = law()
    decree = law(
        reference="Decree 1", valid_until="2026-12-31", end_kind="fixed_date", events=(("in_force", "2026-03-01"),)
    )
    make.relation(subject=decree, object=act, type="suspends")
    assert words(act).sentence == "Suspended by Decree 1 since 1 March 2026 (up to 31 December 2026)"
    assert words(act, date(2026, 1, 1)).sentence == "In force until 28 February 2026, then suspended"


def test_ended_together_with_the_measure_while_which_it_lasts() -> None:
    declaration = law(title_en="State of emergency", end_kind="fixed_date", valid_until="2020-12-31")
    rule = law(end_kind="while_measure")
    make.relation(subject=rule, object=declaration, type="while_in_force")
    assert words(rule).sentence == "Ended 31 December 2020 together with State of emergency"


@pytest.mark.parametrize("workflow", ["draft", "in_review", "retired"])
def test_act_without_a_page_is_not_named(workflow: str) -> None:
    declaration = law(title_en="Secret", reference="Secret 1", end_kind="fixed_date", valid_until="2020-12-31")
    rule = law(end_kind="while_measure")
    make.relation(subject=rule, object=declaration, type="while_in_force")
    Measure.objects.filter(pk=declaration.pk).update(workflow=workflow)
    found = words(rule)
    assert found.sentence == "Ended 31 December 2020 together with another act"
    assert found.act is None


def test_word_of_the_badge_is_not_repeated() -> None:
    assert words(law()).says_label
    assert not words(law(end_kind="unknown")).says_label


def test_bill_on_an_earlier_day_has_the_event_of_that_day() -> None:
    bill = law(kind="bill", end_kind="", events=(("introduced", "2020-01-05"), ("archived", "2021-05-01")))
    assert words(bill, date(2020, 6, 1)).sentence == "Introduced 5 January 2020"


def test_in_part_says_so() -> None:
    act = law(valid_until="2020-12-31", end_kind="fixed_date")
    longer = law(valid_until="2026-12-31", end_kind="fixed_date", events=(("in_force", "2020-12-01"),))
    make.relation(subject=longer, object=act, type="extends", scope="part", date="2021-02-01")
    assert words(act).sentence == "In force until 31 December 2026 (in part)"
