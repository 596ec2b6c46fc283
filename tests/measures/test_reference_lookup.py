"""The records that a typed number names, in the database."""

from collections.abc import Callable

import pytest
from django.db import connection

from measures.models import Measure
from measures.reference_lookup import exactly_bearing, meant_by, named_by
from tests import factories
from tests.reference_cases import Case, answers

pytestmark = pytest.mark.django_db


def numbers(reference: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("select reference_numbers(%s)", [reference])
        return set(cursor.fetchone()[0])


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("N° 000104-2020-MIGRACIONES", {"104", "2020"}),
        ("Ley 1.466", {"1", "466", "1466"}),
        ("Resolución 0000\u00a0003", {"0", "3"}),
        ("Decreto ４１７", {"417"}),
        ("Decreto 4\u200b17", {"417"}),
        ("Acuerdo", set()),
        ("", set()),
    ],
)
def test_numbers_of_a_reference(reference: str, expected: set[str]) -> None:
    assert numbers(reference) == expected


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (Case("PER", "executive_decree", "068-2020-PCM", "DS 68-2020-PCM", ""), ("same", "same")),
        (Case("PER", "executive_decree", "068-2020-PCM", "DS 68-2020", ""), ("candidate", "candidate")),
        (Case("PER", "executive_decree", "068-2020-PCM", "068-2020-pcm", ""), ("same", "candidate")),
        (Case("PER", "executive_decree", "068-2020-PCM", "DS 69-2020-PCM", ""), ("different", "different")),
        (Case("COL", "ministerial_resolution", "Resolución 0380 de 2020", "2020-380", ""), ("candidate", "candidate")),
        (Case("MEX", "agency_resolution", "DOF 31/03/2020", "DOF 31-III-2020", ""), ("candidate", "candidate")),
        (Case("ECU", "law", "Ley (R.O. 938, 6-II-2017)", "R.O. 938", ""), ("candidate", "candidate")),
        (Case("UN", "soft_law", "A/RES/73/195", "General Assembly resolution 73/195", ""), ("same", "same")),
        (Case("EU", "law", "Reglamento (UE) n.º 604/2013", "32013R0604", ""), ("same", "same")),
        (Case("CHL", "bill", "Boletín 8970-06", "Boletín N° 8.970-06", ""), ("same", "same")),
    ],
    ids=lambda value: value.query if isinstance(value, Case) else "",
)
def test_resolver_and_duplicate_check_answer_alike(case: Case, expected: tuple[str, str]) -> None:
    assert answers(case) == expected
    assert not Measure.objects.exists()


def test_text_without_a_number_leads_to_who_bears_exactly_that() -> None:
    act = factories.measure(kind="treaty", reference="Tratado de Asunción")
    factories.measure(kind="treaty", reference="Tratado de Montevideo")
    assert meant_by(" tratado de asunción").same == [act.pk]
    assert list(exactly_bearing("", Measure.objects.all())) == []


def test_drafts_are_not_meant() -> None:
    factories.draft(reference="DS 068-2020-PCM")
    meant = meant_by("DS 068-2020-PCM")
    assert (meant.same, meant.perhaps) == ([], [])


def test_records_are_found_in_two_queries_however_many_there_are(django_assert_num_queries: Callable) -> None:
    for number in range(12):
        made = factories.measure(reference="DS 1-2020-PCM", provision=str(number))
        factories.alias(measure=made, reference="DS 2-2020-PCM")
    for text in ("DS 1-2020-PCM", "DS 2-2020-PCM"):
        with django_assert_num_queries(2):
            assert len(named_by(text, Measure.objects.published())) == 12
