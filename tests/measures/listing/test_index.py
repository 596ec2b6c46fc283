"""The in-memory index agrees with the database after any change and for any filter."""

import threading
from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction
from django.http import QueryDict
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from countries.models import Country
from foundation.partial_dates import PartialDate
from measures.choices import StatusGroup, Workflow
from measures.listing import index as listing_index
from measures.listing.columns import STATUS
from measures.listing.counted import ALL_PROPERTIES
from measures.listing.filters import MeasureFilter
from measures.listing.index import PublicIndex, load
from measures.models import Citation, Measure, StatusEvent, Topic
from measures.validity.store import settle
from measures.workflow import refresh_status
from tests import factories as make

COUNTRIES = ("PER", "ECU", "VEN")
TOPICS = ("health", "health.access", "health.insurance", "work.permit", "asylum")
GROUPS = ("asylum_seekers", "refugees")
KINDS = {
    "executive_decree": ("enacted", "in_force", "repealed", "expired"),
    "programme": ("announced", "in_operation", "suspended"),
    "bill": ("introduced", "archived"),
    "criticism": ("issued",),
}
DATES = (
    "",
    "2019",
    "2020",
    "2020-03",
    "2020-03?",
    "2020?-03",
    "2020?-04-01",
    "2020-04-01",
    "2020-04-02",
    "2021-12-31",
    "1900-01-01",
    "2099-12-31",
)
WORDS = ("border", "fronteras", "Perú", "visa humanitaria", "104-2020", "nothing")


def choices(*values: Any, most: int = 2) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), max_size=most, unique=True)


@st.composite
def entries(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(sorted(KINDS)))
    fields: dict[str, Any] = {
        "country": draw(st.sampled_from(COUNTRIES)),
        "kind": kind,
        "topics": tuple(draw(choices(*TOPICS, most=3)) or ["health"]),
        "groups": tuple(draw(choices(*GROUPS))),
        "origins": tuple(draw(choices(*COUNTRIES))),
        "events": tuple((status, draw(st.sampled_from(DATES))) for status in draw(choices(*KINDS[kind], most=3))),
        "title_en": draw(st.sampled_from(("Border closed", "Visa humanitaria", "Fronteras del Perú", "Another"))),
        "workflow": draw(st.sampled_from(("published", "published", "published", "draft", "retired"))),
        "evidence": draw(st.sampled_from(("primary", "unsourced"))),
        "body": draw(st.sampled_from(("", "pcm", "migraciones"))),
        "level": draw(st.sampled_from(("national", "national", "subnational", "supranational"))),
        "has_country": draw(st.booleans()),
        "binds": draw(choices(*COUNTRIES, most=3)),
        "has_area": draw(st.booleans()),
        "has_further_body": draw(st.booleans()),
    }
    if kind == "executive_decree":
        fields["direction"] = draw(st.sampled_from(("", "less_restrictive", "more_restrictive")))
        fields["valid_from"] = draw(st.sampled_from((None, "2020", "2020-03-16")))
        fields["valid_until"] = draw(st.sampled_from((None, "2020-12", "2021-06-30")))
    return fields


def made(fields: dict[str, Any]) -> Measure:
    own = make.country(iso3=fields.pop("country"))
    body, is_supranational = fields.pop("body"), fields["level"] == "supranational"
    country = own if fields.pop("has_country") or not is_supranational else None
    bound = [make.country(iso3=iso3) for iso3 in fields.pop("binds") if is_supranational]
    areas = (make.area(code=f"{own.iso2}-A", country=own),) if fields.pop("has_area") and not is_supranational else ()
    further = (make.issuing_body(key="un"),) if fields.pop("has_further_body") and body else ()
    return make.measure(
        country=country,
        issuing_body=make.issuing_body(key=body, country=country) if body else None,
        further_bodies=further,
        binds=tuple(other for other in bound if other != country),
        areas=areas,
        origins=tuple(make.country(iso3=iso3) for iso3 in fields.pop("origins")),
        sources=(),
        **fields,
    )


