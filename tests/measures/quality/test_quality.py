"""The figures of quality: what each counts, what is kept of it day by day, the pages and their files."""

import csv
import io
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from foundation.days import today
from foundation.records.past import event_table
from foundation.sql import execute
from measures.double_coding.results import FEWEST_PUBLIC
from measures.listing.index import public_index
from measures.models import Citation, Coverage, Measure, QualityFigure, QuoteCheck
from measures.quality.figures import FIGURES, figures_of
from measures.quality.recording import record_earlier_month, record_figures
from tests import factories

pytestmark = pytest.mark.django_db


def _record() -> None:
    """Two public entries of Peru and one of Ecuador, with something of everything that is counted; and a draft."""
    day, peru = today(), factories.country()
    ecuador = factories.country(iso3="ECU")
    alive, gone, unchecked = (factories.source(url=f"https://example.org/{n}") for n in range(3))
    factories.link(source=alive, state="alive"), factories.link(source=gone, state="gone")
    first = factories.measure(
        sources=(alive,), reference="N° 1-2020", groups=("refugees",), checked_on=day - timedelta(days=10)
    )
    factories.measure(sources=(gone, unchecked), events=(("in_force", "2020"),), evidence="secondary")
    factories.measure(country=ecuador, sources=(gone,), checked_on=day - timedelta(days=30), events=())
    factories.draft(sources=(gone,), reference="N° 2-2020", checked_on=day)
    Citation.objects.filter(measure=first).update(quote="Se aprueba", field="reference")
    now = timezone.now()
    QuoteCheck.objects.create(citation=first.citations.get(), quote="Se aprueba", state="found", checked_at=now)
    factories.coverage(country=peru)
    for age in (0, 3):
        factories.error_report(measure=first, received_at=now - timedelta(days=age))


def test_figures_count_the_public_record_of_a_country_and_of_all() -> None:
    _record()
    peru, whole = (figures_of(public_index(), country, on=today()) for country in ("PER", ""))
    assert list(peru) == list(whole) == list(FIGURES)
    assert {name: (value.count, value.total) for name, value in peru.items() if value.is_known} == {
        "coverage": (1, 1),
        "exact": (1, 2),
        "primary": (1, 2),
        "values_quoted": (1, 4),  # a number, a group and two courses
        "quotes": (1, 1),
        "check_age": (10, 1),
        "open_reports": (1, None),  # what came today does not count yet
        "broken_links": (1, 2),
    }
    assert (whole["coverage"].count, whole["coverage"].total) == (1, 2)
    assert (whole["check_age"].count, whole["check_age"].total) == (20, 2)
    assert whole["broken_links"].remark == "1 source has no address, or it was not checked yet."
    assert "independent searches" in whole["completeness"].why_not
    assert f"From {FEWEST_PUBLIC} on there is a figure" in whole["agreement"].why_not


def test_values_of_two_coders_are_compared_from_enough_pairs_on() -> None:
    for number in range(FEWEST_PUBLIC):
        made = factories.measure(direction="more_restrictive")
        factories.double_coding(measure=made, second={"direction": "no_change"} if number % 3 == 0 else {})
    value = figures_of(public_index(), "PER", on=today())["agreement"]
    assert value.total
    assert value.total - value.count == FEWEST_PUBLIC / 3
    assert value.total % FEWEST_PUBLIC == 0


def test_a_day_is_written_once_and_stays() -> None:
    _record()
    made = record_figures(on=today())
    assert made == QualityFigure.objects.count() > 20
    Measure.objects.filter(workflow="published").update(evidence="secondary")
    assert record_figures(on=today()) == 0
    assert QualityFigure.objects.get(country="PER", figure="primary").count == 1
    assert not QualityFigure.objects.filter(figure__in=["agreement", "completeness"]).exists()
    for act in (lambda: QualityFigure.objects.update(count=9), QualityFigure.objects.all().delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


@pytest.mark.owner
def test_earlier_months_are_written_as_the_record_was_known_then() -> None:
    """One month at a time, the last one first, back to the first publication; a test is one moment in the history."""
    then, now = timezone.make_aware(datetime(2026, 3, 20)), date(2026, 6, 15)  # noqa: DTZ001
    old = factories.measure(checked_on=date(2026, 3, 10))
    factories.coverage(country=old.country)
    for model in (Measure, Coverage):
        execute(f"update {event_table(model)} set pgh_created_at = %s", [then])  # noqa: S608
    Measure.objects.update(published_at=then)
    factories.measure(evidence="secondary"), factories.draft()
    answered = {"state": "answered", "outcome": "stands", "question": "Is it?", "answer": "Yes."}
    factories.error_report(measure=old, received_at=then, answered_at=then + timedelta(days=30), **answered)
    assert record_earlier_month(on=now) == 0  # before there is any day
    record_figures(on=now)
    made = [record_earlier_month(on=now) for _month in range(4)]
    assert made[3] == 0 < made[0] == made[1] == made[2]
    rows = QualityFigure.objects.filter(country="PER", day__lt=now).values_list("day", "figure", "count", "total")
    ends = [date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]
    assert sorted(rows) == sorted(
        (end, *values)
        for end in ends
        for values in (
            ("coverage", 1, 1),
            ("exact", 1, 1),
            ("primary", 1, 1),
            ("check_age", (end - date(2026, 3, 10)).days, 1),
            ("open_reports", int(end.month == 3), None),
        )
    )


def _rows(client: Client, address: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(address).getvalue().decode())))


def test_pages_and_files_have_today_and_the_days_before(client: Client) -> None:
    _record()
    now = today()
    before = [date(now.year - 1, 6, day) for day in (10, 20)]
    for day, count in zip(before, (8, 16), strict=True):
        QualityFigure.objects.create(day=day, country_id="PER", figure="primary", count=count, total=40)
    hidden = factories.country(iso3="VEN", is_covered=False)
    QualityFigure.objects.create(day=before[0], country=hidden, figure="primary", count=7, total=7)
    page = client.get("/quality/peru/").text
    assert "1 of 2" in page  # too few for a percentage
    assert "40.0 %" in page  # of the last day of June
    assert "20.0 %" not in page
    assert page.count('<path class="exact-line"') == 1
    values = [(row["date"], row["value"]) for row in _rows(client, "/quality/peru.csv") if row["figure"] == "primary"]
    assert values == [(str(before[0]), "0.2000"), (str(before[1]), "0.4000"), (str(now), "0.5000")]
    whole = client.get("/quality/").text
    assert "As counted on" in whole
    assert 'href="/quality/peru/"' in whole
    assert {row["country"] for row in _rows(client, "/quality.csv")} == {"", "PER"}
    assert client.get("/quality/venezuela/").status_code == 404
    assert client.get("/quality.csv?x=1").status_code == 400
    assert 'href="/es/quality/peru/"' in client.get("/es/countries/peru/").text


def test_queries_do_not_grow_with_the_record(client: Client) -> None:
    def asked() -> list[int]:
        counts = []
        for address in ("/quality/", "/quality/peru/"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            counts.append(len(queries))
        return counts

    _record()
    record_figures(on=today() - timedelta(days=1))
    few: Any = asked()
    for _number in range(5):
        factories.measure(sources=(factories.source(),), reference=f"N° {_number}-2021")
    for day in range(2, 8):
        record_figures(on=today() - timedelta(days=31 * day))
    assert asked() == few
