"""MeasureFilter: what each parameter selects, errors are reported, and the URL is the entire state."""

from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from measures.listing import filters
from measures.listing.filters import MeasureFilter
from measures.views import listing
from tests import factories as make

pytestmark = pytest.mark.django_db


def filtered(query: str, **options: Any) -> MeasureFilter:
    return MeasureFilter(QueryDict(query), **options)


def found(query: str, **options: Any) -> list[str]:
    """The titles that a query string gives, in order; memory and database have to agree."""
    filter = filtered(query, **options)
    titles = dict(filter.matching.order_by().values_list("pk", "title_en"))
    ids = filter.ids.tolist()
    assert sorted(ids) == sorted(titles)
    return [titles[pk] for pk in ids]


def problems(query: str) -> list[tuple[str, str]]:
    return [(problem.parameter, problem.message) for problem in filtered(query).problems]


def test_drafts_stubs_and_retired_are_never_found() -> None:
    make.measure(title_en="Public")
    for workflow in ("stub", "draft", "in_review", "retired"):
        make.measure(workflow=workflow, title_en=workflow)
    assert found("") == ["Public"]


def test_topic_of_the_upper_level_takes_in_those_below() -> None:
    make.measure(title_en="Access", topics=("health.access",))
    make.measure(title_en="Second tag", topics=("work.permit", "health.insurance"))
    make.measure(title_en="Health itself", topics=("health",))
    make.measure(title_en="Work", topics=("work",))
    assert set(found("topic=health")) == {"Access", "Second tag", "Health itself"}
    assert found("topic=health.insurance") == ["Second tag"]


def test_values_of_a_facet_are_alternatives_and_facets_add_up() -> None:
    make.measure(title_en="Decree on health", topics=("health.access",))
    make.measure(title_en="Decree on work", topics=("work.permit",))
    make.measure(title_en="Bill on work", kind="bill", topics=("work.permit",))
    make.measure(title_en="Bill on borders", kind="bill", topics=("border.control",))
    assert set(found("topic=health&topic=work")) == {"Decree on health", "Decree on work", "Bill on work"}
    assert found("topic=health&topic=work&family=bill") == ["Bill on work"]


@pytest.mark.parametrize(
    "query",
    [
        "group=asylum_seekers",
        "kind=law",
        "family=norm",
        "status=ended",
        "direction=more_restrictive",
        "body=pcm",
        "body=PER:pcm",
        "body=PER:further",
        "nationality=VEN",
        "level=subnational",
        "area=PE-LOR",
        "evidence=disputed",
        "country=PER",
        "precision=month",
        "on=2020-05-15",
        "q=curfew",
        "q=N° 00104 / 2020",
    ],
)
def test_each_parameter_finds_what_bears_it_alone(query: str) -> None:
    make.measure(
        title_en="Curfew",
        kind="law",
        reference="104-2020",
        groups=("asylum_seekers",),
        origins=(make.country(iso3="VEN"),),
        issuing_body=make.issuing_body(key="pcm", country=make.country()),
        further_bodies=(make.issuing_body(key="further", country=make.country()),),
        level="subnational",
        areas=(make.area(),),
        direction="more_restrictive",
        evidence="disputed",
        valid_from="2020-05",
        valid_until="2020-06-30",
        end_kind="fixed_date",
        events=(("in_force", "2020-05"), ("expired", "2020-06-30")),
    )
    make.measure(title_en="Other", kind="announcement", country=make.country(iso3="ECU"), valid_from="2021-01-01")
    assert found(query) == ["Curfew"]


def test_international_bodies_have_a_country_of_their_own() -> None:
    make.measure(title_en="Peru")
    treaty = make.measure(title_en="Compact", kind="treaty")
    treaty.public_id, treaty.country, treaty.level = "INT-00001", None, "supranational"
    treaty.save()
    assert found("country=INT") == ["Compact"]
    assert set(found("country=INT&country=PER")) == {"Compact", "Peru"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("from=2020-05-30", {"June", "Year 2020"}),
        ("from=2020-05", {"29 May", "June", "Year 2020"}),
        ("to=2020-05-28", {"Year 2020", "2019"}),
        ("from=2020&to=2020-05-29", {"29 May", "Year 2020"}),
        ("from=2020-06-15&to=2020-06-15", {"June", "Year 2020"}),
        ("to=2019", {"2019"}),
        ("from=2021", set()),
    ],
)
def test_dates_overlap_at_any_precision_and_undated_entries_stay_out(query: str, expected: set[str]) -> None:
    for title, date in (
        ("29 May", "2020-05-29"),
        ("June", "2020-06"),
        ("Year 2020", "2020?"),
        ("2019", "2019"),
        ("Undated", ""),
    ):
        make.measure(title_en=title, events=(("in_force", date),))
    assert set(found(query)) == expected


def test_validity_tells_the_date_of_an_event_more_closely() -> None:
    make.measure(title_en="Later in force", events=(("enacted", "2020"),), valid_from="2020-04-29")
    assert found("from=2020-05") == []
    assert found("precision=day") == ["Later in force"]


def test_changed_since_a_day() -> None:
    make.measure(title_en="New")
    assert found("updated_since=2001") == ["New"]
    assert found("updated_since=2199") == []


