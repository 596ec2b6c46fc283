from typing import Any

import pghistory
import pytest
from django.db import connection, transaction
from django.test import Client

from measures.models import Measure, MeasureTopic
from tests import factories
from tests.attacks.second_reader import RECORDS, url
from tests.clients import signed_in

pytestmark = pytest.mark.django_db


def labels(events: Any) -> list[str]:
    return [event.pgh_label for event in events.order_by("pgh_id")]


def test_history_keeps_form_set_and_sql_alike() -> None:
    made: Any = factories.draft(events=())
    made.title_en = "By form"
    made.save()
    Measure.objects.filter(pk=made.pk).update(title_en="By set")
    with connection.cursor() as cursor:
        cursor.execute("update measures_measure set title_en = 'By SQL' where id = %s", [made.pk])
    titles = [event.title_en for event in made.events.order_by("pgh_id")]
    assert titles[1:] == ["By form", "By set", "By SQL"]


def test_history_keeps_who_and_in_which_act() -> None:
    made: Any = factories.draft(events=())
    with pghistory.context(user=7, note="seen"):
        Measure.objects.filter(pk=made.pk).update(title_en="New")
    assert made.events.order_by("pgh_id").last().pgh_context.metadata == {"user": 7, "note": "seen"}


def test_history_keeps_nothing_where_nothing_changes() -> None:
    made: Any = factories.draft(events=())
    before = made.events.count()
    Measure.objects.filter(pk=made.pk).update(title_en=made.title_en)
    assert made.events.count() == before


def test_history_keeps_tags() -> None:
    made: Any = factories.draft(topics=("health.access",), events=())
    made.topics.add(factories.topic(key="border.closure"))
    made.topics.remove(factories.topic(key="border.closure"))
    assert labels(MeasureTopic.pgh_event_model.objects.filter(measure=made)) == ["insert", "insert", "delete"]


def test_history_outlives_its_record() -> None:
    made: Any = factories.draft(events=(("in_force", "2020"),))
    pk, model = made.pk, type(made)
    made.delete()
    assert labels(model.pgh_event_model.objects.filter(pgh_obj_id=pk))[-1] == "delete"


def test_versions_of_every_kind_of_record_are_compared() -> None:
    client = signed_in(factories.editor())
    for label, case in RECORDS.items():
        with transaction.atomic():
            record = case.public()
            address = url(record, "history", record.pk)
            page = client.get(address, {"from": "1999-01-01T00:00:00Z", "to": "2999-01-01T00:00:00Z"})
            found = page.context["comparison"]
            assert (found.start, bool(found.changes)) == (None, True), label
            assert Client().get(address).status_code == 302, label
            transaction.set_rollback(True)
