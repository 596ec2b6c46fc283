"""What a parser of strangers' bytes may do: called in the process that has to bear it."""

import os
import time
from pathlib import Path
from typing import BinaryIO


def hang(file: BinaryIO) -> None:
    """Keep the processor busy for ever."""
    while True:
        pass


def wait(file: BinaryIO) -> None:
    """Do nothing for ever."""
    while True:
        time.sleep(1000)


def grow(file: BinaryIO) -> int:
    """Fill the memory at once."""
    return len(b"x" * 10**10)


def grow_slowly(file: BinaryIO) -> None:
    """Fill the memory piece by piece."""
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
    """What it can see of the environment."""
    return sorted(os.environ)


def answer_much(file: BinaryIO) -> str:
    """Say more than anybody wants to hear."""
    return "x" * 100_000_000


def count(file: BinaryIO) -> int:
    """Behave."""
    return len(file.read())
