"""The description of an entry never says more than is recorded, and says what is missing."""

import datetime
from typing import Any

import pytest
from django.utils.translation import override

from foundation.markdown import to_html, to_text
from measures.entries import Entry, entries_of, for_list
from measures.models import Measure
from measures.validity.store import settle
from tests import factories as make


def entry_of(measure: Measure, day: datetime.date = datetime.date(2021, 6, 1), **options: Any) -> Entry:
    [entry] = entries_of(for_list(Measure.objects.filter(pk=measure.pk)), day, **options)
    return entry


def spoken(**fields: Any) -> tuple[str, str]:
    span = entry_of(make.measure(**fields), datetime.date(2030, 1, 1)).span
    return span.text, span.note


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "text", "note"),
    [
        ({"kind": "bill", "events": (("introduced", "2020-05-25?"),)}, "25 May 2020", "date inferred"),
        ({"kind": "bill", "events": (("introduced", "2020?-05-25"),)}, "25 May 2020", "year inferred"),
        ({"kind": "criticism", "events": (("issued", "2020-05"),)}, "May 2020", "day not recorded"),
        ({"kind": "criticism", "events": (("issued", ""),)}, "Date not recorded", ""),
        ({"events": (("in_force", "2020"),)}, "From 2020", "day and month not recorded, end date not recorded"),
        ({"events": (("in_force", ""),)}, "Date not recorded", ""),
        ({"events": (("in_force", ""),), "end_kind": "further_notice"}, "Date not recorded", "until further notice"),
        (
            {"valid_from": "2020-05-07?", "end_kind": "until_event", "events": ()},
            "From 7 May 2020",
            "date inferred, until an event",
        ),
        (
            {"valid_from": "2020-05", "valid_until": "2020-12-31", "end_kind": "fixed_date", "events": ()},
            "May 2020 to 31 December 2020",
            "start: day not recorded",
        ),
        (
            {"valid_until": "2020-12", "end_kind": "fixed_date", "events": (("in_force", ""),)},
            "Until December 2020",
            "start not recorded, end: day not recorded",
        ),
        (
            {"valid_until": "2020-12-31", "end_kind": "fixed_date", "events": (("enacted", "2020-05-29"),)},
            "Until 31 December 2020",
            "dated 29 May 2020, start not recorded",
        ),
        (
            {"valid_from": "2020-05-01", "events": (("repealed", "2021?"),)},
            "1 May 2020 to 2021",
            "end: day and month not recorded, date inferred",
        ),
        (
            {"valid_from": "2020-05-01", "events": (("repealed", ""),)},
            "From 1 May 2020",
            "",
        ),
        (
            {"valid_from": "2020-03-16", "events": (("in_force", "2020-05-29"),)},
            "From 16 March 2020",
            "dated 29 May 2020, end date not recorded",
        ),
        ({"kind": "announcement", "events": (("announced", "2020-05-01"),)}, "1 May 2020", ""),
    ],
)
def test_span_in_words(fields: dict[str, Any], text: str, note: str) -> None:
    assert spoken(**fields) == (text, note)


@pytest.mark.django_db
def test_of_two_ends_the_earlier_counts() -> None:
    text, _note = spoken(
        valid_from="2020-05-01",
        valid_until="2020-12-31",
        end_kind="fixed_date",
        events=(("in_force", "2020-05-01"), ("repealed", "2020-06-15")),
    )
    assert text == "1 May 2020 to 14 June 2020"


@pytest.mark.django_db
def test_row_falls_back_to_the_language_that_there_is() -> None:
    measure = make.measure(title_en="", title_es="Cierre", summary_es="**Todo** cierra.")
    entry = entry_of(measure)
    assert (entry.title.text, entry.title.language, entry.title.is_fallback) == ("Cierre", "es", True)
    assert (entry.summary.text, entry.summary.is_fallback) == ("Todo cierra.", True)
    with override("es"):
        assert not entry_of(measure).title.is_fallback


