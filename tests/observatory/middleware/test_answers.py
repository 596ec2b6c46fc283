"""What is shared is the same for everybody and as new as its data; what is somebody's own is never kept.

Every answer has headers of policy.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from threading import Thread

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.exceptions import MiddlewareNotUsed
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django import Settings

from countries.models import Country
from foundation.release import release
from measures.choices import Workflow
from measures.models import Measure, Source
from measures.views.releases import IMMUTABLE
from observatory.middleware.answers import SHARED, KeptPages, Page, public_pages, tag_of
from tests import factories
from tests.clients import content_of, signed_in

pytestmark = pytest.mark.django_db

OWN = {
    "api_root",
    "api_nowhere",
    "healthz",
    "readyz",
    "robots",
    "security_txt",
    "security_policy",
    "picture",
    "kept_copy",
    "report",
    "report_status",
    "follow",
    "follow_sent",
    "subscription",
    "subscription_end",
}
"""Machine-readable URLs and files, which are not pages, and pages for one reader alone."""


@pytest.fixture(autouse=True)
def entry(settings: Settings, tmp_path: Path) -> None:
    """An entry of Peru with a source, and a page cache."""
    settings.PAGE_CACHE_MB, settings.RELEASES_DIR = 1, tmp_path / "releases"
    settings.DOWNLOADS_PER_MINUTE = 0
    factories.measure(reference="N° 7-2020", title_en="Closing of borders")


def _pages() -> dict[str, str]:
    """An address of each public page by the name of its pattern."""
    arguments = {
        "sitemap": ["measures"],
        "country": ["peru"],
        "profile": ["peru"],
        "coverage": ["peru"],
        "quality_of_country": ["peru"],
        "quality_of_country_csv": ["peru"],
        "series_csv": ["peru"],
        "series_svg": ["peru"],
        "compare_csv": ["topics"],
        "compare_svg": ["direction"],
        "measure": ["PER-00001"],
        "country_picture": ["peru"],
        "measure_picture": ["PER-00001"],
        "measure_corrections": ["PER-00001"],
        "measure_corrections_csv": ["PER-00001"],
        "report_status": ["key"],
        "subscription": [factories.TOKEN],
        "subscription_end": [factories.TOKEN],
        "api_measure": ["PER-00001"],
        "api_source": [Source.objects.earliest("pk").key],
        "api_vocabulary": ["kinds"],
        "api_nowhere": ["none"],
        "cite": ["csl"],
        "embed_country": ["peru"],
        "embed_measure": ["PER-00001"],
        "reference": ["104-2020"],
        "picture": ["peru.jpg"],
        "source": [Source.objects.earliest("pk").key],
        "kept_copy": ["gazette", "0" * 64],
        "release": ["2026.1"],
        "release_file": ["2026.1", "measures.csv"],
    }
    factories.release()
    factories.error_report(key="key")
    factories.subscription(token=factories.TOKEN)
    factories.measure(reference="N° 104-2020", provision="art. 1")
    factories.measure(reference="N° 104-2020", provision="art. 2")
    factories.country(iso3="ECU")
    for year in ("2018", "2019"):
        factories.observation(period=year)
    queries = {
        **dict.fromkeys(["oembed", "cite"], "?url=/countries/peru/"),
        "changes": "?since=2026.1",
        "report": "?about=/countries/peru/",
        **dict.fromkeys(["series_csv", "series_svg"], "?series=immigrant_stock"),
        **dict.fromkeys(["compare", "compare_csv", "compare_svg"], "?countries=PER,ECU"),
    }
    return {
        name: reverse(name, args=arguments.get(name, [])) + queries.get(name, "")
        for name in _names(get_resolver().url_patterns)
    }


def _names(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.name or str(pattern.pattern)
        elif pattern.namespace != "admin":
            yield from _names(pattern.url_patterns)


def _asked(client: Client, path: str, tag: str = "", **headers: str) -> HttpResponseBase:
    response: HttpResponseBase = client.get(path, headers={"If-None-Match": tag, **headers} if tag else headers)
    return response


def _queries(client: Client, path: str, tag: str = "") -> int:
    with CaptureQueriesContext(connection) as made:
        content_of(_asked(client, path, tag))
    return len(made)


# What is shared


@pytest.mark.parametrize("prefix", ["", "/es", "/pt"])
def test_every_public_page_has_a_tag_and_is_not_sent_again(client: Client, prefix: str) -> None:
    found = set()
    files = (
        "/archive",
        "/compare",
        "/countries",
        "/map",
        "/measures",
        "/share",
        "/data",
        "/status_events",
        "/relations",
        "/citations",
        "/aliases",
        "/coverage.csv",
        "/quality",
        "/seen_numbers.csv",
    )
    for name, path in _pages().items():
        if prefix and (path.startswith("/api/") or ("." in path and not path.startswith(files)) or name in OWN):
            continue
        response = client.get(prefix + path)
        if "ETag" not in response.headers:
            assert "public" not in response.headers.get("Cache-Control", "")
            continue
        found.add(name)
        content_of(response)
        tag = response.headers["ETag"]
        shared = IMMUTABLE if name == "release_file" else SHARED
        assert (response.status_code, response.headers["Cache-Control"]) == (200, shared)
        assert response.headers["Vary"] == "Accept-Encoding"
        again = _asked(Client(), prefix + path, tag)  # from a process that never rendered the page
        assert (again.status_code, content_of(again), again.headers["ETag"]) == (304, b"", tag)
        assert (again.headers["Cache-Control"], again.headers["Vary"]) == (shared, "Accept-Encoding")
    expected = set(_names(get_resolver().url_patterns)) - OWN
    plain = {"sitemap", "sitemaps", *(name for name in expected if name.startswith("api_") and name != "api_docs")}
    assert found == (expected - plain if prefix else expected)


def test_answer_without_work_asks_for_the_version_alone(client: Client) -> None:
    path = reverse("country", args=["peru"])
    tag = client.get(path).headers["ETag"]
    assert _queries(Client(), path) > 5
    assert _queries(Client(), path, tag) == 1
    assert _queries(client, path) == 1


def test_tags_come_in_lists_weak_or_strong_or_as_any(client: Client) -> None:
    tag = client.get("/").headers["ETag"]
    strong = tag.removeprefix("W/")
    for known in (tag, strong, f'"other", {tag}', f'W/"other",{strong}', "*"):
        assert _asked(client, "/", known).status_code == 304
        assert _asked(Client(), "/", known).status_code == 304
    for other in ('"other"', 'W/"other"', "other", strong.strip('"')):
        assert _asked(client, "/", other).status_code == 200
    assert _asked(client, "/measures/NO-SUCH/", "*").status_code == 404


def test_each_address_language_host_and_day_has_a_tag_of_its_own(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["one.example.org", "two.example.org"]
    made, day = RequestFactory(), date(2026, 3, 31)
    requests = [
        made.get(path, headers={"host": host})
        for path in ("/", "/es/", "/measures/", "/measures/?sort=oldest", "/measures/?sort=newest")
        for host in ("one.example.org", "two.example.org")
    ] + [made.get("/", headers={"host": "one.example.org"}, secure=True)]
    tags = {tag_of(request, on=day) for request in requests}
    assert len(tags) == len(requests)
    assert tags.isdisjoint(tag_of(request, on=day + timedelta(days=1)) for request in requests)


def test_change_of_the_data_is_in_the_next_answer(client: Client) -> None:
    path = reverse("country", args=["peru"])
    tag = client.get(path).headers["ETag"]
    factories.measure(title_en="Opening of borders")
    response = _asked(client, path, tag)
    assert response.status_code == 200
    assert "Opening of borders" in content_of(response).decode()
    assert response.headers["ETag"] != tag


def test_draft_changes_no_answer(client: Client) -> None:
    tag = client.get("/").headers["ETag"]
    factories.draft(country=Country.objects.get(pk="PER"), sources=())
    assert _asked(client, "/", tag).status_code == 304


def test_kept_page_is_the_page(client: Client) -> None:
    for path in ("/", "/es/countries/peru/", "/measures/?q=borders"):
        for encoding in ("identity", "gzip"):
            first = _asked(client, path, **{"accept-encoding": encoding})
            again = _asked(client, path, **{"accept-encoding": encoding})
            assert again is not first
            assert (content_of(again), dict(again.items())) == (content_of(first), dict(first.items()))
            assert again.get("Content-Encoding", "identity") == encoding


def test_head_is_answered_as_get(client: Client) -> None:
    got = client.get("/")
    for asked in (client.head("/"), Client().head("/")):
        assert (asked.status_code, asked.content) == (200, b"")
        assert dict(asked.items()) == dict(got.items())
    assert client.head("/", headers={"If-None-Match": got.headers["ETag"]}).status_code == 304


def test_answers_carry_the_same_policies_however_they_came_about(client: Client) -> None:
    fresh, kept = client.get("/"), client.get("/")
    current = _asked(client, "/", fresh.headers["ETag"])
    body = {"Content-Type", "Content-Length"}
    assert set(fresh.headers) == set(kept.headers)
    assert {name: current.headers[name] for name in current.headers} == {
        name: value for name, value in fresh.items() if name not in body
    }
    assert "Content-Security-Policy" in current.headers


def test_file_is_tagged_and_not_kept(client: Client) -> None:
    response = client.get("/measures.csv")
    assert response.streaming
    content = content_of(response)
    assert b"Closing of borders" in content
    assert content_of(client.get("/measures.csv")) == content
    assert _asked(client, "/measures.csv", response.headers["ETag"]).status_code == 304


# What is not


def test_reader_with_an_account_shares_nothing(client: Client) -> None:
    own = OWN | {"release_file"}  # of which nobody gets another one, whoever asks and whenever
    paths = [path for name, path in _pages().items() if name not in own]
    tags = {path: client.get(path).headers["ETag"] for path in paths}
    staff = signed_in(factories.editor())
    for path, tag in tags.items():
        response = _asked(staff, path, tag)
        content_of(response)
        assert (response.status_code, response.headers["Cache-Control"]) == (200, "private, no-store")
        assert "ETag" not in response.headers
        basic = _asked(client, path, tag, authorization="Basic YTpi")
        content_of(basic)
        assert (basic.status_code, basic.headers["Cache-Control"]) == (200, "private, no-store")


def test_admin_is_never_shared(client: Client) -> None:
    draft = factories.draft()
    staff = signed_in(User.objects.create_superuser("root"))
    for path in [*_admin_pages(), reverse("admin:measures_measure_change", args=[draft.pk])]:
        for asking in (client, staff):
            for _time in range(2):
                response = asking.get(path, headers={"If-None-Match": "*"})
                assert response.status_code in (200, 302, 403, 405), path
                assert "ETag" not in response.headers, path
                assert "public" not in response.headers.get("Cache-Control", ""), path


def _admin_pages() -> Iterator[str]:
    """The admin URLs without arguments."""
    for resolver in get_resolver().url_patterns:
        for pattern in getattr(resolver, "url_patterns", []):
            if getattr(pattern, "namespace", "") == "admin":
                yield from (reverse(f"admin:{name}") for name in _without_arguments(pattern.url_patterns))


def _without_arguments(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if pattern.pattern.regex.groups:
            continue
        if isinstance(pattern, URLResolver):
            yield from _without_arguments(pattern.url_patterns)
        elif pattern.name:
            yield pattern.name


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/measures/?topc=1", 400),
        ("/countries/peru/?from=tomorrow", 400),
        ("/measures.csv?nonsense=1", 400),
        ("/measures/PER-09999/", 404),
        ("/countries/atlantis/", 404),
        ("/reference/none/", 404),
        ("/no/such/page/", 404),
        ("/measures/PER-00002/", 410),
        ("/measures/per-00001/", 301),
        ("/reference/N%C2%B0%207-2020/", 302),
    ],
)
def test_errors_and_redirects_are_not_kept(client: Client, path: str, status: int) -> None:
    factories.measure(workflow=Workflow.RETIRED)
    for _time in range(2):
        response = _asked(client, path, "*")
        assert (response.status_code, response.get("ETag"), response.get("Cache-Control")) == (status, None, None)


def test_page_that_appears_is_there_at_once(client: Client) -> None:
    assert client.get("/measures/PER-00002/").status_code == 404
    factories.measure()
    assert client.get("/measures/PER-00002/").status_code == 200


def test_page_that_goes_is_gone_at_once(client: Client) -> None:
    path = "/measures/PER-00001/"
    tag = client.get(path).headers["ETag"]
    measure = Measure.objects.get(public_id="PER-00001")
    measure.workflow = Workflow.DRAFT
    measure.save()
    assert _asked(client, path, tag).status_code == 404
    assert client.get(path).status_code == 404


def test_foreign_host_gets_nothing_that_was_kept(client: Client) -> None:
    client.get("/")
    assert client.get("/", headers={"host": "elsewhere.example.org"}).status_code == 400


def _with_cookie(response: HttpResponse) -> None:
    response.set_cookie("seen", "1")


def _with_vary(response: HttpResponse) -> None:
    response.headers["Vary"] = "Cookie"


def _with_a_rule(response: HttpResponse) -> None:
    response.headers["Cache-Control"] = "no-store"


@pytest.mark.parametrize("personal", [_with_cookie, _with_vary, _with_a_rule])
def test_what_a_view_made_for_one_reader_is_not_kept(personal: object) -> None:
    assert callable(personal)
    answers: list[HttpResponse] = []

    def view(request: HttpRequest) -> HttpResponse:
        answers.append(HttpResponse("mine"))
        personal(answers[-1])
        return answers[-1]

    request = RequestFactory().get("/about/")
    request.LANGUAGE_CODE = "en"
    middleware = public_pages(view)
    assert [middleware(request), middleware(request)] == answers
    assert [answer.get("ETag") for answer in answers] == [None, None]


# Where pages are kept


def test_no_page_is_kept_where_there_is_no_room(settings: Settings, client: Client) -> None:
    settings.PAGE_CACHE_MB = 0
    tag = client.get("/").headers["ETag"]
    assert _queries(client, "/") > 1
    assert _asked(client, "/", tag).status_code == 304


def test_kept_pages_stay_within_their_room() -> None:
    kept = KeptPages(100_000)
    for number in range(100):
        kept.put((str(number), False), Page(bytes(3000), {}))
    found = [number for number in range(100) if kept.get((str(number), False))]
    assert found == list(range(75, 100))
    kept.put(("large", False), Page(bytes(5000), {}))
    assert kept.get(("large", False)) is None


def test_files_and_answers_of_the_api_displace_no_page(settings: Settings) -> None:
    settings.PAGE_CACHE_MB, settings.API_PER_MINUTE, settings.DOWNLOADS_PER_MINUTE = 1, 0, 0
    body = {"page": b"x" * 20_000, "other": b"x" * 5_000}

    def view(request: HttpRequest) -> HttpResponse:
        made.append(request.path)
        return HttpResponse(body["other" if request.path.startswith(("/api", "/measures.")) else "page"])

    made: list[str] = []
    middleware = public_pages(view)

    def ask(path: str) -> None:
        request = RequestFactory().get(path)
        request.LANGUAGE_CODE = "en"
        middleware(request)

    for path in ("/about/", "/measures/"):
        ask(path)
    for number in range(300):
        ask(f"/api/v1/measures/?limit={number}")
        ask(f"/measures.atom?q={number}")
    made.clear()
    for path in ("/about/", "/measures/", "/measures.atom?q=299"):
        ask(path)
    assert made == []


def test_kept_pages_serve_threads_at_once() -> None:
    kept = KeptPages(40_000)
    wrong: list[int] = []

    def ask() -> None:
        for number in range(3000):
            kept.put((str(number % 50), True), Page(str(number % 50).encode(), {}))
            page = kept.get((str(number % 50), True))
            if page and page.body != str(number % 50).encode():
                wrong.append(number)

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_release_follows_the_files(settings: Settings, tmp_path: Path) -> None:
    settings.BASE_DIR = settings.STATIC_ROOT = tmp_path
    (tmp_path / "templates").mkdir()
    (tmp_path / "requirements.lock").touch()
    names = {release.__wrapped__()}
    for file in ("templates/page.html", "templates/part.jinja", "staticfiles.json"):
        (tmp_path / file).write_text("one")
        names.add(release.__wrapped__())
    (tmp_path / "templates/page.html").write_text("two")
    assert len(names | {release.__wrapped__()}) == 5


def test_release_follows_every_package(settings: Settings, tmp_path: Path) -> None:
    ours = {Path(app.path).name for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR}
    settings.BASE_DIR = settings.STATIC_ROOT = tmp_path
    (tmp_path / "requirements.lock").touch()
    names = {release.__wrapped__()}
    for package in ours:
        (tmp_path / package).mkdir()
        (tmp_path / package / "module.py").touch()
        names.add(release.__wrapped__())
    assert (sorted(ours), len(names)) == (["countries", "foundation", "measures", "observatory"], 5)


def test_developer_sees_each_change_of_a_template(settings: Settings) -> None:
    settings.DEBUG = True
    with pytest.raises(MiddlewareNotUsed):
        public_pages(lambda request: HttpResponse())


def test_every_answer_carries_the_security_headers(client: Client) -> None:
    headers = client.get("/healthz").headers
    assert set(headers["Content-Security-Policy"].split("; ")) == {
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in headers["Permissions-Policy"]


def test_unknown_host_is_a_bad_request(client: Client) -> None:
    assert client.get("/", headers={"host": "elsewhere.example.org"}).status_code == 400
