"""The record of earlier days against a replay: a model in plain Python that notes what was public after each day."""

import csv
import datetime
import io
import re
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from foundation.days import calendar_day, end_of
from foundation.records.past import as_known
from foundation.sql import execute, rows
from measures.choices import Workflow
from measures.listing import known
from measures.listing.index import PublicIndex, load
from measures.models import Citation, Measure, Relation, StatusEvent, Topic
from measures.past_views import RECORDS, TERMS
from measures.validity.store import derived
from measures.workflow import refresh_status
from tests import factories

pytestmark = pytest.mark.django_db

FIRST = datetime.date(2026, 3, 1)
AT_FIRST, DAYS, ACTS_A_DAY = 16, 4, 14
TOPICS = ("health.access", "asylum.access", "labour.access")
ASKED = ("2020-06-30", "2021-07-01")
"""Days on which states are asked for."""
POSSIBLE = ("in_force", "possibly")


def date_history(at: datetime.datetime) -> None:
    """Give the events of this transaction a moment, as the clocks of Lima say it."""
    for (table,) in rows("select table_name from information_schema.columns where column_name = 'pgh_created_at'"):
        execute(
            f"update {table} set pgh_created_at = %s::timestamp at time zone 'America/Lima'"  # noqa: S608
            " where pgh_created_at = now()",
            [at],
        )


@dataclass
class Record:
    """What the model knows of a measure; `relations` are triples of type, object and date."""

    title: str
    workflow: str
    topics: set[str]
    events: list[tuple[str, str]]
    sources: set[str]
    relations: set[tuple[str, int, str]] = field(default_factory=set)
    is_there: bool = True


@dataclass
class Day:
    """What was public at the end of a day, by identifier; `states` are those on `ASKED` and on the day itself."""

    titles: dict[str, str]
    topics: dict[str, set[str]]
    events: dict[str, list[str]]
    sources: dict[str, set[str]]
    relations: dict[str, set[tuple[str, str]]]
    states: dict[str, dict[str, str]]
    file: dict[str, dict[str, str]]


