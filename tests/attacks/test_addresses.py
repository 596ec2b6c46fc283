"""No URL of the site or its admin answers 500, whatever its parameters and whoever requests it."""

import itertools
import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.contrib.admin.filters import FieldListFilter
from django.db.models import Model
from django.http import QueryDict
from django.test import Client
from pytest_django import Settings

from measures.archive.listing.filters import SourceFilter
from measures.listing.filters import MeasureFilter
from observatory.home.map import MapQuery
from tests import factories
from tests.attacks.surface import NASTY, ROLES, SEED, Address, Visitors, addresses, known_values, objects

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_index")]

A_PARAMETER = 1
"""Number of nasty values that the suite draws for each parameter of a URL."""

MOST_OF_ADMIN = 1
"""Number of parameters tried per URL of a model's admin; some have sixty."""
MOST_OF_FILES = 6
"""Number of parameters tried per public URL that takes the filter of a page that is tried with all of them."""
WHOLE = ("measures", "country", "archive", "home")
"""The pages that are tried with all parameters of their filter."""

NOT_FOUND = {
    "api_nowhere": "it answers for what is nowhere",
    "picture": "a checkout has no pictures",
    **dict.fromkeys(
        [f"admin:measures_{name}_undo_merge" for name in ("measure", "source", "issuingbody", "topic", "targetgroup")],
        "nothing was merged",
    ),
    "follow": "a checkout sends no mail",
    "security_policy": "nobody has named a contact",
    "security_txt": "nobody has named a contact",
    "admin:admin/{url}": "it answers for what is nowhere",
}

QUERIES = {
    "series_csv": {"series": "immigrant_stock"},
    "series_svg": {"series": "immigrant_stock"},
    "report": {"about": "/countries/peru/", "field": "role-sending"},
    "who": {"country": "PER", "group": "migrants"},
    "changes": {"since": "2026.1"},
    **{name: {"url": "/countries/peru/"} for name in ("oembed", "cite")},
    **{name: {"countries": "PER,ECU"} for name in ("compare", "compare_csv", "compare_svg")},
    "admin:autocomplete": {
        "app_label": "measures",
        "model_name": "measure",
        "field_name": "issuing_body",
        "term": "p",
        "for_country": "PER",
    },
}
"""Required query parameters."""
REFUSED = {
    *("admin:auth_user_delete", "admin:axes_accesslog_delete", "admin:axes_accessfailurelog_delete"),  # logs stay
    "admin:measures_measure_delete",  # it is published
    *("admin:measures_measure_duplicates", "admin:measures_measure_effects"),  # only by POST
    *("admin:foundation_auditentry_add", "admin:foundation_auditentry_delete"),
    *("admin:measures_release_add", "admin:measures_release_delete"),
    *("admin:measures_errorreport_add", "admin:measures_errorreport_delete"),
    *("admin:measures_subscription_add", "admin:measures_subscription_delete"),
    *("admin:observatory_backgroundjob_add", "admin:observatory_backgroundjob_delete"),
    *("admin:foundation_fileimport_delete", "admin:countries_feedrun_add", "admin:countries_feedrun_delete"),
    *("admin:foundation_revision_add", "admin:foundation_revision_delete"),  # by the form of its record
    *("admin:axes_accessattempt_add", "admin:axes_accesslog_add", "admin:axes_accessfailurelog_add"),
    *("admin:countries_site_add", "admin:countries_site_delete"),  # there is one
}
"""URLs that even a superuser may not open; most would add or delete records that nobody edits by hand."""


@pytest.fixture
def known(settings: Settings, tmp_path: Any) -> dict[type[Model], Model]:
    settings.IMPORTS_DIR, settings.RELEASES_DIR = tmp_path / "imports", tmp_path / "releases"
    return objects()


@pytest.fixture
def visitors(known: dict[type[Model], Model]) -> Visitors:
    return Visitors()


def _path(address: Address, values: dict[str, str], language: str = "en") -> str:
    is_translated = address.name.startswith("admin:") or address.name not in PLAIN
    prefix = f"/{language}/" if is_translated and language != "en" else "/"
    return prefix + address.route.format(**values)


def _query(address: Address, **parameters: str) -> str:
    """A query string of encoded values."""
    return "?" + "&".join(f"{name}={value}" for name, value in (QUERIES.get(address.name, {}) | parameters).items())


API = ("root", "nowhere", "schema", *("measures", "measure", "sources", "source", "countries", "observations"))
PLAIN = {
    *("healthz", "readyz", "robots", "sitemaps", "sitemap", "picture"),
    *(f"api_{name}" for name in (*API, "vocabularies", "vocabulary")),
}
"""URLs without a language."""


