"""One search over entries, legal numbers, countries and documents."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from measures.search.spelling import refresh_words
from observatory.finding.interpreting import Meaning, country_named, interpret, names_of
from tests import factories

pytestmark = pytest.mark.django_db

NAMES = names_of(
    [("Peru", "PER"), ("Perú", "PER"), ("PE", "PER"), ("Chile", "CHL"), ("Trinidad y Tabago", "TTO"), ("Niger", "NER")]
)


@pytest.mark.parametrize(
    ("text", "words", "iso3", "time"),
    [
        ("border closures in Chile", "border closures", "CHL", ""),
        ("asylum in Peru, July 2020", "asylum", "PER", "2020-07"),
        ("asilo en el Perú en julio de 2020", "asilo", "PER", "2020-07"),
        ("Chile: work, 16 March 2020", "work", "CHL", "2020-03-16"),
        ("visas 2020-03", "visas", "", "2020-03"),
        ("trinidad y tabago", "", "TTO", ""),
        ("measures of 2020", "measures", "", "2020"),
        ("decree 412 de 2020", "decree 412", "", "2020"),
        ("nigeria", "nigeria", "", ""),
        ("pe", "pe", "", ""),
        ("closed for 2020 people", "closed for 2020 people", "", ""),
        ("  ", "", "", ""),
    ],
)
def test_country_and_time_are_taken_out_of_the_words(text: str, words: str, iso3: str, time: str) -> None:
    found = interpret(text, NAMES)
    assert (found.words, found.iso3, str(found.time or "")) == (words, iso3, time)


def test_name_of_a_country_alone_is_a_country() -> None:
    assert [country_named(text, NAMES) for text in ("PERU", " perú ", "Peru?", "In Peru", "pe")] == [
        "PER", "PER", "PER", "", "",
    ]  # fmt: skip


def test_meaning_of_words_alone_is_no_more_than_words() -> None:
    assert [Meaning("a").is_more_than_words, Meaning("a", "PER").is_more_than_words] == [False, True]


@pytest.fixture
def record() -> None:
    factories.country(iso3="ECU")
    factories.measure(title_en="Asylum offices closed", reference="N° 104-2020-MIGRACIONES")
    for day in (1, 2):
        factories.measure(title_en=f"Border post closed, {day}", reference="N° 68-2020-PCM", provision=f"art. {day}")
    factories.measure(
        title_en="Border open",
        country=factories.country(iso3="ECU"),
        sources=(factories.source(title="Border gazette"),),
    )


@pytest.mark.usefixtures("record")
@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ecuador", "/countries/ecuador/"),
        ("Equador", "/countries/ecuador/"),
        ("n° 104-2020-migraciones", "/measures/PER-00001/"),
        ("per-00002", "/measures/PER-00002/"),
    ],
)
def test_what_means_one_page_leads_there(client: Client, text: str, address: str) -> None:
    response = client.get("/search/", {"q": text})
    assert (response.status_code, response.headers["Location"]) == (302, address)


def _titles(html: str) -> list[str]:
    plain = re.sub(r"</?mark>", "", html)
    return re.findall(r'<a href="/(?:measures|countries|archive)/[\w-]+/"[^>]*>([^<]+)</a>', plain.split("<main")[1])


@pytest.mark.usefixtures("record")
def test_other_words_find_entries_countries_and_documents(client: Client) -> None:
    html = client.get("/search/", {"q": "border"}).text
    assert set(_titles(html)) >= {"Border open", "Border post closed, 1", "Border post closed, 2", "Border gazette"}
    assert "Understood as" not in html
    html = client.get("/search/", {"q": "border in Ecuador"}).text
    assert "Border open" in _titles(html)
    assert "Border post closed, 1" not in _titles(html)
    assert re.search(r"Understood as:\s*<b>“border”</b> ·\s*<b>Ecuador</b>", html)
    assert 'href="/measures/?q=border&amp;country=ECU"' in html


@pytest.mark.usefixtures("record")
def test_country_that_answers_nothing_is_a_word_again(client: Client) -> None:
    html = client.get("/search/", {"q": "asylum in Ecuador"}).text
    assert "Understood as" not in html
    assert client.get("/search/", {"q": "68-2020-PCM"}).status_code == 200


@pytest.mark.usefixtures("record")
def test_search_without_matches_suggests_what_would_match(client: Client) -> None:
    refresh_words()
    html = client.get("/search/", {"q": "asylun"}).text
    assert "Nothing answers to “asylun”." in html
    assert re.search(r'href="\?q=asylum">“asylum”</a>', html)


def test_search_that_cannot_be_read_is_told_so(client: Client) -> None:
    response = client.get("/search/", {"q": "x " * 41})
    assert response.status_code == 400
    assert 'id="search-words"' in response.text
    assert client.get("/search/").status_code == 200


@pytest.mark.usefixtures("record")
def test_every_example_of_the_home_page_finds_something(client: Client) -> None:
    html = client.get("/").text.split('class="search-examples"')[1].split("</p>")[0]
    links = re.findall(r'href="(/search/\?q=[^"]+)"', html)
    assert len(links) == 3
    for link in links:
        response = client.get(link)
        assert response.status_code == 302 or "Nothing answers" not in response.text


@pytest.mark.usefixtures("record")
def test_number_of_queries_of_a_search_is_fixed(client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            assert client.get("/search/", {"q": "border closed"}).status_code == 200
        return len(made)

    before = queries()
    for number in range(12):
        factories.measure(title_en=f"Border closed {number}", sources=(factories.source(title=f"Border {number}"),))
    assert queries() == before
