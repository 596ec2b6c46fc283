"""Requests that no browser sends: each is answered in words, and none is an error of the site."""

import logging
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests import factories
from tests.attacks.sockets import HOST, Server, received, served, status_of
from tests.clients import signed_in

HEAD = f"Host: {HOST}\r\nConnection: close\r\n".encode()
FORM = b"application/x-www-form-urlencoded"
POST = b"POST /admin/login/ HTTP/1.1\r\n" + HEAD + b"Content-Type: " + FORM + b"\r\n"
TOKEN = b"Cookie: csrftoken=" + b"a" * 32 + b"\r\n"

CHUNKS = {
    "size that is no number": b"zz\r\nabc\r\n0\r\n\r\n",
    "negative size": b"-5\r\nabc\r\n0\r\n\r\n",
    "size beyond all": b"f" * 18 + b"\r\nabc\r\n0\r\n\r\n",
    "size that is wrong": b"3\r\nabcdef\r\n0\r\n\r\n",
    "endless extension": b"3;" + b"a" * 20_000 + b"\r\nabc\r\n0\r\n\r\n",
    "thousands of trailers": b"3\r\nabc\r\n0\r\n" + b"X: y\r\n" * 2_000 + b"\r\n",
}


def get(path: bytes, *headers: bytes) -> bytes:
    return b"GET " + path + b" HTTP/1.1\r\n" + HEAD + b"".join(header + b"\r\n" for header in headers) + b"\r\n"


def form(kind: bytes, body: bytes) -> bytes:
    length = b"Content-Length: " + str(len(body)).encode()
    return POST.replace(FORM, kind) + TOKEN + length + b"\r\n\r\n" + body


