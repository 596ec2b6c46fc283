"""Who reads the states of all acts, while many are stale."""

from datetime import date

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from measures.listing.index import public_index
from measures.models import Measure, Validity
from measures.tasks import settle_soon
from measures.validity.facts import LASTS_WHILE
from measures.validity.selecting import in_states
from measures.validity.states import STATES
from measures.validity.store import MANY, settle
from tests import factories
from tests.measures.validity.rows import connected, stored

DAY = date(2021, 10, 1)
transactional = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def leaning(number: int) -> Measure:
    """A declaration of March 2020 to June 2021, and so many decrees that last while it does, all settled."""
    ids = stored(connected(number, LASTS_WHILE))
    settle()
    return Measure.objects.get(pk=ids[1])


def stale() -> int:
    return Validity.objects.filter(is_stale=True).count()


def in_force() -> int:
    return Measure.objects.filter(in_states(["in_force"], DAY)).count()


@transactional
def test_who_reads_all_derives_many_stale_rows_for_good() -> None:
    declaration = leaning(MANY)
    assert in_force() == 0
    Measure.objects.filter(pk=declaration.pk).update(valid_until="2021-12-31")
    assert stale() == MANY
    assert in_force() == MANY + 1
    assert stale() == 0
    with CaptureQueriesContext(connection) as queries:
        assert in_force() == MANY + 1
    assert len(queries) == 3


@transactional
def test_index_derives_many_stale_rows_for_good() -> None:
    declaration = leaning(MANY)
    Measure.objects.filter(pk=declaration.pk).update(valid_until="2021-12-31")
    index = public_index()
    assert [STATES[number] for number in index.states_on(DAY)] == ["in_force"] * (MANY + 1)
    assert stale() == 0


@transactional
@pytest.mark.parametrize("is_within", [True, False])
def test_few_stale_rows_or_those_within_a_transaction_are_derived_for_the_reader_alone(is_within: bool) -> None:
    declaration = leaning(MANY if is_within else MANY - 1)
    Measure.objects.filter(pk=declaration.pk).update(valid_until="2021-12-31")
    waiting = stale()
    if is_within:
        with transaction.atomic():
            assert in_force() == waiting + 1
    else:
        assert in_force() == waiting + 1
    assert stale() == waiting


@pytest.mark.django_db
def test_worker_is_called_where_a_change_left_stale_rows() -> None:
    jobs = ProcrastinateJob.objects.filter(task_name="measures.tasks.settle_validity")
    old, new = factories.measure(kind="law"), factories.measure(kind="law")
    settle_soon()
    assert jobs.count() == 0
    factories.relation(subject=new, object=old, type="repeals")
    settle_soon()
    settle_soon()
    assert jobs.count() == 1
