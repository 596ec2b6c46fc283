"""Functions that misbehave like a parser of untrusted bytes might, for tests of `foundation.confined`."""

import os
import time
from pathlib import Path
from typing import BinaryIO


def hang(file: BinaryIO) -> None:
    """Use the CPU forever."""
    while True:
        pass


def wait(file: BinaryIO) -> None:
    """Sleep forever."""
    while True:
        time.sleep(1000)


def grow(file: BinaryIO) -> int:
    """Allocate all memory at once."""
    return len(b"x" * 10**10)


def grow_slowly(file: BinaryIO) -> None:
    """Allocate memory step by step."""
    held: list[bytearray] = []
    while True:
        held.append(bytearray(b"x" * 10**7))


def die(file: BinaryIO) -> None:
    """Crash as a parser in C does."""
    os.abort()


def write(file: BinaryIO, path: str) -> None:
    """Write a file on this machine."""
    Path(path).write_text("written")


def environment(file: BinaryIO) -> list[str]:
    """The visible environment variables."""
    return sorted(os.environ)


def answer_much(file: BinaryIO) -> str:
    """Return more than the limit."""
    return "x" * 100_000_000


def count(file: BinaryIO) -> int:
    """Behave."""
    return len(file.read())
