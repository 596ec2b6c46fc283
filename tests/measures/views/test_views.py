"""Pages of countries and measures: their content, access, and number of queries."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from countries.models import Country
from foundation.days import today
from measures import workflow
from measures.models import Citation, Measure
from measures.validity.store import settle
from tests import factories as make

pytestmark = pytest.mark.django_db


def words(response: Any) -> str:
    """The text of a page, without markup, links to report an error, and with collapsed spaces."""
    html = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    html = re.sub(r'<a class="report-field-link".*?</a>', " ", html)
    return re.sub(r"\s+", " ", strip_tags(html)).strip()


def ids(response: Any) -> list[str]:
    """The entries of a list, in order."""
    return re.findall(r'<li id="entry-([A-Z]{3}-\d+)"', response.content.decode())


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code in (200, 400)
    return len(captured)


@pytest.fixture
def peru() -> Country:
    return make.country(summary_en="A country people leave and reach.")


# A country


def test_country_counts_statements_apart_from_measures_of_the_state(client: Client, peru: Country) -> None:
    source = make.source()
    for kind in ("law", "bill", "announcement", "criticism", "social_response"):
        make.measure(kind=kind, sources=(source,))
    said = words(client.get("/countries/peru/"))
    assert "A country people leave and reach." in said
    assert "1 source. Last change: " in said
    assert "5 entries: 3 measures of the state, 2 statements or findings." in said
    assert re.search(r"Everything 5 In force or possibly \d Bills 1 Statements 2 All filters", said)


def test_country_of_one_entry_speaks_in_the_singular(client: Client, peru: Country) -> None:
    make.measure()
    said = words(client.get("/countries/peru/"))
    assert "1 source. Last change: " in said
    assert "1 entry: 1 measure of the state." in said
    assert "1 entry by date" in said


def test_country_without_entries_says_what_that_means(client: Client, peru: Country) -> None:
    make.site(contact="people@observatory.example")
    response = client.get("/countries/peru/")
    said = words(response)
    assert "No act of Peru has been recorded, because nobody has researched them yet." in said
    assert "That says nothing about what its state did." in said
    assert 'href="mailto:people@observatory.example">Ask us, or tell us what you know' in response.text
    for absent in ("Download", "figures and texts of its profile", "name nationals", "All filters"):
        assert absent not in said


def test_country_without_entries_says_what_is_known(client: Client, peru: Country) -> None:
    make.mobility_role(country=peru)
    make.measure(country=make.country(iso3="ECU"), origins=(peru,))
    response = client.get("/countries/peru/")
    assert "What is recorded: figures and texts of its profile" in words(response)
    link = 'href="/measures/?nationality=PER#result">1 entry of other states that names nationals of Peru'
    assert link in response.text


@pytest.mark.parametrize("slug", ["atlantis", "venezuela"])
def test_country_that_is_not_covered_has_no_page(client: Client, slug: str) -> None:
    make.country(iso3="VEN", is_covered=False)
    assert client.get(f"/countries/{slug}/").status_code == 404


def test_every_mark_leads_to_an_entry_of_the_list(client: Client, peru: Country) -> None:
    for date in ("2020-05-29", "2020-05", "2020", ""):
        make.measure(events=(("in_force", date),), topics=(f"topic{len(date)}",))
    html = client.get("/countries/peru/").content.decode()
    marks = re.findall(r'href="#entry-([A-Z]{3}-\d+)"', html)
    assert sorted(marks) == sorted(re.findall(r'id="entry-([A-Z]{3}-\d+)"', html))
    assert len(marks) == 4


def test_filters_narrow_timeline_and_list_alike(client: Client, peru: Country) -> None:
    make.measure(kind="bill", topics=("work.permit",))
    found = make.measure(kind="bill", topics=("health.access",))
    make.measure(topics=("health.access",))
    response = client.get("/countries/peru/?topic=health&status=bill")
    assert ids(response) == [found.public_id]
    assert re.findall(r'href="#entry-([A-Z]{3}-\d+)"', response.content.decode()) == [found.public_id]
    said = words(response)
    assert "1 of 3 entries" in said
    assert "All filters 2 selected" in said
    assert "No entries (not checked): Work." in said


def test_country_says_how_many_were_in_force_on_a_day(client: Client, peru: Country) -> None:
    make.measure(valid_from="2020-05-01", valid_until="2020-05-31", end_kind="fixed_date")
    make.measure(valid_from="2020-04")
    make.measure(events=(("in_force", ""),))
    make.measure(kind="bill")
    said = words(client.get("/countries/peru/?on=2020-05-15"))
    assert "On 15 May 2020, 1 of them was in force; for 2, the recorded dates leave it open." in said
    assert said.count("In force on that day") == 1
    assert said.count("Possibly in force on that day") == 2


@pytest.mark.parametrize("page", ["/countries/peru/", "/measures/"])
def test_bad_parameters_are_named_and_nothing_is_shown(client: Client, peru: Country, page: str) -> None:
    make.measure()
    response = client.get(f"{page}?topc=red&status=inforce&from=soon")
    assert response.status_code == 400
    assert ids(response) == []
    said = words(response)
    assert "3 filters are invalid, so there are no results" in said
    assert "topc: This filter does not exist. Did you mean “topic”?" in said
    assert "Status (status): “inforce” is not available here. Did you mean “in_force”?" in said
    assert 'value="soon"' in response.content.decode()


@pytest.mark.parametrize("page", ["/countries/peru/", "/measures/"])
def test_parameters_that_other_sites_hang_on_an_address_are_left_out(client: Client, peru: Country, page: str) -> None:
    made = make.measure()
    response = client.get(f"{page}?utm_source=letter&fbclid=1")
    assert (response.status_code, ids(response)) == (200, [made.public_id])
    assert "utm_source" not in response.content.decode().split("<main")[1]


def test_permanent_address_is_the_same_in_every_language(client: Client) -> None:
    made = make.measure()
    assert f"http://testserver/measures/{made.public_id}/" in words(client.get(f"/es/measures/{made.public_id}/"))


def test_no_result_says_what_to_try(client: Client, peru: Country) -> None:
    make.measure()
    said = words(client.get("/countries/peru/?q=zeppelin"))
    assert "No entry matches" in said
    for hint in ("remove a filter", "check the spelling", "use fewer words", "something less specific"):
        assert hint in said


def test_entries_past_the_most_marks_become_counts_and_pages(client: Client, peru: Country) -> None:
    measures = [make.measure(events=()) for _ in range(151)]
    Measure.objects.filter(pk__in=[m.pk for m in measures[:100]]).update(date="2020-05-02")
    response = client.get("/countries/peru/?page=2")
    said = words(response)
    assert len(ids(response)) == 50
    assert "Number of entries by topic and date" in said
    assert 'href="/countries/peru/?topic=health&amp;from=2020-05&amp;to=2020-05' in response.content.decode()
    beyond = client.get("/countries/peru/?page=9")
    assert beyond.status_code == 400
    assert "Page 9 does not exist. The last page is 4." in words(beyond)


def test_country_page_offers_its_filters_as_data(client: Client, peru: Country) -> None:
    make.measure()
    html = client.get("/countries/peru/?topic=health&page=1").content.decode()
    assert 'href="/measures/?topic=health&amp;country=PER&amp;sort=oldest#result"' in html
    for ending in ("csv", "xlsx"):
        assert f'href="/measures.{ending}?topic=health&amp;country=PER&amp;sort=oldest"' in html


def test_country_page_is_cited_with_its_filters(client: Client, peru: Country) -> None:
    make.measure()
    assert words(client.get("/es/countries/peru/?topic=health&page=1")).count("/countries/peru/?topic=health ") == 1
    assert "http://testserver/countries/peru/ " in words(client.get("/countries/peru/?page=1"))


@pytest.mark.parametrize(
    "address",
    [
        "/countries/peru/",
        "/countries/peru/?topic=health&status=in_force&on=2020-05-15",
        "/measures/",
        "/measures/?q=measure",
    ],
)
def test_number_of_queries_is_fixed(client: Client, peru: Country, address: str) -> None:
    def add(number: int) -> None:
        body = make.issuing_body(key=f"body{number}", country=peru)
        make.measure(
            topics=(f"health.topic{number}",),
            groups=(f"group{number}",),
            origins=(peru,),
            issuing_body=body,
            title_en=f"Measure {number}",
        )

    add(0)
    queries(client, address)
    before = queries(client, address)
    for number in range(1, 30):
        add(number)
    assert queries(client, address) == before


def test_country_says_once_what_all_its_entries_rest_on(client: Client, peru: Country) -> None:
    page, other = make.source(title="A page", publisher="An institute"), make.source(publisher="A gazette")
    for _ in range(2):
        make.measure(sources=(page,))
    said = words(client.get("/countries/peru/"))
    assert "All 2 rest on one document: A page (An institute)." in said
    assert "Source: An institute" not in said
    make.measure(sources=(other, page))
    said = words(client.get("/countries/peru/"))
    assert "rest on one document" not in said
    assert said.count("Source: ") == 3
    assert said.count(" and 1 more") == 1


def test_shortcuts_take_the_place_of_each_other_and_count_what_they_give(client: Client, peru: Country) -> None:
    for direction, kind in (("less_restrictive", "law"), ("more_restrictive", "bill"), ("", "criticism")):
        make.measure(kind=kind, direction=direction, topics=("health.access",))
    make.measure(direction="less_restrictive", topics=("work.permit",))
    page = client.get("/countries/peru/?topic=health&direction=more_restrictive").text
    link = (
        r'<a href="([^"]*)#result" ?(aria-current="true")?>\s*(?:<svg.*?</svg>\s*)?(\w[^<]*) <span class="count">(\d+)'
    )
    found = re.findall(link, page, re.DOTALL)
    assert [(label, number, bool(current)) for _url, current, label, number in found] == [
        ("Everything", "3", False),
        ("In force or possibly", "1", False),
        ("Less restrictive", "1", False),
        ("More restrictive", "1", True),
        ("Bills", "1", False),
        ("Statements", "1", False),
    ]
    for url, _current, _label, number in found:
        assert len(ids(client.get(url.replace("&amp;", "&")))) == int(number)


def test_direction_is_on_the_mark_in_its_name_and_in_the_row(client: Client, peru: Country) -> None:
    make.measure(title_en="Closing", direction="more_restrictive")
    make.measure(title_en="Opening", direction="undetermined")
    page = client.get("/countries/peru/").text
    assert page.count('href="#direction-more_restrictive"') == 5  # shortcut, legend, mark, table over time, row
    assert re.search(r'aria-label="Closing\. [^"]*\. More restrictive\."', page)
    assert not re.search(r'aria-label="Opening\. [^"]*Cannot', page)


def test_state_of_the_record_is_told_before_the_entries(client: Client, peru: Country) -> None:
    make.measure(events=(("in_force", "2020-05-02"),), evidence="primary", checked_on=today())
    make.measure(events=(("in_force", "2020"),), evidence="secondary", checked_on=today() - timedelta(days=181))
    make.measure(events=(), evidence="secondary")
    said = words(client.get("/countries/peru/"))
    assert (
        "How complete this record is Dated to the day 1 of 3 From a primary source 1 of 3"
        " Checked in the last 180 days 1 of 3"
    ) in said
    assert said.index("How complete") < said.index("All filters") < said.index("3 entries by date")


@pytest.mark.parametrize("page", ["/countries/peru/", "/measures/"])
def test_filter_is_folded_below_chips_unless_something_is_wrong(client: Client, peru: Country, page: str) -> None:
    make.measure()
    chosen, wrong = (client.get(f"{page}?{query}").text for query in ("topic=health", "from=soon"))
    assert re.search(r'id="filters" autocomplete="off">\s*<details>', chosen)
    assert re.search(r'id="filters" autocomplete="off">\s*<details open>', wrong)
    assert chosen.index('class="shortcuts"') < chosen.index('id="filters"')
    assert chosen.count('name="q"') == 1


def test_page_of_a_list_counts_its_months_whole(client: Client, peru: Country) -> None:
    measures = [make.measure(events=()) for _ in range(151)]
    Measure.objects.filter(pk__in=[m.pk for m in measures[:70]]).update(date="2020-05-02")
    Measure.objects.filter(pk__in=[m.pk for m in measures[70:]]).update(date="2020-06-02")
    said = words(client.get("/countries/peru/?page=2"))
    assert "Entries 51 to 100 of 151" in said
    assert "May 2020 20 of 70" in said
    assert "June 2020 30 of 81" in said


# All measures


def test_list_holds_every_country_newest_first(client: Client, peru: Country) -> None:
    old = make.measure(events=(("in_force", "2019-01-01"),))
    new = make.measure(country=make.country(iso3="ECU"), events=(("in_force", "2020-01-01"),))
    response = client.get("/measures/")
    assert ids(response) == [new.public_id, old.public_id]
    assert "2 entries" in words(response)


def test_list_is_parted_into_pages_of_fifty(client: Client, peru: Country) -> None:
    for _ in range(51):
        make.measure()
    first, second = client.get("/measures/"), client.get("/measures/?page=2")
    assert (len(ids(first)), len(ids(second))) == (50, 1)
    assert "Entries, page 2 of 2" in words(second)
    assert 'href="/measures/?page=2#list"' in first.content.decode()


def test_search_marks_its_words_and_escapes_texts(client: Client, peru: Country) -> None:
    make.measure(title_en="Borders <b>shut</b>", summary_en="**All** borders & ports.")
    make.measure(title_en="Something else")
    html = client.get("/measures/?q=border").content.decode()
    assert "<mark>Borders</mark> &lt;b&gt;shut&lt;/b&gt;" in html
    assert "All <mark>borders</mark> &amp; ports." in html
    assert len(re.findall("<li id=", html)) == 1


def test_words_of_a_search_are_escaped_in_the_page(client: Client) -> None:
    html = client.get("/measures/", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in html


# One measure


def page_of(client: Client, measure: Measure, status: int = 200) -> Any:
    response = client.get(f"/measures/{measure.public_id}/")
    assert response.status_code == status
    return response


def test_measure_tells_dates_with_their_precision(client: Client) -> None:
    measure = make.measure(
        kind="law",
        valid_from="2020-05-07?",
        valid_until="2020-12",
        end_kind="fixed_date",
        events=(("enacted", "2020"), ("in_force", "2020-05-07?"), ("suspended", "")),
    )
    said = words(page_of(client, measure))
    assert "Enacted or signed 2020 Day and month not recorded" in said
    assert "In force 7 May 2020 Date inferred" in said
    assert "Suspended Date not recorded" in said
    assert "Valid from 7 May 2020 Date inferred" in said
    assert "Valid until December 2020 Day not recorded" in said
    assert "Kind of end Fixed date" in said


def test_measure_shows_relations_both_ways_to_public_entries_alone(client: Client) -> None:
    measure, older, newer = make.measure(), make.measure(title_en="Older act"), make.measure(title_en="Newer act")
    hidden = make.draft(title_en="Hidden act")
    make.relation(subject=measure, object=older)
    make.relation(subject=newer, object=measure)
    make.relation(subject=measure, object=hidden, type="cites")
    make.relation(subject=hidden, object=measure, type="amends")
    said = words(page_of(client, measure))
    assert "Extends Older act" in said
    assert "Extended by Newer act" in said
    assert "Hidden act" not in said
    assert "Cites" not in said


def test_measure_names_the_other_provisions_of_its_act(client: Client) -> None:
    for provision in ("art. 1", "art. 2"):
        make.measure(reference="N° 104-2020", provision=provision, title_en=f"Provision {provision}")
    make.draft(reference="N° 104-2020", provision="art. 3", title_en="Hidden provision")
    make.measure(kind="law", reference="104-2020", title_en="Another act")
    said = words(page_of(client, Measure.objects.get(provision="art. 1")))
    assert "Other provisions of the same act art. 2 Provision art. 2" in said
    assert "Hidden provision" not in said
    assert re.search("Other acts that this number may mean .*Another act", said)


def test_measure_shows_sources_with_their_words(client: Client) -> None:
    measure = make.measure(sources=())
    source = make.source(title="El Peruano", publisher="Editora Perú", url="https://gazette.example/1?a=1&b=2")
    Citation.objects.create(measure=measure, source=source, locator="art. 3", quote="Queda prohibido", field="summary")
    response = page_of(client, measure)
    assert (
        "What the source says Queda prohibido El Peruano, art. 3 Official gazette · Editora Perú · Spanish · supports: "
        "Summary Read it at the publisher: El Peruano no copy yet · Not looked for yet Not checked yet"
    ) in words(response)
    html = response.content.decode()
    assert 'href="https://gazette.example/1?a=1&amp;b=2"' in html
    assert re.search(r'<blockquote lang="es">\s*Queda prohibido', html)


def test_coded_values_lead_to_their_filters(client: Client, peru: Country) -> None:
    body = make.issuing_body(key="congress", country=peru)
    made = make.measure(
        kind="law", direction="more_restrictive", issuing_body=body, groups=("children",), evidence="primary"
    )
    page = page_of(client, made).text
    values = (
        "kind=law",
        "body=PER%3Acongress",
        "status=",
        "direction=more_restrictive",
        "topic=health",
        "group=children",
    )
    for value in (*values, "evidence=primary"):
        [address] = re.findall(rf'href="(/measures/\?{value}[^"]*)"', page)
        assert ids(client.get(address)) == [made.public_id], value


def test_measure_leads_to_the_report_of_an_error(client: Client) -> None:
    made = make.measure()
    page = page_of(client, made).text
    assert f'class="button-link" href="/report/?about=/measures/{made.public_id}/"' in page
    assert f'href="/measures/{made.public_id}/corrections/"' in page
    assert "How we record and check" in page


def test_source_stands_above_related_entries(client: Client) -> None:
    made = make.measure()
    make.relation(subject=made, object=make.measure())
    said = words(page_of(client, made))
    assert said.index("What the source says") < said.index("Related entries") < said.index("Is something wrong")


def test_summary_is_safe_html(client: Client) -> None:
    html = page_of(client, make.measure(summary_en="**Bold** <script>x</script>")).content.decode()
    assert "<strong>Bold</strong> &lt;script&gt;" in html


def test_text_of_another_language_says_so(client: Client) -> None:
    html = page_of(client, make.measure(title_en="", title_es="Cierre", summary_es="Todo cierra.")).content.decode()
    assert '<h1 lang="es">Cierre</h1>' in html
    assert html.count("Only in Spanish") == 2


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_measure_tells_when_it_changed_and_not_by_whom(client: Client) -> None:
    editor = make.editor(username="ana")
    measure = make.measure(by=editor)
    Measure.objects.filter(pk=measure.pk).mark_changed(by=editor, title_en="A better title")
    said = words(page_of(client, measure))
    assert "Changes since publication" in said
    assert "Title (English)" in said
    assert "version 2" in said
    assert "ana" not in said.split()


@pytest.mark.parametrize("state", ["stub", "draft", "in_review"])
def test_unpublished_measure_is_not_found(client: Client, state: str) -> None:
    page_of(client, make.measure(workflow=state), 404)


def test_retired_measure_is_gone_without_its_content(client: Client) -> None:
    measure = make.measure(title_en="Was here")
    workflow.retire(measure, by=make.editor(), note="Wrong country")
    said = words(page_of(client, measure, 410))
    assert "This record was withdrawn" in said
    assert "Was here" not in said
    assert "Reason Wrong country" in said


def test_identifier_in_small_letters_leads_on(client: Client) -> None:
    measure = make.measure()
    response = client.get(f"/es/measures/{measure.public_id.lower()}/")
    assert (response.status_code, response["Location"]) == (301, f"/es/measures/{measure.public_id}/")


def test_measure_of_an_international_body_has_no_country(client: Client) -> None:
    measure = make.measure(kind="soft_law")
    Measure.objects.filter(pk=measure.pk).update(country=None, level="supranational", public_id="INT-00001")
    response = client.get("/measures/INT-00001/")
    assert "International body" in words(response)


def test_measure_names_the_measure_while_which_it_lasts(client: Client) -> None:
    declaration = make.measure(title_en="State of emergency", valid_until="2020-12-31", end_kind="fixed_date")
    rule = make.measure(end_kind="while_measure")
    make.relation(subject=rule, object=declaration, type="while_in_force")
    page = client.get(rule.get_absolute_url())
    assert "Ended 31 December 2020 together with State of emergency" in words(page)
    assert "While another measure lasts · State of emergency" in words(page)
    assert page.content.decode().count(f'<a href="{declaration.get_absolute_url()}">') >= 2
    Measure.objects.filter(pk=declaration.pk).update(workflow="draft")
    page = client.get(rule.get_absolute_url())
    assert "Ended 31 December 2020 together with another act" in words(page)
    assert "State of emergency" not in words(page)
    assert declaration.public_id not in page.content.decode()


def test_measure_says_what_acts_upon_it(client: Client) -> None:
    old = make.measure(kind="law", events=(("in_force", "2010-01-01"),))
    new = make.measure(kind="law", reference="Law 30", events=(("in_force", "2021-02-01"),))
    make.relation(subject=new, object=old, type="repeals", date="2021-03")
    page = words(client.get(old.get_absolute_url()))
    assert "Ended · Repealed by Law 30 from March 2021 (day not recorded)" in page
    assert "Repealed by March 2021 · Law 30 Day not recorded" in page


def test_measure_leads_to_the_entries_of_its_country_before_and_after(client: Client) -> None:
    first, second, third = (make.measure(events=(("in_force", f"2020-03-0{day}"),)) for day in (1, 2, 3))
    make.measure(events=(("in_force", "2020-03-02"),), country=make.country(iso3="ECU"))
    make.draft(events=(("in_force", "2020-03-02"),))
    undated = make.measure(events=())

    def leads(measure: Measure) -> list[tuple[str, str]]:
        html = client.get(measure.get_absolute_url()).text
        return re.findall(r'<a href="/measures/([\w-]+)/" rel="(prev|next)"', html)

    assert leads(first) == [(second.public_id, "next")]
    assert leads(second) == [(first.public_id, "prev"), (third.public_id, "next")]
    assert leads(third) == [(second.public_id, "prev")]
    assert leads(undated) == []


def test_queries_of_a_measure_are_fixed(client: Client) -> None:
    measure = make.measure(groups=("children",), origins=(make.country(iso3="VEN"),), reference="1-2020")
    make.relation(subject=measure, object=make.measure())
    make.relation(subject=make.measure(), object=measure)
    address = f"/measures/{measure.public_id}/"
    settle()
    queries(client, address)
    before = queries(client, address)
    assert before == 36 + 11  # those of the index, which is not cached inside a test's transaction
    for number in range(8):
        make.relation(subject=measure, object=make.measure(topics=(f"topic{number}",)))
        make.relation(subject=make.measure(issuing_body=make.issuing_body(key=f"b{number}")), object=measure)
        make.measure(reference="1-2020", provision=f"art. {number}")
        Citation.objects.create(measure=measure, source=make.source())
        measure.target_groups.add(make.target_group(key=f"group{number}"))
        measure.topics.add(make.topic(key=f"health.topic{number}"))
    settle()
    assert queries(client, address) == before


# A legal number


@pytest.mark.parametrize(
    "spelling",
    [
        "5349/2020-CR",
        "5349-2020-CR",
        "N° 05349-2020-cr",
        "n°5349%2F2020-CR",
        "Proyecto de Ley 5349/2020-CR",
        "PL-5349-2020-CR",
    ],
)
def test_number_in_any_spelling_leads_to_its_act(client: Client, spelling: str) -> None:
    measure = make.measure(kind="bill", reference="5349/2020-CR")
    response = client.get(f"/reference/{spelling}/")
    assert (response.status_code, response["Location"]) == (302, f"/measures/{measure.public_id}/")


def test_number_of_several_provisions_lists_them(client: Client) -> None:
    second = make.measure(reference="DS 068-2020-PCM", provision="art. 2")
    first = make.measure(reference="DS 068-2020-PCM", provision="art. 1")
    make.draft(reference="DS 068-2020-PCM", provision="art. 3")
    response = client.get("/reference/d.s. 68-2020-pcm/")
    assert ids(response) == [first.public_id, second.public_id]
    assert "2 entries have this number" in words(response)


def test_number_that_lacks_its_kind_lists_all_acts_that_it_may_mean(client: Client) -> None:
    decree = make.measure(reference="068-2020-PCM")
    resolution = make.measure(kind="ministerial_resolution", reference="068-2020-PCM")
    make.draft(kind="law", reference="068-2020-PCM")
    response = client.get("/reference/68-2020-pcm/")
    assert ids(response) == [decree.public_id, resolution.public_id]
    assert "No entry is certainly meant" in words(response)
    response = client.get("/reference/RM 68-2020-pcm/")
    assert response["Location"] == f"/measures/{resolution.public_id}/"


def test_number_typed_exactly_as_one_act_has_it_leads_to_it(client: Client) -> None:
    act = make.measure(kind="emergency_decree", reference="037-2020")
    make.measure(kind="ministerial_resolution", reference="RM 037-2020-IN", title_en="Of the same number")
    response = client.get("/reference/037-2020/")
    assert (response.status_code, response["Location"]) == (302, f"/measures/{act.public_id}/")
    assert "Other acts that this number may mean" in words(page_of(client, act))
    assert len(ids(client.get("/reference/37-2020/"))) == 2


def test_part_of_a_number_lists_what_it_may_mean(client: Client) -> None:
    measure = make.measure(kind="agency_resolution", reference="N° 000104-2020-MIGRACIONES")
    make.measure(reference="1045-2020-MIGRACIONES")
    response = client.get("/reference/104/")
    assert ids(response) == [measure.public_id]
    assert "No entry is certainly meant" in words(response)


def test_other_number_of_an_act_leads_to_it(client: Client) -> None:
    act = make.measure(reference="DS 068-2020-PCM")
    make.alias(measure=act, kind="former", reference="DS 999-2019-PCM")
    hidden = make.draft()
    make.alias(measure=hidden, reference="DS 998-2019-PCM")
    response = client.get("/reference/D.S. N° 999-2019-pcm/")
    assert (response.status_code, response["Location"]) == (302, f"/measures/{act.public_id}/")
    assert client.get("/reference/DS 998-2019-PCM/").status_code == 404
    assert "Other numbers DS 999-2019-PCM Former number" in words(page_of(client, act))


@pytest.mark.parametrize("number", ["999-1999", "N%C2%B0", "..%2F..", "<b>"])
def test_unknown_number_is_not_found(client: Client, number: str) -> None:
    make.measure(reference="")
    make.draft(reference="999-1999")
    assert client.get(f"/reference/{number}/").status_code == 404


def test_unknown_number_offers_the_search(client: Client) -> None:
    response = client.get("/reference/999-1999/")
    assert 'href="/measures/?q=999-1999"' in response.content.decode()