def test_entries_come_in_the_order_asked_for() -> None:
    for title, date in (
        ("May", "2020-05-02"),
        ("Undated", ""),
        ("March", "2020-03"),
        ("Border in April", "2020-04-01"),
    ):
        make.measure(title_en=title, summary_en="The border is mentioned.", events=(("in_force", date),))
    assert found("") == ["May", "Border in April", "March", "Undated"]
    assert found("sort=oldest") == ["March", "Border in April", "May", "Undated"]
    assert found("", sort="oldest") == ["March", "Border in April", "May", "Undated"]
    assert found("q=border")[0] == "Border in April"
    assert found("q=border&sort=newest")[0] == "May"
    assert found("sort=relevance") == found("sort=newest")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("colour=red", [("colour", "This filter does not exist.")]),
        ("status=inforce", [("status", "“inforce” is not available here. Did you mean “in_force”?")]),
        ("topic=helth.acces", [("topic", "“helth.acces” is not available here. Did you mean “health.access”?")]),
        ("body=XYZ:nobody", [("body", "“XYZ:nobody” is not available here.")]),
        ("nationality=ve%00", [("nationality", "“ve\x00” is not available here.")]),
        ("on=2020-05", [("on", "“2020-05” is not a date. Write it as 2020-05-29.")]),
        ("from=May", [("from", "“May” is not a date. Write a year, month or day: 2020, 2020-05 or 2020-05-29.")]),
        ("from=2020&from=2021", [("from", "This filter may be given only once.")]),
        ("from=2020-06&to=2020-05", [("to", "May 2020 is before June 2020.")]),
        ("sort=best", [("sort", "Write newest, oldest or relevance.")]),
        ("page=0", [("page", "Ensure this value is greater than or equal to 1.")]),
        ("page=two", [("page", "Enter a whole number.")]),
        ("q=a%00b", [("q", "Null characters are not allowed.")]),
    ],
)
def test_bad_parameter_is_named_and_gives_nothing(query: str, expected: list[tuple[str, str]]) -> None:
    make.measure()
    assert problems(query) == expected
    assert found(query) == []


def test_bad_date_says_what_would_be_right() -> None:
    [(parameter, message)] = problems("from=soon")
    assert parameter == "from"
    assert "2020-05-29" in message


def test_empty_boxes_of_the_form_are_no_problem() -> None:
    make.measure(title_en="There")
    assert found("from=&to=&on=&q=&topic=&sort=&page=") == ["There"]
    assert not filtered("q=&topic=").is_narrowed


def test_country_page_knows_no_country_parameter() -> None:
    peru, ecuador = make.country(), make.country(iso3="ECU")
    make.measure(title_en="Peru", country=peru)
    make.measure(title_en="Ecuador", country=ecuador)
    assert found("", country=ecuador) == ["Ecuador"]
    assert [p.parameter for p in filtered("country=PER", country=ecuador).problems] == ["country"]


def test_chips_name_what_is_chosen_and_lead_to_the_rest() -> None:
    make.measure(origins=(make.country(iso3="VEN"),))
    query = "topic=health&nationality=VEN&from=2020-05&q=border&page=3&sort=oldest"
    chips = {chip.label: chip.query for chip in filtered(query).chips}
    assert chips == {
        "Health": "?nationality=VEN&from=2020-05&q=border&sort=oldest",
        "Nationality named: Venezuela": "?topic=health&from=2020-05&q=border&sort=oldest",
        "From May 2020": "?topic=health&nationality=VEN&q=border&sort=oldest",
        "“border”": "?topic=health&nationality=VEN&from=2020-05&sort=oldest",
    }


def test_chip_of_one_value_keeps_the_others_of_its_facet() -> None:
    make.topic(key="work")
    make.topic(key="health")
    assert {chip.query for chip in filtered("topic=health&topic=work").chips} == {"?topic=health", "?topic=work"}


def test_query_of_another_page_drops_empty_boxes() -> None:
    assert filtered("q=&topic=&from=2020&page=4").query(sort="newest") == "?from=2020&sort=newest"
    assert filtered("page=4").query() == "?"


def test_of_many_hits_the_newest_are_ranked_and_the_page_says_so(
    monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    for module in (filters, listing):
        monkeypatch.setattr(module, "RANKED", 2)
    for title, date in (("Border, oldest", "2018"), ("Second", "2020"), ("Border, newest but one", "2019")):
        make.measure(title_en=title, summary_en="The border is mentioned.", events=(("in_force", date),))

    assert found("q=border") == ["Border, newest but one", "Second", "Border, oldest"]
    assert "The newest 2 are in order of relevance" in client.get("/measures/?q=border").text
    assert "are in order of relevance" not in client.get("/measures/?q=oldest").text
    assert "are in order of relevance" not in client.get("/measures/?q=border&sort=newest").text


def test_words_bring_the_best_match_first_unless_another_order_was_chosen(client: Client) -> None:
    make.measure(title_en="Border")
    assert '<option value="" selected>Newest first</option>' in client.get("/measures/").text
    assert '<option value="" selected>Best match first</option>' in client.get("/measures/?q=border&sort=").text
    assert '<option value="oldest" selected>Oldest first</option>' in client.get("/measures/?q=border&sort=oldest").text


def test_bound_of_a_filter_may_have_an_inferred_year() -> None:
    make.measure(title_en="May", kind="bill", events=(("introduced", "2020?-05-25"),))
    make.measure(title_en="June", kind="bill", events=(("introduced", "2020?-06-25"),))
    assert found("from=2020?-05&to=2020?-05") == ["May"]
    assert found("from=2020-05-25&to=2020-05-25") == ["May"]
