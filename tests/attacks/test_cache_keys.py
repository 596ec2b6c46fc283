"""Unknown parameters and headers change no page and bypass no cache; editors see fresh pages."""

from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.crypto import get_random_string
from pytest_django import Settings

from foundation.publication import meant_by_name
from measures.archive.listing.filters import PARAMETERS as PARAMETERS_OF_SOURCES
from measures.listing.filters import PARAMETERS
from measures.models import Source
from observatory.accounts.models import AccountSession
from observatory.accounts.sessions import is_own_key
from observatory.home.map import MapQuery
from observatory.middleware.answers import SHARED
from tests import factories as make
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

TRACKED = [
    "utm_source=x",
    "utm_content=y",
    "fbclid=x",
    "gclid=x",
    "gad_source=1",
    "gbraid=0AAA",
    "wbraid=0AAA",
    "_gl=1*abc",
    "_hsenc=p2ANqtz",
    "_hsmi=1",
    "ttclid=x",
    "twclid=x",
    "li_fat_id=x",
    "srsltid=x",
    "igsh=x",
    "mibextid=x",
    "ref=newsletter",
    "mtm_campaign=x",
    "pk_campaign=x",
    "s_cid=x",
    "ved=x",
    "si=x",
    "UTM_Source=x",
    "mc_eid=1",
    "nextyear_click_id=x",
    "si",
    "s=20&t=Ab",
    "__x[0]=%F0%9F%92%A3",
]
"""What mail programs, search engines and social media hang on any address, and what the next one may."""
CHECKED = ["/", "/measures/", "/countries/peru/", "/countries/peru/profile/", "/archive/"]
"""Pages that report a misspelt parameter."""
FILES = ["/map.csv", "/map.json", "/measures.csv", "/measures.xlsx", "/measures.parquet", "/archive.csv"]
"""Files, which report every parameter that they do not know."""
PLAIN = ["/about/", "/accessibility/", "/countries/", "/sitemap.xml", "/sitemap-measures.xml", "/measures/PER-00001/"]
"""Pages that ignore unknown parameters."""


SERIES = "/countries/peru/series.csv?series=immigrant_stock"


@pytest.fixture(autouse=True)
def entry(settings: Settings) -> None:
    """An entry of Peru with a source, and a page cache."""
    settings.PAGE_CACHE_MB = 1
    make.measure(reference="N° 7-2020", title_en="Closing of borders")


def _queries(client: Client, path: str, **headers: str) -> tuple[Any, int]:
    """The answer, and the number of queries beside that for the version of the data."""
    with CaptureQueriesContext(connection) as made:
        response = client.get(path, headers=headers)
        response.getvalue()
    return response, sum("foundation_publicchange" not in query["sql"] for query in made)


@pytest.mark.parametrize("path", [*CHECKED, *PLAIN])
def test_page_answers_as_without_what_others_hang_on_its_address(client: Client, path: str) -> None:
    for year in ("2018", "2019"):
        make.observation(period=year)
    plain = client.get(path)
    body = plain.getvalue()
    for tracked in TRACKED:
        found = client.get(f"{path}?{tracked}")
        assert (found.status_code, found.getvalue()) == (200, body), tracked
        assert found.headers["ETag"] == plain.headers["ETag"]


@pytest.mark.parametrize("tracked", TRACKED)
@pytest.mark.parametrize("path", [*FILES, SERIES, SERIES.replace("csv", "svg")])
def test_file_refuses_every_parameter_that_it_does_not_know(client: Client, path: str, tracked: str) -> None:
    for year in ("2018", "2019"):
        make.observation(period=year)
    response = client.get(f"{path}{'&' if '?' in path else '?'}{tracked}")
    assert response.status_code == 400
    assert f"{tracked.partition('=')[0]}: This filter does not exist." in response.text


