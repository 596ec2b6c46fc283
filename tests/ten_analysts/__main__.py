"""Run it, and print what happened."""

import json
import random
import sys
import tempfile
import threading
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

from tests.attacks.heavy.client import Client, Unreachable
from tests.attacks.heavy.site import Site, until
from tests.ten_analysts.judging import problems_of
from tests.ten_analysts.ledger import Ledger, words_in
from tests.ten_analysts.people import ANALYST, EDITOR, Person

KILLED_EVERY = 20
"""Seconds between two kills."""
HEALED_IN = 120
READERS = 3
"""Threads that ask for public addresses, each for its part of them."""
SETUP = """
import json
from measures.models import Measure
from tests import factories
from tests.test_drafts_never_leak import RELATIVE, public_addresses
for number in range(7):
    factories.analyst(username=f"analyst-{number}")
for number in range(3):
    factories.editor(username=f"editor-{number}")
drafts = [factories.draft(title_en=f"Draft {number}") for number in range(4)]
known = [factories.measure(title_en=f"Act {number}") for number in range(3)]
relative = factories.measure(title_en=RELATIVE)
found = public_addresses([*drafts, *known])
print(json.dumps({
    "password": factories.PASSWORD,
    "drafts": {each.pk: each.public_id for each in drafts},
    "public": {each.pk: each.public_id for each in known},
    "addresses": sorted({address for several in found.values() for address in several}),
}))
"""


def read(site: Site, ledger: Ledger, addresses: list[str], is_over: threading.Event) -> None:
    """Ask for one public address after the other, from ever other networks, and look for words that are not public."""
    for number, address in enumerate(cycle(addresses)):
        if is_over.is_set():
            return
        try:
            words = words_in(Client(site.url, timeout=20, address=f"127.3.{number % 200}.1").get(address))
        except Unreachable:
            continue
        ledger.asked += 1
        for word in words - ledger.may_be_public:
            change = ledger.changes.get(word)
            ledger.leaks.add(f"{address}: {word} ({change.what if change else '?'})")


def kill(site: Site, ledger: Ledger, is_over: threading.Event) -> None:
    """Kill a process, and wait until there is another one."""
    for kind in cycle(("web_workers", "background", "web_workers", "background", "web")):
        if is_over.wait(KILLED_EVERY):
            return
        found = getattr(site.processes(), kind)
        if found:
            found[0].kill()
            ledger.kills[kind] += 1
            until(site.answers, seconds=HEALED_IN, what="Visitors are answered again")


@contextmanager
def running(*work: tuple[Callable[..., None], tuple[Any, ...]]) -> Iterator[None]:
    """Run functions in threads while the body runs; each is told by an event, its last argument, when that is over."""
    is_over = threading.Event()
    threads = [threading.Thread(target=act, args=(*arguments, is_over)) for act, arguments in work]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - no secret


def main() -> None:
    """Work for some minutes; exit with status 1 if something was lost, overwritten unseen, or public too early."""
    parser = ArgumentParser(prog="python -m tests.ten_analysts", description=main.__doc__)
    parser.add_argument("minutes", type=float)
    parser.add_argument("--seed", type=int, default=1)
    asked, ledger = parser.parse_args(), Ledger()
    with tempfile.TemporaryDirectory(prefix="analysts-") as folder:
        site = Site(Path(folder) / "data")
        try:
            site.start()
            found = json.loads(site.manage("shell", "--verbosity=0", "-c", SETUP).splitlines()[-1])
            addresses, password = found.pop("addresses"), found.pop("password")
            records = {kind: {int(key): name for key, name in named.items()} for kind, named in found.items()}
            people = []
            for number, (name, work) in enumerate(
                [(f"analyst-{n}", work) for n, work in enumerate([*ANALYST, ANALYST[0]])]
                + [(f"editor-{n}", work) for n, work in enumerate(EDITOR)]
            ):
                client = Client(site.url, timeout=60, address=f"127.0.2.{number + 1}")
                client.sign_in(name, password)
                people.append(Person(client, ledger, records, _chance(asked.seed + number), work))
            with running(
                *((person.go_on, ()) for person in people),
                *((read, (site, ledger, addresses[start::READERS])) for start in range(READERS)),
                (kill, (site, ledger)),
            ):
                time.sleep(60 * asked.minutes)
            problems = list(problems_of(site, ledger))
        finally:
            site.stop()
    confirmed = Counter(change.what for change in ledger.changes.values() if change.is_confirmed)
    idle = {act.__name__ for work in [*ANALYST, *EDITOR] for act in work} - set(ledger.done)
    problems += [f"{name} never succeeded" for name in sorted(idle)]
    lines = [f"confirmed: {dict(confirmed)}", f"done: {dict(ledger.done)}", f"killed: {dict(ledger.kills)}"]
    lines += [f"public addresses read: {ledger.asked} ({len(addresses)} different)"]
    lines += [f"refused {number} times: {reason}" for reason, number in ledger.refused.most_common(15)]
    sys.stdout.write("\n".join([*lines, *problems, f"{len(problems)} problems"]) + "\n")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
