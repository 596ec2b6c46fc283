"""What people notice of an attack: a visitor who reads, a writer who saves, and a draft that must stay hidden."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle

from tests.admin_forms import held
from tests.attacks.heavy.client import Client, Unreachable
from tests.attacks.heavy.site import FIRST_SECRET, SECOND_SECRET, Site, until

PAGES = (
    "/",
    "/countries/peru/",
    f"/measures/?q={FIRST_SECRET}",
    "/es/countries/peru/",
    "/measures/",
    "/measures.csv",
    f"/countries/peru/?q={FIRST_SECRET}",
    "/sitemap-measures.xml",
)
EVERY = 0.5
"""Seconds between two requests of the visitor."""


@dataclass
class Watch:
    """The observations so far."""

    asked: int = 0
    failures: list[str] = field(default_factory=list)
    longest_gap: float = 0
    slowest: tuple[float, str] = (0, "")
    """The longest response time of a page in seconds, and its URL; downloads are excluded, since they may queue."""
    leaks: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    """Titles that the site confirmed as saved."""
    refused: list[str] = field(default_factory=list)
    """Reasons why edits were not saved."""
    lost: list[str] = field(default_factory=list)
    """Titles that were confirmed but are not in the history; known at the end."""
    answered_at: float = field(default_factory=time.monotonic)


@contextmanager
def watched(site: Site, *, heals_in: float) -> Iterator[Watch]:
    """Read and write while the body runs, and on until both work again; then look for what was lost."""
    watch, is_over = Watch(), threading.Event()
    editor = site.editor()
    people = [
        threading.Thread(target=_read, args=(site, watch, is_over)),
        threading.Thread(target=_write, args=(site, editor, watch, is_over)),
    ]
    for person in people:
        person.start()
    try:
        until(lambda: watch.acknowledged, seconds=30, what="A first edit is saved")
        yield watch
        over_at, saved = time.monotonic(), len(watch.acknowledged)
        until(lambda: watch.answered_at > over_at, seconds=heals_in, what="Visitors are answered again")
        until(lambda: len(watch.acknowledged) > saved + 1, seconds=heals_in, what="Edits are saved again")
    finally:
        is_over.set()
        for person in people:
            person.join()
    watch.lost = _lost(site, watch)


def _read(site: Site, watch: Watch, is_over: threading.Event) -> None:
    visitor, pages = site.visitor(), cycle(PAGES)
    watch.answered_at = time.monotonic()
    while not is_over.is_set():
        began = time.monotonic()
        page = next(pages)
        problem = _look(visitor, page, watch)
        now = time.monotonic()
        watch.asked += 1
        watch.longest_gap = max(watch.longest_gap, now - watch.answered_at)
        if not page.endswith(".csv"):
            watch.slowest = max(watch.slowest, (now - began, page))
        if problem:
            watch.failures.append(problem)
        else:
            watch.answered_at = now
        is_over.wait(max(0, EVERY - (now - began)))


def _look(visitor: Client, page: str, watch: Watch) -> str:
    """What is wrong with the response; '' if nothing."""
    try:
        answer = visitor.get(page)
    except Unreachable as error:
        return f"{page}: {error}"
    text = answer.content.decode(errors="replace").lower()
    if SECOND_SECRET in text or (FIRST_SECRET in text and FIRST_SECRET not in page):
        watch.leaks.append(page)
    return "" if answer.status == 200 else f"{page}: {answer.status}"


def _write(site: Site, editor: Client, watch: Watch, is_over: threading.Event) -> None:
    number = 0
    while not is_over.is_set():
        number += 1
        title = f"{FIRST_SECRET} {SECOND_SECRET} {number}"
        try:
            problem = _save(editor, site.draft, title)
        except (Unreachable, KeyError) as error:
            problem = repr(error)
        if problem:
            watch.refused.append(problem)
        else:
            watch.acknowledged.append(title)
        is_over.wait(EVERY / 2)


def _save(editor: Client, draft: int, title: str) -> str:
    """Edit the title of the draft; '' if the site confirms that it is saved, else the reason."""
    page = f"/admin/measures/measure/{draft}/change/"
    form = editor.get(page)
    if form.status != 200:
        return f"form: {form.status}"
    answer = editor.post(page, held(form) | {"title_en": title, "_continue": "1"})
    return "" if answer.status == 302 and "login" not in answer.location else f"saving: {answer.status}"


def _lost(site: Site, watch: Watch) -> list[str]:
    with site.database() as connection:
        rows = connection.execute("select title_en from measures_measureevent where pgh_obj_id = %s", [site.draft])
        kept = {title for (title,) in rows}
        last = connection.execute("select title_en from measures_measure where id = %s", [site.draft]).fetchone()
    lost = [title for title in watch.acknowledged if title not in kept]
    with suppress(IndexError):
        newest = watch.acknowledged[-1]
        if last is None or _number(last[0]) < _number(newest):
            lost.append(f"now: {newest}")
    return lost


def _number(title: str) -> int:
    return int(title.rpartition(" ")[2])