@pytest.mark.django_db
def test_long_summary_is_cut_between_words() -> None:
    measure = make.measure(summary_en="One two three four")
    assert entry_of(measure, longest=9).summary.text == "One two …"
    assert entry_of(measure, longest=18).summary.text == "One two three four"


@pytest.mark.django_db
def test_short_row_names_the_site_of_a_source() -> None:
    opened = make.source(title="A gazette", url="https://gazette.example/7")
    kept = make.source(title="A letter", url="")
    measure = make.measure(sources=(opened, kept))
    assert {source.title for source in entry_of(measure).sources} == {"A gazette", "A letter"}
    assert {source.name for source in entry_of(measure, longest=9).sources} == {"gazette.example", "A letter"}
    assert {source.title for source in entry_of(measure, longest=9).sources} == {""}


@pytest.mark.django_db
def test_certainty_is_that_of_the_state_on_the_day() -> None:
    measure = make.measure(valid_from="2020-05-01", valid_until="2020-06", end_kind="fixed_date", events=())

    def certainty(day: int, month: int) -> str:
        return entry_of(measure, datetime.date(2020, month, day), is_asked=True).certainty

    assert certainty(31, 5) == certainty(1, 6) == "In force on that day"
    assert certainty(2, 6) == certainty(30, 6) == "Possibly in force on that day"
    assert certainty(30, 4) == certainty(1, 7) == ""
    assert entry_of(measure).certainty == ""


@pytest.mark.django_db
def test_end_by_another_act_closes_the_dates_of_a_row() -> None:
    old, new = (make.measure(kind="law", valid_from=day, events=()) for day in ("2010-01-01", "2021-03-01"))
    make.relation(subject=new, object=old, type="repeals")
    entry = entry_of(old)
    assert entry.span.sentence == "1 January 2010 to 28 February 2021"
    assert entry.group == "ended"
    assert [(stretch.state, stretch.first, stretch.last) for stretch in entry.stretches] == [
        ("in_force", datetime.date(2010, 1, 1), datetime.date(2021, 2, 28))
    ]


@pytest.mark.django_db
def test_planned_end_that_was_moved_is_not_the_end() -> None:
    act = make.measure(kind="law", valid_from="2020-03-24", valid_until="2020-04-17", end_kind="fixed_date", events=())
    longer = make.measure(kind="law", events=(("in_force", "2020-04-18"),), end_kind="until_event")
    make.relation(subject=longer, object=act, type="extends")
    assert entry_of(act).words.sentence == "Last known in force 18 April 2020"
    assert entry_of(act).span.sentence == "From 24 March 2020 (end date not recorded)"


@pytest.mark.django_db
def test_dates_of_what_is_only_signed_claim_no_start() -> None:
    entry = entry_of(make.measure(kind="law", events=(("enacted", "2020-04-12"),)))
    assert entry.span.sentence == "12 April 2020"


@pytest.mark.django_db
def test_rows_take_a_fixed_number_of_queries(django_assert_num_queries: Any) -> None:
    for many in (1, 4):
        for _ in range(many):
            old, new = (make.measure(kind="law", events=(("in_force", day),)) for day in ("2010", "2021-03-01"))
            make.relation(subject=new, object=old, type="repeals")
        settle()
        with django_assert_num_queries(6):
            entries_of(for_list(Measure.objects.all()), datetime.date(2021, 6, 1))


def test_markdown_becomes_safe_html() -> None:
    html = to_html(
        "**Bold** <script>alert(1)</script> [out](javascript:alert(1)) [in](https://example.org) ![i](x.png)"
    )
    assert "<strong>Bold</strong>" in html
    assert "&lt;script&gt;" in html
    assert 'href="https://example.org" rel="noopener noreferrer"' in html
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html


def test_markdown_becomes_one_line_of_words() -> None:
    assert to_text("**One** *two*\nthree\n\n- [four](https://example.org)\n- `five`") == "One two three four five"
