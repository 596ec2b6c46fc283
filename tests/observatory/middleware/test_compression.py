"""Streamed files are compressed; formats that are already compressed are left alone."""

import gzip

import pytest
from django.test import Client

from observatory.middleware.answers import compressed
from tests import factories
from tests.clients import content_of

pytestmark = pytest.mark.django_db


def _content(client: Client, path: str, **headers: str) -> tuple[str, bytes]:
    response = client.get(path, headers=headers)
    return response.get("Content-Encoding", ""), content_of(response)


def test_csv_is_compressed_for_browsers_that_take_it(client: Client) -> None:
    factories.measure(title_en="A law " * 40)
    plain = _content(client, "/measures.csv")
    encoding, content = _content(client, "/measures.csv", accept_encoding="gzip, br")
    assert plain == ("", gzip.decompress(content))
    assert encoding == "gzip"
    assert "Accept-Encoding" in client.get("/measures.csv")["Vary"]


def test_sheet_is_not_compressed_again(client: Client) -> None:
    factories.measure()
    assert _content(client, "/measures.xlsx", accept_encoding="gzip")[0] == ""


def test_pages_are_compressed(client: Client) -> None:
    response = client.get("/measures/", headers={"accept-encoding": "gzip"})
    assert b"</html>" in gzip.decompress(response.content)


def test_compressed_bytes_leave_before_the_end() -> None:
    asked = iter(range(10**6))
    blocks = (f"{n * n * 7919}".encode() for n in asked)
    pieces = compressed(blocks)
    assert next(pieces)
    assert next(pieces)
    assert next(asked) < 10**5
