"""A response that failed while it was generated used to leave its thread with a broken connection for good."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpResponse, StreamingHttpResponse

from observatory.serving.boundary import Boundary
from tests.attacks.test_places import asked, run_apart

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def rows_in_a_transaction() -> Iterator[bytes]:
    with transaction.atomic(), connection.cursor() as cursor:
        for number in range(10):
            cursor.execute("select %s", [number])
            yield b"row"


def failing() -> Iterator[bytes]:
    for number, row in enumerate(rows_in_a_transaction()):
        yield row
        if number == 3:
            raise ValueError("This row is too long.")


def handled(environ: dict[str, Any], start: Callable[..., Any]) -> HttpResponse | StreamingHttpResponse:
    """Fail while streaming, fail inside a transaction that nobody ends, or answer a query."""
    path = environ["PATH_INFO"]
    if path == "/open":
        transaction.atomic().__enter__()
    if path == "/failing":
        start("200 OK", [])
        return StreamingHttpResponse(failing())
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    if path == "/last":
        connection.close()
    start("200 OK", [])
    return HttpResponse("ok")


@pytest.mark.parametrize("path", ["/failing", "/open"])
def test_thread_of_a_failed_response_answers_the_next_request(path: str) -> None:
    site = Boundary(handled, threads=1, may_upload=lambda _scope: False)

    async def statuses() -> list[int]:
        return [await asked(site, path) for path in (path, "/next", path, "/last")]

    assert run_apart(statuses()) == [200, 200, 200, 200]
