"""The ledger of corrections: each change of what was public, with old and new values, and nothing that was not."""

import csv
import io
from typing import Any

import pghistory
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from countries.models import FeedRun, Observation
from measures.corrections.ledger import corrections_of, newest_corrections, reasons_of
from measures.models import Measure
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)  # each act has a time of its own


def changed(measure: Measure, **values: Any) -> None:
    for name, value in values.items():
        setattr(measure, name, value)
    measure.record_version += 1
    measure.save()


def told(*measures: Measure) -> list[tuple[str, str, str]]:
    return [(c.what, c.before, c.after) for each in corrections_of(measures) for c in each.changes]


def test_old_and_new_value_of_each_change_newest_first() -> None:
    measure = factories.measure(title_en="First", reference="N° 1")
    changed(measure, title_en="Second")
    changed(measure, reference="N° 2")
    assert told(measure) == [("Reference", "N° 1", "N° 2"), ("Title (English)", "First", "Second")]


def test_reason_and_note_are_those_of_the_approved_proposal() -> None:
    measure = factories.measure(title_en="First")
    metadata = {"revision": 1, "proposer": 0, "reason": "correction", "public_note": "The gazette says so."}
    with pghistory.context(**metadata):
        changed(measure, title_en="Second")
    changed(measure, title_en="Third")
    found = corrections_of([measure])
    assert [(each.reason, each.note) for each in found] == [("", ""), ("Correction", "The gazette says so.")]
    assert sorted(reasons_of(found)) == [("Correction", 1), ("no reason given", 1)]


def test_what_was_changed_while_it_was_not_public_is_one_step_between_two_public_versions() -> None:
    measure = factories.measure(title_en="Public")
    Measure.objects.filter(pk=measure.pk).update(workflow="draft")
    measure.refresh_from_db()
    changed(measure, title_en="Secret thought")
    changed(measure, title_en="Public again")
    assert told(measure) == []
    Measure.objects.filter(pk=measure.pk).update(workflow="published")
    assert told(measure) == [("Title (English)", "Public", "Public again")]


def test_relation_to_a_draft_is_no_row_of_it() -> None:
    measure, draft, public = (
        factories.measure(),
        factories.draft(title_en="Hidden"),
        factories.measure(title_en="Other"),
    )
    factories.relation(subject=measure, object=draft)
    factories.relation(subject=measure, object=public)
    changed(measure, reference="N° 3")
    assert [what for what, _before, _after in told(measure)].count("Relation") == 1
    assert "Hidden" not in str(told(measure))


def test_pages_and_file_say_the_same() -> None:
    measure = factories.measure(title_en="First")
    changed(measure, title_en="Second")
    for path in (reverse("corrections"), reverse("measure_corrections", args=[measure.public_id])):
        html = Client().get(path).content.decode()
        assert "<del>First</del>" in html
        assert "<ins>Second</ins>" in html
    figure, fed = factories.observation(value=1500), factories.observation(period="2020")
    Observation.objects.filter(pk=figure.pk).update(value=1700)
    run = FeedRun.objects.create(feed=factories.feed())
    Observation.objects.filter(pk=fed.pk).update(value=9, feed_run=run)  # what a feed replaces is no correction
    html = Client().get(reverse("corrections")).content.decode()
    assert "<del>1500</del>" in html
    assert "<ins>1700</ins>" in html
    assert "<ins>9</ins>" not in html
    file = Client().get(reverse("measure_corrections_csv", args=[measure.public_id])).content.decode()
    (row,) = csv.DictReader(io.StringIO(file))
    assert (row["measure"], row["before"], row["after"]) == (measure.public_id, "First", "Second")


def test_queries_do_not_grow_with_entries_and_changes() -> None:
    def queries(most: int) -> int:
        with CaptureQueriesContext(connection) as found:
            assert len(newest_corrections(most)) >= most
        return len(found)

    for number in range(6):
        measure = factories.measure(title_en=f"Number {number}")
        changed(measure, title_en=f"Changed {number}")
        factories.relation(subject=measure, object=factories.measure())
        changed(measure, reference=f"N° {number}")
    assert queries(1) == queries(6)
