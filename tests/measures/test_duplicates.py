from collections.abc import Callable
from typing import Any

import pytest

from foundation.partial_dates import PartialDate
from measures.duplicates import Candidate, Reason, matches, same_record
from measures.models import Measure
from tests import factories

pytestmark = pytest.mark.django_db

MAY = (PartialDate.parse("2020-05"),)


def found(**said: Any) -> set[Measure]:
    return {match.measure for match in matches(Candidate(**{"country_id": "PER"} | said))}


@pytest.mark.parametrize("spelling", ["068-2020-PCM", "N° 68-2020-pcm", "Nº 0068 / 2020 - PCM"])
def test_number_in_any_spelling_matches_in_its_country_and_year(spelling: str) -> None:
    known = factories.measure(reference="068-2020-PCM")
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


# By grammar


def reasons(**said: object) -> dict[Measure, Reason]:
    candidate = Candidate(**{"country_id": "PER"} | said)  # type: ignore[arg-type]  # fields by name
    return {match.measure: match.reason for match in matches(candidate)}


def test_same_number_in_other_words_is_certain_and_part_of_it_is_not() -> None:
    known = factories.measure(reference="068-2020-PCM")
    assert reasons(reference="Decreto Supremo N° 68-2020-PCM") == {known: Reason.SAME_NUMBER}
    assert reasons(reference="68-2020") == {known: Reason.LIKE_NUMBER}
    assert reasons(reference="068-2020-PCM") == {known: Reason.LIKE_NUMBER}
    assert reasons(reference="Decreto Supremo 68-2020-IN") == {}


def test_kind_of_the_form_decides() -> None:
    known = factories.measure(reference="068-2020-PCM")
    assert reasons(reference="68-2020-PCM", kind="executive_decree") == {known: Reason.SAME_NUMBER}
    assert reasons(reference="68-2020-PCM", kind="emergency_declaration") == {known: Reason.SAME_NUMBER}
    assert reasons(reference="68-2020-PCM", kind="ministerial_resolution") == {}


def test_body_of_the_form_decides() -> None:
    body, other = factories.issuing_body(key="pcm"), factories.issuing_body(key="other", native_name="Other")
    known = factories.measure(reference="068-2020-PCM", issuing_body=body)
    unstated = factories.measure(reference="DS 68-2020-IN")
    said = {"reference": "DS 68-2020", "kind": "executive_decree"}
    assert reasons(**said, issuing_body_id=body.pk) == {known: Reason.SAME_NUMBER, unstated: Reason.LIKE_NUMBER}
    assert reasons(**said, issuing_body_id=other.pk) == {unstated: Reason.LIKE_NUMBER}


def test_other_number_of_an_entry_is_one_of_its_numbers() -> None:
    known = factories.measure(reference="DS 068-2020-PCM")
    factories.alias(measure=known, reference="DS 999-2019-PCM")
    (match,) = matches(Candidate("PER", reference="D.S. 999-2019-PCM"))
    assert (match.measure, match.reason, match.alias) == (known, Reason.SAME_NUMBER, "DS 999-2019-PCM")


def test_undated_entry_with_a_similar_title_matches_whatever_the_date() -> None:
    undated = factories.measure(title_es="Platform for the virtual migration agency", events=())
    factories.measure(title_es="Platform for the virtual migration agency", events=(("in_force", "2019"),))
    factories.measure(title_es="Closing of the border", events=())
    said = {"titles": ("", "Platform for a virtual migration agency")}
    assert reasons(**said) == {undated: Reason.TITLE}
    assert reasons(**said, dates=MAY) == {undated: Reason.TITLE}
