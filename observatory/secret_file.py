"""A secret that is made once and kept in a file that only its owner can read."""

import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path


def _random() -> str:
    return secrets.token_urlsafe(50)


def read_or_create(path: Path, *, make: Callable[[], str] = _random) -> str:
    """The secret in ``path``, created by the first caller: processes that start together get the same one."""
    if not path.exists():
        _create(path, make())
    return path.read_text(encoding="utf-8").strip()


def _create(path: Path, secret: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp creates the file with mode 0600; unlike a rename, a link does not overwrite an existing file
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(secret + "\n")
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        os.unlink(draft)