ODD = {
    **{name: (POST + b"Transfer-Encoding: chunked\r\n\r\n" + body, {400}) for name, body in CHUNKS.items()},
    "another coding of the body": (POST + b"Transfer-Encoding: gzip\r\n\r\nabc", {400}),
    "length that is no number": (POST + b"Content-Length: x\r\n\r\nabc", {400}),
    "two lengths": (POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", {400}),
    "unknown method": (get(b"/").replace(b"GET", b"FOO"), {501}),
    "method of thousands of letters": (get(b"/").replace(b"GET", b"A" * 5_000), {501}),
    "CONNECT": (b"CONNECT evil.example:80 HTTP/1.1\r\n" + HEAD + b"\r\n", {501}),
    "QUERY": (get(b"/api/v1/measures/").replace(b"GET", b"QUERY"), {405}),
    "TRACE": (get(b"/").replace(b"GET", b"TRACE"), {405}),
    "OPTIONS *": (b"OPTIONS * HTTP/1.1\r\n" + HEAD + b"\r\n", {404}),
    "two hosts": (get(b"/", b"Host: evil.example"), {400}),
    "bytes that are no text": (
        get(b"/admin/login/", *(name + b": \xff\xfe" for name in (b"Accept-Language", b"Referer", b"Cookie", b"X-A"))),
        {200},
    ),
    "conditions that are no text": (get(b"/", b"If-None-Match: \xff", b"If-Modified-Since: Mon, 99 Foo 99999"), {200}),
    "thousands of languages": (
        get(b"/admin/login/", b"Accept-Language: " + b",".join(b"x%d;q=0.1" % number for number in range(5_000))),
        {200},
    ),
    "thousands of tags": (get(b"/about/", b"If-None-Match: " + b",".join(b'"%d"' % n for n in range(9_000))), {200}),
    "hundreds of headers": (get(b"/", *(b"X-%d: a" % number for number in range(300))), {431}),
    "question of 100 KB": (get(b"/measures/?q=" + b"a" * 100_000), {414}),
    "question of 60 KB": (get(b"/measures/?q=" + b"a" * 60_000), {400}),
    "cookies of 8 KB": (
        get(b"/admin/login/", b"Cookie: csrftoken=" + b"b" * 8_000 + b"; device=" + b"c" * 5_000),
        {200},
    ),
    "NUL in a path": (get(b"/measures/%00"), {400}),
    "path of another host": (get(b"//evil.example/%2e%2e"), {404}),
    "path upwards": (get(b"/media/countries/..%2f..%2fsecret_key"), {400, 404}),
    "static path upwards": (get(b"/static/../../observatory/settings.py"), {404}),
    "path that is no UTF-8": (get(b"/countries/%ff%fe/"), {404}),
    "path with half a pair": (get(b"/countries/%ed%a0%80/"), {404}),
    "slug of 900 letters": (get(b"/countries/" + b"a" * 900 + b"/"), {404}),
    "identifier of 900 digits": (get(b"/measures/PER-" + b"9" * 900 + b"/"), {404}),
    "range of a file that is made": (get(b"/measures.csv", b"Range: bytes=" + b"9" * 6_000 + b"-"), {200}),
    "form without a boundary": (form(b"multipart/form-data", b"abc"), {400}),
    "boundary that is no text": (form(b"multipart/form-data; boundary=\xff\xfe", b"abc"), {400}),
    "boundary of 8 KB": (form(b"multipart/form-data; boundary=" + b"x" * 8_000, b"abc"), {400}),
    "character set that is none": (form(FORM + b"; charset=zip", b"a=b"), {400}),
}


@pytest.fixture
def site(transactional_db: None, environment: dict[str, str], tmp_path: Path) -> Iterator[Server]:
    environment |= {"DATA_DIR": str(tmp_path), "SECRET_KEY": settings.SECRET_KEY}
    with served("tests.attacks.sites:patient", environment) as server:
        yield server


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_odd_requests_are_answered_without_an_error_of_the_site(site: Server, capfd: pytest.CaptureFixture) -> None:
    statuses = {}
    for name, (request, _allowed) in ODD.items():
        connection = site.connection()
        connection.sendall(request)
        statuses[name] = status_of(received(connection))
    assert {name: status for name, status in statuses.items() if status not in ODD[name][1]} == {}
    assert site.answers("/about/")
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/nowhere/", "/about/", "/admin/login/", "/measures/"])
def test_long_question_is_not_repeated_many_times(client: Client, path: str) -> None:
    """Each page links to itself in each language, some times over."""
    for query in ("a=1&" * 15_000, "q=" + "a" * 60_000):
        assert len(client.get(f"{path}?{query}").content) < 60_000


@pytest.mark.parametrize("asked", ["0-1," + "2-3," * 2_000 + "5-6", "-5-1", "9" * 6_000 + "-", "5-1", "é", "-"])
def test_odd_range_of_a_file_is_ignored_or_refused(client: Client, asked: str) -> None:
    answer = client.get("/static/observatory/admin.css", headers={"range": f"bytes={asked}"})
    assert answer.status_code in (200, 416)
    answer.close()


# Forms


@pytest.fixture
def editor(db: None) -> Client:
    return signed_in(factories.editor())


def _heading(answer: Any) -> str:
    return str(answer.text.partition("<h1>")[2].partition("</h1>")[0])


def test_form_that_is_too_large_is_told_so(editor: Client) -> None:
    answer = editor.post("/admin/measures/measure/add/", "summary_en=" + "x" * 2_700_000, content_type=FORM.decode())
    assert (answer.status_code, _heading(answer)) == (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The form is too large")
    assert "more than 2.5\xa0MB, not counting files" in answer.text
    assert "Nothing was saved." in answer.text


def test_form_with_too_many_fields_is_told_so(editor: Client) -> None:
    answer = editor.post("/admin/measures/measure/", "a=1&" * 5_001, content_type=FORM.decode())
    assert (answer.status_code, _heading(answer)) == (HTTPStatus.BAD_REQUEST, "The form has too many fields")
    assert "more than 5000 fields" in answer.text
    assert "tick fewer records" in answer.text


def test_form_with_too_many_files_is_told_so(editor: Client) -> None:
    part = '--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\na\r\n'
    body = part * 101 + "--x--\r\n"
    answer = editor.post("/admin/measures/measure/add/", body, content_type="multipart/form-data; boundary=x")
    assert (answer.status_code, _heading(answer)) == (HTTPStatus.BAD_REQUEST, "The form has too many files")


def test_form_in_another_character_set_is_no_error_of_the_site(
    editor: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        kind = f"{FORM.decode()}; charset=latin-1"
        answer = editor.post("/admin/measures/measure/add/", "a=b", content_type=kind)
    assert (answer.status_code, _heading(answer)) == (HTTPStatus.BAD_REQUEST, "Bad request")
    assert caplog.records == []
