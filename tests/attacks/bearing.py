"""Process hostile documents by upload and capture, and measure the memory and time of every process."""

import io
import os
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from foundation.markdown import to_html, to_text
from measures.archive import keeping
from measures.archive.details import of_source
from measures.models import Capture, DocumentText, Source
from tests import factories
from tests.archive_sources import look
from tests.attacks.documents import document
from tests.hostile_server import HostileServer, answer

MOST_MEMORY = 1_000_000_000
"""Maximum memory of a process in bytes."""
MOST_SECONDS = 30
"""Maximum CPU seconds per process and document, and per PostgreSQL statement."""
MEDIA_TYPES = ("text/html", "application/pdf", "text/plain; charset=punycode", "x", "text/html; charset=utf-16", "")


@dataclass
class Cost:
    """The cost of some documents; `faults` are errors in our own code, and processes that exceeded a limit."""

    documents: int = 0
    states: Counter[str] = field(default_factory=Counter)
    memory: int = 0
    processor: float = 0
    own_processor: float = 0
    clock: float = 0
    faults: list[str] = field(default_factory=list)

    def in_words(self) -> str:
        """A readable summary."""
        states = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        return (
            f"{self.documents} documents ({states}); most memory of a process {self.memory / 1e6:.0f} MB; longest"
            f" {self.processor:.1f} s of the processor in a bounded process, {self.own_processor:.1f} s in the site's"
            f" own for a document, {self.clock:.1f} s by the clock; {len(self.faults)} faults"
        )


def bear(numbers: Iterable[int], server: HostileServer) -> Cost:
    """Capture or upload each document in turn; never raise for a failure of one."""
    cost, by = Cost(), factories.analyst()
    with connection.cursor() as cursor:
        cursor.execute("set statement_timeout = %s", [MOST_SECONDS * 1000])
    with _watched(cost):
        for number in numbers:
            name, data = document(number)
            begun, own = time.monotonic(), time.process_time()
            try:
                cost.states[_sent(number, data, server, by)] += 1
            except Exception as error:
                cost.faults.append(f"{number} {name}: {type(error).__name__}: {error}"[:300])
            cost.documents += 1
            cost.clock = max(cost.clock, time.monotonic() - begun)
            cost.own_processor = max(cost.own_processor, time.process_time() - own)
            if time.process_time() - own > MOST_SECONDS:
                cost.faults.append(f"{number} {name}: {time.process_time() - own:.0f} s in the site's own process")
    with connection.cursor() as cursor:
        cursor.execute("set statement_timeout = 0")
    return cost


def _sent(number: int, data: bytes, server: HostileServer, by: User) -> str:
    if number % 2 and data:
        return _captured(number, data, server)
    try:
        keeping.keep_upload(factories.source(), io.BytesIO(data), by=by, at=timezone.now())
    except ValidationError:
        return "refused"
    keeping.read_waiting()
    return _state(Capture.objects.latest("pk"))


def _captured(number: int, data: bytes, server: HostileServer) -> str:
    path = f"/{number}"
    server.answers[path] = answer(data, media_type=MEDIA_TYPES[number // 2 % len(MEDIA_TYPES)])
    source = factories.source(url=f"{server.url}{path}")
    link = look(source)
    del server.answers[path]
    if link.capture is None:
        return link.problem
    return _state(link.capture)


def _state(capture: Capture) -> str:
    """The result of reading it; also renders the public page of its source, and converts its text as a summary."""
    text = DocumentText.objects.get(capture=capture)
    of_source(Source.objects.get(pk=capture.source_id))
    to_html(text.text[:100_000])
    to_text(text.text[:100_000])
    return str(text.state)


@contextmanager
def _watched(cost: Cost) -> Iterator[None]:
    """Poll this process and all its descendants."""
    is_over = threading.Event()

    def watch() -> None:
        site = psutil.Process(os.getpid())
        while not is_over.wait(0.1):
            for process in site.children(recursive=True):
                _look_at(process, cost)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()


def _look_at(process: psutil.Process, cost: Cost) -> None:
    try:
        if "confined_helper" not in " ".join(process.cmdline()):
            return  # PostgreSQL, which may be our child
        memory, times = process.memory_info().rss, process.cpu_times()
        is_call = process.ppid() != os.getpid()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return
    seconds = times.user + times.system
    cost.memory = max(cost.memory, memory)
    if is_call:  # the helper itself is long-lived
        cost.processor = max(cost.processor, seconds)
        if seconds > MOST_SECONDS:
            cost.faults.append(f"process {process.pid}: {seconds:.0f} s")
    if memory > MOST_MEMORY:
        cost.faults.append(f"process {process.pid}: {memory / 1e6:.0f} MB")