class Replay:
    """Random acts on a few records, day after day, and the model of them."""

    def __init__(self, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.random = Random(seed)  # noqa: S311  (no secret)
        self.records: dict[int, Record] = {}
        self.days: dict[datetime.date, Day] = {}
        self.today = FIRST
        monkeypatch.setattr(timezone, "now", lambda: datetime.datetime.combine(self.today, NOON))

    def play(self) -> None:
        """Let the days pass, and one more, on which records are withdrawn whose content must not come back."""
        for key in TOPICS:
            factories.topic(key=key)
        for _record in range(AT_FIRST):
            self._create()
        for number in range(DAYS):
            self.today = FIRST + datetime.timedelta(days=number)
            for _act in range(ACTS_A_DAY):
                self._act()
            self.days[self.today] = self._noted()
            self._date_history()
        self.today += datetime.timedelta(days=1)
        for _time in range(2):
            self._withdraw(self._acting())
        self._delete()
        self._date_history()
        self.today += datetime.timedelta(days=1)

    def _act(self) -> None:
        rare = (self._withdraw, self._unevent, self._unrelate, self._discard, self._rename_source, self._cite)
        usual = (self._create, self._publish, self._retitle, self._retopic, self._event, self._end, self._relate)
        self.random.choice((*rare, *usual, *usual))()

    def _date_history(self) -> None:
        """Give the events of this day its moment, some at its very beginning and end: a test is one transaction."""
        moment = self.random.choice((datetime.time(0, 0, 0), NOON, datetime.time(23, 59, 59, 999_999)))
        date_history(datetime.datetime.combine(self.today, moment.replace(tzinfo=None)))

    # Acts

    def _some(self, *workflows: str) -> int | None:
        found = [pk for pk, each in self.records.items() if each.is_there and each.workflow in workflows]
        return self.random.choice(found) if found else None

    def _create(self) -> None:
        topics = self.random.sample(TOPICS, self.random.randint(1, 3))
        workflow = self.random.choice((Workflow.DRAFT, Workflow.PUBLISHED, Workflow.PUBLISHED, Workflow.IN_REVIEW))
        events = [("in_force", self._date(2020))] if self.random.random() < 0.8 else []
        made = factories.measure(topics=tuple(topics), workflow=workflow, events=tuple(events))
        source = made.citations.get().source
        self.records[made.pk] = Record(
            made.title_en, workflow.value, set(topics), [(status, date) for status, date in events], {source.url}
        )

    def _date(self, year: int) -> str:
        day = f"{year}-0{self.random.randint(1, 9)}-11"
        return self.random.choice((day, day, day, f"{year}-05", f"{year}", ""))

    def _move(self, pk: int, workflow: Workflow, **fields: Any) -> None:
        Measure.objects.filter(pk=pk).update(workflow=workflow, **fields)
        self.records[pk].workflow = workflow.value

    def _publish(self) -> None:
        if pk := self._some("draft", "in_review", "retired"):
            by = Measure.objects.get(pk=pk).created_by
            now = timezone.now()
            closed = {"published_at": now, "published_by": by, "reviewed_at": now, "reviewed_by": by}
            self._move(pk, Workflow.PUBLISHED, retired_reason="", **closed)

    def _acting(self) -> int | None:
        """A public record that acts upon a public one."""
        public = self.public
        acts = [pk for pk in public if any(each[1] in public for each in self.records[pk].relations)]
        return self.random.choice(acts) if acts else None

    def _withdraw(self, pk: int | None = None) -> None:
        if pk := pk or self._some("published"):
            self._move(pk, Workflow.RETIRED, retired_reason=f"Secret {pk} was wrong")

    def _retitle(self) -> None:
        if pk := self._some("draft", "published"):
            title = f"Title {self.random.random()}"
            Measure.objects.filter(pk=pk).update(title_en=title)
            self.records[pk].title = title

    def _retopic(self) -> None:
        if pk := self._some("published"):
            topics = set(self.random.sample(TOPICS, self.random.randint(1, 3)))
            measure = Measure.objects.get(pk=pk)
            measure.topics.set(Topic.objects.filter(key__in=topics))
            Measure.objects.filter(pk=pk).update(primary_topic=Topic.objects.get(key=min(topics)))
            self.records[pk].topics = topics

    def _event(self) -> None:
        if (pk := self._some("published", "draft")) and len(self.records[pk].events) == 1:
            status = self.random.choice(("suspended", "repealed", "expired"))
            date = self._date(2021)
            factories.event(measure=Measure.objects.get(pk=pk), status=status, date=date)
            refresh_status([pk])
            self.records[pk].events.append((status, date))

    def _unevent(self) -> None:
        if (pk := self._some("published")) and len(self.records[pk].events) > 1:
            StatusEvent.objects.filter(measure=pk).latest("position").delete()
            refresh_status([pk])
            self.records[pk].events.pop()

    def _relate(self) -> None:
        one, other = self._some("published"), self._some("published", "published", "draft")
        if not one or not other or one == other:
            return
        subject, object_ = max(one, other), min(one, other)  # so that none closes a circle
        type_, date = self.random.choice(("repeals", "suspends", "amends")), self._date(2021)
        if Relation.objects.filter(subject=subject, object=object_, type=type_).exists():
            return
        ends = {"subject": Measure.objects.get(pk=subject), "object": Measure.objects.get(pk=object_)}
        factories.relation(**ends, type=type_, date=date)
        self.records[subject].relations.add((type_, object_, date))

    def _unrelate(self) -> None:
        found = [(pk, each) for pk, record in self.records.items() if record.is_there for each in record.relations]
        if found:
            pk, gone = self.random.choice(sorted(found))
            Relation.objects.filter(subject=pk, object=gone[1], type=gone[0]).delete()
            self.records[pk].relations.discard(gone)

    def _cite(self) -> None:
        if pk := self._some("published", "draft"):
            source = factories.source()
            Citation.objects.filter(measure=pk).delete()
            Citation.objects.create(measure_id=pk, source=source)
            self.records[pk].sources = {source.url}

    def _rename_source(self) -> None:
        if pk := self._some("published"):
            source = Citation.objects.get(measure=pk).source
            source.url = f"https://gazette.example/moved/{self.random.random()}"
            source.save()
            self.records[pk].sources = {source.url}

    def _end(self) -> None:
        """What follows from it is in the file, and in the states."""
        if (pk := self._some("published")) and len(self.records[pk].events) == 1:
            Measure.objects.filter(pk=pk).update(valid_until="2021-12-31", end_kind="fixed_date")

    def _discard(self) -> None:
        self._delete("draft")

    def _delete(self, workflow: str = "published") -> None:
        if pk := self._some(workflow):
            Relation.objects.filter(object=pk).delete()
            for record in self.records.values():
                record.relations = {each for each in record.relations if each[1] != pk}
            Measure.objects.get(pk=pk).delete()
            self.records[pk].is_there = False

    # What was public

    @property
    def public(self) -> dict[int, str]:
        """The identifiers of what is public now, by key."""
        now = [pk for pk, each in self.records.items() if each.is_there and each.workflow == "published"]
        return dict(Measure.objects.filter(pk__in=now).values_list("pk", "public_id"))

    def _noted(self) -> Day:
        public = self.public
        named, found = {pk: self.records[pk] for pk in public}, derived(list(public))
        asked = [*map(datetime.date.fromisoformat, ASKED), self.today]
        return Day(
            titles={public[pk]: each.title for pk, each in named.items()},
            topics={public[pk]: set(each.topics) for pk, each in named.items()},
            events={public[pk]: [_written(*event) for event in each.events] for pk, each in named.items()},
            sources={public[pk]: set(each.sources) for pk, each in named.items()},
            relations={
                public[pk]: {(type_, public[to]) for type_, to, _date in each.relations if to in public}
                for pk, each in named.items()
            },
            states={day.isoformat(): {public[pk]: found[pk].state_on(day) for pk in public} for day in asked},
            file=file_of(""),
        )


NOON = datetime.time(12, tzinfo=datetime.UTC)


def _written(status: str, date: str) -> str:
    return f"{status}@{date}" if date else status


def file_of(query: str, name: str = "measures") -> dict[str, dict[str, str]]:
    """The rows of the public file by identifier."""
    answer = Client().get(f"/{name}.csv{query}")
    assert answer.status_code == 200, answer.text
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]  # a stream
    return {row["public_id"]: row for row in csv.DictReader(io.StringIO(text))}


