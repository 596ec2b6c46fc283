"""Requests designed to be expensive: each is refused, or costs no more than an ordinary one."""

from itertools import product

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from measures.archive.listing import search
from measures.listing.facets import SUGGESTIONS, unknown_among
from measures.search.matching import MOST_WORDS
from observatory.middleware import questions
from observatory.middleware.questions import (
    LONGEST_COOKIES,
    LONGEST_PATH,
    LONGEST_QUERY,
    LONGEST_VALUE,
    MOST_PARAMETERS,
    MOST_VALUES,
)
from tests import factories as make

pytestmark = pytest.mark.django_db

FILES = ["/measures.csv", "/measures.xlsx", "/measures.parquet", "/archive.csv"]
LISTS = ["/measures/", "/countries/peru/", "/archive/", *FILES]
MORE = ["/", "/map.csv", "/countries/peru/profile/", "/countries/peru/series.csv", "/countries/peru/series.svg"]
READ_BY_PAGE = {"/": "on", "/archive/": "kind", "/countries/peru/profile/": "as_of"}
"""A parameter that the page reads, where it is not a topic; a file is given every parameter."""


@pytest.fixture(autouse=True)
def entry() -> None:
    """One entry of Peru."""
    make.measure(title_en="Closing of borders")


@pytest.mark.parametrize("path", [*LISTS, *MORE])
def test_too_many_values_are_refused_by_name_without_a_query(client: Client, path: str) -> None:
    name = READ_BY_PAGE.get(path, "topic")
    query = "&".join(f"{name}=x{number}" for number in range(MOST_VALUES + 1))
    client.get(path)  # fill per-process caches
    with CaptureQueriesContext(connection) as made:
        response = client.get(f"{path}?{query}")
    assert response.status_code == 400
    assert f"“{name}” has {MOST_VALUES + 1} values. At most {MOST_VALUES} are allowed." in response.text
    assert len(made) == 0


@pytest.mark.parametrize("path", [*LISTS, *MORE])
def test_query_that_is_too_long_is_refused(client: Client, path: str) -> None:
    query = "&".join(f"topic=x{number}" for number in range(4900))
    response = client.get(f"{path}?{query}")
    assert response.status_code == 400
    assert f"more than {LONGEST_QUERY} characters after the question mark" in response.text
    assert "x4899" not in response.text


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        *product(LISTS, ["q", "sort"]),
        *product(["/", "/map.csv"], ["indicator", "on"]),
        ("/countries/peru/profile/", "as_of"),
        *product([*FILES, "/map.csv", "/countries/peru/series.csv", "/countries/peru/series.svg"], ["series", "any"]),
    ],
)
def test_value_that_is_too_long_is_refused_by_name(client: Client, path: str, parameter: str) -> None:
    response = client.get(path, {parameter: "é" * (LONGEST_VALUE + 1)})
    assert response.status_code == 400
    assert f"“{parameter}” has a value of more than {LONGEST_VALUE} characters." in response.text


def test_refusal_is_in_the_language_of_the_address_and_of_the_kind_that_was_asked_for(client: Client) -> None:
    long = "x" * (LONGEST_VALUE + 1)
    page, file = client.get("/es/measures/", {"q": long}), client.get("/measures.csv", {"q": long})
    assert page.headers["Content-Language"] == "es"
    assert page.headers["Content-Type"].startswith("text/html")
    assert file.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_long_path_is_refused(client: Client) -> None:
    for path in (f"/reference/{'1' * LONGEST_PATH}/", f"/{'x/' * LONGEST_PATH}"):
        response = client.get(path)
        assert (response.status_code, "1" * 100 in response.text) == (400, False)
        assert f"more than {LONGEST_PATH} characters before the question mark" in response.text


def test_cookies_that_are_too_long_are_refused(client: Client) -> None:
    response = client.get("/", headers={"cookie": f"a={'x' * LONGEST_COOKIES}"})
    assert response.status_code == 400
    assert f"more than {LONGEST_COOKIES} characters of cookies" in response.text


