from collections.abc import Callable

import pytest

from foundation.partial_dates import PartialDate
from measures.duplicates import Candidate, Reason, matches, same_record
from measures.models import Measure
from tests import factories

pytestmark = pytest.mark.django_db

MAY = (PartialDate.parse("2020-05"),)


def found(**said: object) -> set[Measure]:
    return {match.measure for match in matches(Candidate(**{"country_id": "PER"} | said))}  # type: ignore[arg-type]


@pytest.mark.parametrize("spelling", ["068-2020-PCM", "N° 68-2020-pcm", "Nº 0068 / 2020 - PCM"])
def test_same_number_in_any_spelling_and_of_any_kind_matches(spelling: str) -> None:
    known = factories.measure(reference="068-2020-PCM", kind="ministerial_resolution")
    factories.measure(reference="68-2021-PCM")
    factories.measure(reference="068-2020-PCM", country=factories.country(iso3="ECU"))
    assert found(reference=spelling) == {known}


def test_another_provision_of_the_same_act_is_no_duplicate() -> None:
    first = factories.measure(reference="104-2020", provision="art. 1")
    whole = factories.measure(reference="104-2020")
    assert found(reference="104-2020", provision="art. 2") == {whole}
    assert found(reference="104-2020") == {first, whole}


@pytest.mark.parametrize(
    ("date", "title", "is_found"),
    [
        ("2020-05-29", "Platform for a virtual migration agency", True),
        ("2020", "Virtual migration agency: platform", True),
        ("2020-06", "Platform for a virtual migration agency", False),
        ("2020-05", "Closing of the border with Ecuador", False),
    ],
)
def test_like_title_matches_only_where_the_dates_overlap(date: str, title: str, is_found: bool) -> None:
    known = factories.measure(title_es="Platform for the virtual migration agency", events=(("in_force", "2020-05"),))
    assert found(titles=("", title), dates=(PartialDate.parse(date),)) == ({known} if is_found else set())


def test_entry_does_not_match_itself() -> None:
    known = factories.measure(reference="1-2020", title_en="One title", events=(("in_force", "2020-05"),))
    assert found(reference="1-2020", titles=("One title",), dates=MAY, pk=known.pk) == set()


def test_same_number_comes_first_and_once() -> None:
    by_title = factories.measure(title_en="One title", events=(("in_force", "2020-05"),))
    both = factories.measure(title_en="One title", reference="1-2020", events=(("in_force", "2020-05"),))
    answer = matches(Candidate("PER", reference="1-2020", titles=("One title",), dates=MAY))
    assert [(match.measure, match.reason) for match in answer] == [
        (both, Reason.LIKE_NUMBER),
        (by_title, Reason.DATE_AND_TITLE),
    ]


def test_matching_takes_five_queries_however_many_there_are(django_assert_num_queries: Callable) -> None:
    for number in range(30):
        factories.measure(reference="1-2020", provision=str(number), title_en="One title")
    with django_assert_num_queries(5):
        assert len(matches(Candidate("PER", reference="1-2020", titles=("One title",), dates=MAY))) == 5


def test_same_record_is_the_one_that_the_table_would_refuse() -> None:
    known = factories.measure(reference="N° 5-2020")
    factories.measure(reference="6-2020", workflow="retired")
    again = {"country_id": "PER", "kind": known.kind}
    assert same_record(Measure(reference="5-2020", **again)) == known
    assert same_record(Measure(reference="5-2020", provision="art. 1", **again)) is None
    assert same_record(Measure(reference="6-2020", **again)) is None
    assert same_record(Measure(reference="", **again)) is None
    assert same_record(known) is None
