"""Search vectors follow from texts, tags, bodies, countries and sources, whatever is written and how."""

import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from countries.models import Country
from measures.models import Citation, IssuingBody, Measure, SearchText, Source, TargetGroup, Topic
from measures.search.matching import matching, rebuild_search, rebuild_touched, wait_until_commit
from tests import factories
from tests.csv_files import MEASURE, run

pytestmark = pytest.mark.django_db

STALE = """
select measure_id from (
    (table measures_searchvector except table measures_searchtext)
    union all (table measures_searchtext except table measures_searchvector)
) differing
"""
TOPICS = ("health.access", "asylum.application", "work.permit")
GROUPS = ("asylum_seekers", "children")
words = st.lists(st.sampled_from(["frontera", "educación", "visas", "Permisos", "border"]), max_size=3).map(" ".join)
some = st.integers(0, 3)


def stale() -> list[int]:
    """The entries whose kept vector differs from a fresh one."""
    with connection.cursor() as cursor:
        cursor.execute(STALE)
        return [row[0] for row in cursor.fetchall()]


def _measure(number: int) -> Measure | None:
    found = list(Measure.objects.order_by("pk"))
    return found[number % len(found)] if found else None


def _write(number: int, text: str) -> None:
    if measure := _measure(number):
        measure.summary_es = text
        measure.reference = f"{number}-2020" if number else ""
        measure.official_title, measure.original_language = text, "es" if number % 2 else ""
        measure.save()


def _update_all(number: int, text: str) -> None:
    Measure.objects.filter(pk__gte=number).update(title_pt=text or "Título", workflow_note=text)


def _tag(number: int, text: str) -> None:
    if measure := _measure(number):
        topics = [factories.topic(key=key) for key in TOPICS[number:]]
        Measure.objects.filter(pk=measure.pk).update(primary_topic=topics[0] if topics else None)
        measure.topics.set(topics)
        measure.target_groups.set([factories.target_group(key=key) for key in GROUPS[number:]])
        measure.origin_countries.set([factories.country(iso3="VEN")][number:])


def _move(number: int, text: str) -> None:
    if measure := _measure(number):
        Measure.objects.filter(pk=measure.pk).update(
            issuing_body=factories.issuing_body(key="pcm") if number else None,
        )


def _cite(number: int, text: str) -> None:
    if measure := _measure(number):
        Citation.objects.filter(measure=measure).delete()
        cited = Source.objects.first() if number else factories.source(title=text or "Gaceta", language="")
        if cited:
            Citation.objects.create(measure=measure, source=cited, quote=text)


def _recite(number: int, text: str) -> None:
    Citation.objects.update(quote=text)
    if measure := _measure(number):
        for citation in Citation.objects.order_by("pk")[:1]:
            Citation.objects.filter(pk=citation.pk).update(measure=measure, locator=str(citation.pk))


def _label(number: int, text: str) -> None:
    Topic.objects.filter(key=TOPICS[number % 3]).update(label_es=text)
    TargetGroup.objects.update(label_pt=text)


def _name(number: int, text: str) -> None:
    IssuingBody.objects.update(acronym=text[:20], native_name=text or "x")
    Country.objects.filter(iso3__in=["PER", "VEN"][number % 2 :]).update(name_es=text)


def _retitle(number: int, text: str) -> None:
    Source.objects.update(title=text or "Diario", language=["es", "en", "fr", ""][number])


def _create(number: int, text: str) -> None:
    factories.measure(title_es=text, topics=TOPICS[:number])


def _delete(number: int, text: str) -> None:
    if measure := _measure(number):
        measure.delete()


def _import(number: int, text: str) -> None:
    """Numbers go down, since those that `_create` gives go up from the highest."""
    rows = [
        MEASURE | {"public_id": f"PER-0900{9 - n}", "title_es": text or "Ley", "topics": TOPICS[number % 3]}
        for n in range(number)
    ]
    if rows:
        with tempfile.TemporaryDirectory() as folder:
            assert not run(Path(folder), rows, keep_identifiers=True).is_refused


STEPS: list[Callable[[int, str], None]] = [
    _write, _update_all, _tag, _move, _cite, _recite, _label, _name, _retitle, _create, _delete, _import,
]  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(STEPS), some, words), min_size=1, max_size=8), st.booleans())
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_vector_of_every_entry_is_a_fresh_one_after_any_writes(
    steps: list[tuple[Callable[[int, str], None], int, str]], waits: bool
) -> None:
    with transaction.atomic():
        rebuild_touched()  # an import in the previous example has left updates deferred
        factories.measure(topics=TOPICS, groups=GROUPS, origins=(factories.country(iso3="VEN"),))
        factories.draft()
        for step, number, text in steps:
            if waits:
                wait_until_commit()
            step(number, text)
            if waits or step is _import:  # an import defers them itself
                rebuild_touched()
            assert stale() == []
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_vector_that_waits_is_written_by_the_commit() -> None:
    made = factories.measure(title_en="Another title")
    with transaction.atomic():
        wait_until_commit()
        Measure.objects.filter(pk=made.pk).update(title_en="Border closed")
        assert stale() != []
    assert stale() == []
    assert Measure.objects.filter(matching("border")).get() == made


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("second", ["label", "citation"])
def test_two_who_write_at_once_leave_no_vector_stale(second: str) -> None:
    made, topic, source = factories.measure(), factories.topic(key="asylum"), factories.source()

    def write() -> None:
        try:
            if second == "label":
                Topic.objects.filter(pk=topic.pk).update(label_es="Refugio")
            else:
                Citation.objects.create(measure=made, source=source, quote="Queda prohibido")
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            made.topics.add(topic)
            waiting = pool.submit(write)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=1)
        waiting.result(timeout=30)
    assert stale() == []


def test_change_without_words_leaves_the_vector_alone() -> None:
    factories.measure()
    before = _place()
    Measure.objects.update(workflow_note="Seen", evidence="secondary")
    assert _place() == before


def test_rebuild_restores_what_was_lost() -> None:
    factories.measure()
    SearchText.objects.all().delete()
    assert len(stale()) == 1
    rebuild_search()
    assert stale() == []


def _place() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("select ctid, xmin from measures_searchtext")
        return cursor.fetchall()
