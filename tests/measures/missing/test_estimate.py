"""What the record allows to say of its completeness: a number, reservations, or none."""

import pytest
from django.test import Client

from measures.listing.index import public_index
from measures.missing.estimate import Find, estimate, public_estimate
from measures.models import DataSet, ExternalId, Measure
from tests import factories as make

NAMES = ("CoronaNet", "OxCGRT")


def _finds(first: int, second: int, both: int, neither: int = 0, topic: str = "work") -> list[Find]:
    return [
        *[Find(True, True, topic)] * both,
        *[Find(True, False, topic)] * (first - both),
        *[Find(False, True, topic)] * (second - both),
        *[Find(False, False, topic)] * neither,
    ]


def test_number_stands_with_its_interval_and_what_it_rests_on() -> None:
    found = estimate(NAMES, _finds(30, 25, 20, neither=2), {"work": "Work", "health": "Health"})
    assert found.statement == "37 recorded, about 37 exist (90 %: 37 to 43)"
    assert found.basis == "From two independent searches: CoronaNet has 30 of these, OxCGRT 25, and both 20."
    assert found.caveats == ["The number says nothing of topics of which neither has an entry: Health."]


@pytest.mark.parametrize(
    ("finds", "total", "words"),
    [
        (_finds(30, 25, 6), None, "Both have only 6 entries in common; an estimate needs 7."),
        (_finds(30, 25, 20, neither=8), None, "The record has more than the two make likely"),
        (_finds(30, 12, 12), 30, "all that OxCGRT has is also in CoronaNet"),
        (_finds(12, 30, 12), 30, "all that CoronaNet has is also in OxCGRT"),
        (_finds(20, 15, 12) + _finds(0, 12, 0, topic="health"), 44, "the two find different topics"),
    ],
)
def test_it_is_said_where_the_assumptions_fail(finds: list[Find], total: int | None, words: str) -> None:
    found = estimate(NAMES, finds, {})
    assert found.total == total
    assert [words in doubt for doubt in found.doubts] == [True]
    assert ("cannot be estimated" in found.statement) == (total is None)


@pytest.mark.django_db
def test_record_is_judged_by_two_independent_data_sets_in_the_time_that_both_cover(client: Client) -> None:
    one, other = (make.data_set(key=key, is_independent=True) for key in ("one", "other"))
    copied = make.data_set(key="copied")
    made = [make.measure(events=(("in_force", f"2020-{month:02d}-01"),)) for month in range(1, 13)]
    made.append(make.measure(events=(("in_force", "2019-05-01"),)))
    make.draft()

    def has(dataset: object, measures: list[Measure]) -> None:
        ExternalId.objects.bulk_create(ExternalId(measure=m, dataset=dataset, key=str(m.pk)) for m in measures)  # type: ignore[misc]

    has(one, made[:11])
    has(copied, made)
    assert public_estimate(public_index(), "PER") is None
    has(other, [*made[2:10], made[11], made[12]])
    found = public_estimate(public_index(), "PER")
    assert found is not None
    assert (found.names, found.overlap.first, found.overlap.second, found.overlap.both) == (("One", "Other"), 11, 8, 8)
    assert (found.recorded, found.period) == (11, "1 January 2020 to 1 November 2020")
    assert public_estimate(public_index()) == found
    page = " ".join(client.get("/countries/peru/").content.decode().split())
    assert found.statement in page
    assert "with reservations</a>" in page
    assert found.statement not in client.get("/countries/peru/?topic=health").text
    page = client.get("/countries/peru/coverage/").text
    for words in (found.statement, found.basis, found.period, *found.caveats):
        assert words in page
    Measure.objects.filter(pk=made[5].pk).update(workflow="retired", retired_reason="Twice")
    assert (again := public_estimate(public_index(), "PER")) is not None
    assert again.overlap.both == 7
    DataSet.objects.update(name="Gazette")  # two with one name are still two
    assert (still := public_estimate(public_index(), "PER")) is not None
    assert still.overlap == again.overlap
