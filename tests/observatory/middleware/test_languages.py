"""The language of a page follows its address and nothing else."""

import re

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def _language(html: str) -> str:
    found = re.search(r'<html lang="(\w+)"', html)
    assert found
    return found[1]


@pytest.mark.parametrize(("path", "language"), [("/about/", "en"), ("/es/about/", "es"), ("/pt/about/", "pt")])
def test_language_follows_the_address(client: Client, path: str, language: str) -> None:
    response = client.get(path, headers={"accept-language": "pt"})
    assert (response.status_code, response.headers["Content-Language"]) == (200, language)
    assert _language(response.text) == language


def test_cookie_changes_no_language(client: Client) -> None:
    client.cookies["django_language"] = "es"
    response = client.get("/about/")
    assert _language(response.text) == "en"


def test_public_pages_are_the_same_for_everyone(client: Client) -> None:
    """No cookie is set and none is asked for, so that a cache may share the page."""
    for path in ("/", "/es/countries/", "/pt/about/", "/accessibility/"):
        response = client.get(path, headers={"accept-language": "es"})
        assert (response.status_code, response.headers.get("Vary"), dict(response.cookies)) == (
            200,
            "Accept-Encoding",
            {},
        )


def test_language_links_keep_page_and_filters(client: Client) -> None:
    html = client.get("/es/measures/?topic=health&topic=asylum").text
    links = re.findall(r'<a href="([^"]+)"\s+lang="(\w\w)"', html)
    assert links == [
        ("/measures/?topic=asylum&amp;topic=health", "en"),
        ("/es/measures/?topic=asylum&amp;topic=health", "es"),
        ("/pt/measures/?topic=asylum&amp;topic=health", "pt"),
    ]


def test_head_names_each_translation_and_the_default(client: Client) -> None:
    html = client.get("/pt/about/").text
    assert re.findall(r'hreflang="([\w-]+)" href="([^"]+)"', html) == [
        ("en", "http://testserver/about/"),
        ("es", "http://testserver/es/about/"),
        ("pt", "http://testserver/pt/about/"),
        ("x-default", "http://testserver/about/"),
    ]


def test_unknown_page_links_to_itself_in_other_languages(client: Client) -> None:
    response = client.get("/es/nowhere/")
    assert (response.status_code, _language(response.text)) == (404, "es")
    assert re.findall(r'<a href="(/[^"]*nowhere/)"', response.text) == ["/nowhere/", "/es/nowhere/", "/pt/nowhere/"]