def _parameters(address: Address) -> list[str]:
    """The known query parameters of a URL, an unknown one, and a tracking parameter."""
    of_measures = [*MeasureFilter(QueryDict()).filters]
    of_sources, of_map = [*SourceFilter(QueryDict()).filters], [*MapQuery.base_fields]
    known = {
        **dict.fromkeys(["measures", "measures_csv", "measures_xlsx", "measures_parquet"], of_measures),
        **dict.fromkeys(["archive", "archive_csv", "api_sources"], of_sources),
        "api_measures": ["cursor", "limit", "fields", "labels", *of_measures[:3]],
        "api_observations": ["indicator", "country", "from", "to", "cursor", "limit"],
        "coverage_csv": ["country", "topic", "state", "from", "to"],
        "api_coverage": ["country", "topic", "state", "from", "to", "cursor", "limit"],
        "seen_numbers_csv": ["country", "year", "state"],
        "api_seen_numbers": ["country", "year", "state", "cursor", "limit"],
        "admin:measures_number_grid": ["series", "from"],
        "coverage": ["to"],
        "admin:measures_coverage_grid": ["from", "to", "topic"],
        "api_countries": ["cursor", "limit"],
        **dict.fromkeys(["home", "embed_map", "share_picture", "map_csv"], of_map),
        "compare": ["countries", *of_measures],
        "compare_csv": ["countries"],
        "compare_svg": ["countries"],
        "map_json": ["indicator", "area"],
        "search": ["q"],
        "embed_country": of_measures,
        "cite": ["url"],
        "oembed": ["url", "format", "maxwidth", "maxheight"],
        "who": ["country", "group", "nationality", "on"],
        "country": [*of_measures, "series"],
        "series_csv": ["series"],
        "series_svg": ["series"],
        "countries": ["go"],
        "profile": ["as_of"],
        "sitemap": ["p"],
        "admin:login": ["next"],
        "admin:echo": ["text", "kind"],
        "admin:autocomplete": [*QUERIES["admin:autocomplete"], "page"],
        "admin:measures_measure_history": ["from", "to"],
        "admin:foundation_fileimport_change": ["state", "category", "page"],
        "admin:foundation_fileimport_export": ["state"],
    }.get(address.name, [])
    return [*known, *_of_admin(address), "unknown", "utm_source"]


def _of_admin(address: Address) -> list[str]:
    model = address.model
    if model is None:
        return []
    kind = address.name.rpartition("_")[2]
    if kind == "changelist" or address.name.endswith("export_listed"):
        return [*_of_list(model), "q", "o", "p", "e", "all", "_facets", "_popup", "_to_field", "pk__in", "id__gt"]
    if kind == "add":
        fields = [f.name for f in (*model._meta.fields, *model._meta.many_to_many)]
        return [*fields, "sources", "_changelist_filters", "_popup", "_to_field"]
    return ["_changelist_filters", "_popup", "_to_field", "p"]


def _of_list(model: type[Model]) -> Iterator[str]:
    """The parameters of the filters beside a list; those of a field are its lookups."""
    model_admin: Any = admin.site.get_model_admin(model)
    for entry in model_admin.list_filter:
        name = entry[0] if isinstance(entry, tuple) else entry
        if isinstance(name, str):
            yield from (f"{name}{lookup}" for lookup in ("", "__exact", "__isnull", "__in", "__gte", "__id__exact"))
        elif not issubclass(name, FieldListFilter):
            yield str(name.parameter_name)
    if model_admin.date_hierarchy:
        yield from (f"{model_admin.date_hierarchy}__{part}" for part in ("year", "month", "day"))
    yield "updated_at__gte"


def test_every_address_answers_everybody(visitors: Visitors, known: dict[type[Model], Model]) -> None:
    """With existing objects, in each language; a URL that a superuser cannot reach would be attacked in vain below."""
    chance, reached, refused = random.Random(SEED), set(), set()
    for address in addresses():
        path = _path(address, known_values(address, known)) + _query(address)
        for role in (chance.choice(ROLES[:-1]), "superuser"):
            status = visitors.ask(role, address.name, "get", path).status_code
            if role == "superuser" and status < 400:
                reached.add(address.name)
            if role == "superuser" and status == 403:
                refused.add(address.name)
        others = [chance.choice(["head", "put", "patch", "delete", "options"])] if chance.random() < 0.5 else []
        for method in ("post", *others):
            status = visitors.ask("superuser", address.name, method, path).status_code
            if address.name == "admin:logout" and status == 200:
                reached.add(address.name)  # sign-out, which requires a POST
        translated = _path(address, known_values(address, known), chance.choice(["es", "pt"]))
        if chance.random() < 0.5:
            visitors.ask("superuser", address.name, "get", translated)
    assert visitors.report() == ""
    names = {address.name for address in addresses()}
    assert len(names) > 150
    assert names - reached - refused == set(NOT_FOUND)
    assert refused == REFUSED


def test_nothing_that_stands_in_a_path_ends_in_500(visitors: Visitors, known: dict[type[Model], Model]) -> None:
    chance, asked = random.Random(SEED), set()
    for address in addresses():
        values = known_values(address, known)
        for parameter in address.parameters:
            for nasty in chance.sample(NASTY, 3 * A_PARAMETER):
                language = chance.choice(["en", "es", "pt"])
                path = _path(address, values | {parameter: nasty}, language)
                role = chance.choice(["nobody", "superuser", "superuser"])
                visitors.ask(role, f"{address.name} {{{parameter}}}", "get", path)
                asked.add(address.name)
    assert visitors.report() == ""
    assert asked == {address.name for address in addresses() if address.parameters}


