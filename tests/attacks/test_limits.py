"""Rate limits on files, searches and uncached pages per client address; other clients are not affected."""

import hashlib

import pytest
from django.http import HttpResponseBase
from django.test import Client
from pytest_django import Settings

from measures.models import Capture
from tests import factories as make

pytestmark = pytest.mark.django_db

ELSEWHERE = "198.51.100.7"


@pytest.fixture(autouse=True)
def few(settings: Settings) -> None:
    """Small limits, a page cache, one entry."""
    settings.PAGE_CACHE_MB = 1
    settings.DOWNLOADS_PER_MINUTE, settings.SEARCHES_PER_MINUTE, settings.PAGES_PER_MINUTE = 3, 4, 5
    make.measure(title_en="Closing of borders", reference="7-2020")


def _statuses(client: Client, paths: list[str], address: str = "127.0.0.1") -> list[int]:
    found = []
    for path in paths:
        response = client.get(path, REMOTE_ADDR=address)
        response.getvalue()
        found.append(response.status_code)
    return found


def _is_plain_refusal(response: HttpResponseBase) -> bool:
    return response.status_code == 429 and 1 <= int(response.headers["Retry-After"]) <= 60


FILES = ["/measures.csv", "/measures.xlsx", "/map.csv", "/archive.csv", "/es/measures.csv"]


def test_downloads_of_an_address_are_counted_together(client: Client) -> None:
    assert _statuses(client, FILES) == [200, 200, 200, 429, 429]
    refused = client.get("/measures.csv")
    assert _is_plain_refusal(refused)
    assert refused.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "There were too many downloads from your address or network in the last minute." in refused.text
    assert "measures.csv" not in refused.text  # which is limited as well
    assert refused.headers["Cache-Control"] == "no-store"
    assert _statuses(client, ["/measures.csv"], ELSEWHERE) == [200]
    assert client.get("/measures/").status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/measures/?q={}", "/api/v1/sources/?q={}", "/measures.csv?q={}"])
def test_search_counts_as_one_whatever_answers_it(client: Client, settings: Settings, path: str) -> None:
    settings.API_PER_MINUTE, settings.DOWNLOADS_PER_MINUTE, settings.SEARCHES_PER_MINUTE = 4, 4, 2
    assert _statuses(client, [path.format(word) for word in "abcd"]) == [200, 200, 429, 429]
    refused = client.get(path.format("e"))
    assert "There were too many searches" in refused.text
    assert (refused["RateLimit-Limit"], refused["RateLimit-Remaining"]) == ("2", "0")
    kind = path.partition("?")[0]
    assert client.get(kind)["RateLimit-Remaining"] == "1"  # refused searches are not counted twice
    assert _statuses(client, ["/measures/?q=a"]) == [429]


def test_processes_share_a_limit(client: Client, settings: Settings) -> None:
    settings.WEB_WORKERS, settings.DOWNLOADS_PER_MINUTE = 2, 5
    assert _statuses(client, FILES) == [200, 200, 200, 429, 429]


def test_copies_of_sources_are_downloads(client: Client) -> None:
    paths = [f"/archive/none/{hashlib.sha256(bytes([number])).hexdigest()}" for number in range(5)]
    assert _statuses(client, paths) == [404, 404, 404, 429, 429]
    assert not Capture.objects.exists()


def test_neighbours_of_ipv6_are_one_address(client: Client) -> None:
    addresses = [f"2001:db8:1:2::{number:x}" for number in range(5)]
    assert [client.get("/measures.csv", REMOTE_ADDR=a).status_code for a in addresses] == [200, 200, 200, 429, 429]
    assert client.get("/measures.csv", REMOTE_ADDR="2001:db8:1:3::1").status_code == 200


def test_forged_header_is_no_other_address(client: Client, settings: Settings) -> None:
    forged = [client.get("/measures.csv", headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code for n in range(5)]
    assert forged == [200, 200, 200, 429, 429]
    settings.TRUST_PROXY = True
    assert client.get("/measures.csv", headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 200


@pytest.mark.parametrize("page", ["/measures/", "/countries/peru/", "/archive/"])
def test_searches_are_counted_and_those_that_are_ready_are_not(client: Client, page: str) -> None:
    assert _statuses(client, [f"{page}?q=word{number}" for number in range(5)]) == [200] * 4 + [429]
    assert _statuses(client, [f"{page}?q=word{number}" for number in range(4)] * 3) == [200] * 12
    refused = client.get(f"{page}?q=more")
    assert _is_plain_refusal(refused)
    assert "<h1>Too many requests</h1>" in refused.text
    assert '<a href="/measures.csv" rel="nofollow">All entries in one file (CSV)</a>' in refused.text
    assert _statuses(client, [f"{page}?q=more"], ELSEWHERE) == [200]


def test_pages_that_are_not_ready_are_counted(client: Client) -> None:
    assert _statuses(client, [f"/reference/{number}/" for number in range(6)]) == [404] * 5 + [429]
    assert client.get("/about/").status_code == 429
    assert _statuses(client, ["/about/"], ELSEWHERE) == [200]
    assert client.get("/about/").status_code == 200  # cached by now


def test_ready_pages_and_not_modified_are_not_counted(client: Client) -> None:
    tag = client.get("/countries/peru/").headers["ETag"]
    assert _statuses(client, ["/countries/peru/"] * 20) == [200] * 20
    known = [client.get("/countries/peru/", headers={"If-None-Match": tag}).status_code for _time in range(20)]
    assert known == [304] * 20
    assert _statuses(client, ["/about/"]) == [200]


def test_who_has_signed_in_is_not_limited(client: Client) -> None:
    client.force_login(make.editor())
    assert _statuses(client, ["/measures.csv"] * 6 + [f"/measures/?q={n}" for n in range(6)]) == [200] * 12


def test_made_up_session_is_limited(client: Client) -> None:
    client.cookies["sessionid"] = "a" * 40
    assert _statuses(client, ["/measures.csv"] * 4) == [200, 200, 200, 429]


def test_no_limit_is_no_limit(client: Client, settings: Settings) -> None:
    settings.DOWNLOADS_PER_MINUTE = settings.SEARCHES_PER_MINUTE = settings.PAGES_PER_MINUTE = 0
    assert _statuses(client, ["/measures.csv"] * 8 + [f"/measures/?q={n}" for n in range(8)]) == [200] * 16


def test_without_a_cache_pages_are_not_counted(client: Client, settings: Settings) -> None:
    settings.PAGE_CACHE_MB = 0
    assert _statuses(client, ["/about/"] * 8) == [200] * 8