def test_paths_of_strangers_are_not_remembered_beyond_a_length(client: Client) -> None:
    client.get("/measures/")
    before = questions._page_of.cache_info()
    client.get(f"/reference/{'1' * 300}/")
    after = questions._page_of.cache_info()
    assert (after.currsize, after.misses) == (before.currsize, before.misses)


def test_letters_of_strangers_are_not_remembered_without_end() -> None:
    for code in range(0x4E00, 0x4E00 + 3000):
        search._beginnings(chr(code))
    assert search._any_form.cache_info().currsize <= 1024


@pytest.mark.parametrize("values", [10, 4900])
def test_only_the_first_unknown_values_are_compared_with_what_is_known(values: int) -> None:
    found = unknown_among([f"helth{number}" for number in range(values)], {"health", "work"})
    assert len(found) == values
    assert list(found.values()) == ["health"] * SUGGESTIONS + [""] * (values - SUGGESTIONS)


@pytest.mark.parametrize("path", ["/measures/", "/countries/peru/", "/archive/"])
@pytest.mark.parametrize("parameter", ["topic", "body", "group", "nationality", "kind", "country", "publisher", "no"])
def test_queries_do_not_grow_with_values(client: Client, path: str, parameter: str) -> None:
    numbers = []
    for values in (1, 1, MOST_VALUES):
        with CaptureQueriesContext(connection) as made:
            client.get(path, {parameter: [f"x{number}" for number in range(values)]})
        numbers.append(len(made))
    assert numbers[1] == numbers[2]


def test_too_many_values_of_all_parameters_are_refused(client: Client) -> None:
    half = [f"x{number}" for number in range(MOST_PARAMETERS // 2 + 1)]
    response = client.get("/measures/", {"topic": half, "kind": half})
    assert response.status_code == 400
    assert f"“kind”, “topic” have {2 * len(half)} values. At most {MOST_PARAMETERS} are allowed." in response.text


def test_page_of_as_many_values_as_may_be_asked_for_stays_small(client: Client) -> None:
    keys = [f"a_topic_{number}" for number in range(MOST_VALUES)]
    for key in keys:
        make.topic(key=key)
    response = client.get("/measures/", {"topic": keys})
    assert response.status_code == 200
    assert len(response.content) < 500_000


# Words


@pytest.mark.parametrize("path", ["/measures/", "/countries/peru/", "/archive/", "/measures.csv"])
def test_too_many_words_are_refused(client: Client, path: str) -> None:
    response = client.get(path, {"q": "a " * (MOST_WORDS + 1)})
    assert response.status_code == 400
    assert f"at most {MOST_WORDS} words" in response.text
    assert client.get(path, {"q": "ab " * MOST_WORDS}).status_code == 200


HARD = [
    "or " * 60,
    "a or " * 40,
    "-a " * 40,
    '"' * 200,
    '"the of" ' * 20,
    "the of and in to " * 8,
    "a",
    "a:*|b&!c<->d",
    "((((((((((" * 20,
    "é" * 200,
    "x" * 200,
    "1/" * 100,
    "\\" * 200,
    "%" * 200,
    "_" * 200,
]


@pytest.mark.parametrize("words", HARD)
@pytest.mark.parametrize("path", ["/measures/", "/archive/"])
def test_hard_words_are_answered_with_no_more_queries_than_plain_ones(client: Client, path: str, words: str) -> None:
    numbers = []
    for asked in ("borders", "zeppelin borders", words):
        with CaptureQueriesContext(connection) as made:
            response = client.get(path, {"q": asked})
        numbers.append(len(made))
    assert response.status_code in (200, 400)
    assert numbers[2] <= max(numbers[:2]) + 6  # the words that it may look up as suggestions


def test_address_of_a_number_asks_no_more_than_four_queries(client: Client) -> None:
    for reference in ("none", "Decreto Supremo N° 104-2020", "1" * 800, "-" * 800):
        client.get(f"/reference/{reference}/")
        with CaptureQueriesContext(connection) as made:
            assert client.get(f"/reference/{reference}/").status_code == 404
        asked = [query["sql"] for query in made if "foundation_publicchange" not in query["sql"]]
        assert len(asked) <= 4
