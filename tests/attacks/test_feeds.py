"""Nonsense files that a source may publish one day: none of it becomes public without review."""

import csv
import datetime
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import TypeVar

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from countries.feeds import runs, tasks
from countries.feeds.problems import FeedProblem
from countries.models import FeedRun, IndicatorFeed
from tests import factories
from tests.attacks.feeds import (
    CODES,
    DAYS,
    NEXT,
    Table,
    more_countries,
    public,
    published,
    ran,
    table,
    text,
    written,
)

pytestmark = pytest.mark.django_db


# The list of cases, by row

LIST = Path(__file__).parent / "cases" / "feed_guards.csv"
CASES: dict[str, tuple[str, str]] = {}
"""What is right in each case of the list, and the test that tries it."""
Test = TypeVar("Test", bound=Callable[..., None])


def case(does: str, is_right: str) -> Callable[[Test], Test]:
    """A decorator of the test of a row of the list: what the new file does, and what is right."""

    def noted(test: Test) -> Test:
        CASES[does] = (is_right, test.__name__)
        return test

    return noted


@case("all values are 0 where they were not", "held")
def test_zeros_where_there_were_none_are_held(folder: Path) -> None:
    feed = published(folder)
    before = public()
    run = ran(folder, feed, dict.fromkeys(table(), "0"))
    assert (run.state, public()) == ("held", before)
    assert "120 of 120 new or changed values are zero, although the values were not zero before." in run.reasons


def test_zeros_of_new_days_alone_are_held(folder: Path) -> None:
    feed = published(folder)
    run = ran(folder, feed, table() | {(iso3, NEXT): "0" for iso3 in CODES})
    assert run.reasons == ["6 of 6 new or changed values are zero, although the values were not zero before."]
    assert (run.state, len(public())) == ("held", 120)


def test_zeros_of_countries_that_report_once_a_week_are_nothing_new(folder: Path) -> None:
    weekly = {(iso3, day): "700" if int(day[-2:]) % 7 == 6 else "0" for iso3 in CODES for day in DAYS}
    feed = published(folder, weekly)
    assert ran(folder, feed, weekly | {(iso3, NEXT): "0" for iso3 in CODES}).state == "published"


@case("exactly ten times the former values with a declared factor of 10", "held")
def test_jump_by_exactly_the_declared_factor_is_held(folder: Path) -> None:
    feed = published(folder, jump=10)
    run = ran(folder, feed, table() | {(iso3, NEXT): "1000" for iso3 in CODES})
    assert (run.state, run.held, len(public())) == ("held", 6, 120)
    assert "6 values have jumped by a factor of 10 or more." in run.reasons
    run = ran(folder, feed, dict.fromkeys(table(), "1000"))
    assert (run.state, run.held, set(map(int, public().values()))) == ("held", 120, {100})
    assert ran(folder, feed, table() | {(iso3, NEXT): "999" for iso3 in CODES}).state == "published"


def test_fall_by_exactly_the_declared_factor_is_held(folder: Path) -> None:
    feed = published(folder, jump=10)
    assert ran(folder, feed, table() | {(iso3, NEXT): "10" for iso3 in CODES}).state == "held"


