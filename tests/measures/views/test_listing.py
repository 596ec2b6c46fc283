"""List rows are cached, as current as their entries, and grouped by months as precise as their dates."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from measures.listing.index import public_index
from measures.models import Measure, StatusEvent, Topic
from measures.views.rows import Look, Row, by_month, month_totals, rows_of
from measures.workflow import refresh_status
from tests import factories as make

pytestmark = pytest.mark.django_db

DAY = date(2021, 6, 1)
LOOK = Look("en", DAY, heading=3, with_country=True)


def _ids() -> list[int]:
    return list(Measure.objects.in_order_of_date().values_list("pk", flat=True))


def test_months_head_entries_no_more_precisely_than_their_dates() -> None:
    for day in ("2020-05-29", "2020-05", "2020", ""):
        make.measure(events=(("in_force", day),))
    months = by_month(rows_of(_ids(), LOOK, {}), month_totals(public_index().everything))
    assert [(month.label, month.note, len(month.rows), month.total) for month in months] == [
        ("2020", "month not recorded", 1, 1),
        ("May 2020", "", 2, 2),
        ("No date", "not recorded", 1, 1),
    ]


def test_rows_stand_in_the_order_asked_for_without_what_is_not_public() -> None:
    old, new = (make.measure(events=(("in_force", day),)) for day in ("2019", "2021"))
    hidden = make.draft()
    asked = [new.pk, hidden.pk, old.pk]
    assert [row.entry.number for row in rows_of(asked, LOOK, {})] == [new.pk, old.pk]


def test_kept_rows_are_not_made_again(django_assert_num_queries: Any) -> None:
    first, second, third = (make.measure() for _ in range(3))
    kept: dict[Any, Row] = {}
    made = rows_of([first.pk, second.pk], LOOK, kept)
    with django_assert_num_queries(0):
        assert rows_of([second.pk, first.pk], LOOK, kept) == made[::-1]
    with django_assert_num_queries(5):
        assert [row.entry.number for row in rows_of([third.pk, first.pk], LOOK, kept)] == [third.pk, first.pk]
    assert len(kept) == 3


def test_each_look_has_rows_of_its_own() -> None:
    measure = make.measure(title_en="Closing", title_es="Cierre", summary_en="One two three")
    kept: dict[Any, Row] = {}
    looks = (LOOK, Look("en", DAY, heading=5, with_country=False), Look("en", DAY, 3, True, longest=5))
    found = {rows_of([measure.pk], look, kept)[0].html for look in looks}
    with override("es"):
        [row] = rows_of([measure.pk], Look("es", DAY, heading=3, with_country=True), kept)
    assert "Cierre" in row.html
    assert len(found | {row.html}) == 4


def test_row_of_another_day_is_another_row() -> None:
    measure = make.measure(valid_from="2020-05-01", valid_until="2021-06-01", end_kind="fixed_date", events=())
    kept: dict[Any, Row] = {}
    [before] = rows_of([measure.pk], LOOK, kept)
    [after] = rows_of([measure.pk], replace(LOOK, day=DAY + timedelta(days=1)), kept)
    assert "In force until 1 June 2021" in before.html
    assert "Ended 1 June 2021" in after.html


def test_row_that_names_another_act_follows_it() -> None:
    old = make.measure(kind="law", events=(("in_force", "2010-01-01"),), end_kind="indefinite")
    new = make.measure(kind="law", reference="Law 30", events=(("in_force", "2021-03-01"),))
    make.relation(subject=new, object=old, type="repeals")
    kept: dict[Any, Row] = {}
    [row] = rows_of([old.pk], LOOK, kept)
    assert f'Repealed by <a href="{new.get_absolute_url()}">Law 30</a> from 1 March 2021' in row.html
    Measure.objects.filter(pk=new.pk).update(reference="Law 31")
    [row] = rows_of([old.pk], LOOK, kept)
    assert "Law 31</a>" in row.html


def test_row_escapes_what_people_wrote() -> None:
    measure = make.measure(title_en="<b>Bold</b> & 'quoted'")
    [row] = rows_of([measure.pk], LOOK, {})
    assert "&lt;b&gt;Bold&lt;/b&gt; &amp; &#39;quoted&#39;" in row.html


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_no_page_shows_what_was_kept_of_an_earlier_state(client: Client) -> None:
    """For each table that a row or profile depends on, a committed change is on the page."""
    peru = make.country()
    measure = make.measure(title_en="A law", topics=("health.access",), sources=(make.source(title="A gazette"),))
    figure = make.observation(country=peru, value=153000)
    role = make.mobility_role(country=peru, narrative_en="People leave.")

    def shown(path: str) -> str:
        response = client.get(path)
        assert response.status_code == 200
        return response.text

    for path in ("/countries/peru/", "/measures/"):
        before = shown(path)
        assert "A law" in before
        assert shown(path) == before

    changes: list[tuple[Any, str, str]] = [
        (measure, "title_en", "Another law"),
        (measure, "reference", "N° 1-2021"),
        (Topic.objects.get(key="health"), "label_en", "Well-being"),
        (measure.citations.get().source, "title", "Another gazette"),
        (measure.status_events.get(), "date", "2021-03-02"),
        (peru, "name_en", "Republic of Peru"),
        (figure, "value", "154000"),
        (figure.indicator, "name_en", "Stock of immigrants"),
        (role, "narrative_en", "People come back."),
    ]
    words = {"2021-03-02": "2 March 2021", "154000": "154,000"}
    for row, field, value in changes:
        type(row).objects.filter(pk=row.pk).update(**{field: value})
        if isinstance(row, StatusEvent):
            refresh_status([measure.pk])
        pages = [shown("/countries/peru/")] + ([] if row in (figure, figure.indicator, role) else [shown("/measures/")])
        assert [words.get(value, value) in page for page in pages] == [True] * len(pages), field
    Measure.objects.filter(pk=measure.pk).update(workflow="draft")
    assert all("Another law" not in shown(path) for path in ("/countries/peru/", "/measures/"))