def without_relations_to(gone: Collection[str], row: dict[str, str]) -> dict[str, str]:
    """The row without what it says of records that were withdrawn since."""
    kept = [each for each in row["relations"].split("|") if each and each.split(":")[1].split("@")[0] not in gone]
    return row | {"relations": "|".join(kept)}


@pytest.mark.owner
@pytest.mark.parametrize("seed", [1, 2])
def test_each_day_is_as_it_was_without_what_was_withdrawn(
    seed: int, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.TIME_ZONE = "America/Lima"
    replay = Replay(seed, monkeypatch)
    replay.play()
    still, client, withdrawals = set(replay.public.values()), Client(), 0

    for day, then in replay.days.items():
        shown = set(then.titles) & still
        gone = set(then.titles) - still
        withdrawals += len(gone)
        found = file_of(f"?known={day}")
        assert set(found) == shown
        for public_id, row in found.items():
            assert row["title_en"] == then.titles[public_id]
            assert set(row["topics"].split("|")) == then.topics[public_id]
            assert row["status_history"] == "|".join(then.events[public_id])
            assert set(row["sources"].split("|")) == then.sources[public_id]
            named = {tuple(each.split("@")[0].split(":")) for each in row["relations"].split("|") if each}
            assert named == {each for each in then.relations[public_id] if each[1] in still}
            assert row["state"] == then.states[day.isoformat()][public_id]
            assert row == without_relations_to(gone, then.file[public_id])

        for asked in ASKED:  # both clocks
            wanted = {public_id for public_id in shown if then.states[asked][public_id] in POSSIBLE}
            assert set(file_of(f"?known={day}&on={asked}")) == wanted

        page = client.get(f"/measures/?known={day}")
        counts = {option.value: option.count for option in page.context["listing"].filter.facets["topic"].options}
        of_topic = {
            key: sum(key.split(".")[0] in {t.split(".")[0] for t in then.topics[p]} for p in shown) for key in counts
        }
        assert counts == of_topic
        assert page.context["listing"].counts.total == len(shown)
        assert {each.public_id for each in page.context["known"].withdrawn} == gone
        api = client.get(f"/api/v1/measures/?known={day}&fields=public_id,title_en&limit=100").json()
        assert {each["public_id"]: each["title_en"] for each in api["results"]} == {p: then.titles[p] for p in shown}
        assert {each["public_id"] for each in api["withdrawn"]} == gone
        for public_id in sorted(shown)[:2]:
            one = client.get(f"/api/v1/measures/{public_id}/?known={day}").json()
            assert {(each["status"], each["date"] or "") for each in one["parts"]["status_events"]} == {
                tuple(f"{each}@".split("@")[:2]) for each in then.events[public_id]
            }
        country = client.get(f"/countries/peru/?known={day}")
        assert {row.entry.public_id for row in country.context["listing"].rows} == shown
        hidden = [then.titles[public_id] for public_id in gone] + [
            each.title for each in replay.records.values() if each.title not in then.titles.values()
        ]
        for text in (page.text, country.text):
            assert not [title for title in hidden if re.search(rf"{title}\b", text)]
    assert withdrawals, "the replay withdraws something that was public"
    before = FIRST - datetime.timedelta(days=1)
    assert file_of(f"?known={before}") == {}
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('search_path')")
        assert "known" not in cursor.fetchone()[0]


def test_every_table_of_measures_with_a_history_is_read_as_it_was() -> None:
    measure = factories.measure()
    tables = {model._meta.db_table for model in (*RECORDS, *TERMS)}
    kept = {
        table
        for (table,) in rows(
            "select distinct t.relname from pg_class t join pg_class e on e.relname like 'measures_%event'"
            " join pg_trigger g on g.tgrelid = t.oid where t.relname like 'measures_%' and pg_get_triggerdef(g.oid)"
            " like '%pgtrigger_insert_insert%'"
        )
    }
    assert kept - tables == {"measures_doublecoding"}, "no page of an earlier day has these"
    with as_known(timezone.localdate() - datetime.timedelta(days=1)):
        assert not Measure.objects.exists()
    assert Measure.objects.get() == measure


def test_few_days_are_kept_and_one_is_built_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    factories.measure()
    index = load()

    def build() -> PublicIndex:
        built.append("day")
        return index

    monkeypatch.setattr(known, "_whole", build)
    monkeypatch.setattr(known, "PATIENCE", 0.01)
    days, first = known._Days(), datetime.date(2026, 1, 1)
    for number in range(known.MOST_DAYS + 1):
        days._rests_until = 0
        days.get(first + datetime.timedelta(days=number))
    assert len(built) == known.MOST_DAYS + 1
    days.get(first + datetime.timedelta(days=1))
    assert len(built) == known.MOST_DAYS + 1, "a day that is kept is not built again"

    days._rests_until = time.monotonic() + 60
    with pytest.raises(known.AnotherDayIsRead):  # since who built last rests
        days.get(first)
    days._rests_until = 0
    with days._building, pytest.raises(known.AnotherDayIsRead):
        days.get(first)
    with days._waiting, pytest.raises(known.AnotherDayIsRead):
        days.get(first)
    monkeypatch.setattr(known, "MOST_BYTES", -1)
    days.get(first)
    assert list(days._kept) == [first], "the day that was asked for last stays whatever its size"
    monkeypatch.setattr(known, "MOST_BYTES", 3 * index.nbytes)
    days._rests_until = 0
    days.get(first + datetime.timedelta(days=1))
    assert len(days._kept) == 1, "what may be shown of a day is another copy of its columns"

    def refuse() -> PublicIndex:
        raise known.AnotherDayIsRead

    monkeypatch.setattr(known, "_whole", refuse)
    days._rests_until = 0
    with pytest.raises(known.AnotherDayIsRead):
        days.get(first)
    assert days._rests_until, "who was broken off rests too"
    answer = Client().get("/measures/?known=2026-03-01")
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")


def test_day_that_has_just_ended_is_read_again_after_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """What began before midnight and ends after it counts to the day that is over."""
    built: list[str] = []
    index, days, day = load(), known._Days(), datetime.date(2026, 3, 1)

    def build() -> PublicIndex:
        built.append("day")
        return index

    monkeypatch.setattr(known, "_whole", build)
    for minutes, number in ((5, 2), (61, 3)):
        monkeypatch.setattr(timezone, "now", lambda m=minutes: end_of(day) + datetime.timedelta(minutes=m))
        for _twice in range(2):
            days.get(day)
            days.get(day)
            factories.topic(key=f"t{len(built)}_{minutes}_{_twice}")
            days._rests_until = 0
        assert len(built) == number


@pytest.mark.owner
def test_filter_tells_nothing_of_what_was_withdrawn(settings: Any) -> None:
    settings.TIME_ZONE = "America/Lima"
    act = factories.measure(topics=("health.access",))
    other = factories.measure(country=factories.country(iso3="ECU"))
    factories.topic(key="asylum")
    date_history(datetime.datetime(2026, 3, 1))  # noqa: DTZ001  (of Lima)
    Measure.objects.update(workflow=Workflow.RETIRED, retired_reason="It named a person")
    both = {act.public_id, other.public_id}
    for query, named in {
        "": both,
        "&topic=health": both,
        "&topic=asylum": both,
        "&from=2030": both,
        "&country=ECU": {other.public_id},
    }.items():
        api = Client().get(f"/api/v1/measures/?known=2026-03-01{query}").json()
        assert {each["public_id"] for each in api.get("withdrawn", [])} == named, (query, api)
    with as_known(datetime.date(2026, 3, 1)):
        with as_known(datetime.date(2026, 2, 1)):
            assert not Measure.objects.exists()
        assert Measure.objects.count() == 2


def test_what_has_no_earlier_days_refuses_them() -> None:
    act = factories.measure()
    for path in ("/", f"/measures/{act.public_id}/", "/archive/", "/archive.csv", "/measures.atom", "/api/v1/sources/"):
        answer = Client().get(f"{path}?known=2026-03-01")
        assert (answer.status_code, "record of today alone" in answer.text) == (400, True), path
    for query in ("known=2026", "known=2999-01-01", f"known={calendar_day()}", "known=2026-03-01&q=word"):
        for path in ("/measures/", "/measures.csv", "/api/v1/measures/"):
            assert Client().get(f"{path}?{query}").status_code == 400, (path, query)


def test_a_citation_names_the_day_and_its_address_has_it() -> None:
    factories.measure()
    cited = Client().get("/cite/text?url=/measures/%3Fknown%3D2026-03-01%26topic%3Dhealth").text
    assert "As known on 1 March 2026" in cited
    assert "/measures/?known=2026-03-01&topic=health" in cited
    day = calendar_day() - datetime.timedelta(days=1)
    assert f"?known={day}" in Client().get("/measures/").text, "the page offers its rows for good"
