"""What no browser sends is answered 400 before anything asks the database; the language follows the address alone."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/countries/?go=%00", {}),
        ("/countries/?%00=peru", {}),
        ("/countries/%00/", {}),
        ("/reference/7%00/", {}),
        ("/es/admin/measures/measure/%00/change/", {}),
        ("/countries/", {"HTTP_COOKIE": "sessionid=aaaaaaaa\0"}),
        ("/countries/", {"HTTP_X_FORWARDED_FOR": "\0"}),
        ("/countries/", {"HTTP_COOKIE": 'sessionid="aaaaaaaa\\000"'}),
    ],
)
def test_nul_is_refused_before_the_database_is_asked(path: str, headers: dict[str, Any]) -> None:
    client = Client()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        response = client.get(path, **headers)
    assert (response.status_code, len(asked)) == (400, 0)
    language = "es" if path.startswith("/es/") else "en"
    assert response["Content-Language"] == language


@pytest.mark.parametrize("field", ["username", "no_field_of_the_form", "a\0name"])
def test_form_with_nul_is_refused(field: str) -> None:
    data = {"username": "someone", "password": "something"}
    assert Client().post(LOGIN, data | {field: "a\0b"}).status_code == 400
    assert Client().post(LOGIN, data).status_code == 200


def test_refusal_of_a_form_names_the_fields(admin_client: Client) -> None:
    data = {"key": "a", "name_en": "a\0b", "name_es": "c\0", "a\0name": "x"}
    refused = admin_client.post("/admin/measures/topic/add/", data)
    assert refused.status_code == 400
    assert "in: “name_en”, “name_es”, “a␀name”." in refused.text
    assert "the form still has what you wrote" in refused.text
    assert "in: “go”." in Client().get("/countries/?go=%00").text


def test_refusal_of_a_form_names_few_fields_and_no_markup(admin_client: Client) -> None:
    data = {f"<b>{number}{'x' * 500}": "\0" for number in range(9)}
    refused = admin_client.post("/admin/measures/topic/add/", data)
    assert refused.text.count("&lt;b&gt;") == 5
    assert "x" * 61 not in refused.text


@pytest.mark.parametrize("number", ["99999", "99999999999999999999", " +99999.0", "\uff19\uff19\uff19\uff19"])
def test_form_that_counts_rows_it_does_not_send_is_refused(admin_client: Client, number: str) -> None:
    form = {"status_events-TOTAL_FORMS": number, "status_events-INITIAL_FORMS": "0", "status_events-0-status": "x"}
    response = admin_client.post("/admin/measures/measure/add/", form)
    assert response.status_code == 400
    assert "under “status_events”" in response.content.decode()


@pytest.mark.parametrize("number", ["-1", "0", "1"])
def test_form_that_sends_rows_it_does_not_count_is_refused(admin_client: Client, number: str) -> None:
    """Django would drop them without a word."""
    rows = {f"status_events-{row}-status": "enacted" for row in range(2)}
    form = {"status_events-TOTAL_FORMS": number, "status_events-INITIAL_FORMS": "0", **rows}
    response = admin_client.post("/admin/measures/measure/add/", form)
    assert response.status_code == 400
    assert "The form declares fewer rows than it sends, under “status_events”." in response.text


def test_form_that_sends_very_many_rows_is_refused(admin_client: Client) -> None:
    rows = {f"status_events-{number}-status": "x" for number in range(600)}
    form = {"status_events-TOTAL_FORMS": "600", "status_events-INITIAL_FORMS": "0", **rows}
    assert admin_client.post("/admin/measures/measure/add/", form).status_code == 400


@pytest.mark.parametrize("model", ["countries/indicatorfeed", "measures/topic", "auth/group"])
@pytest.mark.parametrize("key", ["none", "²", "9" * 30, ""])
def test_selection_of_what_can_be_no_record_is_refused(admin_client: Client, model: str, key: str) -> None:
    data = {"action": "delete_selected", "index": "0", "_selected_action": ["1", key]}
    assert admin_client.post(f"/admin/{model}/", data).status_code == 400
    assert admin_client.post(f"/admin/{model}/", data | {"_selected_action": "1"}).status_code == 200


def test_accents_emoji_and_what_is_no_utf8_pass() -> None:
    client = Client(HTTP_USER_AGENT="Ñandú 💣")
    assert client.get("/countries/?utm_source=%F0%9F%92%A3%ED%A0%80%FF").status_code == 200
    assert client.post(LOGIN, {"username": "Ñandú 💣", "password": "x"}).status_code == 200


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
