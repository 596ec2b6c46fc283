"""SourceFilter: what each parameter selects, errors are reported, and counts ignore their own facet."""

import pytest
from django.http import QueryDict

from measures.archive.listing import filters
from measures.archive.listing.filters import SourceFilter
from measures.models import Citation, Measure, Source
from tests import factories as make

pytestmark = pytest.mark.django_db


def filtered(query: str) -> SourceFilter:
    return SourceFilter(QueryDict(query))


def found(query: str) -> list[str]:
    """The titles that a query string gives, in order."""
    titles = dict(Source.objects.values_list("pk", "title"))
    return [titles[pk] for pk in filtered(query).ids.tolist()]


def problems(query: str) -> list[tuple[str, str]]:
    return [(problem.parameter, problem.message) for problem in filtered(query).problems]


def counts(query: str, facet: str) -> dict[str, int]:
    return {option.value: option.count for option in filtered(query).facets[facet].options}


def cited(title: str, *, country: str = "PER", **fields: object) -> Source:
    """A source that a published entry of a country cites."""
    source = make.source(title=title, **fields)
    make.measure(country=make.country(iso3=country), sources=(source,))
    return source


def test_sources_of_published_entries_alone_are_found() -> None:
    cited("Public")
    make.source(title="Nobody cites it")
    for workflow in ("stub", "draft", "in_review", "retired"):
        make.measure(workflow=workflow, sources=(make.source(title=workflow),))
    assert found("") == ["Public"]
    assert list(Source.objects.public().values_list("title", flat=True)) == ["Public"]


def test_source_leaves_with_its_last_published_entry() -> None:
    source = cited("Shared")
    make.draft(sources=(source,))
    assert found("") == ["Shared"]
    Measure.objects.published().update(workflow="in_review")
    assert found("") == []


@pytest.mark.parametrize(
    "query",
    [
        "country=ECU",
        "kind=news",
        "publisher=El Comercio",
        "language=pt",
        "year=2019",
        "link=gone",
        "q=curfew",
        "q=toque de queda",
        "country=ECU&kind=news&publisher=El Comercio&language=pt&year=2019&link=gone&q=curfew",
    ],
)
def test_each_parameter_finds_what_bears_it_alone(query: str) -> None:
    source = cited(
        "Curfew",
        country="ECU",
        kind="news",
        publisher="El Comercio",
        language="pt-BR",
        published="2019-05",
    )
    make.link(source=source, state="gone")
    make.document_text(capture=make.capture(source=source), text="Toque de queda")
    cited("Other", kind="bill_file", publisher="Congreso", language="es", published="2020")
    assert found(query) == ["Curfew"]


def test_values_of_a_facet_are_alternatives_and_facets_add_up() -> None:
    cited("News of Peru", kind="news")
    cited("Gazette of Peru")
    cited("News of Ecuador", country="ECU", kind="news")
    assert set(found("country=PER&country=ECU")) == {"News of Peru", "Gazette of Peru", "News of Ecuador"}
    assert found("country=PER&country=ECU&kind=official_gazette") == ["Gazette of Peru"]


def test_source_of_two_countries_counts_in_both_and_once_in_all() -> None:
    source = cited("Regional", country="PER")
    Citation.objects.create(measure=make.measure(country=make.country(iso3="ECU"), sources=()), source=source)
    assert counts("", "country") == {"ECU": 1, "PER": 1}
    assert found("") == ["Regional"]


def test_counts_ignore_their_own_facet_and_heed_the_others() -> None:
    cited("One", kind="news", language="es")
    cited("Two", kind="news", language="pt")
    cited("Three", kind="bill_file", language="es")
    assert counts("kind=news", "kind") == {"bill_file": 1, "news": 2}
    assert counts("kind=news", "language") == {"es": 1, "pt": 1}
    assert counts("kind=bill_file", "language") == {"es": 1, "pt": 0}
    assert counts("q=one", "kind") == {"bill_file": 0, "news": 1}


def test_rare_publishers_are_counted_and_a_chosen_one_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "LONGEST", 1)
    for publisher in ("Congreso", "Congreso", "Zeta"):
        cited("A", publisher=publisher)
    assert counts("", "publisher") == {"Congreso": 2}
    assert counts("publisher=Zeta", "publisher") == {"Congreso": 2, "Zeta": 1}
    assert filtered("").facets["publisher"].skipped == 1


def test_orders() -> None:
    cited("B undated")
    cited("Á old", published="2019")
    cited("C new", published="2020-03?")
    assert found("") == ["C new", "Á old", "B undated"]
    assert found("sort=oldest") == ["Á old", "C new", "B undated"]
    assert found("sort=title") == ["Á old", "B undated", "C new"]


def test_best_match_first_where_words_are_given() -> None:
    inside = cited("Gazette", published="2022", language="en")
    make.document_text(capture=make.capture(source=inside), text="quarantine", language="en")
    cited("Quarantine", published="2019", language="en")
    assert found("q=quarantine") == ["Quarantine", "Gazette"]
    assert found("q=quarantine&sort=newest") == ["Gazette", "Quarantine"]
    assert filtered("sort=relevance").order == "newest"


def test_best_are_ranked_among_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "RANKED", 1)
    cited("Quarantine old", published="2019", language="en")
    cited("Quarantine new", published="2020", language="en")
    assert found("q=quarantine") == ["Quarantine new", "Quarantine old"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("colour=red", [("colour", "This filter does not exist.")]),
        ("kind=newz", [("kind", "“newz” is not available here. Did you mean “news”?")]),
        ("publisher=Congres", [("publisher", "“Congres” is not available here. Did you mean “Congreso”?")]),
        ("year=1066", [("year", "“1066” is not available here.")]),
        ("sort=length", [("sort", "Write newest, oldest, title or relevance.")]),
        ("sort=newest&sort=title", [("sort", "This filter may be given only once.")]),
        ("page=0", [("page", "Ensure this value is greater than or equal to 1.")]),
        ("q=a%00b", [("q", "Null characters are not allowed.")]),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_found(query: str, expected: list[tuple[str, str]]) -> None:
    cited("A", publisher="Congreso")
    assert problems(query) == expected
    assert found(query) == []


def test_publisher_of_a_draft_is_not_suggested() -> None:
    make.draft(sources=(make.source(publisher="Zanahoria"),))
    assert problems("publisher=Zanahori") == [("publisher", "“Zanahori” is not available here.")]


def test_chips_take_back_one_choice_each() -> None:
    cited("A", kind="news", publisher="Congreso")
    chips = filtered("kind=news&publisher=Congreso&q=a&page=2").chips
    assert [(chip.label, chip.query) for chip in chips] == [
        ("News article", "?publisher=Congreso&q=a"),
        ("Congreso", "?kind=news&q=a"),
        ("“a”", "?kind=news&publisher=Congreso"),
    ]