def test_nothing_that_stands_in_a_query_string_ends_in_500(visitors: Visitors, known: dict[type[Model], Model]) -> None:
    chance, asked = random.Random(SEED), set()
    for address in addresses():
        path = _path(address, known_values(address, known))
        parameters = _parameters(address)
        if address.model:
            parameters = chance.sample(parameters, min(len(parameters), MOST_OF_ADMIN))
        elif address.name not in WHOLE:
            parameters = chance.sample(parameters, min(len(parameters), MOST_OF_FILES))
        for parameter in parameters:
            for nasty in chance.sample(NASTY, A_PARAMETER):
                visitors.ask(
                    "superuser", f"{address.name} ?{parameter}", "get", path + _query(address, **{parameter: nasty})
                )
        query = chance.choice(["%00", "%00=1", "&&==&", "=%ED%A0%80", "a" * 5000, "p=1&p=2&q=&q=%00"])
        visitors.ask(chance.choice(ROLES), f"{address.name} ?…", "get", f"{path}?{query}")
        asked.add(address.name)
    assert visitors.report() == ""
    assert asked == {address.name for address in addresses()}


def test_nothing_that_stands_in_an_address_within_an_address_ends_in_500(
    visitors: Visitors, known: dict[type[Model], Model]
) -> None:
    """Encoded twice, it passes whatever looks at the address of the request itself."""
    chance = random.Random(SEED)
    names = [*MeasureFilter(QueryDict()).filters, "countries", "series"]
    for path, name in itertools.product(("/measures/", "/countries/peru/", "/compare/"), names):
        others = "countries=PER,ECU&" if path == "/compare/" and name != "countries" else ""
        for nasty in ("a%00b", chance.choice(NASTY)):
            url = quote(f"{path}?{others}{name}={nasty}", safe="")
            visitors.ask("nobody", f"{path}?{name} within /cite/", "get", f"/cite/bibtex?url={url}")
    for url in ("/measures/PER%00/", "//[/", "/countries/%ED%A0%80/", "/?indicator=%00", "/data/releases/%00/"):
        for page in ("/cite/csl", "/oembed/"):
            visitors.ask("nobody", f"{url} within {page}", "get", f"{page}?url={quote(url, safe='')}")
    assert visitors.report() == ""


COOKIES = ("%00", "a\0b", "\xed\xa0\x80", "x" * 5000, '"unclosed', "W10", '[["__json_message",0,25,"x"]]:1:2')
HEADERS = {
    "HTTP_HOST": ["a\0b", "..", "[::1", "x" * 300, ":99999"],
    "HTTP_REFERER": ["\0", "http://[", "javascript:1"],
    "HTTP_IF_NONE_MATCH": ["\0", "W/", "*", '"a' * 2000],
    "HTTP_IF_MODIFIED_SINCE": ["\0", "yesterday", "Sun, 99 Foo 0000 99:99:99 GMT"],
    "HTTP_ACCEPT_ENCODING": ["\0", "gzip;q=x", ";" * 1000],
    "HTTP_ACCEPT_LANGUAGE": ["\0", "xx-" * 1000, "*;q=9"],
    "HTTP_X_FORWARDED_FOR": ["\0", "a,b,,", "1" * 1000],
    "HTTP_USER_AGENT": ["\0", "x" * 5000],
    "HTTP_RANGE": ["bytes=9-1", "\0"],
    "HTTP_AUTHORIZATION": ["Basic \0"],
    "HTTP_X_CSRFTOKEN": ["\0", "x" * 5000],
    "HTTP_ORIGIN": ["\0", "http://["],
    "CONTENT_TYPE": ["\0", "multipart/form-data", "multipart/form-data; boundary=\0", "text/plain; charset=none"],
    "CONTENT_LENGTH": ["x", "-1", ""],
}


def test_nothing_that_stands_in_a_header_ends_in_500(visitors: Visitors, known: dict[type[Model], Model]) -> None:
    chance, paths = (
        random.Random(SEED),
        ["/", "/measures/", "/measures.csv", "/admin/login/", "/admin/", "/healthz", "/nowhere"],
    )
    for path, (name, values) in itertools.product(paths, HEADERS.items()):
        for value in values:
            given: Any = {name: value}
            role, method = chance.choice(["nobody", "superuser"]), chance.choice(["get", "post"])
            visitors.ask(role, f"{name} of {path}", method, path, **given)
    for path, cookie in itertools.product(paths, COOKIES):
        for name in ("sessionid", "csrftoken", "messages", "anything"):
            visitors.clients["nobody"].cookies.clear()
            visitors.clients["nobody"].cookies[name] = cookie
            visitors.ask("nobody", f"cookie {name} of {path}", chance.choice(["get", "post"]), path)
    assert visitors.report() == ""


def test_page_of_an_unreadable_address_says_what_is_wrong_with_it(client: Client) -> None:
    factories.country()
    response = client.get("/countries/?go=%00")
    assert response.status_code == 400
