"""Facet counts: each ignores its own selection and respects all other filters."""

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from countries.models import Country
from measures.listing.columns import INTERNATIONAL
from measures.listing.facets import LONGEST, Facet
from measures.listing.filters import MeasureFilter
from measures.models import Measure
from tests import factories as make

pytestmark = pytest.mark.django_db


def facets(query: str = "", country: Country | None = None) -> dict[str, Facet]:
    return MeasureFilter(QueryDict(query), country=country).facets


def counts(facet: Facet) -> dict[str, int]:
    return {option.value: option.count for option in facet.options}


@pytest.fixture
def few() -> None:
    """A decree on health and work, one on work, a bill on work, a draft."""
    make.measure(topics=("health.access", "work.permit"), groups=("asylum_seekers", "children"))
    make.measure(topics=("work.permit", "work.labour_rights"), groups=("children",))
    make.measure(kind="bill", topics=("work.permit",))
    make.draft(topics=("health.access",), groups=("children",))


@pytest.mark.usefixtures("few")
def test_counts_heed_the_other_facets_and_not_their_own() -> None:
    found = facets("topic=health&family=norm")
    assert counts(found["topic"]) == {"health": 1, "work": 2}
    assert {k: n for k, n in counts(found["family"]).items() if n} == {"norm": 1}
    assert counts(found["group"]) == {"asylum_seekers": 1, "children": 1}


@pytest.mark.usefixtures("few")
def test_entry_with_two_topics_of_a_parent_counts_there_once() -> None:
    topics = facets()["topic"]
    assert counts(topics) == {"health": 1, "work": 3}
    assert {child.value: child.count for option in topics.options for child in option.children} == {
        "health.access": 1,
        "work.permit": 3,
        "work.labour_rights": 1,
    }


@pytest.mark.usefixtures("few")
def test_value_without_entries_is_disabled_and_not_removed() -> None:
    found = facets("topic=health")
    [bill] = [option for option in found["family"].options if option.value == "bill"]
    assert (bill.count, bill.disabled) == (0, True)


@pytest.mark.usefixtures("few")
def test_chosen_value_stays_even_where_it_gives_nothing() -> None:
    make.target_group(key="women")
    [women] = facets("group=women")["group"].chosen
    assert (women.count, women.disabled) == (0, False)


def test_facets_of_a_country_hold_what_occurs_there() -> None:
    peru, ecuador = make.country(), make.country(iso3="ECU")
    make.measure(country=peru, groups=("children",), issuing_body=make.issuing_body(key="pcm", country=peru))
    make.measure(country=ecuador, groups=("women",), issuing_body=make.issuing_body(key="un"), origins=(peru,))
    assert counts(facets(country=peru)["group"]) == {"children": 1}
    assert counts(facets(country=ecuador)["body"]) == {"INT:un": 1}
    assert counts(facets(country=ecuador)["nationality"]) == {"PER": 1}
    assert "country" not in facets(country=peru)


def test_country_facet_counts_international_bodies() -> None:
    make.measure()
    compact = make.measure(kind="treaty")
    Measure.objects.filter(pk=compact.pk).update(country=None, level="supranational", public_id="INT-00001")
    assert counts(facets()["country"]) == {"PER": 1, INTERNATIONAL: 1}


def test_body_is_chosen_by_either_spelling() -> None:
    make.measure(issuing_body=make.issuing_body(key="pcm", country=make.country()))
    for spelling in ("pcm", "PER:pcm"):
        [chosen] = facets(f"body={spelling}")["body"].chosen
        assert (chosen.value, chosen.label, chosen.count) == (spelling, "Body pcm", 1)


def test_key_of_two_bodies_is_one_option() -> None:
    for iso3 in ("PER", "ECU"):
        country = make.country(iso3=iso3)
        make.measure(country=country, issuing_body=make.issuing_body(key="migraciones", country=country))
    assert counts(facets("body=migraciones")["body"]) == {"migraciones": 2}


def test_long_facet_says_how_many_it_leaves_out() -> None:
    for number in range(LONGEST + 2):
        make.measure(issuing_body=make.issuing_body(key=f"body-{number}"))
    make.measure(issuing_body=make.issuing_body(key="body-7"))
    body = facets("body=body-9")["body"]
    assert len(body.options) == LONGEST
    assert body.skipped == 2
    assert {"body-9", "INT:body-7"} <= {option.value for option in body.options}


def test_precision_counts_years_months_days_and_nothing() -> None:
    for date in ("2020", "2020-05?", "2020?-05", "2020-05-29", "2020-05-29?", "2020?-05-29", ""):
        make.measure(events=(("in_force", date),))
    assert counts(facets()["precision"]) == {"day": 3, "month": 2, "year": 1, "none": 1}


def test_wrong_parameter_leaves_the_counts_of_the_others() -> None:
    make.measure(topics=("health.access",))
    assert counts(facets("from=soon&family=norm")["topic"]) == {"health": 1}


def queries(query: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        MeasureFilter(QueryDict(query)).facets  # noqa: B018  (reading it is what asks the database)
    return len(captured)


def test_number_of_queries_is_fixed() -> None:
    make.measure(groups=("children",), issuing_body=make.issuing_body())
    query = "topic=health&status=in_force&group=children"
    before = queries(query)
    for number in range(30):
        make.measure(
            topics=(f"topic{number}",), groups=(f"group{number}",), issuing_body=make.issuing_body(key=f"b{number}")
        )
    assert queries(query) == before


KINDS = ("law", "bill", "announcement", "criticism")
TOPICS = ("health.access", "health.insurance", "work.permit", "border")
ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.lists(st.sampled_from(TOPICS), min_size=1, max_size=3, unique=True),
        st.sampled_from(("", "2019", "2020?-05", "2020-05-29?", "2020?-05-29")),
    ),
    max_size=6,
)
CHOICES = {
    "topic": ("health", "health.access", "work", "border"),
    "kind": KINDS,
    "status": ("in_force", "announced", "bill", "statement"),
    "precision": ("day", "month", "year", "none"),
    "from": ("2020", "2020-05-30"),
    "q": ("law",),
}
QUERIES = st.dictionaries(st.sampled_from(list(CHOICES)), st.integers(0, 3), max_size=3)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=ENTRIES, chosen=QUERIES)
def test_each_count_is_what_the_filter_gives(entries: list[tuple[str, list[str], str]], chosen: dict[str, int]) -> None:
    Measure.objects.all().delete()
    for key in ("health.access", "health.insurance", "work.permit", "border"):
        make.topic(key=key)
    for kind, topics, date in entries:
        status = {"bill": "introduced", "law": "in_force", "announcement": "announced"}.get(kind, "issued")
        make.measure(kind=kind, topics=tuple(topics), events=((status, date),), title_en=f"A {kind}")
    state = QueryDict(mutable=True)
    for name, index in chosen.items():
        state[name] = CHOICES[name][index % len(CHOICES[name])]
    for facet in MeasureFilter(state).facets.values():
        for option in (choice for upper in facet.options for choice in (upper, *upper.children)):
            alone = state.copy()
            alone[facet.name] = option.value
            assert option.count == MeasureFilter(alone).matching.count(), (facet.name, option.value)
