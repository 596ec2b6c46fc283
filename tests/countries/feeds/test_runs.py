"""What a file publishes, what is held for review, and rollbacks."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from countries.feeds import dry_run, runs
from countries.feeds.problems import FeedProblem
from countries.models import FeedRun, IndicatorFeed, Observation
from foundation.partial_dates import Period
from tests import factories
from tests.countries.feeds.conftest import Put

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("countries")]

HEAD = "iso3,date,value\n"
DAYS = [f"2020-03-{day:02d}" for day in range(1, 11)]


def table(**changes: str) -> str:
    """Ten days of Peru and Ecuador at 100; a change is named `PER_01`."""
    lines = [
        f"{iso3},{day},{changes.get(f'{iso3}_{day[-2:]}', '100')}"
        for iso3 in ("PER", "ECU")
        for day in DAYS
        if changes.get(f"{iso3}_{day[-2:]}") != "gone"
    ]
    return HEAD + "\n".join(lines) + "\n"


def counts(run: FeedRun) -> dict[str, int]:
    names = ("rows_read", "understood", "new", "revised", "unchanged", "refused", "held", "without_value", "skipped")
    return {name: value for name in names if (value := getattr(run, name))}


def public() -> dict[tuple[str, str], Decimal | None]:
    return {(o.country_id, str(o.period)): o.value for o in Observation.objects.all()}


def at(iso3: str, day: str) -> int | None:
    value = Observation.objects.get(country=iso3, period=day).value
    return None if value is None else int(value)


def touched() -> int:
    """Number of rows of the table written in this transaction, in which each test runs."""
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from countries_observationevent")
        return int(cursor.fetchone()[0])


def test_first_run_publishes_and_the_same_file_is_nothing_new(put: Put) -> None:
    feed = factories.feed()
    put(table())
    run = runs.run(feed)
    assert (run.state, run.problem, counts(run)) == ("published", "", {"rows_read": 20, "understood": 20, "new": 20})
    assert (run.countries, run.bytes, len(run.sha256)) == (2, len(table()), 64)
    assert len(public()) == 20
    assert {o.feed_run_id for o in Observation.objects.all()} == {run.pk}
    assert {(o.source_name, o.status, o.qualifier) for o in Observation.objects.all()} == {("A yearbook", "A", "eq")}
    before = touched()
    again = runs.run(feed)
    assert (again.state, again.unchanged, again.rows_read) == ("unchanged", 20, 0)
    assert touched() == before


def test_values_name_their_source_in_every_language(put: Put) -> None:
    feed = factories.feed(source_name_es="Un anuario", source_name_pt="Um anuário")
    put(table())
    runs.run(feed)
    columns = ("source_name", "source_name_es", "source_name_pt", "note_es", "note_pt")
    assert set(Observation.objects.values_list(*columns)) == {("A yearbook", "Un anuario", "Um anuário", "", "")}


def test_only_changed_rows_are_written_and_the_former_value_stays_in_history(put: Put) -> None:
    feed = factories.feed()
    put(table())
    runs.run(feed)
    before = touched()
    put(table(PER_03="120") + "PER,2020-03-11,130\n")
    run = runs.run(feed)
    assert (run.state, counts(run)) == (
        "published",
        {"rows_read": 21, "understood": 21, "new": 1, "revised": 1, "unchanged": 19},
    )
    assert touched() - before == 2
    revised = Observation.objects.get(country="PER", period="2020-03-03")
    history: Any = revised.events.order_by("pgh_id")  # type: ignore[attr-defined]  # of pghistory
    assert [(event.pgh_label, event.value.normalize()) for event in history] == [
        ("insert", 100),
        ("update", 120),
    ]
    assert history.last().pgh_context.metadata["note"] == f"feed {feed.key}, run {run.pk}"


def test_rows_that_the_source_no_longer_has_stay_public(put: Put) -> None:
    feed = factories.feed()
    put(table())
    runs.run(feed)
    put(table(PER_10="gone"))
    assert runs.run(feed).state == "unchanged"
    assert len(public()) == 20


def test_what_people_have_entered_is_never_overwritten(put: Put) -> None:
    feed = factories.feed()
    factories.observation(indicator=feed.indicator, period="2020-03-01", value=99)
    factories.observation(indicator=feed.indicator, period="2020-03-02", value=100)
    put(table())
    run = runs.run(feed)
    assert (run.new, run.unchanged, run.refused) == (18, 1, 1)
    assert run.problems == [
        {
            "problem": "There is already a value that this feed did not write.",
            "remedy": (
                "Values from people or other feeds are never overwritten. If this feed is right, delete that "
                "observation."
            ),
            "count": 1,
            "line": 2,
            "cell": "PER 2020-03-01: 100",
            "examples": [{"line": 2, "cell": "PER 2020-03-01: 100"}],
        }
    ]
    assert at("PER", "2020-03-01") == 99


def test_two_values_for_one_day_are_refused_and_the_same_twice_is_one(put: Put) -> None:
    put(table() + "PER,2020-03-01,100\nPER,2020-03-02,7\n")
    run = runs.run(factories.feed())
    assert (run.state, run.new, run.refused) == ("published", 19, 2)
    assert ("PER", "2020-03-02") not in public()


DOUBTFUL = table(PER_05="-3", PER_06="-3", PER_07="-3")


def held(put: Put, text: str, **fields: Any) -> tuple[IndicatorFeed, FeedRun]:
    feed = factories.feed(**fields)
    put(table())
    assert runs.run(feed).state == "published"
    before = public()
    put(text)
    run = runs.run(feed)
    assert run.state == "held", run.problem
    assert public() == before
    assert run.body.storage.exists(f"held/{run.sha256}")
    return feed, run


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        (
            table(PER_01="gone", PER_02="gone", PER_03="gone"),
            [
                "It has 17 values; earlier files had up to 20.",
                "3 of 20 public values between its first and last day are missing, first PER 2020-03-01.",
            ],
        ),
        (
            HEAD + "".join(f"PER,2020-{month:02d}-{day:02d},100\n" for month in (3, 4) for day in range(1, 11)),
            ["1 of 2 countries is missing: Ecuador. Of the 2 covered countries, 1."],
        ),
        (table() + "?,2020-03-11,1\n" * 3, ["3 of 23 rows were refused."]),
        (
            DOUBTFUL,
            [
                "3 values are negative or do not fit the unit “persons”.",
                "That is 100 % of the values that it would change, more than a tenth, so the whole file is held.",
            ],
        ),
    ],
)  # fmt: skip
def test_doubtful_file_waits_for_a_person(put: Put, text: str, reasons: list[str]) -> None:
    _feed, run = held(put, text)
    assert run.reasons == reasons


@pytest.mark.parametrize(
    ("text", "fields", "reasons"),
    [
        (table(PER_05="-3"), {}, ["1 value is negative or does not fit the unit “persons”."]),
        (table(PER_05="2.5"), {}, ["1 value is negative or does not fit the unit “persons”."]),
        (
            table(PER_05="501", PER_06="500", ECU_01="0"),
            {"highest": 500, "lowest": 1},
            ["2 values are outside the range of the feed, 1 to 500."],
        ),
        (table(PER_05="501"), {"highest": 500}, ["1 value is outside the range of the feed, … to 500."]),
        (
            table(PER_05="1001", ECU_05="9", ECU_06="0"),
            {"jump": 10},
            ["2 values have jumped by a factor of 10 or more."],
        ),
        (
            table() + "PER,2020-03-11,1001\nPER,2020-02-01,9000\n",
            {"jump": 10},
            ["1 value has jumped by a factor of 10 or more."],
        ),
    ],
)  # fmt: skip
def test_doubtful_value_waits_by_itself(put: Put, text: str, fields: dict[str, Any], reasons: list[str]) -> None:
    feed = factories.feed(**fields)
    put(table())
    runs.run(feed)
    put(text)
    run = runs.run(feed)
    assert (run.state, run.reasons, run.body.name) == ("partly_held", reasons, "")
    assert at("PER", "2020-03-05") == 100


def test_share_outside_of_a_hundred_waits(put: Put) -> None:
    feed = factories.feed(indicator=factories.indicator(key="poverty", unit="percent"))
    put(table(PER_05="100.1"))
    assert runs.run(feed).reasons == ["1 value is negative or does not fit the unit “percent”."]


def test_held_run_shows_the_values_and_is_published_but_for_what_cannot_be(put: Put) -> None:
    feed, run = held(put, table(PER_05="-3", PER_06="5000", PER_07="6000"), highest=1000)
    shown = [f"{v} for {v.former:f}, {v.because} in row {v.line}" for v in run.held_values.all()]
    assert shown == [
        "PER 2020-03-05: -3.000000 for 100.000000, unit in row 6",
        "PER 2020-03-06: 5000.000000 for 100.000000, range in row 7",
        "PER 2020-03-07: 6000.000000 for 100.000000, range in row 8",
    ]
    runs.publish(run, by=factories.editor())
    run.refresh_from_db()
    assert (run.state, run.new, run.revised, run.held, run.body.name) == ("published", 0, 2, 3, "")
    assert (at("PER", "2020-03-05"), at("PER", "2020-03-06")) == (100, 5000)

    put(table(PER_05="-3", PER_06="5000", PER_07="6000", ECU_01="101"))
    later = runs.run(feed)
    assert (later.state, later.revised, later.refused) == ("published", 1, 1)
    put(table(PER_05="-4", PER_06="5000", PER_07="6000", ECU_01="101"))
    assert runs.run(feed).state == "partly_held"


def test_discarded_file_is_not_looked_at_again_but_the_next_one_is(put: Put) -> None:
    feed, run = held(put, DOUBTFUL)
    by = factories.editor()
    runs.discard(run, by=by)
    run.refresh_from_db()
    assert (run.state, run.decided_by) == ("discarded", by)
    again = runs.run(feed)
    assert (again.state, again.problem) == ("discarded", f"{by.username} has already discarded this file.")
    assert runs.run(feed, by_id=by.pk).state == "held"
    put(table(PER_05="101"))
    assert runs.run(feed).state == "published"


def test_later_file_overtakes_what_is_held(put: Put) -> None:
    feed, run = held(put, DOUBTFUL)
    put(table(PER_05="103"))
    assert runs.run(feed).state == "published"
    run.refresh_from_db()
    assert (run.state, run.body.name) == ("superseded", "")
    with pytest.raises(FeedProblem, match="no longer held"):
        runs.publish(run, by=factories.editor())
    assert at("PER", "2020-03-05") == 103


def test_held_run_is_not_published_by_another_reading(put: Put) -> None:
    feed, run = held(put, DOUBTFUL)
    feed.multiplier = Decimal(1000)
    feed.save()
    with pytest.raises(FeedProblem, match="The feed has changed since this run"):
        runs.publish(FeedRun.objects.get(pk=run.pk), by=factories.editor())


def test_changed_mapping_reads_the_same_file_anew(put: Put) -> None:
    feed = factories.feed()
    put(table())
    runs.run(feed)
    feed.multiplier = Decimal(2)
    feed.save()
    run = runs.run(feed)
    assert (run.state, run.revised) == ("held", 20)
    assert run.reasons[0] == "20 of 20 public values would change, 100 %."
    runs.publish(run, by=factories.editor())
    assert at("PER", "2020-03-05") == 200


def rolled(put: Put, by: User) -> tuple[IndicatorFeed, FeedRun, FeedRun]:
    feed = factories.feed()
    put(table())
    first = runs.run(feed)
    put(table(PER_03="120") + "PER,2020-03-11,130\n")
    second = runs.run(feed)
    runs.roll_back(second, by=by)
    second.refresh_from_db()
    return feed, first, second


def test_roll_back_restores_and_removes(put: Put) -> None:
    _feed, first, second = rolled(put, factories.editor())
    assert second.state == "rolled_back"
    assert len(public()) == 20
    assert at("PER", "2020-03-03") == 100
    assert Observation.objects.filter(feed_run=first).count() == 20


def test_after_a_roll_back_the_same_file_stays_out_and_the_next_one_is_held(put: Put) -> None:
    feed, _first, _second = rolled(put, factories.editor())
    assert runs.run(feed).state == "discarded"
    put(table(PER_03="121"))
    run = runs.run(feed)
    assert (run.state, run.reasons) == (
        "held",
        ["The previous run was rolled back, so this run is held for review."],
    )
    runs.publish(run, by=factories.editor())
    put(table(PER_03="122"))
    assert runs.run(feed).state == "published"


def test_roll_back_is_refused_where_a_later_run_built_upon_it(put: Put) -> None:
    feed = factories.feed()
    put(table())
    first = runs.run(feed)
    put(table(PER_03="120"))
    second = runs.run(feed)
    with pytest.raises(FeedProblem) as raised:
        runs.roll_back(first, by=factories.editor())
    assert raised.value.problem == "1 value of this run has been changed since."
    assert raised.value.remedy == f"Roll back the later run of {second.started_in_words} first."
    assert at("PER", "2020-03-03") == 120
    runs.roll_back(second, by=factories.editor())
    runs.roll_back(first, by=factories.editor())
    assert public() == {}


def test_roll_back_is_refused_where_a_person_has_changed_a_value(put: Put) -> None:
    put(table())
    run = runs.run(factories.feed())
    Observation.objects.filter(country="PER", period="2020-03-03").update(value=5)
    with pytest.raises(FeedProblem, match="They were changed or deleted by hand"):
        runs.roll_back(run, by=factories.editor())


def test_trying_writes_nothing_and_says_what_would_be(put: Put) -> None:
    feed = factories.feed(is_on=False)
    put(table(PER_02="many") + "XXX,2020-03-01,1\n")
    trial = dry_run.try_out(feed)
    assert (public(), FeedRun.objects.count()) == ({}, 0)
    assert (trial.problem, trial.counts["new"], trial.counts["refused"]) == ("", 19, 2)
    assert [(row.country, row.period, row.value, row.problem) for row in trial.rows[:2]] == [
        ("PER", "2020-03-01", "100", ""),
        ("", "", "", "The value is not a number."),
    ]
    assert [(column.name, column.guess) for column in trial.columns] == [
        ("iso3", "three-letter country codes"),
        ("date", "dates, year first"),
        ("value", "numbers"),
    ]


def test_trying_a_feed_without_columns_shows_those_of_the_file(put: Put) -> None:
    put(table())
    trial = dry_run.try_out(IndicatorFeed(indicator=factories.indicator(), url="file:daily.csv"))
    assert trial.problem == "The feed does not name its columns yet."
    assert [(column.name, column.cells) for column in trial.columns] == [
        ("iso3", ["PER", "ECU"]),
        ("date", ["2020-03-01", "2020-03-02", "2020-03-03"]),
        ("value", ["100"]),
    ]


def test_period_of_a_feed_is_canonical(put: Put) -> None:
    put(HEAD + "PER,2020Q1,5\n")
    runs.run(factories.feed())
    made = Observation.objects.get()
    assert str(Period.parse(str(made.period))) == str(made.period) == "2020-01/2020-03"


def test_value_changed_by_hand_in_whatever_way_is_no_longer_the_feeds(put: Put) -> None:
    feed = factories.feed()
    put(table())
    first = runs.run(feed)
    Observation.objects.filter(country="PER", period="2020-03-03").update(value=5)
    Observation.objects.filter(country="PER", period="2020-03-04").update(note="A remark changes no value.")
    put(table(PER_03="120", PER_04="130"))
    run = runs.run(feed)
    assert (run.revised, run.refused) == (1, 1)
    assert (at("PER", "2020-03-03"), at("PER", "2020-03-04")) == (5, 130)
    assert Observation.objects.filter(feed_run=first).count() == 18