@st.composite
def queries(draw: st.DrawFn) -> str:
    query = QueryDict(mutable=True)
    values: dict[str, tuple[str, ...]] = {
        "topic": TOPICS,
        "group": GROUPS,
        "nationality": COUNTRIES,
        "country": (*COUNTRIES, "INT"),
        "body": ("pcm", "PER:pcm", "ECU:migraciones", "INT:un"),
        "level": ("supranational", "national", "subnational"),
        "area": ("PE-A", "EC-A"),
        "status": ("in_force", "announced", "ended", "statement"),
        "family": ("norm", "bill", "statement"),
        "direction": ("less_restrictive", "more_restrictive"),
        "kind": tuple(KINDS),
        "evidence": ("primary", "unsourced"),
        "precision": ("day", "month", "year", "none"),
        "lane": ("health", "health.access", "work"),
        "counts_as": ("measure", "announced", "bill"),
    }
    for name in draw(choices(*values, most=3)):
        query.setlist(name, draw(choices(*values[name], most=2)))
    days = {"from": DATES[1:], "to": DATES[1:], "on": ("2020-03-16", "2020-12-31"), "updated_since": ("2020", "2999")}
    days |= dict.fromkeys(("begun", "perhaps_begun"), ("2020-03-16", "2021-12-31"))
    for name in draw(choices(*days, most=2)):
        query[name] = draw(st.sampled_from(days[name]))
    if draw(st.booleans()):
        query["q"] = draw(st.sampled_from(WORDS))
    return query.urlencode()


def canonical(index: PublicIndex) -> dict[str, Any]:
    """An index as plain values: columns in order, tags as sets of pairs."""
    ids = index.columns["id"]
    return {
        **{name: column.tolist() for name, column in index.columns.items()},
        **{
            name: sorted(zip(ids[tags.rows].tolist(), tags.values.tolist(), strict=True))
            for name, tags in index.tags.items()
        },
        "types": [str(column.dtype) for column in index.columns.values()],
    }


class Agreement(TestCase):
    """Random entries and random filters; hypothesis rolls the database back after each example."""

    @settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate])
    @given(st.lists(entries(), max_size=12), st.lists(queries(), min_size=1, max_size=5))
    def test_counts_and_total_are_what_the_filter_gives(
        self, described: list[dict[str, Any]], asked: list[str]
    ) -> None:
        for iso3 in COUNTRIES:
            make.country(iso3=iso3)
        for key in TOPICS:
            make.topic(key=key)
        for key in GROUPS:
            make.target_group(key=key)
        for country, key in (("PER", "pcm"), ("ECU", "migraciones")):
            make.issuing_body(key=key, country=make.country(iso3=country))
        make.issuing_body(key="un")
        for code in ("PE-A", "EC-A"):
            make.area(code=code, country=Country.objects.get(iso2=code[:2]))
        for fields in described:
            made(fields)
        for query in asked:
            self.agrees(query)

    def agrees(self, query: str) -> None:
        filter = MeasureFilter(QueryDict(query))
        expected = [] if filter.problems else list(filter.qs.values_list("pk", flat=True))
        if filter.order == "relevance":
            assert sorted(filter.ids.tolist()) == sorted(expected)
        else:
            assert filter.ids.tolist() == expected
            assert filter.ids_of(slice(1, 3)).tolist() == expected[1:3]
        assert len(filter.selection) == len(expected)
        days = sorted(Measure.objects.filter(pk__in=expected, date_range__isnull=False).values_list("date_range"))
        assert filter.selection.bounds() == ((days[0][0].lower, days[-1][0].lower) if days else None)
        if filter.problems:
            return
        for name, facet in filter.facets.items():
            for option in (choice for upper in facet.options for choice in (upper, *upper.children)):
                alone = MeasureFilter(QueryDict(filter.query(**{name: option.value}).removeprefix("?")))
                assert option.count == alone.matching.count(), (query, name, option.value)
        assert set(filter.facets) == set(ALL_PROPERTIES)

    @settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.generate])
    @given(st.lists(entries(), max_size=8), st.lists(entries(), max_size=4), st.data())
    def test_an_index_that_follows_equals_one_that_is_read_anew(
        self, first: list[dict[str, Any]], later: list[dict[str, Any]], data: st.DataObject
    ) -> None:
        standing = [made(fields) for fields in first]
        index = load()
        changed = [made(fields).pk for fields in later]
        for measure in data.draw(st.lists(st.sampled_from(standing), unique=True)) if standing else ():
            changed.append(measure.pk)
            self.change(measure, data.draw(st.sampled_from(("delete", "retire", "date", "topics", "country"))))
        assert canonical(index.updated(changed)) == canonical(load())

    def change(self, measure: Measure, how: str) -> None:
        if how == "delete":
            StatusEvent.objects.filter(measure=measure).delete()
            measure.delete()
        elif how == "retire":
            Measure.objects.filter(pk=measure.pk).update(workflow=Workflow.RETIRED)
        elif how == "date":
            StatusEvent.objects.filter(measure=measure).update(date=PartialDate.parse("2018-07"))
            refresh_status([measure.pk])
        elif how == "topics":
            measure.topics.add(make.topic(key="asylum"))
        else:
            measure.origin_countries.set([make.country(iso3="VEN")])


