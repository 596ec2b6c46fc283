"""The data disk is full while users read and write."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.attacks.heavy.attack import Allowed, Attack, Skipped
from tests.attacks.heavy.site import Site

SPARE = 60_000_000
"""Free bytes on the small disk when the site is running."""
LASTS = 20
"""Seconds that the disk stays full."""


def mount_small_disk(site: Site) -> None:
    """Mount a small file system for the site's data."""
    if os.geteuid() != 0:
        raise Skipped("only root can mount a small disk")
    data = site.data_dir
    aside = data.with_name("aside")
    data.rename(aside)
    data.mkdir(mode=0o700)
    size = SPARE + sum(path.stat().st_blocks * 512 for path in aside.rglob("*"))
    mount = subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "none", data], check=False)
    if mount.returncode:
        raise Skipped("no small disk can be mounted here")
    subprocess.run(["/bin/cp", "-a", f"{aside}/.", data], check=True)
    shutil.rmtree(aside)


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """Fill the disk of the folder inside the block."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        size = 1_000_000
        while size >= 1:
            try:
                if file.write(bytes(size)) < size:
                    raise OSError  # a partial write
            except OSError:
                size //= 10
    try:
        yield
    finally:
        ballast.unlink()


def _fill(site: Site) -> None:
    with full(site.data_dir):
        time.sleep(LASTS)


ATTACKS = [
    Attack("disk full", _fill, Allowed(failed=0, gap=5), before=mount_small_disk),
]