@case("three times the values of 90 % of the history", "held: share revised")
def test_history_that_is_rewritten_is_held(folder: Path) -> None:
    feed = published(folder)
    before = public()
    places = list(table())
    run = ran(folder, feed, table() | dict.fromkeys(places[: len(places) * 9 // 10], "300"))
    assert (run.state, public()) == ("held", before)
    assert run.reasons[0] == "108 of 120 public values would change, 90 %."


@case("days after today", "refused by row")
def test_days_after_today_are_refused_by_row(folder: Path) -> None:
    feed = published(folder)
    today = timezone.now().date()
    body = text(table() | {("PER", str(today + datetime.timedelta(days=3))): "100", ("PER", NEXT): "101"})
    run = ran(folder, feed, body)
    assert (run.state, run.new, run.refused) == ("published", 1, 1)
    assert (run.problems[0]["problem"], run.problems[0]["line"]) == ("The date is in the future.", 122)
    assert str(today + datetime.timedelta(days=3)) in run.problems[0]["cell"]
    assert max(day for _iso3, day in public()) == NEXT


def test_today_wherever_it_may_be_and_the_running_year_are_no_future(folder: Path) -> None:
    ahead = timezone.now() + datetime.timedelta(hours=14)
    feed = published(folder)
    body = table() | {("PER", str(ahead.date())): "100", ("ECU", str(ahead.year)): "100"}
    assert ran(folder, feed, body).new == 2
    run = ran(folder, feed, body | {("VEN", str(ahead.year + 1)): "7", ("VEN", f"{ahead.year + 2}Q1"): "7"})
    assert (run.new, run.refused) == (0, 2)


@case("one negative count among 80 good values", "the 79 published, the one held")
def test_one_negative_count_among_eighty_good_values_is_held_alone(folder: Path) -> None:
    feed = factories.feed()
    cells = {(iso3, day): "100" for iso3 in CODES[:4] for day in DAYS}
    cells["ECU", DAYS[3]] = "-100"
    run = ran(folder, feed, cells)
    assert (run.state, run.new, run.held, len(public())) == ("partly_held", 79, 1, 79)
    assert ("ECU", DAYS[3]) not in public()
    value = run.held_values.get()
    assert int(value.value) == -100
    assert (value.country_id, value.period, value.line, value.because) == ("ECU", DAYS[3], 25, "unit")
    assert run.reasons == ["1 value is negative or does not fit the unit “persons”."]


@case("two of 31 countries missing", "published with a notice; held where more than a tenth")
@pytest.mark.parametrize(("missing", "state"), [(2, "published"), (4, "held")])
@pytest.mark.parametrize("is_covered", [True, False])
def test_missing_countries_are_told_and_held_beyond_a_tenth(
    folder: Path, missing: int, state: str, is_covered: bool
) -> None:
    codes = more_countries(31, is_covered=is_covered)
    feed = published(folder, table(codes))
    run = ran(folder, feed, table(codes[missing:]) | {(codes[-1], NEXT): "100"})
    assert run.state == state
    told = run.reasons if state == "held" else run.notices
    assert told[-1].startswith(f"{missing} of 31 countries are missing: Land XJA, Land XJB")


def test_missing_countries_add_up_over_runs(folder: Path) -> None:
    codes = more_countries(31)
    feed = published(folder, table(codes))
    assert ran(folder, feed, table(codes[2:]) | {(codes[-1], NEXT): "100"}).state == "published"
    run = ran(folder, feed, table(codes[4:]) | {(codes[-1], NEXT): "101"})
    assert (run.state, run.reasons[1][:29]) == ("held", "4 of 31 countries are missing")


def test_a_tenth_of_the_covered_countries_is_enough(folder: Path) -> None:
    codes = more_countries(60)
    feed = published(folder, table((*CODES, *codes)))
    run = ran(folder, feed, table((*CODES[1:], *codes)))
    assert (run.state, run.reasons) == ("held", ["1 of 66 countries is missing: Peru. Of the 6 covered countries, 1."])


WIDE = {"format": "csv_wide", "country_column": "iso3", "day_column": "", "value_column": ""}
PROVINCES = (
    "iso3,province,2020-03-01,2020-03-02\nPER,Lima,5,6\nPER,Cusco,5,\nECU,Azuay,,1\nECU,Loja,9,\n"  # 10 each in total
)


@case("wide file with provinces that repeat a country", "refused unless the feed says how to add or choose")
@pytest.mark.parametrize("fields", [WIDE, {}])
def test_provinces_that_repeat_a_country_are_refused(folder: Path, fields: dict[str, str]) -> None:
    long = "iso3,province,date,value\nPER,Lima,2020-03-01,5\nPER,Cusco,2020-03-01,5\nECU,Azuay,2020-03-01,\n"
    run = ran(folder, factories.feed(**fields), PROVINCES if fields else long)
    assert (run.state, public()) == ("failed", {})
    assert run.problem == (
        "The file has several rows for the same country and date: rows 2, 3 are PER 2020-03-01 and differ in "
        "“province” (“Lima”, “Cusco”)."
    )
    assert "“province”" in run.remedy


def test_provinces_of_json_are_refused_too(folder: Path) -> None:
    body = '[{"iso3":"PER","where":{"province":"Lima"},"date":"2020","value":5},'
    body += '{"iso3":"PER","where":{"province":"Cusco"},"date":"2020","value":null}]'
    run = ran(folder, factories.feed(format="json"), body)
    assert (run.state, "differ in “where.province”" in run.problem) == ("failed", True)


def test_feed_says_which_rows_to_choose(folder: Path) -> None:
    fields = WIDE | {"filter_column": "province", "filter_value": "Lima"}
    assert ran(folder, factories.feed(**fields), PROVINCES).new == 2
    assert public() == {("PER", "2020-03-01"): 5, ("PER", "2020-03-02"): 6}


def test_rows_of_the_whole_country_may_be_those_without_a_province(folder: Path) -> None:
    feed = factories.feed(**WIDE, filter_column="province", filter_value="")
    assert ran(folder, feed, PROVINCES + "PER,,10,6\nECU,,9,1\n").new == 4
    assert public()["PER", "2020-03-01"] == 10


def test_provinces_of_one_country_hold_back_that_country_alone(folder: Path) -> None:
    lines = ["iso3,province,date,value", *(f"{iso3},,{day},100" for iso3 in CODES for day in DAYS)]
    lines += [f"PER,Lima,{DAYS[0]},60", f"PER,Cusco,{DAYS[0]},"]
    run = ran(folder, factories.feed(), "\n".join(lines) + "\n")
    assert (run.state, run.new, ("PER", DAYS[0]) in public()) == ("published", 119, False)
    assert run.problems[0]["problem"] == "The file has several rows for the same country and date."
    assert "“province”" in run.problems[0]["remedy"]


def test_the_very_same_row_twice_is_one(folder: Path) -> None:
    body = "iso3,province,date,value\n" + "PER,Lima,2020-03-01,5\n" * 2
    assert ran(folder, factories.feed(), body).new == 1


def test_each_case_of_the_list_is_tried_by_a_test() -> None:
    with LIST.open(encoding="utf-8") as file:
        listed = {row["what the new file does"]: row["what is right"] for row in csv.DictReader(file)}
    assert {does: is_right for does, (is_right, _test) in CASES.items()} == listed
    assert {test for _is_right, test in CASES.values()} <= globals().keys()


# Slowly, so that no run differs much from the last one


def test_three_runs_each_a_tenth_smaller_do_not_slip_through(folder: Path) -> None:
    feed = published(folder)
    places = list(table())
    places = places[::7] + [place for number, place in enumerate(places) if number % 7]
    states = []
    for share in (109, 100, 90):  # each more than nine tenths of the one before
        cells = {place: "100" for place in table() if place in places[:share]} | {("PER", NEXT): str(share)}
        states.append(ran(folder, feed, cells).state)
    assert states == ["published", "held", "held"]


def test_exactly_nine_tenths_of_the_rows_are_held(folder: Path) -> None:
    feed = published(folder)
    run = ran(folder, feed, {(iso3, day): "100" for iso3, day in table() if day > DAYS[1]})
    assert (run.state, run.reasons) == ("held", ["It has 108 values; earlier files had up to 120."])


def test_values_that_vanish_inside_of_the_history_are_told_and_held(folder: Path) -> None:
    feed = published(folder)
    gone = {place for place in table() if place[1] in DAYS[5:7]}
    ahead = [f"2020-03-{day:02d}" for day in range(21, 24)]
    cells = {place: "100" for place in table() if place not in gone} | {(c, d): "100" for c in CODES for d in ahead}
    run = ran(folder, feed, cells)
    assert run.state == "held"
    assert run.reasons == ["12 of 120 public values between its first and last day are missing, first BRB 2020-03-06."]
    runs.publish(run, by=factories.editor())
    assert ran(folder, feed, cells | {("PER", "2020-03-24"): "100"}).state == "published"


def test_file_of_the_latest_days_alone_is_no_loss(folder: Path) -> None:
    feed = published(folder)
    ahead = [f"2020-03-{day:02d}" for day in range(8, 28)]
    run = ran(folder, feed, {(iso3, day): "100" for iso3 in CODES for day in ahead})
    assert (run.state, run.reasons, run.notices) == ("published", [], [])


def test_series_that_never_falls_does_not_fall_unseen(folder: Path) -> None:
    rising = {(iso3, day): str(int(day[-2:]) * 100) for iso3 in CODES for day in DAYS}
    feed = published(folder, rising)
    run = ran(folder, feed, rising | {(iso3, NEXT): "1800" for iso3 in CODES})
    assert (run.state, run.reasons[0]) == ("held", "6 values drop in series that have never dropped before.")
    one = rising | {(iso3, NEXT): "1999" if iso3 == "PER" else "2100" for iso3 in CODES}
    run = ran(folder, feed, one)
    assert (run.state, run.new, run.held) == ("partly_held", 5, 1)


def test_revisions_that_add_up_to_a_jump_are_held(folder: Path) -> None:
    feed = published(folder, jump=10)
    states = [ran(folder, feed, table() | {("PER", DAYS[3]): value}).state for value in ("300", "900", "1000")]
    assert states == ["published", "published", "partly_held"]
    assert public()["PER", DAYS[3]] == 900


def test_history_of_one_country_that_is_rewritten_is_held_alone(folder: Path) -> None:
    feed = published(folder)
    zeros = table() | {("PER", day): "0" for day in DAYS} | {("ECU", NEXT): "100"}
    run = ran(folder, feed, zeros | {(iso3, NEXT): "100" for iso3 in CODES})
    assert {iso3 for iso3, _day in public()} == set(CODES)
    assert run.state == "held"
    assert "19 values would rewrite most of the history of their countries." in run.reasons


def test_a_file_ten_times_as_large_is_held(folder: Path) -> None:
    feed = published(folder)
    more = {(iso3, f"2019-{m:02d}-{d:02d}"): "100" for iso3 in CODES for m in range(1, 9) for d in range(1, 26)}
    run = ran(folder, feed, table() | more)
    assert (run.state, run.reasons) == ("held", ["It has 1320 values; earlier files had up to 120."])


# Decisions of a person


def partly(folder: Path) -> tuple[IndicatorFeed, FeedRun]:
    feed = published(folder, highest=1000)
    cells = table() | {(iso3, day): "100" for iso3 in CODES for day in (NEXT, "2020-03-22", "2020-03-23", "2020-03-24")}
    run = ran(folder, feed, cells | {("PER", NEXT): "5000", ("ECU", NEXT): "-5"})
    assert (run.state, run.new, run.held) == ("partly_held", 22, 2)
    return feed, run


def test_held_values_are_published_but_for_what_cannot_be(folder: Path) -> None:
    _feed, run = partly(folder)
    editor = factories.editor()
    runs.publish_values(run, by=editor)
    run.refresh_from_db()
    assert (run.state, run.decided_by, run.new) == ("published", editor, 23)
    assert public()["PER", NEXT] == 5000
    assert ("ECU", NEXT) not in public()
    runs.roll_back(run, by=editor)
    assert public() == dict.fromkeys(table(), 100)


def test_values_that_were_left_out_do_not_wait_again_until_they_differ(folder: Path) -> None:
    feed, run = partly(folder)
    body = (folder / "daily.csv").read_text()
    runs.leave_out(run, by=factories.editor())
    assert ("PER", NEXT) not in public()
    later = ran(folder, feed, body + "VEN,2020-03-25,100\n")
    assert (later.state, later.new, later.refused) == ("published", 1, 2)
    again = ran(folder, feed, body.replace("5000", "5001"))
    assert (again.state, again.held) == ("partly_held", 1)


def test_later_file_stands_for_values_that_wait(folder: Path) -> None:
    feed, run = partly(folder)
    later = ran(folder, feed, (folder / "daily.csv").read_text() + "VEN,2020-03-25,100\n")
    assert (later.state, later.new, later.held) == ("partly_held", 1, 2)
    run.refresh_from_db()
    assert (run.state, run.decided_by) == ("published", None)
    with pytest.raises(FeedProblem, match="This run has no held values any more"):
        runs.publish_values(run, by=factories.editor())
    runs.roll_back(later, by=factories.editor())
    later.refresh_from_db()
    assert later.state == "rolled_back"


def test_what_a_person_has_entered_since_is_not_overwritten(folder: Path) -> None:
    _feed, run = partly(folder)
    factories.observation(indicator=run.feed.indicator, period=NEXT, value=7)
    runs.publish_values(run, by=factories.editor())
    assert public()["PER", NEXT] == 7


# Queries, the command and the queue


def test_guards_ask_as_often_however_many_rows(folder: Path) -> None:
    def number(feed: IndicatorFeed, cells: Table) -> int:
        with CaptureQueriesContext(connection) as captured:
            ran(folder, feed, cells)
        return len(captured)

    small = factories.feed(key="small", jump=10, highest=500)
    large = factories.feed(key="large", jump=10, highest=500, indicator=factories.indicator(key="other"))
    bad = {("PER", DAYS[0]): "-1"}
    few = {(iso3, day): "100" for iso3 in CODES for day in DAYS[:2]}
    assert number(small, few | bad) == number(large, table() | bad)
    bad |= {(iso3, NEXT): "9000" for iso3 in CODES}
    assert number(small, few | bad) == number(large, table() | bad)


def test_command_names_the_cells_and_goes_on_after_an_error_of_the_program(folder: Path) -> None:
    feed = published(folder, key="a-broken")
    factories.feed(key="b-good", indicator=factories.indicator(key="other"))
    (folder / "feeds").mkdir(exist_ok=True)
    (folder / "feeds" / "held").write_text("a file where the folder of held files is to be", encoding="utf-8")
    written(folder, text(dict.fromkeys(table(), "300") | {("PER", DAYS[0]): "-1"}))
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError, match=r"Not updated: a-broken, b-good\."):
        call_command("update_indicators", stdout=out, stderr=err)
    assert "a-broken: An unexpected error occurred: FileExistsError" in err.getvalue()
    assert FeedRun.objects.filter(feed=feed)[0].problem == "An unexpected error occurred."
    assert "b-good: Some values held. 120 rows read, 119 new" in out.getvalue()
    assert "b-good: 1 value is negative or does not fit the unit “persons”. First in row 2: PER 2020-03-01: -1." in (
        err.getvalue()
    )


def test_error_of_one_feed_leaves_the_others_in_the_queue(folder: Path) -> None:
    factories.feed(key="one")
    factories.feed(key="two", indicator=factories.indicator(key="other"))
    written(folder, "<html>")
    for feed in IndicatorFeed.objects.all():
        with pytest.raises(tasks.MayPass):
            tasks.update_feed(feed=feed.pk)
    assert FeedRun.objects.filter(state="failed").count() == 2
