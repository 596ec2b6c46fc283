"""The public version changes with public data, and a follower misses nothing."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from countries.models import Country
from foundation.publication import Follower, public_version
from measures.choices import Workflow
from measures.models import Citation, Measure, Relation
from tests import factories


def moves(act: Callable[[], Any]) -> bool:
    before = public_version()
    act()
    return public_version() != before


@pytest.mark.django_db
def test_drafts_do_not_move_it() -> None:
    draft = factories.draft()
    other = factories.measure()
    source, group = factories.source(), factories.target_group()

    assert not moves(lambda: Measure.objects.filter(pk=draft.pk).update(title_en="Another"))
    assert not moves(lambda: draft.target_groups.add(group))
    assert not moves(lambda: Citation.objects.create(measure=draft, source=source))
    assert not moves(lambda: factories.event(measure=draft, date="2020-05-01"))
    assert moves(lambda: Relation.objects.create(subject=draft, object=other, type="amends"))
    assert not moves(factories.draft().delete)


@pytest.mark.django_db
def test_whatever_the_public_sees_moves_it() -> None:
    shown = factories.measure()
    cited = factories.source()

    assert moves(lambda: Measure.objects.filter(pk=shown.pk).update(title_en="Another"))
    assert moves(lambda: shown.topics.add(factories.topic(key="work.permits")))
    assert moves(lambda: shown.target_groups.add(factories.target_group()))
    assert moves(lambda: shown.origin_countries.add(factories.country(iso3="VEN")))
    assert moves(lambda: Citation.objects.create(measure=shown, source=cited))
    assert moves(lambda: type(cited).objects.filter(pk=cited.pk).update(title="Another"))
    assert moves(lambda: factories.event(measure=shown, date="2020-05-01"))
    assert moves(lambda: factories.observation())
    assert moves(lambda: factories.mobility_role())
    assert moves(lambda: Measure.objects.filter(pk=shown.pk).update(workflow=Workflow.RETIRED))


@pytest.mark.django_db
def test_what_changes_no_row_does_not_move_it() -> None:
    factories.measure()

    assert not moves(lambda: Measure.objects.filter(title_en="nothing").update(title_en="Another"))
    assert not moves(lambda: Country.objects.filter(iso3="XXX").update(slug="x"))


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_follower_is_told_once_what_changed() -> None:
    one, two, draft = factories.measure(), factories.measure(), factories.draft()
    group = factories.target_group()
    follower = Follower()

    assert follower.look().records is None, "everything at first"
    assert not follower.look().has_any

    Measure.objects.filter(pk=one.pk).update(title_en="Another")
    two.target_groups.add(group)
    Measure.objects.filter(pk=draft.pk).update(title_en="Another")
    changes = follower.look()
    assert changes.has_any
    assert sorted(changes.records or ()) == sorted([one.pk, two.pk])
    assert not follower.look().has_any

    factories.observation()
    assert follower.look().records == []

    topic = factories.topic()
    type(topic).objects.filter(pk=topic.pk).update(label_en="Another")
    assert follower.look().records is None


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_transaction_that_began_first_and_commits_last_is_not_missed() -> None:
    early, late = factories.measure(), factories.measure()
    follower = Follower()
    follower.look()
    wrote, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            Measure.objects.filter(pk=early.pk).update(title_en="Another")
            wrote.set()
            may_commit.wait(20)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert wrote.wait(20)
    Measure.objects.filter(pk=late.pk).update(title_en="Another")
    assert follower.look().records == [late.pk]
    may_commit.set()
    thread.join()

    assert follower.look().records == [early.pk]
    assert not follower.look().has_any


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_what_is_rolled_back_is_no_change() -> None:
    shown = factories.measure()
    before = public_version()
    with transaction.atomic():
        Measure.objects.filter(pk=shown.pk).update(title_en="Another")
        transaction.set_rollback(True)

    assert public_version() == before


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.owner
def test_an_emptied_table_is_a_change() -> None:
    factories.measure()
    follower = Follower()
    follower.look()
    with connection.cursor() as cursor:
        cursor.execute("truncate measures_measure cascade")

    assert follower.look().records is None


@pytest.mark.django_db
@pytest.mark.owner
def test_the_log_forgets_what_is_older_than_a_day() -> None:
    shown = factories.measure()
    with connection.cursor() as cursor:
        cursor.execute("update foundation_publicchange set noted_at = now() - interval '25 hours'")
        Measure.objects.filter(pk=shown.pk).update(title_en="Another")
        cursor.execute("select count(*) from foundation_publicchange")
        assert cursor.fetchone()[0] == 1
