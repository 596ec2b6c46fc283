"""Disks that are full or read-only: file systems of their own in the memory, which root alone can mount."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MOUNT, UMOUNT = "/bin/mount", "/bin/umount"


@contextmanager
def small_disk(folder: Path, *, megabytes: int = 2) -> Iterator[Path]:
    """A file system of that size at `folder`, which is made. Skips the test where nothing can be mounted."""
    folder.mkdir()
    mount = [MOUNT, "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("Only root can mount a file system.")
    try:
        yield folder
    finally:
        subprocess.run([UMOUNT, "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Leave no byte on the disk; return the file that takes them."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                if file.write(bytes(size)) < size:
                    raise OSError  # part of it did fit
            except OSError:
                size //= 2
    return ballast


def make_read_only(disk: Path) -> None:
    """Let nothing be written to the disk any more."""
    subprocess.run([MOUNT, "-o", "remount,ro", str(disk)], check=True)