def test_no_parameter_that_others_hang_on_an_address_seems_to_be_one_of_ours() -> None:
    ours = {*PARAMETERS, *PARAMETERS_OF_SOURCES, *MapQuery.base_fields, "series", "as_of", "go", "p"}
    names = [pair.partition("=")[0] for tracked in TRACKED for pair in tracked.split("&")]
    assert {name: meant for name in names if (meant := meant_by_name(name, ours))} == {}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("topc", "topic"),
        ("Topic", "topic"),
        ("topics", "topic"),
        ("contry", "country"),
        ("countries", "country"),
        ("form", "from"),
        ("update_since", "updated_since"),
        ("TO", "to"),
        ("too", ""),
        ("topic", ""),
        ("x" * 5000, ""),
    ],
)
def test_misspelt_parameter_is_told_from_a_foreign_one(written: str, meant: str) -> None:
    assert meant_by_name(written, PARAMETERS) == meant


@pytest.mark.parametrize("path", [*PLAIN, "/archive/links/broken/"])
def test_page_without_parameters_is_made_once_whatever_is_asked(client: Client, path: str) -> None:
    plain, _made = _queries(client, path)
    for junk in ("?x=1", "?x=2", "?q=words&topic=x", f"?{'y' * 5000}", "?lang=es"):
        found, made = _queries(client, path + junk)
        assert (made, found.content, found.headers["ETag"]) == (0, plain.content, plain.headers["ETag"])
        assert "x=1" not in found.text


def test_page_that_a_stranger_asks_for_first_holds_nothing_of_the_question(client: Client) -> None:
    first = client.get("/about/?poison=1")
    assert "poison" not in first.text
    assert client.get("/about/").content == first.content


@pytest.mark.parametrize("value", ["1", ""])
@pytest.mark.parametrize(
    ("path", "written", "meant"),
    [
        ("/", "indicatr", "indicator"),
        ("/measures/", "topc", "topic"),
        ("/countries/peru/", "topc", "topic"),
        ("/countries/peru/", "serie", "series"),
        ("/countries/peru/profile/", "as_off", "as_of"),
        ("/archive/", "publiser", "publisher"),
        ("/map.csv", "indicatr", "indicator"),
        ("/measures.csv", "topc", "topic"),
        ("/measures.xlsx", "topc", "topic"),
        ("/archive.csv", "publiser", "publisher"),
        ("/countries/peru/series.csv", "serie", "series"),
        ("/countries/peru/series.svg", "serie", "series"),
    ],
)
def test_misspelt_parameter_is_named_with_what_was_meant_and_never_kept(
    client: Client, path: str, written: str, meant: str, value: str
) -> None:
    for _time in range(2):
        response = client.get(f"{path}?{written}={value}")
        assert (response.status_code, response.get("ETag")) == (400, None)
        assert f"This filter does not exist. Did you mean “{meant}”?" in response.text


def test_country_has_no_filter_by_country(client: Client) -> None:
    response = client.get("/countries/peru/?country=COL")
    assert response.status_code == 400
    assert "This filter does not exist." in response.text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/measures/?topic=health&kind=law&q=", "/measures/?kind=law&topic=health"),
        ("/measures/?q=borders&utm_source=x", "/measures/?from=&to=&q=borders"),
        ("/measures/?topic=work&topic=health", "/measures/?topic=health&topic=work"),
        ("/countries/?go=&x=1", "/countries/"),
    ],
)
def test_order_and_empty_boxes_make_no_other_page(client: Client, one: str, other: str) -> None:
    make.topic(key="health")
    make.topic(key="work")
    first, _made = _queries(client, one)
    second, made = _queries(client, other)
    assert (made, second.content) == (0, first.content)


