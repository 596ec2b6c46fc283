"""The site is started twice, killed as a whole, and started without a writable folder."""

import subprocess
import time

import psutil

from tests.attacks.heavy.attack import Attack
from tests.attacks.heavy.disk import full, mount_small_disk
from tests.attacks.heavy.site import Site, until


def _refusal(site: Site) -> str:
    """The output of a start that must fail: one line, without a traceback."""
    start = site.command()
    said, _ = start.communicate(timeout=120)
    lines = said.strip().splitlines()
    assert start.returncode == 1, f"The start ended with {start.returncode}: {said}"
    assert len(lines) == 1, f"The start said more than a line: {said}"
    return lines[0]


def _start_twice_at_once(site: Site) -> None:
    other = Site(site.data_dir)
    second = other.command()
    site.demo = site.command()
    starts = [site.demo, second]
    until(lambda: [start for start in starts if start.poll() is not None], seconds=120, what="One start gives way")
    loser = next(start for start in starts if start.poll() is not None)
    said = loser.communicate()[0].strip()
    assert said.startswith("CommandError: It "), f"The second start said: {said}"
    assert "\n" not in said, f"The second start said more than a line: {said}"
    site.demo = next(start for start in starts if start is not loser)
    site.port = site.port if site.demo is starts[0] else other.port
    until(site.answers, seconds=120, what="The first start serves")
    assert site.url in _refusal(Site(site.data_dir))


def _kill_the_demo(site: Site) -> None:
    site.start()
    assert site.demo
    processes = psutil.Process(site.demo.pid).children(recursive=True)
    site.demo.kill()
    site.demo.wait()
    _gone, alive = psutil.wait_procs(processes, timeout=30)
    assert not alive, f"These went on: {alive}"
    began = time.monotonic()
    site.start()
    assert time.monotonic() - began < 120, "The next start waited long."
    site.stop()
    assert not site.processes().database, "The database server went on."


def _start_on_full_disk(site: Site) -> None:
    mount_small_disk(site)
    with full(site.data_dir):
        assert f"The folder {site.data_dir} is full. Make room" in _refusal(site)
    site.start()


def _start_on_locked_disk(site: Site) -> None:
    mount_small_disk(site)
    remount = ["/bin/mount", str(site.data_dir), "-o"]
    subprocess.run([*remount, "remount,ro"], check=True)
    said = _refusal(site)
    subprocess.run([*remount, "remount,rw"], check=True)
    assert f"The folder {site.data_dir} cannot be written to: Read-only file system." in said


ATTACKS = [
    Attack("two starts at once", _start_twice_at_once, needs_site=False),
    Attack("kill -9 of the demo", _kill_the_demo, needs_site=False),
    Attack("start on a full disk", _start_on_full_disk, needs_site=False),
    Attack("start on a read-only disk", _start_on_locked_disk, needs_site=False),
]
