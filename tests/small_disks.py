"""Full and read-only disks: separate in-memory file systems, which only root can mount."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MOUNT, UMOUNT = "/bin/mount", "/bin/umount"


@contextmanager
def small_disk(folder: Path, *, megabytes: int = 2) -> Iterator[Path]:
    """A file system of that size, mounted at `folder`. Skips the test if mounting is impossible."""
    folder.mkdir()
    mount = [MOUNT, "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("Only root can mount a file system.")
    try:
        yield folder
    finally:
        subprocess.run([UMOUNT, "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Fill the disk completely; return the file that fills it."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                if file.write(bytes(size)) < size:
                    raise OSError  # a partial write
            except OSError:
                size //= 2
    return ballast


def make_read_only(disk: Path) -> None:
    """Make the disk read-only."""
    subprocess.run([MOUNT, "-o", "remount,ro", str(disk)], check=True)
