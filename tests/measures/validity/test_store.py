"""The answers in the database: derived in SQL or in Python, kept by triggers, read in SQL and from memory."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.sql import execute, rows, value
from measures.choices import Workflow
from measures.listing.index import public_index
from measures.models import Measure, Relation, StatusEvent, Validity
from measures.validity.answers import Answer
from measures.validity.facts import Act, Event
from measures.validity.states import STATES
from measures.validity.store import answers_of, derived, settle
from tests import factories, time_cases
from tests.measures.validity.histories import TODAY, Chance, span
from tests.measures.validity.rows import stored

pytestmark = pytest.mark.django_db

HERE = Path(__file__).parent


def states(measure: Measure) -> list[str]:
    """What is kept of a measure: its states, each with the day on which it begins."""
    kept = Validity.objects.get(measure=measure)
    assert not kept.is_stale
    return [kept.states[0], *(f"{state}@{day}" for day, state in zip(kept.days, kept.states[1:], strict=True))]


def stale() -> set[int]:
    """The measures whose rows are stale."""
    return set(Validity.objects.filter(is_stale=True).values_list("pk", flat=True))


def law(**fields: Any) -> Measure:
    """A law in force since 2010 and until repealed."""
    defaults: dict[str, Any] = {"kind": "law", "events": (("in_force", "2010-01-01"),), "end_kind": "indefinite"}
    return factories.measure(**defaults | fields)


@pytest.mark.parametrize(("folder", "number"), [("cases", 238), ("nasty_cases", 172), ("rule_cases", 526)])
def test_cases(folder: str, number: int) -> None:
    """Every question about the cases has the right answer, in SQL and in memory."""
    cases = time_cases.load(HERE / folder)
    assert time_cases.differences(cases) == []
    assert len(cases.questions) == number


def plain_act(chance: Chance, id_: int) -> Act:
    """An act of the most usual kinds, on which nothing acts."""
    acts = chance.acts()
    act = replace(acts[1], id=id_, relations=(), published=True)
    if chance.happens(0.9):
        act = replace(act, duration="", duration_basis="")
    if chance.happens(0.9):
        usual = {
            "action": ("announced", "in_preparation", "in_operation", "expired", "fulfilled"),
            "norm": ("enacted", "published", "in_force", "repealed", "annulled", "expired"),
        }[act.family]
        course = [status for status in usual if chance.happens(0.5)]
        dates = sorted(chance.date(partial=0.25) for _ in course)
        events = (
            Event(status, None if chance.happens(0.15) else span(day), TODAY)
            for status, day in zip(course, dates, strict=True)
        )
        act = replace(act, events=tuple(events), checked=act.checked if chance.happens(0.3) else None)
    return act


def bill(chance: Chance, id_: int) -> Act:
    """A bill."""
    course = [
        chance.random.choice(("introduced", "in_committee", "passed", "observed", "archived", "enacted"))
        for _ in range(chance.random.randrange(5))
    ]
    dates = sorted(chance.date() for _ in course)
    events = (
        Event(status, None if chance.happens(0.05) else span(day), TODAY)
        for status, day in zip(course, dates, strict=True)
    )
    return Act(id_, "bill", "bill", country="PER", events=tuple(events))


@pytest.mark.parametrize("make", [plain_act, bill])
def test_sql_and_python_derive_the_same(make: Callable[[Chance, int], Act]) -> None:
    chance = Chance(20)
    stored(make(chance, number) for number in range(1, 1601))
    fresh = [id_ for (id_,) in rows("select measure_id from measures_validity where not is_stale")]
    assert len(fresh) > 300
    kept, right = answers_of(fresh), derived(fresh)
    assert {id_: known for id_, known in kept.items() if known != right[id_]} == {}


def test_what_is_written_is_read_again() -> None:
    chance = Chance(21)
    ids = stored(plain_act(chance, number) for number in range(1, 200))
    right = derived(list(ids.values()))
    Validity.objects.update(is_stale=True)
    assert settle() == len(right)
    assert stale() == set()
    assert answers_of(ids.values()) == right


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(day=st.dates(date(2019, 12, 1), date(2021, 4, 1)))
def test_sql_and_memory_say_the_same(some_acts: list[int], day: date) -> None:
    index = public_index()
    in_memory = dict(zip(index.columns["id"].tolist(), index.states_on(day).tolist(), strict=True))
    in_sql = dict(rows("select id, state_on(id, %s) from measures_measure where workflow = 'published'", [day]))
    assert {id_: STATES[number] for id_, number in in_memory.items()} == in_sql
    assert len(in_sql) > 100


@pytest.fixture
def some_acts() -> list[int]:
    """Random histories, settled, and a statement."""
    ids: list[int] = []
    for seed in range(60):
        ids += stored(Chance(seed).acts().by_id.values()).values()
    ids.append(factories.measure(kind="criticism").pk)
    settle()
    return ids


def test_stale_rows_are_derived_by_whoever_reads_them() -> None:
    old = law()
    new = law(events=(("in_force", "2021-03-01"),))
    factories.relation(subject=new, object=old, type="repeals")
    assert stale() == {old.pk}
    assert value("select state_on(%s, '2021-03-01')", [old.pk]) is None
    known = answers_of([old.pk])[old.pk]
    assert known.states == ("not_yet", "in_force", "ended")
    assert known.certain == ((date(2010, 1, 1), date(2021, 2, 28)),)
    index = public_index()
    row = index.columns["id"].tolist().index(old.pk)
    assert STATES[index.states_on(date(2021, 3, 1))[row]] == "ended"
    assert STATES[index.states_on(date(2021, 2, 28))[row]] == "in_force"


def test_a_change_reaches_the_end_of_a_chain() -> None:
    declaration = law(kind="emergency_declaration", end_kind="", valid_until="2010-06-30")
    extension = law(events=(("in_force", "2010-07-01"),), end_kind="", valid_until="2010-12-31")
    factories.relation(subject=extension, object=declaration, type="extends")
    rule = law(end_kind="while_measure")
    factories.relation(subject=rule, object=declaration, type="while_in_force")
    settle()
    assert states(rule) == ["not_yet", "in_force@2010-01-01", "ended@2011-01-01"]
    execute("update measures_measure set valid_until = '2010-09-30' where id = %s", [extension.pk])
    assert stale() == {declaration.pk, rule.pk}
    settle()
    assert states(extension) == ["not_yet", "in_force@2010-07-01", "ended@2010-10-01"]
    assert states(declaration) == states(rule) == ["not_yet", "in_force@2010-01-01", "ended@2010-10-01"]


def test_relations_count_only_while_their_act_is_published() -> None:
    old = law()
    new = law(events=(("in_force", "2021-03-01"),), workflow=Workflow.DRAFT)
    factories.relation(subject=new, object=old, type="repeals")
    assert states(old) == ["not_yet", "in_force@2010-01-01"]
    execute(
        "update measures_measure set workflow = 'published', published_at = now(), published_by_id = created_by_id,"
        " reviewed_at = now(), reviewed_by_id = created_by_id where id = %s",
        [new.pk],
    )
    assert stale() == {old.pk}
    settle()
    assert states(old) == ["not_yet", "in_force@2010-01-01", "ended@2021-03-01"]


def test_a_relation_that_goes_takes_its_effect_along() -> None:
    old, new = law(), law(events=(("in_force", "2021-03-01"),))
    relation = factories.relation(subject=new, object=old, type="repeals")
    settle()
    assert states(old)[-1] == "ended@2021-03-01"
    Relation.objects.filter(pk=relation.pk).update(date="2021-05-01")
    settle()
    assert states(old)[-1] == "ended@2021-05-01"
    Relation.objects.filter(pk=relation.pk).update(type="cites")
    assert states(old) == ["not_yet", "in_force@2010-01-01"]
    Relation.objects.filter(pk=relation.pk).update(type="repeals")
    settle()
    assert states(old)[-1] == "ended@2021-05-01"
    relation.delete()
    assert states(old) == ["not_yet", "in_force@2010-01-01"]


def test_events_change_the_answer() -> None:
    act = law()
    repeal = factories.event(measure=act, status="repealed", date="2020-05-01")
    assert states(act) == ["not_yet", "in_force@2010-01-01", "ended@2020-05-01"]
    StatusEvent.objects.filter(pk=repeal.pk).update(date="2020-06-01")
    assert states(act)[-1] == "ended@2020-06-01"
    repeal.delete()
    assert states(act) == ["not_yet", "in_force@2010-01-01"]


def test_only_what_has_a_state_has_a_row() -> None:
    act = law(kind="bill", end_kind="", events=(("introduced", "2020-01-05"),))
    assert states(act) == ["not_yet", "in_legislature@2020-01-05"]
    act.status_events.all().delete()
    execute("update measures_measure set kind = 'criticism' where id = %s", [act.pk])
    assert not Validity.objects.filter(measure=act).exists()
    assert value("select state_on(%s, '2020-01-05')", [act.pk]) == "statement"
    other = law()
    other.status_events.all().delete()
    Measure.objects.filter(pk=other.pk).delete()
    assert not Validity.objects.filter(pk=other.pk).exists()


def test_a_change_of_words_leaves_the_row_alone() -> None:
    """A change that says nothing about time does not write the row again."""
    act = law()
    before = value("select xmin::text from measures_validity where measure_id = %s", [act.pk])
    execute("update measures_measure set title_en = 'Another title' where id = %s", [act.pk])
    execute("update measures_statusevent set note = 'A note' where measure_id = %s", [act.pk])
    assert value("select xmin::text from measures_validity where measure_id = %s", [act.pk]) == before


def test_a_change_far_away_is_a_public_change_of_each_act_it_reaches() -> None:
    old, new = law(), law(events=(("in_force", "2021-03-01"),))
    factories.relation(subject=new, object=old, type="repeals")
    settle()
    before = value("select coalesce(max(id), 0) from foundation_publicchange")
    execute("update measures_statusevent set date = '2021-04-01' where measure_id = %s", [new.pk])
    noted = {
        id_ for (ids,) in rows("select records from foundation_publicchange where id > %s", [before]) for id_ in ids
    }
    assert noted == {old.pk, new.pk}


def test_too_many_gaps_claim_nothing() -> None:
    """Where a record leaves open too much, no day is certain and each is possible."""
    act = law(events=(), end_kind="")
    for number in range(9):
        other = law(events=(("enacted", "2015"),), end_kind="")
        factories.relation(
            subject=other, object=act, type=("suspends", "resumes", "extends")[number % 3], date=f"20{10 + number % 2}"
        )
    known: Answer = derived([act.pk])[act.pk]
    assert known.certain == ()
    assert known.possible == ((None, None),)
    assert known.states == ("possibly",)