@pytest.mark.parametrize(
    "cookie",
    [
        "sessionid=junk",
        "sessionid=",
        f"sessionid={'0' * 32}",
        f"sessionid={'a' * 40}",
        f"sessionid={quote('ñ' * 40)}",
        "csrftoken=junk; anything=1",
        "django_language=es",
        "messages=junk",
        "a=1; b=2",
    ],
)
def test_foreign_cookies_share_the_page(cookie: str) -> None:
    stranger, reader = Client(), Client()
    first, _made = _queries(stranger, "/countries/peru/", cookie=cookie)
    assert (first.status_code, first.headers["Cache-Control"]) == (200, SHARED)
    for client, headers in ((stranger, {"cookie": cookie}), (stranger, {}), (stranger, {"cookie": "x=1"})):
        again, made = _queries(client, "/countries/peru/", **headers)
        assert (made, again.headers["ETag"]) == (0, first.headers["ETag"])
    tag = first.headers["ETag"]
    assert reader.get("/countries/peru/", headers={"If-None-Match": tag, "cookie": cookie}).status_code == 304


def test_made_up_sessions_ask_the_database_for_nothing(client: Client) -> None:
    for path in ("/admin/", "/admin/login/"):
        with CaptureQueriesContext(connection) as made:
            for _time in range(3):
                key = get_random_string(40, VALID_KEY_CHARS)
                client.get(path, headers={"cookie": f"sessionid={key}"})
        assert [query["sql"] for query in made if "observatory_accountsession" in query["sql"]] == []


def test_foreign_authorization_is_answered_from_the_cache_and_shared_with_nobody(client: Client) -> None:
    shared = client.get("/countries/peru/")
    for junk in ("Basic YTpi", "Bearer x", "x"):
        found, made = _queries(client, "/countries/peru/", authorization=junk)
        assert (found.status_code, made, found.content) == (200, 0, shared.content)
        assert found.headers["Cache-Control"] == "private, no-store"
        assert "ETag" not in found.headers
    assert client.get("/countries/peru/").headers["Cache-Control"] == SHARED


def test_editor_sees_pages_made_anew_that_nobody_else_gets(client: Client) -> None:
    editor = signed_in(make.editor())
    tag = client.get("/countries/peru/").headers["ETag"]
    for _time in range(2):
        found, made = _queries(editor, "/countries/peru/", **{"If-None-Match": tag})
        assert (found.status_code, found.headers["Cache-Control"]) == (200, "private, no-store")
        assert made > 0
    assert client.get("/countries/peru/").headers["Cache-Control"] == SHARED


def test_only_keys_that_sign_in_has_given_are_own(settings: Settings, client: Client) -> None:
    client.force_login(make.editor())
    key = AccountSession.objects.get().session_key
    assert is_own_key(key)
    assert len(key) == 40
    for other in (key[:-1], f"{key}0", key[1:] + key[0], key.upper(), f"{key[:-1]}{'1' if key[-1] == '0' else '0'}"):
        assert not is_own_key(other)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    assert not is_own_key(key)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert is_own_key(key)


def test_own_key_alone_signs_nobody_in(client: Client) -> None:
    client.force_login(make.editor())
    assert client.get("/admin/").status_code == 200
    AccountSession.objects.all().delete()
    assert client.get("/admin/").status_code == 302


def test_host_in_capitals_or_with_a_foreign_port_is_the_public_one(client: Client, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://observatory.example.org"
    settings.ALLOWED_HOSTS = ["observatory.example.org"]
    first = client.get("/about/", headers={"host": "observatory.example.org"})
    for host in ("OBSERVATORY.example.org", "observatory.example.org:4711"):
        found, made = _queries(client, "/about/", host=host)
        assert (made, found.headers["ETag"], "4711" in found.text) == (0, first.headers["ETag"], False)


@pytest.mark.parametrize("source", ["x"])
def test_source_page_ignores_parameters(client: Client, source: str) -> None:
    path = f"/archive/{Source.objects.earliest('pk').key}/"
    first, _made = _queries(client, path)
    assert _queries(client, f"{path}?{source}=1")[0].content == first.content
