"""Shared by tests of the archive: sources on local servers, and link checks without waiting."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from measures.archive import hosts, links
from measures.models import Host, Link, Source
from tests import factories
from tests.hostile_server import HostileServer, answer

PAGE = """<!doctype html><html lang="es"><head><title>Decreto</title><style>p {{ color: red }}</style></head>
<body><h1>Decreto Supremo 044-2020-PCM</h1><p>Que declara el Estado de Emergencia Nacional por las graves
circunstancias que afectan la vida de la Nación, y de los extranjeros que en ella están.</p><p>{}</p></body></html>"""


def page(words: str = "Comuníquese y publíquese.") -> bytes:
    """A web page with a decree."""
    return PAGE.format(words).encode()


def source_at(server: HostileServer, path: str = "/decree", **fields: Any) -> Source:
    """A source with a URL on a test server, which serves a decree by default."""
    server.answers.setdefault(path, answer(page(), media_type="text/html; charset=utf-8"))
    return factories.source(url=f"{server.url}{path}", **fields)


def look(source: Source) -> Link:
    """Check the source's URL now, whatever the queue says, after its server's `robots.txt`."""
    links.watch(Source.objects.all(), at=timezone.now())
    for _time in range(2):  # `robots.txt` is fetched in a separate visit
        link = Link.objects.select_related("source", "host").get(pk=source.pk)
        needs_robots = hosts.needs_robots(link.host, at=timezone.now())
        links.visit(link)
        seen = Link.objects.select_related("source", "host", "capture").get(pk=source.pk)
        if not needs_robots or seen.failures > link.failures:
            return seen
    raise AssertionError(f"{source.url}: neither allowed nor failed")


def let_time_pass(**lasting: float) -> None:
    """Move every date of the queue into the past, as if that much time had passed."""
    passed = timedelta(**lasting)
    for link in Link.objects.all():
        for name in ("due_at", "checked_at", "answered_at", "failing_since", "since"):
            if moment := getattr(link, name):
                setattr(link, name, moment - passed)
        link.save()
    for host in Host.objects.all():
        host.free_at -= passed
        host.save()
