"""One network used to take every place, of those who wait for a thread or a file, and others got 503."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any, TypeVar

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from pytest_django import Settings

from observatory.made_whole import is_made_whole
from observatory.serving.boundary import Boundary, Limits

ATTACKER, VISITOR = "198.51.100.7", "203.0.113.9"
T = TypeVar("T")

THREADS, WAITING, WAITING_TOGETHER = 2, 10, 4


def run_apart(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run it in a thread of its own: in that of the tests Playwright may have an event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


class Site:
    """A site all of whose requests wait for `open`."""

    def __init__(self, *, threads: int = THREADS) -> None:
        self.open, self.handled = Event(), list[str]()
        limits = Limits(waiting=WAITING, waiting_together=WAITING_TOGETHER)
        self._application = Boundary(self._handled, threads=threads, may_upload=lambda _scope: False, limits=limits)

    def _handled(self, environ: dict[str, Any], start: Callable[..., Any]) -> HttpResponse:
        self.handled.append(environ["REMOTE_ADDR"])
        assert self.open.wait(60)
        start("200 OK", [])
        return HttpResponse("a page")

    async def status(self, address: str, forwarded: str = "") -> int:
        """The status that a client at `address` gets."""
        return await asked(self._application, "/", address, forwarded)


async def asked(application: Boundary, path: str, address: str = VISITOR, forwarded: str = "") -> int:
    """The status with which the application answers a request."""
    sent: list[dict[str, Any]] = []
    incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()  # after the request, the client stays and says nothing
    incoming.put_nowait({"type": "http.request", "body": b"", "more_body": False})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await application(_scope(path, address, forwarded), incoming.get, send)
    return int(sent[0]["status"])


def _scope(path: str, address: str, forwarded: str) -> dict[str, Any]:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"x-forwarded-for", forwarded.encode())] if forwarded else [],
        "server": ("127.0.0.1", 0),
        "client": (address, 1),
    }


async def _statuses(clients: list[dict[str, str]], site: Site | None = None) -> list[int]:
    """What each of the clients gets, who ask in this order and before anybody is answered."""
    site = site or Site()
    requests = []
    for client in clients:
        requests.append(asyncio.create_task(site.status(**client)))
        await asyncio.sleep(0)
    await asyncio.sleep(0.1)
    site.open.set()
    return await asyncio.gather(*requests)


PLACES = THREADS + WAITING_TOGETHER


def test_places_of_one_network_are_bounded() -> None:
    attack, visit = {"address": ATTACKER}, {"address": VISITOR}
    assert run_apart(_statuses([*[attack] * 30, visit])) == [200] * PLACES + [503] * (30 - PLACES) + [200]


def test_neighbours_in_ipv6_share_their_places() -> None:
    attacks = [{"address": f"2001:db8::{number:x}"} for number in range(1, 31)]
    statuses = run_apart(_statuses([*attacks, {"address": "2001:db8:0:1::1"}]))
    assert statuses == [200] * PLACES + [503] * (30 - PLACES) + [200]


@pytest.mark.parametrize(("trusted", "last"), [(True, 200), (False, 503)])
def test_visitors_behind_a_proxy_are_told_apart_if_it_is_trusted(trusted: bool, last: int, settings: Settings) -> None:
    settings.TRUST_PROXY = trusted
    proxy = "127.0.0.1"
    attacks = [{"address": proxy, "forwarded": f"{number}.1.1.1, {ATTACKER}"} for number in range(30)]
    assert run_apart(_statuses([*attacks, {"address": proxy, "forwarded": VISITOR}]))[-1] == last


def test_places_of_all_networks_are_bounded() -> None:
    clients = [{"address": f"198.51.100.{number}"} for number in range(20)]
    places = THREADS + WAITING
    assert run_apart(_statuses(clients)) == [200] * places + [503] * (20 - places)


def test_visitor_does_not_wait_for_all_requests_of_a_network() -> None:
    site = Site(threads=1)
    run_apart(_statuses([*[{"address": ATTACKER}] * 5, {"address": VISITOR}], site))
    assert site.handled == [ATTACKER] * 2 + [VISITOR] + [ATTACKER] * 3


def test_files_that_are_made_whole_leave_threads_to_others() -> None:
    """Regression: OpenDocument, Parquet and changes took every thread, since they are made before they are streamed."""
    is_answered = Event()

    def handled(environ: dict[str, Any], start: Callable[..., Any]) -> HttpResponse:
        if is_made_whole(environ):
            assert is_answered.wait(10), "all threads make files"
        start("200 OK", [])
        return HttpResponse("a page")

    async def attack() -> list[int]:
        site = Boundary(handled, threads=THREADS, may_upload=lambda _scope: False, is_made_whole=is_made_whole)
        paths = ["/measures.ods", "/es/measures.parquet", "/pt/data/changes"]
        files = [asyncio.create_task(asked(site, path, ATTACKER)) for path in paths]
        await asyncio.sleep(0.1)
        page = await asked(site, "/es/measures/")
        is_answered.set()
        return [page, *await asyncio.gather(*files)]

    assert run_apart(attack()) == [200] * 4


class Downloads:
    """Files that their readers take only once all of them have been answered."""

    def __init__(self, clients: list[str], **limits: int) -> None:
        self.clients, self.made = clients, list[str]()
        self.statuses: list[tuple[str, int]] = []
        self._application = Boundary(self._handled, threads=1, may_upload=lambda _scope: False, limits=Limits(**limits))

    def _handled(self, environ: dict[str, Any], start: Callable[..., Any]) -> StreamingHttpResponse:
        start("200 OK", [])
        return StreamingHttpResponse(self._blocks(environ["REMOTE_ADDR"]))

    def _blocks(self, address: str) -> Iterator[bytes]:
        self.made.append(address)
        yield b"a block"

    async def ask(self) -> None:
        """Let them ask in their order, before anybody is answered."""
        are_answered = asyncio.Event()

        async def download(address: str) -> None:
            incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
            incoming.put_nowait({"type": "http.request", "body": b"", "more_body": False})

            async def send(message: dict[str, Any]) -> None:
                if "status" in message:
                    self.statuses.append((address, message["status"]))
                    if len(self.statuses) == len(self.clients):
                        are_answered.set()
                elif message.get("more_body"):
                    await are_answered.wait()

            await self._application(_scope("/measures.csv", address, ""), incoming.get, send)

        await asyncio.gather(*map(download, self.clients))


def test_downloads_of_one_network_are_bounded() -> None:
    downloads = Downloads([ATTACKER] * 30 + [VISITOR], streamed=20, streamed_together=8)
    run_apart(downloads.ask())
    assert sorted(downloads.statuses) == [(ATTACKER, 200)] * 8 + [(ATTACKER, 503)] * 22 + [(VISITOR, 200)]


def test_who_asks_for_one_file_does_not_wait_for_all_of_those_who_ask_for_many() -> None:
    downloads = Downloads([ATTACKER] * 6 + [VISITOR])
    run_apart(downloads.ask())
    assert downloads.made == [ATTACKER] * 2 + [VISITOR] + [ATTACKER] * 4
