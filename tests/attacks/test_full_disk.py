"""The disk of a running site is full or read-only: uploads and downloads report it."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from tests.attacks.sockets import HOST, Server, received, served, status_of
from tests.attacks.test_sockets import ENDING, LARGE, RECORDS
from tests.attacks.test_sockets import large_record as large_record
from tests.clients import signed_in
from tests.small_disks import fill, make_read_only, small_disk

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


@pytest.fixture
def site(environment: dict[str, str], disk: Path) -> Iterator[Server]:
    ours = {"DATA_DIR": str(disk), "SECRET_KEY": settings.SECRET_KEY, "PAGE_CACHE_MB": "0"}
    with served("tests.attacks.sites:patient", {**environment, **ours}) as server:
        yield server


def _upload(site: Server, cookie: str) -> bytes:
    head = f"POST /es/admin/measures/source/add/ HTTP/1.1\r\nHost: {HOST}\r\nCookie: {cookie}\r\n"
    form = "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 3000000\r\n\r\n"
    connection = site.sent(head + form)
    with suppress(ConnectionError):  # the server responds before it has received everything
        connection.sendall(b"x" * 3_000_000)
    return received(connection)


def test_upload_is_told(site: Server, disk: Path) -> None:
    cookie = f"sessionid={signed_in(User.objects.create_superuser('owner')).cookies['sessionid'].value}"
    answer = _upload(site, cookie)
    assert status_of(answer) == 507
    assert b'lang="es"' in answer
    assert b"<h1>" in answer


@pytest.mark.usefixtures("large_record")
@pytest.mark.parametrize("is_full", [True, False])
def test_large_download_is_told_and_a_small_one_is_made(site: Server, disk: Path, is_full: bool) -> None:
    if is_full:
        fill(disk)
    else:
        make_read_only(disk)
    answer = received(site.sent(ENDING))
    assert status_of(answer) == 507
    assert b"so the file could not be made." in answer
    assert status_of(received(site.sent(ENDING.replace("measures.csv", "map.csv")))) == 200
    assert status_of(received(site.sent(ENDING.replace("measures.csv", "archive.csv")))) == 200
    ready = received(site.sent(ENDING.replace("/measures.csv", "/readyz")))
    assert status_of(ready) == 200
    assert b"ok\ncannot save files in tmp: " in ready


@pytest.mark.usefixtures("large_record")
def test_download_that_fills_the_disk_is_broken_off(site: Server) -> None:
    answer = received(site.sent(ENDING))
    assert status_of(answer) == 200
    assert answer.count(b"x") < RECORDS * LARGE
    assert not answer.endswith(b"0\r\n\r\n")