@pytest.fixture
def fresh() -> Iterator[None]:
    """Reset the caches of this process."""
    before, listing_index._current = listing_index._current, listing_index._Current()
    yield
    listing_index._current = before


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.usefixtures("fresh")
class TestFollowing:
    def test_what_another_process_commits_is_in_the_next_answer(self) -> None:
        make.country()
        assert len(listing_index.public_index()) == 0

        def add() -> None:
            make.measure()
            connection.close()

        thread = threading.Thread(target=add)
        thread.start()
        thread.join()

        assert len(listing_index.public_index()) == 1

    def test_only_what_changed_is_read(self, django_assert_num_queries: Any) -> None:
        measures = [make.measure() for _ in range(12)]
        index = listing_index.public_index()
        with django_assert_num_queries(1):
            assert listing_index.public_index() is index
        Measure.objects.filter(pk=measures[0].pk).update(evidence="unsourced")
        counts = listing_index.public_index().everything.counts("evidence")
        assert counts == {"primary": 11, "unsourced": 1}

    def test_a_transaction_of_ones_own_sees_itself_and_leaves_nothing_behind(self) -> None:
        with transaction.atomic():
            make.measure()
            assert len(listing_index.public_index()) == 1
            transaction.set_rollback(True)
        assert len(listing_index.public_index()) == 0

    def test_fragments_of_what_changed_are_gone(self) -> None:
        one, two = make.measure(), make.measure()
        index = listing_index.public_index()
        index.fragments[one.pk, "en"] = "one"
        index.fragments[two.pk, "en"] = "two"
        Measure.objects.filter(pk=one.pk).update(title_en="Another")
        assert dict(listing_index.public_index().fragments) == {(two.pk, "en"): "two"}
        Country.objects.update(name_en="Another name")
        assert dict(listing_index.public_index().fragments) == {}

    def test_fragments_are_gone_where_a_measure_and_a_name_have_changed(self) -> None:
        one, two = make.measure(), make.measure()
        listing_index.public_index().fragments[two.pk, "en"] = "two"
        Measure.objects.filter(pk=one.pk).update(title_en="Another")
        Country.objects.update(name_en="Another name")
        assert dict(listing_index.public_index().fragments) == {}

    def test_what_a_search_found_is_kept_until_the_data_change(self) -> None:
        made = make.measure(topics=("asylum",), sources=(make.source(),))
        assert [hits("refugio"), hits("prohibido")] == [[], []]
        assert list(listing_index.public_index().searches) == ["refugio", "prohibido"]
        Topic.objects.filter(key="asylum").update(label_es="Refugio")
        assert [hits("refugio"), hits("prohibido")] == [[made.pk], []]
        Citation.objects.update(quote="Queda prohibido")
        assert [hits("refugio"), hits("prohibido")] == [[made.pk], [made.pk]]
        Measure.objects.filter(pk=made.pk).update(workflow=Workflow.RETIRED)
        assert [hits("refugio"), hits("prohibido")] == [[], []]


def hits(words: str) -> list[int]:
    return [int(pk) for pk in MeasureFilter(QueryDict(f"q={words}")).selection.ids()]


def test_searches_are_emptied_when_there_are_too_many() -> None:
    searches = listing_index.Searches()
    for number in range(listing_index.MOST_SEARCHES + 1):
        searches[str(number)] = number
    assert searches == {"16": 16}


@pytest.mark.django_db
def test_an_empty_record_has_an_empty_index() -> None:
    index = load()
    assert len(index) == 0
    assert index.everything.counts("topic") == {}
    assert index.everything.bounds() is None
    assert index.updated([1]).everything.ids().tolist() == []
    assert index.among(np.array([0, 1, 2])).tolist() == []


@pytest.mark.django_db
def test_another_day_takes_over_the_counts_that_do_not_follow_from_it() -> None:
    make.measure(events=(("in_force", "2020-03-01"), ("repealed", "2020-04-01")))
    settle()
    index = load().on(date(2020, 3, 10))
    peru = index.of_country("PER")
    for record in (index.everything, peru):
        assert record.counts("precision") == {"day": 1}
        assert record.counts(STATUS) == {StatusGroup.IN_FORCE: 1}
    later = index.on(date(2020, 5, 1))
    for record, before in ((later.everything, index.everything), (later.of_country("PER"), peru)):
        assert record.counts("precision") is before.counts("precision")
        assert record.counts(STATUS) == {StatusGroup.ENDED: 1}
