"""`make attack`: run all attacks one after the other, and print what users would have noticed."""

import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.attacks.heavy import disk, processes, signing_in, sockets, starting
from tests.attacks.heavy.attack import Attack, Skipped
from tests.attacks.heavy.site import Site
from tests.attacks.heavy.watching import Watch, watched

FILES = [processes, disk, starting, sockets, signing_in]
HEAD = ("attack", "requests failed", "longest gap", "writes lost", "drafts leaked", "")
WIDTHS = (44, 16, 12, 12, 14, 0)


@dataclass(frozen=True, slots=True)
class Result:
    """The result of an attack; `wrong` says what exceeded the allowance."""

    watch: Watch | None
    wrong: list[str]
    skipped: str = ""


def main() -> None:
    """Run the attacks; exit with status 1 if one did more harm than allowed."""
    attacks = [attack for file in FILES for attack in file.ATTACKS]
    parser = ArgumentParser(prog="python -m tests.attacks.heavy", description=main.__doc__)
    parser.add_argument("words", nargs="*", help="make only the attacks whose names hold one of these words")
    words = parser.parse_args().words
    chosen = [attack for attack in attacks if not words or any(word in attack.name for word in words)]
    with tempfile.TemporaryDirectory(prefix="attack-") as folder:
        first = Site(Path(folder) / "first")
        try:
            first.start()
        finally:
            first.stop()
        _row(*HEAD)
        results = [_made(attack, first) for attack in chosen]
    sys.exit(1 if any(result.wrong for result in results) else 0)


def _made(attack: Attack, first: Site) -> Result:
    began = time.monotonic()
    try:
        result = _attacked(attack, first)
    except Skipped as reason:
        result = Result(None, [], str(reason))
    except Exception as error:  # however one attack ends, run the others
        result = Result(None, [str(error) if isinstance(error, AssertionError) else repr(error)])
    watch, said = result.watch, result.skipped or "; ".join(result.wrong) or "ok"
    seconds = f"({time.monotonic() - began:.0f} s)"
    if watch:
        gap = f"{watch.longest_gap:.1f} s"
        _row(
            attack.name,
            f"{len(watch.failures)} of {watch.asked}",
            gap,
            len(watch.lost),
            len(watch.leaks),
            said,
            seconds,
        )
    else:
        _row(attack.name, "–", "–", "–", "–", "skipped: " + said if result.skipped else said, seconds)
    return result


def _attacked(attack: Attack, first: Site) -> Result:
    with _copy(first, attack) as site:
        if not attack.needs_site:
            attack.run(site)
            return Result(None, [])
        with watched(site, heals_in=attack.heals_in) as watch:
            attack.run(site)
    return Result(watch, _judged(attack, watch))


@contextmanager
def _copy(first: Site, attack: Attack) -> Iterator[Site]:
    """A temporary site with the data of the first one, and its own folder and port."""
    with tempfile.TemporaryDirectory(prefix="attack-") as folder:
        site = first.copied(Path(folder) / "data")
        try:
            if attack.before:
                attack.before(site)
            if attack.needs_site:
                site.start()
            yield site
        finally:
            site.stop()


def _judged(attack: Attack, watch: Watch) -> list[str]:
    """What exceeded the allowance, in words."""
    allowed, wrong = attack.allowed, []
    if len(watch.failures) > allowed.failed:
        wrong.append(f"at most {allowed.failed} requests may fail, these did: {', '.join(watch.failures[:5])}")
    if watch.longest_gap > allowed.gap:
        wrong.append(f"at most {allowed.gap:g} s may pass without an answer")
    seconds, page = watch.slowest
    if allowed.page is not None and seconds > allowed.page:
        wrong.append(f"a page may take at most {allowed.page:g} s, {page} took {seconds:.1f} s")
    if watch.lost:
        wrong.append(f"lost: {', '.join(watch.lost[:5])}")
    if watch.leaks:
        wrong.append(f"a draft was shown at {', '.join(watch.leaks[:5])}")
    return wrong


def _row(*cells: object) -> None:
    line = "  ".join(str(cell).ljust(width) for cell, width in zip(cells, (*WIDTHS, 0), strict=False))
    sys.stdout.write(line.rstrip() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
