"""The record of Peru compared with its source page: dates, relations, figures, quotes and each sentence.

The page is not here. What the tests need of it are short quotations: below, in `peru_sentences.csv` beside each
sentence that we publish, and in `fixtures/citations.csv`.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from countries.models import MobilityRole, Observation
from foundation.days import today
from foundation.partial_dates import MONTHS, PartialDate
from measures.models import Citation, Measure, Relation, StatusEvent
from measures.validity.standing import groups_of

pytestmark = pytest.mark.django_db

NAMED = {"PER-00038", "PER-00039", "PER-00040", "PER-00041", "INT-00001"}
"""Acts that the page names and says nothing else of."""

DATES = {
    "PER-00002": "on July 22, the online system",
    "PER-00003": "until December 31, 2020",
    "PER-00012": "as of April 29",
    "PER-00013": "On May 29, plans were put into motion",
    "PER-00015": "On May 7, Migration officials authorized",
    "PER-00018": "On March 30, the bill 4958/2020-CR",
    "PER-00019": "On May 13, bill 5185/2020-CR",
    "PER-00020": "On May 25, bill 5349/2020-CR",
    "PER-00021": "On May 25, bill 5349/2020-CR",
    "PER-00022": "On May 25, bill 5349/2020-CR",
    "PER-00023": "On June 25, bill 5625/2020-CR",
    "PER-00024": "On May 26, bill 5358/2020-CR",
    "PER-00029": "On April 12, the creation",
    "PER-00030": "On April 21, the Administrating Institutions",
    "PER-00035": "On April 14, for humanitarian reasons",
}
"""The words of the page that date an act to the day."""
INFERRED = {"PER-00014": "2020-05-29?", "PER-00034": "2020-05-07?"}
"""Dates that the page states of something else: of the plans told before, and of the end of the period counted."""

IN_OPERATION = {"PER-00002": "was reactivated", "PER-00014": "resumption of the suspended terms"}
"""The only acts that the page says to have begun; it calls none “in force”."""

RELATIONS = {
    ("PER-00005", "conflicts_with", "PER-00006"): "Despite this, by the Emergency Decree No. 017-2019",
    ("PER-00009", "while_in_force", "PER-00039"): "during the state of emergency",
    ("PER-00011", "while_in_force", "PER-00039"): "during the state of emergency",
    ("PER-00012", "extends", "PER-00010"): "was extended for an additional 15 days",
    ("PER-00014", "supersedes", "PER-00010"): "resumption of the suspended terms of the procedures to",
    ("PER-00014", "supersedes", "PER-00012"): "resumption of the suspended terms of the procedures to",
    ("PER-00015", "while_in_force", "PER-00040"): "for the duration of the health emergency",
    (
        "PER-00017",
        "implements",
        "PER-00039",
    ): "the implementation of the measures within the State of National Emergency",
    ("PER-00017", "while_in_force", "PER-00038"): "during the temporary closure of the borders",
    ("PER-00020", "foresees_change_of", "INT-00001"): "revoke the United Nations Global Compact",
    ("PER-00021", "foresees_change_of", "PER-00041"): "and the Temporary Permanency Permits (PTP )",
    ("PER-00022", "same_subject_as", "PER-00023"): "for this conduct",
    ("PER-00026", "conflicts_with", "PER-00037"): "no explicit measures",
    ("PER-00031", "responds_to", "PER-00033"): "In response to a recommendation",
    ("PER-00032", "responds_to", "PER-00033"): "In response to a recommendation",
    ("PER-00036", "cites", "PER-00035"): "The Ombudsman's Office criticized that",
    ("PER-00036", "cites", "PER-00037"): "unlike the case of Peruvians stranded abroad",
}
"""The words of the page that join two acts."""

FIGURES = {
    ("emigrant_stock", None): "About 1.7 million",
    ("immigrant_stock", None): "About 153,000",
    ("asylum_claims", "VEN"): "More than 482,500",
    ("temporary_permits_granted", "VEN"): "435,000",
    ("temporary_permits_pending", "VEN"): "52,000",
    ("refugees_recognised", "VEN"): "1,200",
    ("ombuds_cases", "VEN"): "194",
    ("ombuds_cases_consultations", "VEN"): "165",
    ("ombuds_cases_lima_libertad", "VEN"): "the majority",
    ("deportees_share", "USA"): "mainly",
    ("emigrant_share", "USA"): "50%",
    ("emigrant_share", "CHL"): "21%",
    ("emigrant_share", "ARG"): "10%",
    ("emigrant_share", "ESP"): "9%",
    ("emigrant_share", "ITA"): "4.1%",
    ("emigrant_share", "JPN"): "2.3",
    ("immigrant_share", "VEN"): "24.6%",
    ("immigrant_share", "COL"): "15.3%",
    ("immigrant_share", "ESP"): "7.3%",
    ("immigrant_share", "USA"): "6.8%",
    ("immigrant_share", "ECU"): "5.3%",
    ("immigrant_share", "ARG"): "5.2%",
    ("immigrant_share", "CHL"): "4.7%",
    ("immigrant_share", "BRA"): "4.2%",
    ("immigrant_share", "CHN"): "3.7%",
    ("immigrant_share", "BOL"): "3.5%",
}
"""Every figure with a number or in words, as the page states it."""
EXACTNESS = {"About": "approx", "More than": "gt", "the majority": "majority", "mainly": "majority"}

OWN_NUMBERS = {"2020", "29"}
"""Numbers of our remarks: the year of the record, and the cases that were no consultations."""


@pytest.fixture(autouse=True, scope="module")
def peru(module_db: None) -> None:
    call_command("load_fixtures", verbosity=0)


def entries() -> Iterator[Measure]:
    yield from Measure.objects.published().prefetch_related("status_events", "relations", "citations")


# Dates


def dates_of(measure: Measure) -> set[PartialDate]:
    events = (event.date for event in measure.status_events.all())
    acts = (relation.date for relation in measure.relations.all())
    return {date for date in (measure.valid_from, measure.valid_until, *events, *acts) if date}


def test_each_day_has_the_mark_that_the_words_of_the_page_ask_for() -> None:
    """The page states day and month, and in one place the year."""
    days = {
        measure.public_id: {str(date) for date in dates_of(measure) if date.precision == "day"} for measure in entries()
    }
    stated = {public_id: {_stated(words)} for public_id, words in DATES.items()}
    inferred = {public_id: {day} for public_id, day in INFERRED.items()}
    assert {public_id: found for public_id, found in days.items() if found} == stated | inferred


def _stated(words: str) -> str:
    found = re.search(r"([A-Z][a-z]+) ([0-9]+)(?:, (20[0-9]{2}))?", words)
    assert found
    month, day, year = found.groups()
    return f"{year or '2020?'}-{[str(name) for name in MONTHS].index(month) + 1:02d}-{int(day):02d}"


def test_years_without_a_day_are_those_of_the_numbers_of_acts() -> None:
    years = {
        (measure.reference, str(date)) for measure in entries() for date in dates_of(measure) if date.precision != "day"
    }
    assert years == {
        ("017-2019", "2019"),
        ("N° 000104-2020-MIGRACIONES", "2020"),
        ("N° 000120-2020-MIGRACIONES", "2020"),
        ("309-2020-IN", "2020"),
    }


def test_durations_are_as_long_as_the_page_says_and_their_days_are_not_known() -> None:
    stated = Measure.objects.exclude(duration="").values_list("public_id", "duration", "duration_basis", "end_kind")
    assert set(stated) == {("PER-00010", "P30D", "unstated", "duration"), ("PER-00012", "P15D", "unstated", "duration")}


# What is said to hold, and what is only named


def test_nothing_is_called_in_force_and_in_operation_only_what_the_page_says_began() -> None:
    events = StatusEvent.objects.filter(status__in=["in_force", "in_operation"])
    assert set(events.values_list("measure__public_id", "status")) == {(each, "in_operation") for each in IN_OPERATION}
    assert all(any(words in passage for passage in passages_of(each)) for each, words in IN_OPERATION.items())


def test_acts_that_the_page_only_names_have_a_bare_page_each(client: Client) -> None:
    assert Counter(Measure.objects.values_list("workflow", flat=True)) == {"published": 37, "stub": 5}
    assert set(Measure.objects.named().values_list("public_id", flat=True)) == NAMED
    for stub in Measure.objects.named():
        page = client.get(stub.get_absolute_url()).content.decode()
        assert "Named, not yet recorded" in page
        assert stub.summary_en not in page
        assert set(re.findall(r"/measures/([A-Z]{3}-[0-9]{5})/", page)) - {stub.public_id} == {
            subject for subject, _type, object in RELATIONS if object == stub.public_id
        }


def test_stubs_claim_neither_a_status_nor_a_date() -> None:
    stubs = Measure.objects.filter(workflow="stub")
    assert set(stubs.values_list("status", "date", "valid_from", "valid_until")) == {("unknown", None, None, None)}


def test_each_relation_rests_on_words_of_the_page() -> None:
    related = Relation.objects.values_list("subject__public_id", "type", "object__public_id")
    assert set(related) == set(RELATIONS)


def test_resumption_of_some_procedures_ends_the_suspensions_in_part() -> None:
    """`resumes` would name what had been suspended, which the page does not list as an act."""
    ended = Relation.objects.filter(subject__public_id="PER-00014")
    assert {(each.type, each.object.public_id, each.scope, str(each.date)) for each in ended} == {
        ("supersedes", "PER-00010", "part", "2020-05-29?"),
        ("supersedes", "PER-00012", "part", "2020-05-29?"),
    }
    assert set(Relation.objects.exclude(subject__public_id="PER-00014").values_list("scope", flat=True)) == {"whole"}


def test_extension_names_the_clause_that_it_extends() -> None:
    extension = Relation.objects.get(subject__reference="N° 000120-2020-MIGRACIONES")
    assert (extension.type, extension.object.reference, extension.object.provision, str(extension.date)) == (
        "extends",
        "N° 000104-2020-MIGRACIONES",
        "(d)",
        "2020?-04-29",
    )


def test_bills_on_the_same_conduct_are_parallel_and_no_amendment() -> None:
    parallel = Relation.objects.get(type="same_subject_as")
    assert {(side.reference, side.provision) for side in (parallel.subject, parallel.object)} == {
        ("5349/2020-CR", "(c)"),
        ("5625/2020-CR", ""),
    }
    assert not Relation.objects.filter(type="amends").exists()


def test_nothing_is_called_in_force_today_without_a_check() -> None:
    measures = {measure.pk: measure for measure in Measure.objects.published()}
    groups = groups_of(measures, today())
    in_force = {measures[pk].public_id for pk, group in groups.items() if group == "in_force"}
    assert {measures[pk].public_id for pk in groups if measures[pk].checked_on} >= in_force


def test_bills_are_where_the_page_leaves_them() -> None:
    bills = Measure.objects.filter(kind="bill")
    assert set(bills.values_list("status", flat=True)) == {"introduced"}
    assert set(groups_of([bill.pk for bill in bills], today()).values()) == {"bill"}
    assert bills.count() == 7


def shares(indicator: str) -> dict[str | None, Decimal | None]:
    found = Observation.objects.filter(country="PER", indicator__key=indicator)
    return dict(found.values_list("counterpart", "value"))


def test_shares_of_emigrants_and_immigrants_leave_their_rest() -> None:
    emigrants, immigrants = shares("emigrant_share"), shares("immigrant_share")
    assert emigrants == {
        iso3: Decimal(value)
        for iso3, value in {"USA": "50", "CHL": "21", "ARG": "10", "ESP": "9", "ITA": "4.1", "JPN": "2.3"}.items()
    }
    assert immigrants == {
        iso3: Decimal(value)
        for iso3, value in {
            "VEN": "24.6", "COL": "15.3", "ESP": "7.3", "USA": "6.8", "ECU": "5.3",
            "ARG": "5.2", "CHL": "4.7", "BRA": "4.2", "CHN": "3.7", "BOL": "3.5",
        }.items()
    }  # fmt: skip
    rests = [100 - sum(value for value in part.values() if value) for part in (emigrants, immigrants)]
    assert rests == [Decimal("3.6"), Decimal("19.4")]


def test_figures_are_as_exact_as_the_page_states_them() -> None:
    figures = Observation.objects.filter(country="PER").exclude(status="O").select_related("indicator")
    found = {
        (each.indicator.key, each.counterpart_id): (each.qualifier, each.value)
        for each in figures
        if each.indicator.unit_id != "rank"
    }
    assert found == {key: (_exactness(words), _number(words)) for key, words in FIGURES.items()}
    assert {(each.qualifier, each.status) for each in figures} == {
        ("approx", "E"),
        ("eq", "A"),
        ("gt", "A"),
        ("majority", "A"),
    }


def _exactness(words: str) -> str:
    return next((qualifier for said, qualifier in EXACTNESS.items() if words.startswith(said)), "eq")


def _number(words: str) -> Decimal | None:
    digits = re.search(r"[0-9][0-9.,]*", words)
    if digits is None:
        return None
    return Decimal(digits[0].replace(",", "")) * (1_000_000 if "million" in words else 1)


def test_ranks_and_periods_are_those_of_the_page() -> None:
    ranks = Observation.objects.filter(country="PER", indicator__unit="rank").values_list("indicator__key", "value")
    assert dict(ranks) == {"host_rank_protection": 1, "host_rank_total": 2}
    periods = Observation.objects.filter(country="PER").values_list("indicator__key", "period")
    assert {key: str(period) for key, period in periods if period} == {
        "refugees_recognised": "2016/2019",
        "ombuds_cases": "2020?-03-16/2020?-05-07",
        "ombuds_cases_consultations": "2020?-03-16/2020?-05-07",
        "ombuds_cases_lima_libertad": "2020?-03-16/2020?-05-07",
    }


def test_poverty_rate_is_missing_and_not_zero() -> None:
    poverty = Observation.objects.get(country="PER", indicator__key="poverty_rate")
    assert (poverty.value, poverty.status) == (None, "O")


def test_peru_has_its_five_roles() -> None:
    assert set(MobilityRole.objects.filter(country="PER").values_list("role", flat=True)) == {
        "sending",
        "destination",
        "transit",
        "refugee_host",
        "deportee_receiving",
    }


def test_loading_again_changes_nothing() -> None:
    def versions() -> dict[str, int]:
        return dict(Measure.objects.values_list("public_id", "record_version"))

    before, events = versions(), Measure.pgh_event_model.objects.count()  # type: ignore[attr-defined]  # set by track_history
    call_command("load_fixtures", verbosity=0)
    assert (versions(), Measure.pgh_event_model.objects.count()) == (before, events)  # type: ignore[attr-defined]  # set by track_history


# Sentences and quotes


def sentences() -> list[dict[str, str]]:
    """The rows of peru_sentences.csv: a record, a sentence of ours, and the words of the page that it rests on.

    A sentence without such words is a remark of ours: what the page does not say, or how we read it.
    """
    with Path(__file__).with_name("peru_sentences.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def passages_of(record: str) -> list[str]:
    return [row["passage"] for row in sentences() if row["record"] == record]


def published_texts() -> dict[str, dict[str, str]]:
    """The texts of each entry by language, and those of the profile by role."""
    texts = {
        measure.public_id: {language: getattr(measure, f"summary_{language}") for language in ("en", "es", "pt")}
        for measure in entries()
    }
    return texts | {
        role.role_id: {language: getattr(role, f"narrative_{language}") for language in ("en", "es", "pt")}
        for role in MobilityRole.objects.filter(country="PER").select_related("role")
    }


def test_each_published_sentence_is_listed_with_what_it_rests_on() -> None:
    texts = {
        record: " ".join(row["sentence"] for row in sentences() if row["record"] == record) for record in records()
    }
    assert texts == {record: text["en"] for record, text in published_texts().items()}


def records() -> list[str]:
    return list(dict.fromkeys(row["record"] for row in sentences()))


def test_numbers_of_a_sentence_stand_in_its_passage() -> None:
    strays = {
        (row["sentence"], number)
        for row in sentences()
        for number in numbers(row["sentence"]) - numbers(row["passage"])
        if row["passage"] or number not in OWN_NUMBERS
    }
    assert strays == set()


def test_numbers_of_a_title_stand_in_the_passages_of_its_entry() -> None:
    for measure in entries():
        title = measure.title_en.replace("COVID-19", "")
        assert numbers(title) <= numbers(" ".join(passages_of(measure.public_id))), measure


def test_three_languages_state_the_same_numbers() -> None:
    for record, texts in published_texts().items():
        assert numbers(texts["es"]) == numbers(texts["en"]) == numbers(texts["pt"]), record
    for measure in entries():
        assert numbers(measure.title_es) == numbers(measure.title_en) == numbers(measure.title_pt), measure


def numbers(text: str) -> set[str]:
    """Numbers in digits, as one language or another writes them: `482,500`, `482 500`, `60 mil`, `1,7`."""
    joined = re.sub(r"(?<=[0-9])[ \u00a0.,](?=[0-9]{3}(?![0-9]))", "", text)
    joined = re.sub(r"([0-9]+) mil\b", r"\g<1>000", joined)
    return {found.replace(",", ".") for found in re.findall(r"[0-9]+(?:[.,][0-9]+)?", joined)}


def test_passages_are_short() -> None:
    """The page belongs to others; what stands here of it is a quotation."""
    assert max(len(piece) for row in sentences() for piece in row["passage"].split(" … ")) < 120


def test_quotes_are_cited_with_their_place_and_no_longer_than_a_quote() -> None:
    quotes = Citation.objects.exclude(quote="")
    assert {quote.locator.rpartition(" ")[0] for quote in quotes} == {"list of measures, item"}
    assert all(quote.field for quote in quotes)
    assert max(len(quote.quote) for quote in quotes) <= 600
    assert {quote.measure.public_id for quote in quotes} >= {"PER-00015", "PER-00018", "PER-00019", "PER-00027"}


def test_words_in_quotation_marks_are_those_of_a_quote() -> None:
    for measure in entries():
        quotes = [citation.quote for citation in measure.citations.all()]
        for words in re.findall(r"“([^”]+)”", f"{measure.title_en} {measure.summary_en}"):
            assert words in quotes, measure


def test_quote_stands_on_the_page_of_its_entry_and_loading_it_is_no_revision(client: Client) -> None:
    page = client.get("/measures/PER-00020/").content.decode()
    assert '<blockquote lang="en">revoke the United Nations Global Compact' in page
    assert "What changed since it was published" not in page
